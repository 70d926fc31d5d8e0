"""The demo as a user runs it: its last line is one JSON object, its exit code the verdict."""

import asyncio
import json
import sys
from pathlib import Path
from typing import Any

import pytest

ALL = {"readings", "price", "message", "load_control"}


async def run(*arguments: str) -> tuple[int | None, list[str], str]:
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "handover", "demo", *arguments),
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    out, error = await asyncio.wait_for(process.communicate(), 100)
    return process.returncode, out.decode().splitlines(), error.decode()


async def last_line(*arguments: str) -> dict[str, Any]:
    code, lines, error = await run(*arguments)
    assert code == 0, (lines, error)
    answer: dict[str, Any] = json.loads(lines[-1])
    return answer


async def test_a_virtual_home_carries_every_journey() -> None:
    answer = await last_line("--seconds", "20", "--json")
    assert answer["journeys"] == dict.fromkeys(ALL, True)
    assert answer["complete"]
    assert answer["url"].startswith("https://127.0.0.1:")
    assert answer["counts"]["devices"] == 2
    assert answer["last_reading"]["unit"] == "kW"


async def test_a_recorded_day_carries_what_a_stick_can() -> None:
    answer = await last_line("--raven", "--seconds", "20", "--json")
    assert answer["journeys"] == dict.fromkeys(ALL - {"load_control"}, True)


async def test_what_did_not_come_through_is_told_and_fails(tmp_path: Path) -> None:
    code, lines, error = await run("--seconds", "1", "--json")
    assert code == 1
    assert not json.loads(lines[-1])["complete"]
    assert "not come through: " in error


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        (["nothing.xml"], "play it with: handover demo --raven nothing.xml"),
        (["--raven", "nothing.xml"], "cannot be read"),
    ],
)
async def test_a_recording_that_cannot_be_played_is_explained(arguments: list[str], reason: str) -> None:
    code, _, error = await run(*arguments, "--json")
    assert code == 2
    assert reason in error
    assert "Traceback" not in error
