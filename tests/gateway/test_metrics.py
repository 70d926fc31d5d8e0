"""The numbers for Prometheus: what they count, and what is never in them."""

import re
from pathlib import Path

import aiohttp
from prometheus_client.parser import text_string_to_metric_families

from gateway.home import DISPLAY, ESI, NOW, STRANGER, THERMOSTAT, Home
from gateway.running import fast_clock, make_config, running, until
from gateway.utility import (
    ELECTRIC,
    GAS,
    GAS_METER,
    U8,
    U48,
    load_control,
    message,
    price,
    report,
)
from handover.gateway.adapters.counting import counted
from handover.gateway.adapters.metrics import Shell, exposition, rows
from handover.sep1.clusters.messaging import CancelMessage
from handover.sep2.server import Request, Response
from handover.sim.premise import Premise

LABELS = {
    "cluster", "direction", "kind", "meter", "method", "reason", "state", "status", "table", "version",
}  # fmt: skip


def numbers(text: bytes) -> dict[tuple[str, ...], float]:
    """Return the samples by name and the values of their labels."""
    return {
        (sample.name, *sample.labels.values()): sample.value
        for family in text_string_to_metric_families(text.decode())
        for sample in family.samples
    }


def of(home: Home, shell: Shell | None = None) -> dict[tuple[str, ...], float]:
    return numbers(exposition(home.gateway, home.now, shell or Shell(well=True)))


def test_what_the_esi_asked_for_is_counted_by_cluster_and_status(home: Home) -> None:
    load_control(home)
    price(home)
    price(home)
    message(home, b"Peak today")
    home.says(CancelMessage(99, 0))
    found = of(home)
    assert found["handover_commands_total", "Price", "success"] == 1
    assert found["handover_commands_total", "Price", "duplicate_exists"] == 1
    assert found["handover_commands_total", "Messaging", "success"] == 1
    assert found["handover_commands_total", "Messaging", "not_found"] == 1
    assert found["handover_events", "event", "active"] == 1
    assert found["handover_events", "price", "active"] == 1
    assert found["handover_esi_online",] == 1
    assert found["handover_esi_last_heard_timestamp_seconds",] == NOW


def test_answers_wait_in_the_outbox(home: Home) -> None:
    home.answering = False
    load_control(home)
    assert of(home)["handover_outbox_length",] == 1


def test_a_meter_grows_stale(home: Home) -> None:
    report(home, ELECTRIC | {0x0000: (U48, 7), 0x0001: (U48, 8), 0x000A: (U8, 30)})
    report(home, GAS | {0x0000: (U48, 7)}, source=GAS_METER)
    found = of(home)
    assert found["handover_meter_readings", "0", "fresh"] == 2
    assert found["handover_meter_readings", "1", "fresh"] == 1
    home.passes(91)
    found = of(home)
    assert found["handover_meter_readings", "0", "stale"] == 2
    assert found["handover_meter_age_seconds", "0"] == 91


def test_dropped_frames_are_counted_by_reason(home: Home) -> None:
    home.carries(b"\x01", 0x0702)
    home.carries(b"\x01", 0xFFFF)
    found = of(home)
    assert sum(value for key, value in found.items() if key[0] == "handover_frames_dropped_total") == 2


async def test_requests_are_counted_when_they_are_answered(home: Home) -> None:
    async def later(request: Request) -> Response:
        return Response(201, {})

    exchange = counted(
        lambda r: later(r) if r.method == "POST" else home.asks(r.path, STRANGER), home.gateway.tally
    )
    assert isinstance(exchange(Request("GET", "/dcap", "", {}, b"")), Response)
    exchange(Request("GET", "/upt", "", {}, b""))
    answer = exchange(Request("POST", "/rsps/0/rsp", "", {}, b""))
    assert ("POST", 201) not in home.gateway.tally.requests
    assert not isinstance(answer, Response)
    assert (await answer).status == 201
    exchange(Request("BREW", "/upt", "", {}, b""))
    found = of(home)
    assert found["handover_requests_total", "GET", "200"] == 1
    assert found["handover_requests_total", "GET", "404"] == 1
    assert found["handover_requests_total", "POST", "201"] == 1
    assert found["handover_requests_total", "other", "404"] == 1


def test_the_journal_is_counted_by_table(home: Home) -> None:
    load_control(home)
    found = of(home, Shell(well=False, connections=3, waiting=2, rows=rows(home.journal)))
    assert found["handover_journal_rows", "registration"] == 2
    assert found["handover_journal_rows", "transition"] > 0
    assert (found["handover_healthy",], found["handover_connections",]) == (0, 3)
    assert found["handover_journal_waiting",] == 2
    home.journal.close()
    assert rows(home.journal) == {}


def test_no_device_person_meter_or_text_is_in_the_numbers(home: Home) -> None:
    report(home, ELECTRIC | {0x0000: (U48, 7)})
    price(home, b"SECRET")
    message(home, b"Pay your bill, Ms Doe")
    for path in ("/dcap", "/edev/1", f"/nowhere/{'x' * 50}"):
        home.asks(path)
        home.asks(path, STRANGER)
    text = exposition(home.gateway, home.now, Shell(well=True, rows=rows(home.journal))).decode()
    secrets = ["SECRET", "Doe", "tstat", "display", "111115", f"{ESI:016X}", "3E4F45AB", "nowhere"]
    secrets += [str(peer.sfdi) for peer in (THERMOSTAT, DISPLAY, STRANGER)]
    assert [word for word in secrets if word.lower() in text.lower()] == []
    assert set(re.findall(r"[{,](\w+)=", text)) <= LABELS


def test_no_peer_can_make_series(home: Home) -> None:
    tally = home.gateway.tally
    for number in range(0x10000):
        tally.received[number] += 1
        tally.commands[number, number & 0xFF] += 1
    for number in range(1000):
        tally.requests[f"METHOD{number}", 501] += 1
    assert len(of(home)) < 2000
    before = len(of(home))
    for number in range(1000):
        tally.requests[f"WAY{number}", 501] += 1
        tally.received[0x20000 + number] += 1
    assert len(of(home)) == before


async def test_a_running_gateway_gives_its_numbers_to_those_with_the_token(tmp_path: Path) -> None:
    config, clock = make_config(tmp_path), fast_clock()
    premise = Premise(seed=3, start=clock.now())
    premise.admit(config.eui64)
    async with running(config, premise, clock) as service, aiohttp.ClientSession() as session:
        tally = service.gateway.tally
        await until(lambda: tally.received[0x0700] and tally.sent[0x0700])
        await until(lambda: service.gateway.meters.shown(clock.now()))
        url = service.local.url.replace("/api/status", "/metrics")
        async with session.get(url) as answer:
            assert answer.status == 401
        headers = {"Authorization": f"Bearer {config.token_path.read_text().strip()}"}
        async with session.get(url, headers=headers) as answer:
            assert answer.status == 200
            assert answer.headers["Content-Type"].startswith("text/plain")
            found = numbers(await answer.read())
    assert found["handover_frames_total", "Price", "received"] > 0
    assert found["handover_frames_total", "Price", "sent"] > 0
    assert found["handover_healthy",] == 1
    assert found["handover_journal_rows", "reading"] > 0
