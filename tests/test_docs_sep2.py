"""What docs/sep2.md shows is run: its Python top to bottom; its commands and modules exist."""

import importlib
import re
from pathlib import Path
from typing import Any

import pytest
from structlog.testing import capture_logs
from typer.testing import CliRunner

from handover.cli.main import app

PAGE = (Path(__file__).parents[1] / "docs" / "sep2.md").read_text()
BLOCKS = re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL)


def test_the_examples_print_what_they_say(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    names: dict[str, Any] = {}
    expected: list[str] = []
    assert len(BLOCKS) == 3
    with capture_logs():
        for block in BLOCKS:
            exec(compile(block, "docs/sep2.md", "exec"), names)
            expected += re.findall(r"^print\(.*\)  # (.*)$", block, re.MULTILINE)
    assert capsys.readouterr().out.splitlines() == expected
    assert len(expected) == 4


def test_the_examples_are_short() -> None:
    """Ten statements each, imports and what is printed not counted."""
    for block in BLOCKS:
        body = compile(block, "docs/sep2.md", "exec", flags=0x400)  # ast.PyCF_ONLY_AST
        names = [type(node).__name__ for node in body.body]
        assert sum(name not in ("Import", "ImportFrom") for name in names) <= 10


COMMANDS = sorted(set(re.findall(r"^\$ handover ([a-z0-9 ]+?) (?:https|document)", PAGE, re.MULTILINE)))


@pytest.mark.parametrize("line", COMMANDS)
def test_the_commands_exist(line: str) -> None:
    result = CliRunner().invoke(app, [*line.split(), "--help"])
    assert result.exit_code == 0


def test_the_modules_of_the_table_exist() -> None:
    table = PAGE[PAGE.index("## What there is") :]
    dotted = re.findall(r"`((?:server|security)\.\w+|esi|store)`", table)
    assert len(dotted) >= 8
    for name in dotted:
        assert importlib.import_module(f"handover.sep2.{name}")
