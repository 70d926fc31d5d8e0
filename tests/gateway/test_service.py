"""The gateway as a process would run it: simulated meter above, real HTTPS below."""

import asyncio
import stat
from collections.abc import AsyncIterator
from pathlib import Path

import aiohttp
import msgspec
import pytest
from lxml import etree

from gateway.running import SPEED, Client, fast_clock, make_config, running, schema, until
from handover.errors import ConfigError, NotNow, Refused
from handover.gateway.adapters import audit
from handover.gateway.adapters.registry import registry
from handover.gateway.config import Config
from handover.gateway.service import GatewayService
from handover.sep2 import xml
from handover.sep2.adapters.pki_folder import PkiFolder
from handover.sep2.resources.common import Link, ListLink
from handover.sep2.resources.drlc import DutyCycle
from handover.sep2.resources.response import DrResponse, TextResponse
from handover.sep2.store import links_of
from handover.sep2.transports.discovery import DiscoveredServer, browse
from handover.sim.premise import Premise

EDC = "/dr/0/edc?l=255"


class House:
    """Everything that runs, at hand."""

    def __init__(self, config: Config, service: GatewayService, premise: Premise) -> None:
        self.config = config
        self.service = service
        self.premise = premise
        self.clients: list[Client] = []

    @property
    def now(self) -> float:
        return self.service._clock.now()

    async def client(self, name: str, *, admitted: bool = True, pki: Path | None = None) -> Client:
        made = Client(self.config, name, pki)
        if admitted:
            made.admit(name)
        await made.open(self.service)
        self.clients.append(made)
        return made


@pytest.fixture
async def house(tmp_path: Path) -> AsyncIterator[House]:
    config, clock = make_config(tmp_path), fast_clock()
    premise = Premise(seed=3, start=clock.now())
    premise.admit(config.eui64)
    async with running(config, premise, clock) as service:
        made = House(config, service, premise)
        yield made
        for client in made.clients:
            await client.close()


async def walk(client: Client) -> dict[str, bytes]:
    """Return every document that a client reaches by following links, by path."""
    found: dict[str, bytes] = {}
    waiting = ["/dcap"]
    while waiting:
        path = waiting.pop()
        if path in found:
            continue
        response = await client.asks("GET", f"{path}?l=255")
        assert response.status == 200, (path, response.status)
        found[path] = response.body
        resource = xml.decode(response.body)
        members = [getattr(resource, name) for name in dir(resource) if not name.startswith("_")]
        for item in [resource, *(i for m in members if isinstance(m, list) for i in m)]:
            if not hasattr(type(item), "__dataclass_fields__"):
                continue
            if getattr(item, "href", None) and item is not resource:
                waiting.append(item.href)
            for slot in links_of(type(item)):
                link: Link | ListLink | None = getattr(item, slot.name)
                if link is not None:
                    waiting.append(link.href)
    return found


@pytest.mark.req("REQ.GW.1")
async def test_everything_a_client_reaches_is_valid_and_counts_are_right(house: House) -> None:
    client = await house.client("thermostat")
    house.premise.send_message(house.now, "Peak today", confirm=True)
    house.premise.send_load_control(house.now, start_in=3600, duty_cycle=50)
    gateway = house.service.gateway
    await until(lambda: gateway.messages.book.listed() and gateway.events.book.listed())
    await until(lambda: gateway.prices.book.listed() and gateway.meters.shown(house.now))
    documents = await walk(client)
    validator = schema()
    for path, body in documents.items():
        document = etree.fromstring(body)
        assert validator.validate(document), (path, validator.error_log.last_error)
    kinds = {etree.QName(etree.fromstring(body)).localname for body in documents.values()}
    assert kinds >= {
        "DeviceCapability", "Time", "EndDevice", "Registration", "FunctionSetAssignments", "SelfDevice",
        "DeviceInformation", "UsagePoint", "MeterReading", "ReadingType", "Reading", "TariffProfile",
        "RateComponent", "TimeTariffInterval", "ConsumptionTariffInterval", "MessagingProgram",
        "TextMessage", "DemandResponseProgram", "EndDeviceControl", "ResponseSet",
    }  # fmt: skip
    for path, body in documents.items():
        resource = xml.decode(body)
        if hasattr(resource, "all"):
            items = next(v for v in (getattr(resource, n) for n in dir(resource)) if isinstance(v, list))
            assert resource.all == resource.results == len(items), path


async def test_readings_are_the_meters_own_to_the_last_digit(house: House) -> None:
    client = await house.client("display")
    await until(lambda: house.service.gateway.meters.shown(house.now))
    reading = await client.gets("/upt/0/mr/0000-0/r")
    kind = await client.gets("/upt/0/mr/0000-0/rt")
    assert (kind.uom, kind.powerOfTenMultiplier, kind.flowDirection) == (72, 0, 1)
    assert reading.value in {row[0] for row in house.premise.observed.readings}
    shown = next(r for r in house.service.status()["readings"] if r["name"] == "Energy delivered")
    assert shown["unit"] == "kWh"
    assert not shown["stale"]


@pytest.mark.req("REQ.GW.1")
async def test_a_load_control_event_goes_there_and_its_answers_come_back(house: House) -> None:
    client = await house.client("thermostat")
    await until(lambda: house.service.gateway.presence.online and len(house.service.gateway.devices))
    event = house.premise.send_load_control(house.now, minutes=2, duty_cycle=50)
    await until(lambda: house.service.gateway.events.book.listed())
    (control,) = (await client.gets(EDC)).EndDeviceControl
    assert control.EventStatus.currentStatus == 1
    for status in (1, 2, 3):
        word = DrResponse(
            createdDateTime=int(house.now),
            endDeviceLFDI=client.lfdi,
            status=status,
            subject=control.mRID,
            DutyCycle=DutyCycle(normalValue=50),
        )
        answer = await client.asks("POST", control.replyTo, word)
        assert answer.status == 201
        assert (await client.asks("GET", answer.headers["Location"])).status == 200
    reports = await until(lambda: reported(house, event, 3))
    assert reports == [1, 2, 3]
    await until(lambda: audited(house) >= {"admitted", "translated", "response"})
    assert audit.problems(house.config.audit_path) == []


def audited(house: House) -> set[str]:
    """Return what kinds of entries are in the audit log."""
    return {entry["what"] for entry in audit.read(house.config.audit_path)}


def reported(house: House, number: int, last: int) -> list[int] | None:
    found = [
        report.command.event_status
        for report in house.premise.observed.event_statuses
        if report.command.issuer_event_id == number
    ]
    return found if found and found[-1] == last else None


async def test_a_message_is_confirmed_once(house: House) -> None:
    first, second = await house.client("display"), await house.client("another")
    house.premise.send_message(house.now, "Please confirm", confirm=True)
    await until(lambda: house.service.gateway.messages.book.listed())
    (text,) = (await first.gets("/msg/0/txt?l=9")).TextMessage
    assert (text.textMessage, text.responseRequired) == ("Please confirm", b"\x04")
    for client in (first, second):
        word = TextResponse(
            createdDateTime=int(house.now), endDeviceLFDI=client.lfdi, status=11, subject=text.mRID
        )
        assert (await client.asks("POST", text.replyTo, word)).status == 201
    await until(lambda: house.premise.observed.confirmations)
    await until(lambda: len(house.service.gateway.outbox) == 0)
    assert len(house.premise.observed.confirmations) == 1
    shown = house.service.status()["messages"][0]
    assert shown["confirmed_by"] == "display"


@pytest.mark.req("TERM.COMM")
async def test_who_sees_what_before_and_after_admission(house: House) -> None:
    await until(
        lambda: house.service.gateway.prices.book.listed() and house.service.gateway.meters.shown(house.now)
    )
    stranger = await house.client("stranger", admitted=False)
    for path, status in (
        ("/dcap", 200),
        ("/tm", 200),
        ("/sdev", 200),
        ("/tp", 200),
        ("/msg", 404),
        ("/upt", 404),
        ("/upt/0/mr", 404),
        ("/dr", 404),
        ("/edev/1", 404),
        ("/edev/1/rg", 404),
        ("/rsps/0/rsp", 404),
    ):
        assert (await stranger.asks("GET", path)).status == status, path
    assert (await stranger.asks("POST", "/edev", b"<EndDevice/>")).status == 403
    stranger.admit("tstat")
    for path in (
        "/upt",
        "/dr",
        "/msg",
        "/edev/1",
        "/edev/1/rg",
        "/edev/1/fsa/0",
        "/edev/1/di",
        "/rsps/0/rsp",
    ):
        assert (await stranger.asks("GET", path)).status == 200, path
    assert (await stranger.gets("/edev/1/rg")).pIN == 111115
    other = await house.client("other")
    assert (await other.asks("GET", "/edev/1")).status == 404
    assert (await other.asks("PUT", "/edev/1/dstat", b"<DeviceStatus/>")).status == 403
    with registry(house.config) as known:
        known.remove("tstat", now=0.0)
    await until(lambda: house.service.gateway.devices.at("/edev/1/rg") is None)
    assert (await stranger.asks("GET", "/edev/1")).status == 404
    assert (await stranger.asks("GET", "/upt")).status == 404
    await until(lambda: "refused" in audited(house))


async def test_without_a_certificate_of_this_home_nothing_is_seen(house: House, tmp_path: Path) -> None:
    foreign = tmp_path / "foreign"
    PkiFolder(foreign).init("somebody else", 1.7e9)
    client = await house.client("intruder", admitted=False, pki=foreign)
    with pytest.raises((Refused, NotNow)):
        await client.asks("GET", "/dcap")


async def test_the_local_api_gives_the_status_to_those_with_the_token(house: House) -> None:
    url, path = house.service.local.url, house.config.token_path
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    token = path.read_text().strip()
    async with aiohttp.ClientSession() as session:
        async with session.get(url) as answer:
            assert answer.status == 401
        async with session.get(url, headers={"Authorization": "Bearer wrong"}) as answer:
            assert answer.status == 401
        async with session.post(url) as answer:
            assert answer.status == 405
        async with session.get(url.replace("/api/status", "/other")) as answer:
            assert answer.status == 404
        async with session.get(url.replace("/api/status", "/healthz")) as answer:
            assert (answer.status, await answer.text()) == (200, "ok\n")
        async with session.get(url, headers={"Authorization": f"Bearer {token}"}) as answer:
            document = await answer.json()
    assert document["url"] == house.service.url
    assert document.keys() >= {
        "now", "gateway", "esi", "time", "readings", "history", "prices", "messages", "events", "devices",
        "counts", "log",
    }  # fmt: skip
    assert "111115" not in str(document)


async def test_a_second_gateway_on_the_same_data_is_refused(house: House) -> None:
    second = GatewayService(house.config, lambda _: house.service.transport, house.service._clock)
    with pytest.raises(ConfigError, match="another gateway runs"):
        await second.start()


async def test_a_missing_certificate_says_how_to_make_one(tmp_path: Path) -> None:
    config = Config(base=str(tmp_path))
    service = GatewayService(config, lambda _: None, fast_clock())
    with pytest.raises(ConfigError, match="handover gateway init"):
        await service.start()


async def test_the_service_ends_when_it_is_told_to(house: House) -> None:
    running_ = asyncio.create_task(house.service.run(signals=False))
    house.service.stop()
    await running_


async def test_hostile_input_is_refused_and_leaves_a_line(house: House) -> None:
    client = await house.client("thermostat")
    await until(lambda: house.service.gateway.meters.shown(house.now))
    bombs = [b"<", b"<!DOCTYPE x [<!ENTITY a 'b'>]><DrResponse/>", b"\xff" * 1000, b"<a>" * 500, b""]
    for bomb in bombs:
        answer = await client.asks("POST", "/rsps/0/rsp", bomb or None)
        assert 400 <= answer.status < 500
    han, before = house.premise.han, len(house.service.gateway.meters.shown(house.now))
    from handover.sep1.aps import ApsFrame

    for cluster in (0x0700, 0x0701, 0x0702, 0x0703, 0x000A, 0x0019):
        for payload in (
            b"",
            b"\x01",
            b"\x09\x01\x00",
            b"\x09\x01\x00" + b"\xff" * 200,
            b"\x18\x01\x0a\x00\x00\x25",
        ):
            for secured in (True, False):
                han.carry(
                    ApsFrame(
                        source=house.premise.eui64,
                        destination=house.config.eui64,
                        source_endpoint=1,
                        destination_endpoint=1,
                        cluster_id=cluster,
                        secured=secured,
                        payload=payload,
                    )
                )
    await until(lambda: sum(house.service.gateway._client.dropped.values()) >= 20)
    assert len(house.service.gateway.meters.shown(house.now)) == before
    assert (await client.asks("GET", "/upt")).status == 200
    assert any("dropped" in line["text"] for line in house.service.status()["log"])


async def test_while_the_journal_cannot_be_written_reading_goes_on_and_writing_waits(house: House) -> None:
    client = await house.client("thermostat")
    await until(lambda: house.service.gateway.presence.online and len(house.service.gateway.devices))
    event = house.premise.send_load_control(house.now, minutes=60, duty_cycle=50)
    await until(lambda: reported(house, event, 1))
    (control,) = (await client.gets(EDC)).EndDeviceControl
    house.service._journal.connection.execute("PRAGMA query_only=ON")
    word = DrResponse(
        createdDateTime=int(house.now), endDeviceLFDI=client.lfdi, status=2, subject=control.mRID
    )
    answer = await client.asks("POST", control.replyTo, word)
    assert (answer.status, bool(answer.headers.get("Retry-After"))) == (503, True)
    assert (await client.asks("POST", control.replyTo, word)).status == 503
    assert (await client.asks("GET", "/dr/0/edc")).status == 200
    assert "writable" in str(house.service.problem)
    assert reported(house, event, 2) is None
    house.service._journal.connection.execute("PRAGMA query_only=OFF")
    assert (await client.asks("POST", control.replyTo, word)).status in (201, 204)
    assert await until(lambda: reported(house, event, 2)) == [1, 2]
    assert house.service.problem is None


def test_the_scaled_clock_is_fast_enough_for_these_tests() -> None:
    assert SPEED > 1


async def test_the_gateway_is_found_by_its_name_and_by_its_devices(tmp_path: Path) -> None:
    config, clock = make_config(tmp_path), fast_clock()
    config = msgspec.structs.replace(config, sep2=msgspec.structs.replace(config.sep2, dns_sd=True))
    client = Client(config, "thermostat")
    client.admit("thermostat")
    premise = Premise(seed=3, start=clock.now())
    async with running(config, premise, clock) as service:
        sfdi = service.gateway.devices.all()[0].sfdi
        name = f"edev-{sfdi}"

        def ours(servers: list[DiscoveredServer]) -> bool:
            return any(s.https_port == service.https.port and name in s.subtypes for s in servers)

        found = await browse(subtypes=[name], seconds=20.0, chosen=["127.0.0.1"], enough=ours)
    (server,) = [s for s in found if s.https_port == service.https.port]
    assert (server.dcap, server.subtypes[name]) == ("/dcap", "/edev")
