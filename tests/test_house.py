"""The rules of the house that no linter knows."""

import re
import subprocess
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
MODULES = sorted((ROOT / "src").rglob("*.py"))


def tracked() -> list[str]:
    """Return what git tracks or would; in a copy without git, every file."""
    try:
        answer = subprocess.run(
            ["git", "ls-files", "--cached", "--others", "--exclude-standard"],
            cwd=ROOT,
            capture_output=True,
            text=True,
            check=True,
        )
    except (OSError, subprocess.CalledProcessError):
        return [str(p.relative_to(ROOT)) for p in ROOT.rglob("*") if p.is_file() and ".venv" not in p.parts]
    return answer.stdout.split("\n")[:-1]


@pytest.mark.parametrize("module", MODULES, ids=lambda p: str(p.relative_to(ROOT / "src" / "handover")))
def test_a_module_holds_one_idea(module: Path) -> None:
    assert len(module.read_text().splitlines()) <= 500, "split it along an idea"


def test_no_schema_of_the_standard_is_in_the_repository() -> None:
    assert not [name for name in tracked() if name.lower().endswith((".xsd", ".wadl"))]


def test_pins_are_plain_names_and_versions() -> None:
    for name in ("requirements.txt", "requirements-dev.txt"):
        for line in (ROOT / name).read_text().splitlines():
            assert re.fullmatch(r"[a-z0-9][a-z0-9._-]*==[A-Za-z0-9.!+]+", line), f"{name}: {line}"


@pytest.mark.parametrize("word", ["TODO", "FIXME", "XXX", "NotImplementedError"])
def test_nothing_is_left_for_later_in_the_source(word: str) -> None:
    assert not [str(m) for m in MODULES if re.search(rf"\b{word}\b", m.read_text())]


def test_class_names_say_what_a_thing_is() -> None:
    vague = re.compile(r"^class \w*(Manager|Helper|Utils?|Handler)\b", re.MULTILINE)
    assert not [str(m) for m in MODULES if vague.search(m.read_text())]


def test_every_file_of_the_package_is_in_its_wheel() -> None:
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text())
    patterns = settings["tool"]["setuptools"]["package-data"]["handover"]
    package = ROOT / "src" / "handover"
    files = [path for path in package.rglob("*") if path.is_file() and path.suffix not in (".py", ".pyc")]
    packed = {path for pattern in patterns for path in package.glob(pattern)}
    assert set(files) <= packed
    assert package / "sep2" / "conformance" / "min_esi.toml" in packed
