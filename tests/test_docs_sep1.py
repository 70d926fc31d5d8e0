"""What docs/sep1.md shows is run: its Python top to bottom, its commands as far as they stand alone."""

import re
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from handover.cli.main import app

PAGE = (Path(__file__).parents[1] / "docs" / "sep1.md").read_text()


def test_the_examples_print_what_they_say(capsys: pytest.CaptureFixture[str]) -> None:
    names: dict[str, Any] = {}
    expected: list[str] = []
    blocks = re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL)
    assert len(blocks) == 3
    for block in blocks:
        exec(compile(block, "docs/sep1.md", "exec"), names)
        expected += re.findall(r"^print\(.*\)  # (.*)$", block, re.MULTILINE)
    assert capsys.readouterr().out.splitlines() == expected
    assert len(expected) >= 7


def test_the_examples_are_short() -> None:
    for block in re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL):
        statements = [
            line
            for line in block.splitlines()
            if line and not line.startswith(("print", "import", "from", "#"))
        ]
        assert len(statements) <= 10


def test_the_decode_command_runs() -> None:
    (line,) = re.findall(r"\$ handover (sep1 decode --cluster 0x0701 \w+)", PAGE)
    result = CliRunner().invoke(app, line.split())
    assert result.exit_code == 0
    assert "3.0 K" in result.output


def test_the_classes_of_the_table_exist() -> None:
    import importlib.util

    for dotted in re.findall(r"`((?:server|client|metering|prepayment|tunneling|ota)\.[\w.]+)[`(]", PAGE):
        module, _, name = f"handover.sep1.{dotted}".rpartition(".")
        known = hasattr(importlib.import_module(module), name)
        assert known or importlib.util.find_spec(f"{module}.{name}") is not None, dotted
