"""The threat model names the tests that show its claims: they are there, and every claim has one."""

import ast
import re
from functools import cache
from pathlib import Path

import pytest

pytestmark = pytest.mark.req("REQ.GW.8")

ROOT = Path(__file__).parents[1]
TEXT = (ROOT / "docs" / "THREAT_MODEL.md").read_text()
NAMED = sorted(set(re.findall(r"`(tests/[\w/]+\.py)::(\w+)`", TEXT)))
ROWS = [
    [cell.strip() for cell in line.strip("|").split("|")]
    for line in TEXT.split("## Threats, defences, tests")[1].split("\n## ")[0].splitlines()
    if line.startswith("|") and not line.startswith(("|---", "| threat "))
]


@cache
def declared_in(path: Path) -> set[str]:
    """Return the tests of a module, those of its classes too."""
    functions = (ast.FunctionDef, ast.AsyncFunctionDef)
    nodes = ast.walk(ast.parse(path.read_text()))
    names = [node.name for node in nodes if isinstance(node, functions)]
    return {name for name in names if name.startswith("test_")}


@pytest.mark.parametrize(("module", "name"), NAMED, ids=[name for _, name in NAMED])
def test_a_named_test_exists(module: str, name: str) -> None:
    assert name in declared_in(ROOT / module)


@pytest.mark.parametrize("row", ROWS, ids=[row[0][:50] for row in ROWS])
def test_every_threat_has_a_defence_and_a_test(row: list[str]) -> None:
    threat, defence, shown = row
    assert threat
    assert defence
    assert re.fullmatch(r"`tests/[\w/]+\.py::\w+`(, `tests/[\w/]+\.py::\w+`)*", shown), shown


def test_there_is_much_to_check() -> None:
    assert len(ROWS) >= 40
    assert len(NAMED) >= 80


def test_every_test_of_the_security_suite_shows_a_threat() -> None:
    folder = ROOT / "tests" / "gateway" / "security"
    for path in folder.glob("test_*.py"):
        named = {name for module, name in NAMED if module.endswith(path.name)}
        assert named, f"{path.name} shows no threat"
