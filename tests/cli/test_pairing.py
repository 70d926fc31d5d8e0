"""`handover gateway pair` and `guide`: what is typed, what is said, what is left in the journal."""

import json
import re
import shlex
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from handover.cli.main import app
from handover.cli.pairing import follow
from handover.clock import VirtualClock
from handover.gateway.adapters.journal import Journal
from handover.gateway.config import Config, load
from handover.gateway.pairing.adapters.desk import desk
from handover.gateway.pairing.adapters.rows import expected, progress, write
from handover.gateway.pairing.guide import COMMANDS, markdown
from handover.gateway.pairing.pairing import Happened, Told
from handover.gateway.pairing.pairings import Pairings
from handover.gateway.pairing.states import Event

pytestmark = [pytest.mark.req("REQ.GW.3"), pytest.mark.req("REQ.GW.6")]

SFDI, PIN = "167-261-211-391", "111115"
CODE, EUI = "83FE D340 7A93 9723 A5C6 39B2 6916 D505 C3B5", "00124B0000ABCD01"
KEY1, KEY2 = f"sep1:{EUI}", "sep2:167261211391"


def run(*arguments: str, given: str | None = None) -> tuple[int, str]:
    result = CliRunner().invoke(app, ["gateway", *arguments], input=given)
    return result.exit_code, result.output


@pytest.fixture
def config(tmp_path: Path) -> str:
    code, text = run("init", str(tmp_path / "home"), "--host", "127.0.0.1", "--port", "0")
    assert code == 0, text
    return str(tmp_path / "home" / "gateway.toml")


def pair(config: str, *arguments: str, given: str | None = None) -> tuple[int, Any]:
    code, text = run("pair", "-c", config, "--json", *arguments, given=given)
    return code, json.loads(text.strip().splitlines()[-1])


def ledger(settings: Config, key: str) -> Journal:
    """Return the journal of the half that an admission belongs to."""
    return Journal(settings.data_dir / ("downward.db" if key.startswith("sep1") else "journal.db"))


def happens(settings: Config, key: str, *events: Event) -> None:
    """Let a running gateway write what it sees."""
    journal = ledger(settings, key)
    journal.open()
    with journal.transaction() as connection:
        pairings = Pairings(progress(connection))
        for event in events:
            write(connection, pairings.seen(key, Happened(event), 1.0))
    journal.close()


def wishes(config: str) -> list[Any]:
    journal = ledger(load(Path(config)), KEY1)
    journal.open()
    with journal.reading() as connection:
        found = expected(connection)
    journal.close()
    return list(found)


def test_a_sep2_device_is_registered_in_one_command(config: str) -> None:
    code, told = pair(config, "--sfdi", SFDI, "--pin", PIN, "--name", "tstat", "--category", "thermostat")
    assert (code, told["state"], told["key"], told["failed"]) == (0, "REGISTERED", KEY2, False)
    (row,) = json.loads(run("list-devices", "-c", config, "--json")[1])
    assert (row["sfdi"], row["name"]) == (167261211391, "tstat")
    assert run("remove-device", "tstat", "-c", config)[0] == 0
    assert json.loads(run("pair", "-c", config, "--list", "--json")[1]) == []


@pytest.mark.parametrize(
    ("arguments", "state", "words"),
    [
        (["--sfdi", "167-261-211-392", "--pin", PIN], "BAD_SFDI", "it would be 1, not 2"),
        (["--sfdi", SFDI, "--pin", "111116"], "BAD_PIN", "check digit"),
        (["--code", CODE.replace("7A93", "7A98"), "--eui64", EUI], "BAD_CODE", "group 3"),
        (["--code", "167261211391", "--eui64", EUI], "WRONG_PROFILE", "SEP 2.0 device"),
        (["--code", CODE, "--eui64", "000D6F0000ABCDEF"], "BAD_CODE", "gateway itself"),
        (["--kind", "gateway-sep1", "--code", CODE[:-1]], "BAD_CODE", "digits"),
        (["--kind", "gateway-sep2", "--sfdi", SFDI, "--pin", "1"], "BAD_PIN", "6 digits"),
    ],
)
def test_a_typing_error_is_told_and_leaves_no_trace(
    config: str, arguments: list[str], state: str, words: str
) -> None:
    code, told = pair(config, *arguments)
    assert (code, told["state"], told["failed"], told["key"]) == (2, state, True, "")
    assert words in told["detail"]
    assert told["next_step"].endswith(".")
    assert wishes(config) == []
    assert json.loads(run("pair", "-c", config, "--list", "--json")[1]) == []


def test_a_number_that_belongs_to_another_certificate_is_refused(config: str) -> None:
    lfdi = "3E4F45AB31EDFE5B67E343E5E4562E31984E23E5"
    assert pair(config, "--lfdi", lfdi, "--pin", PIN)[0] == 0
    code, told = pair(config, "--lfdi", lfdi[:-1] + "6", "--pin", PIN)
    assert (code, told["state"]) == (1, "REFUSED")
    assert "belongs to another certificate" in told["detail"]


def test_a_sep1_device_is_expected_until_it_has_a_key(config: str) -> None:
    code, told = pair(config, "--code", f"Z:{EUI}$I:{CODE.replace(' ', '')}", "--name", "display")
    assert (code, told["state"], told["key"]) == (0, "CODE_ENTERED", KEY1)
    (wish,) = wishes(config)
    assert (wish.eui64, wish.code, wish.name, len(wish.link_key)) == (int(EUI, 16), CODE, "display", 16)
    settings = load(Path(config))
    assert ledger(settings, KEY1).path.stat().st_mode & 0o777 == 0o600
    happens(settings, KEY1, Event.OPENED, Event.JOINED, Event.LATE)
    assert len(wishes(config)) == 1
    code, told = pair(config, "--again", KEY1)
    assert (code, told["state"]) == (0, "CODE_ENTERED")
    assert wishes(config)[0].since > wish.since
    happens(settings, KEY1, Event.OPENED, Event.JOINED, Event.KEYS)
    assert wishes(config) == []
    kept = b"".join(path.read_bytes() for path in settings.data_dir.iterdir())
    assert CODE.encode() not in kept, "what was deleted is overwritten"
    assert run("pair", "-c", config, "--end", KEY1)[0] == 0
    assert run("pair", "-c", config, "--end", KEY1)[0] == 2


def test_the_code_is_asked_for_unseen_or_read_from_a_line(config: str) -> None:
    code, text = run("pair", "-c", config, "--kind", "sep1", given=f"{CODE}\n{EUI}\n")
    assert (code, "[step 2 of 7]" in text, CODE in text) == (0, True, False), text
    code, told = pair(config, "--code", "-", "--eui64", EUI, given=f"{CODE}\n")
    assert (code, told["state"]) == (0, "CODE_ENTERED")


def test_without_options_it_asks(config: str) -> None:
    code, text = run("pair", "-c", config, "--wait", "0.001", given=f"4\n{SFDI}\n{PIN}\n")
    assert (code, "A SEP 2.0 device at the gateway" in text, PIN in text) == (0, True, False)
    assert "Next: Connect the device" in text
    assert run("pair", "-c", config, given="9\n")[0] == 2


def test_who_is_asked_may_try_three_times(config: str) -> None:
    wrong = "167-261-211-392"
    code, text = run(
        "pair", "-c", config, "--wait", "0.001", given=f"4\n{wrong}\n{PIN}\n{SFDI}\n111116\n{SFDI}\n{PIN}\n"
    )
    assert (code, text.count("[problem]"), "[step 3 of 4]" in text) == (0, 2, True), text
    code, text = run("pair", "-c", config, given="4\n" + f"{wrong}\n{PIN}\n" * 3)
    assert (code, text.count("[problem]")) == (2, 3)


def test_two_labels_at_once_are_refused(config: str) -> None:
    assert run("pair", "-c", config, "--sfdi", SFDI, "--code", CODE)[0] == 2


def test_the_gateways_own_numbers_are_checked_and_not_kept(config: str) -> None:
    assert pair(config, "--kind", "gateway-sep1", "--code", CODE)[1]["state"] == "CODE_ENTERED"
    code, told = pair(config, "--kind", "gateway-sep2", "--sfdi", SFDI, "--pin", PIN)
    assert (code, told["state"]) == (0, "CODE_ENTERED")
    folder = load(Path(config)).data_dir
    kept = b"".join(path.read_bytes() for path in folder.iterdir())
    assert CODE.encode() not in kept
    assert CODE.replace(" ", "").encode() not in kept


def test_no_secret_is_in_the_audit_log(config: str) -> None:
    pair(config, "--code", CODE, "--eui64", EUI)
    pair(config, "--sfdi", SFDI, "--pin", PIN)
    logs = [path.read_text() for path in load(Path(config)).data_dir.glob("*.jsonl")]
    log = "".join(logs)
    assert len(logs) == 2
    assert log.count("CODE_ENTERED") == 2
    assert PIN not in log
    assert "D340" not in log


def test_failures_say_how_to_try_again(config: str) -> None:
    pair(config, "--sfdi", SFDI, "--pin", PIN)
    happens(load(Path(config)), KEY2, Event.EXPIRED)
    code, text = run("pair", "-c", config, "--list")
    assert (code, "certificate is not valid" in text) == (0, True)
    assert f"handover gateway pair --again {KEY2}" in text
    assert pair(config, "--again", KEY2)[1]["state"] == "REGISTERED"


def test_one_follows_an_admission_to_its_end(config: str) -> None:
    settings, clock, shown = load(Path(config)), VirtualClock(100.0), list[Told]()
    with desk(settings) as open_desk:
        told = open_desk.sep1_device(code=CODE, eui64=EUI, now=100.0)
        coming = iter([Event.OPENED, Event.JOINED, Event.KEYS, Event.REGISTERED, Event.READING])

        def pause(seconds: float) -> None:
            clock.advance(seconds)
            happens(settings, KEY1, next(coming))

        last = follow(open_desk, told, 60.0, shown.append, clock.now, pause)
    assert last.done
    assert [told.state for told in shown] == [
        "WINDOW_OPEN",
        "JOINED",
        "KEYS_ESTABLISHED",
        "REGISTERED",
        "VERIFIED",
    ]


def test_the_guide_is_printed_and_written(tmp_path: Path) -> None:
    assert run("guide", "--format", "markdown") == (0, markdown())
    assert "How to admit" in run("guide")[1]
    assert run("guide", "--format", "html", "-o", str(tmp_path / "guide.html"))[0] == 0
    assert (tmp_path / "guide.html").read_text().startswith("<!DOCTYPE html>")
    assert run("guide", "--format", "pdf")[0] == 2


def test_the_commands_of_the_guide_do_what_it_says(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """From the package to the first device, literally, in four commands."""
    monkeypatch.chdir(tmp_path)
    commands = re.findall(r"^\$ handover (.*)$", markdown(), re.MULTILINE)
    assert len(commands) == len(COMMANDS) <= 5
    for command in commands:
        arguments = shlex.split(command)
        if arguments[1] != "run":
            result = CliRunner().invoke(app, arguments)
            assert result.exit_code == 0, (command, result.output)
    assert KEY2 in result.output
