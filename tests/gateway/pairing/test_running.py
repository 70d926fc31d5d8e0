"""Admissions at a gateway that runs: the local API, real certificates, a simulated meter."""

import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path
from time import time
from typing import Any

import aiohttp
import pytest

from gateway.running import Client, fast_clock, make_config, running, until
from handover.errors import NotNow, Refused
from handover.gateway.adapters.registry import registry
from handover.gateway.config import Config
from handover.gateway.pairing.running import Admissions, Facts
from handover.gateway.pairing.states import Kind
from handover.gateway.service import GatewayService
from handover.sep2.adapters.pki_folder import PkiFolder
from handover.sep2.security.identity import format_sfdi, sfdi
from handover.sim.premise import Premise

pytestmark = pytest.mark.req("REQ.GW.3")

PIN = "111115"
CODE, EUI = "83FED3407A939723A5C639B26916D505C3B5", "00124B0000ABCD01"
DAY = 86_400.0


class House:
    """A running gateway and its local API."""

    def __init__(self, config: Config, service: GatewayService, session: aiohttp.ClientSession) -> None:
        self.config = config
        self.service = service
        self.session = session
        self.root = service.local.url.replace("/api/status", "/api/pairing")

    async def asks(self, path: str = "", body: Any = None, **headers: str) -> tuple[int, Any]:
        token = self.config.token_path.read_text().strip()
        sent = {"Authorization": f"Bearer {token}", **headers}
        method = "GET" if body is None else "POST"
        data = {"data": body} if isinstance(body, bytes) else {"json": body} if body is not None else {}
        async with self.session.request(method, self.root + path, headers=sent, **data) as answer:
            return answer.status, await answer.json() if answer.content_type == "application/json" else None

    def state(self, key: str) -> str | None:
        pairings = self.service._following.admissions.pairings
        return next((p.progress.state for p in pairings if p.progress.key == key), None)

    def detail(self, key: str) -> str:
        return self.service._following.admissions.pairings.get(key).progress.detail


@asynccontextmanager
async def opened(client: Client, service: GatewayService) -> AsyncIterator[Client]:
    await client.open(service)
    try:
        yield client
    finally:
        await client.close()


@pytest.fixture
async def house(tmp_path: Path) -> AsyncIterator[House]:
    config, clock = make_config(tmp_path), fast_clock()
    premise = Premise(seed=3, start=clock.now())
    premise.admit(config.eui64)
    async with running(config, premise, clock) as service, aiohttp.ClientSession() as session:
        yield House(config, service, session)


async def test_the_gateway_says_how_it_gets_on_with_its_meter(house: House) -> None:
    await until(lambda: house.state("gateway-sep1") == "FIRST_READING")
    status, (told,) = await house.asks()
    assert (status, told["state"], told["done"], told["step"]) == (200, "FIRST_READING", True, 6)


async def test_a_sep2_device_from_its_label_to_its_first_data(house: House) -> None:
    client = Client(house.config, "tstat")
    short = sfdi(client.lfdi)
    body = {"kind": "sep2", "sfdi": format_sfdi(short), "pin": PIN, "name": "tstat"}
    status, told = await house.asks(body=body)
    assert (status, told["state"], told["step"]) == (200, "REGISTERED", 3)
    key = told["key"]
    async with opened(client, house.service):
        assert (await client.asks("GET", "/edev")).status == 200
        await until(lambda: house.state(key) == "VERIFIED")
    with registry(house.config) as known:
        known.remove(str(short), now=time())
    await until(lambda: house.state(key) == "NOT_STARTED")


async def test_a_mistyped_sfdi_shows_who_knocked_instead(house: House) -> None:
    client = Client(house.config, "tstat")
    status, told = await house.asks(body={"kind": "sep2", "sfdi": "167-261-211-391", "pin": PIN})
    assert (status, told["state"]) == (200, "REGISTERED")
    await until(lambda: house.state(told["key"]) == "REGISTERED")
    async with opened(client, house.service):
        assert (await client.asks("GET", "/edev")).status == 404
        await until(lambda: house.state(told["key"]) == "UNKNOWN_DEVICE")
    assert house.detail(told["key"]) == f"SFDI {format_sfdi(sfdi(client.lfdi))}"


@pytest.mark.parametrize(
    ("start", "foreign", "state"), [(DAY * 30, False, "CERTIFICATE_EXPIRED"), (0.0, True, "REFUSED")]
)
async def test_a_certificate_that_is_not_accepted_is_told(
    house: House, tmp_path: Path, start: float, foreign: bool, state: str
) -> None:
    status, told = await house.asks(body={"kind": "sep2", "sfdi": "167-261-211-391", "pin": PIN})
    assert status == 200
    await until(lambda: house.state(told["key"]) == "REGISTERED")
    keys = PkiFolder(tmp_path / "other" if foreign else tmp_path / "pki")
    if foreign:
        keys.init("another authority", time())
    client = Client(house.config, "good", keys.path if foreign else None)
    client.files = keys.device("odd", time() + start)
    with pytest.raises((NotNow, Refused)):
        async with opened(client, house.service):
            await client.asks("GET", "/dcap")
    await until(lambda: house.state(told["key"]) == state)
    status, told = await house.asks("/again", {"key": told["key"]})
    assert (status, told["state"]) == (200, "REGISTERED")


async def test_a_sep1_device_is_expected_and_may_be_given_up(house: House) -> None:
    status, told = await house.asks(body={"kind": "sep1", "code": f"Z:{EUI}$I:{CODE}", "name": "display"})
    assert (status, told["state"], told["key"]) == (200, "CODE_ENTERED", f"sep1:{EUI}")
    assert told["key"] in [one["key"] for one in (await house.asks())[1]]
    assert (await house.asks("/end", {"key": told["key"]}))[0] == 200
    assert (await house.asks("/end", {"key": told["key"]}))[0] == 400
    assert told["key"] not in [one["key"] for one in (await house.asks())[1]]


async def test_the_gateways_own_numbers_are_checked(house: House) -> None:
    for kind, typed in (
        ("gateway-sep1", {"code": CODE}),
        ("gateway-sep2", {"sfdi": "167261211391", "pin": PIN}),
    ):
        status, told = await house.asks(body={"kind": kind, **typed})
        assert (status, told["key"]) == (200, kind)
        status, told = await house.asks(body={"kind": kind, **dict.fromkeys(typed, "7")})
        assert (status, told["failed"], told["key"]) == (200, True, "")


@pytest.mark.parametrize(
    ("body", "headers", "status"),
    [
        ({"kind": "sep2"}, {"Authorization": "Bearer wrong"}, 401),
        ({"kind": "sep2"}, {"Authorization": ""}, 401),
        ({"kind": "sep2"}, {"Origin": "http://evil.example"}, 403),
        (b'{"kind": "sep2"}', {"Content-Type": "text/plain"}, 415),
        (b'{"kind": "sep2"}', {"Content-Type": "application/x-www-form-urlencoded"}, 415),
        (b"x" * 5000, {"Content-Type": "application/json"}, 413),
        (b"{", {"Content-Type": "application/json"}, 400),
        ({"kind": "sep3", "pin": PIN}, {}, 400),
        ({"kind": "sep2", "pin": int(PIN)}, {}, 400),
        ({"kind": "sep2", "pin": PIN * 100}, {}, 400),
        ({"kind": "sep2", "surprise": PIN}, {}, 400),
    ],
)
async def test_nobody_else_may_write_and_secrets_come_back_in_no_answer(
    house: House, body: Any, headers: dict[str, str], status: int, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.DEBUG):
        got, answer = await house.asks(body=body, **headers)
    assert got == status
    assert PIN not in str(answer)
    assert PIN not in caplog.text
    with registry(house.config) as known:
        assert known.all() == []


async def test_other_methods_and_paths_are_refused(house: House) -> None:
    async with house.session.put(house.root) as answer:
        assert (answer.status, answer.headers["Allow"]) == (405, "GET, POST")
    async with house.session.get(house.root + "/again") as answer:
        assert (answer.status, answer.headers["Allow"]) == (405, "POST")
    async with house.session.options(house.root, headers={"Origin": "http://evil.example"}) as answer:
        assert answer.status == 405
        assert "Access-Control-Allow-Origin" not in answer.headers
    assert (await house.asks("/other", {}))[0] == 404


async def test_an_admission_survives_a_restart(tmp_path: Path) -> None:
    config, clock = make_config(tmp_path), fast_clock()
    premise = Premise(seed=3, start=clock.now())
    premise.admit(config.eui64)
    for before in (True, False):
        async with running(config, premise, clock) as service, aiohttp.ClientSession() as session:
            house = House(config, service, session)
            if before:
                await house.asks(body={"kind": "sep2", "sfdi": "167-261-211-391", "pin": PIN})
            wanted = partial(house.state, "sep2:167261211391")
            assert await until(wanted) == "REGISTERED"


def test_silence_is_told_in_time() -> None:
    admissions = Admissions()
    admissions.pairings.accept(Kind.UP_SEP1, 0, "", 0.0)
    admissions.look(Facts(), 1.0)
    shown = []
    for facts, now in (
        (Facts(), 2.0),
        (Facts(), 902.0),
        (Facts(esi=True), 903.0),
        (Facts(esi=True, online=True), 904.0),
        (Facts(esi=True, online=True), 1300.0),
        (Facts(esi=True, online=True, readings=True), 1301.0),
    ):
        admissions.look(facts, now)
        shown.append(admissions.pairings.told(now)[0].state)
    assert shown == ["DETECTING_ESI", "TIMEOUT", "JOINED", "KEYS_ESTABLISHED", "NO_READING", "FIRST_READING"]
