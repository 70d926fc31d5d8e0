"""The systemd units and the container: systemd takes them, and the commands in them exist."""

import json
import re
import shlex
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from typer.main import get_command

from handover.cli.main import app

PACKAGING = Path(__file__).parents[2] / "packaging"
UNITS = sorted((PACKAGING / "systemd").glob("*.service"))
PROGRAM = "/opt/handover/bin/handover"


def commands(text: str) -> list[list[str]]:
    """Return the words of each call of handover in a unit."""
    calls = re.findall(rf"^Exec\w+=\W?{PROGRAM} (.*)$", text, re.MULTILINE)
    return [shlex.split(call) for call in calls]


def unknown(words: list[str]) -> list[str]:
    """Return the words of a call that are neither commands nor options of the command line."""
    found: list[str] = []
    command: Any = get_command(app)
    while words:
        word, *words = words
        if word == "--":  # what follows is a call of its own
            return found + unknown(words)
        if word.startswith("-"):
            options = {option: p for p in command.params for option in p.opts}
            if word not in options:
                found.append(word)
            elif not options[word].is_flag:
                words = words[1:]
        elif word in getattr(command, "commands", {}):
            command = command.commands[word]
        else:
            found.append(word)
    return found


@pytest.mark.parametrize("unit", UNITS, ids=lambda path: path.name)
def test_the_commands_of_a_unit_exist(unit: Path) -> None:
    calls = commands(unit.read_text())
    assert calls
    assert [word for call in calls for word in unknown(call)] == []


def test_a_wrong_word_would_be_noticed() -> None:
    assert unknown(shlex.split("update boot --confg x -- gateway rum")) == ["--confg", "x", "rum"]


def test_the_commands_of_the_container_exist() -> None:
    text = (PACKAGING / "container" / "Containerfile").read_text()
    (entry,) = re.findall(r"^ENTRYPOINT (.*)$", text, re.MULTILINE)
    call = re.findall(r"^CMD (.*)$", text, re.MULTILINE)[-1]
    assert json.loads(entry) == ["handover"]
    assert unknown(json.loads(call)) == []
    copied = [
        name for line in re.findall(r"^COPY (?!--)(.*)$", text, re.MULTILINE) for name in line.split()[:-1]
    ]
    assert [name for name in copied if not (PACKAGING.parent / name).exists()] == []


@pytest.fixture
def analyze(require_program: Callable[[str], str], tmp_path: Path) -> Callable[..., str]:
    """Return a function that runs systemd-analyze on the units, with a program that is there."""
    program = require_program("systemd-analyze")
    for unit in [*UNITS, *(PACKAGING / "systemd").glob("*.timer")]:
        (tmp_path / unit.name).write_text(unit.read_text().replace(PROGRAM, "/bin/true"))

    def run(*arguments: str) -> str:
        answer = subprocess.run(
            [program, *arguments], cwd=tmp_path, capture_output=True, text=True, check=False
        )
        assert answer.returncode == 0, answer.stdout + answer.stderr
        return answer.stdout + answer.stderr

    return run


def test_systemd_takes_every_unit(analyze: Callable[..., str], tmp_path: Path) -> None:
    said = analyze("verify", "--man=no", *(str(path) for path in sorted(tmp_path.glob("handover*"))))
    assert [line for line in said.splitlines() if "handover" in line] == []


def test_the_gateway_is_confined(analyze: Callable[..., str]) -> None:
    said = analyze("security", "--offline=yes", "./handover-gateway.service")
    (exposure,) = re.findall(r"Overall exposure level for \S+ ([\d.]+)", said)
    assert float(exposure) < 2.0


def test_a_gateway_that_falls_silent_is_started_again() -> None:
    text = (PACKAGING / "systemd" / "handover-gateway.service").read_text()
    settings = dict(line.split("=", 1) for line in text.splitlines() if re.match(r"^\w+=", line))
    assert settings["Type"] == "notify"
    assert settings["Restart"] == "always"
    assert settings["StartLimitIntervalSec"] == "0"
    assert 15 <= int(settings["WatchdogSec"]) <= 120
    assert settings["ProtectSystem"] == "strict"
    assert settings["NoNewPrivileges"] == "yes"
