"""What the README shows is run."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
OPERATION = ROOT / "docs" / "operation.md"


def test_the_library_example_prints_what_it_says(capsys: pytest.CaptureFixture[str]) -> None:
    (example,) = re.findall(r"```python\n(.*?)```", (ROOT / "README.md").read_text(), re.DOTALL)
    exec(compile(example, "README.md", "exec"), {})
    numbers, document = capsys.readouterr().out.strip().split("\n")
    assert f"# {numbers}" in example
    assert document.startswith("<EndDeviceControl ")
    assert "<coolingOffset>30</coolingOffset>" in document


@pytest.mark.parametrize("page", ["README.md", *(f"docs/{p.name}" for p in (ROOT / "docs").glob("*.md"))])
def test_links_lead_somewhere(page: str) -> None:
    text = (ROOT / page).read_text()
    for target in re.findall(r"\]\(([^)#]+)\)", text):
        if "://" not in target:
            assert ((ROOT / page).parent / target).exists(), f"{page}: {target}"


def test_commands_of_the_documents_exist() -> None:
    from typer.main import get_command

    from handover.cli.main import app

    root = get_command(app)
    pages = (ROOT / "docs" / f"{name}.md" for name in ("gateway", "downward", "feeds", "sep1", "operation"))
    for page in (ROOT / "README.md", *pages):
        for line in re.findall(r"[$#] (?:\.venv/bin/)?handover ([^\n#]+)", page.read_text()):
            command = root
            for word in line.split():
                if hasattr(command, "commands") and word in command.commands:
                    command = command.commands[word]
                elif word.startswith("--"):
                    known = {option for parameter in command.params for option in parameter.opts}
                    assert word in known, f"{page.name}: {line}"


def test_tests_that_the_threat_model_names_exist() -> None:
    named = re.findall(r"`(tests/[\w/.]+)`", (ROOT / "docs" / "THREAT_MODEL.md").read_text())
    assert named
    assert [path for path in named if not (ROOT / path).exists()] == []
