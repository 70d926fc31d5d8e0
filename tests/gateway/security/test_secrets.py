"""Canaries: PINs, keys and install codes that are looked for wherever something is written or said."""

import base64
import dataclasses
import io
import json
import os
import re
import stat
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path
from time import time
from typing import Any

import aiohttp
import pytest
import structlog
from structlog.testing import capture_logs

from gateway.running import Client, fast_clock, make_config, running, until
from gateway.security.test_replay import below
from handover.cli.logs import set_up
from handover.gateway.adapters.registry import registry
from handover.gateway.outputs import Audit, Registered
from handover.sep1.security.install_code import with_crc
from handover.sep1.security.link_keys import LinkKey, Origin
from handover.sep2 import xml
from handover.sep2.client.follower import Settings
from handover.sep2.client.outputs import Post, Put
from handover.sim.premise import Premise

pytestmark = pytest.mark.req("REQ.GW.8")

CANARY_PIN = 734_510


def told(text: str, secrets: Iterable[bytes]) -> list[str]:
    """Return in which forms secrets occur in a text: hexadecimal in either order, base64, plain."""
    found = []
    squeezed = re.sub(r"[\s:\\x-]", "", text).lower()
    for secret in secrets:
        forms = {secret.hex(), secret[::-1].hex()}
        found += [form for form in forms if form in squeezed]
        found += [b64 for b64 in (base64.b64encode(secret).decode().rstrip("="),) if b64 in text]
        found += [repr(secret)] if repr(secret)[2:-1] in text else []
    return found


def says_pin(text: str) -> bool:
    return re.search(rf"(?<!\d){CANARY_PIN}(?!\d)", text) is not None


def test_the_search_would_find_a_canary() -> None:
    secret = bytes(range(16, 32))
    for form in (secret.hex(), secret.hex(":").upper(), secret[::-1].hex(), repr(secret)):
        assert told(f"key={form} and more", [secret]), form
    assert told(base64.b64encode(secret).decode(), [secret])
    assert not told("nothing here", [secret])
    assert says_pin(f"PIN {CANARY_PIN}.")
    assert not says_pin(f"1{CANARY_PIN}")


async def test_a_running_gateway_tells_no_secret(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    config, clock = make_config(tmp_path), fast_clock()
    premise = Premise(seed=3, start=clock.now())
    premise.admit(config.eui64)
    seen: list[str] = []
    with capture_logs() as lines:
        async with running(config, premise, clock) as service:
            device = Client(config, "thermostat")
            with registry(config) as known:
                known.add(lfdi=device.lfdi, pin=CANARY_PIN, name="thermostat", now=time())
            await device.open(service)
            foreign = Client(config, "other")
            await foreign.open(service)
            premise.send_message(service._clock.now(), "hello")
            await until(lambda: service.gateway.messages.book.listed())
            own = (await device.asks("GET", "/edev/1/rg")).body
            assert xml.decode(own).pIN == CANARY_PIN, "the device itself may read it"
            for path in ("/edev/1/rg", "/edev/1", "/edev", "/dcap"):
                answer = await foreign.asks("GET", path)
                seen.append(answer.body.decode() + str(answer.headers))
            await foreign.asks("PUT", "/edev/1/rg", own)
            await device.asks("PUT", "/edev/1/rg", own)
            seen.append(json.dumps(service.status(), default=repr))
            token = config.token_path.read_text().strip()
            async with aiohttp.ClientSession() as session:
                headers = {"Authorization": f"Bearer {token}"}
                async with session.get(service.local.url, headers=headers) as response:
                    seen.append(await response.text())
                async with session.get(service.local.url) as response:
                    seen.append(await response.text())
            await device.close()
            await foreign.close()
    audited = config.audit_path.read_text()
    assert "admitted" in audited
    out, err = capfd.readouterr()
    seen += [audited, out, err, config.api_path.read_text(), repr(lines), " ".join(sys.argv)]
    seen.append(repr(premise.observed))
    everything = "\n".join(seen)
    assert len(everything) > 2000
    assert not says_pin(everything)
    assert token not in everything
    for key in (config.path(config.sep2.key), device.files.key):
        body = "".join(key.read_text().splitlines()[1:-1])
        assert body[:40] not in everything.replace("\n", "")


async def test_files_with_secrets_are_the_owners_alone(tmp_path: Path) -> None:
    config, clock = make_config(tmp_path), fast_clock()
    premise = Premise(seed=3, start=clock.now())
    premise.admit(config.eui64)
    before = os.umask(0)
    try:
        async with running(config, premise, clock):
            device = Client(config, "thermostat")
            device.admit("thermostat")
            for path in (*config.data_dir.iterdir(), *(tmp_path / "pki").glob("*.key")):
                mode = stat.S_IMODE(path.stat().st_mode)
                if path.name in ("api.url",):
                    continue
                assert mode & 0o077 == 0, f"{path.name}: {mode:o}"
            assert stat.S_IMODE(config.data_dir.stat().st_mode) == 0o700
    finally:
        os.umask(before)


def sentences(value: Any) -> Iterator[str]:
    """Give every text and number of a record, however deep."""
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        for field in dataclasses.fields(value):
            yield from sentences(getattr(value, field.name))
    elif isinstance(value, dict):
        for key, item in value.items():
            yield from sentences(key)
            yield from sentences(item)
    elif isinstance(value, list | tuple | set | frozenset):
        for item in value:
            yield from sentences(item)
    elif isinstance(value, bytes | bytearray):
        yield bytes(value).hex()
        yield repr(bytes(value))
    else:
        yield str(value)


def test_no_key_of_the_han_is_told_logged_audited_or_sent_up() -> None:
    air, down, _ = below()
    network, link = air.han.keys()
    secrets = [*network, *link, *(code.octets for code in air.han.codes.values())]
    assert len(secrets) >= 4
    audits = [change for step in down.steps for change in step.changes if isinstance(change, Audit)]
    asks = [ask for step in down.steps for ask in step.asks]
    assert audits
    assert any(isinstance(ask, Post) for ask in asks)
    said = "\n".join(
        text
        for step in down.steps
        for part in (step.logs, step.changes, step.asks)
        for item in part
        for text in sentences(item)
    )
    assert len(said) > 1000
    assert told(said, secrets) == []
    bodies = [ask.body for ask in asks if isinstance(ask, Post | Put)]
    assert not [secret for secret in secrets for body in bodies if secret in body]


def test_what_holds_a_secret_does_not_show_it() -> None:
    key, code = bytes(range(16, 32)), with_crc(bytes(range(64, 80)))
    holders = [
        LinkKey(key, Origin.ESTABLISHED),
        code,
        Registered(1, b"", CANARY_PIN, "x", 0.0, 1),
        Settings(b"", 1, pin=CANARY_PIN),
    ]
    shown = " ".join(map(repr, holders))
    assert told(shown, [key, code.octets]) == []
    assert not says_pin(shown)


def fails(pin: int) -> None:
    raise LookupError("a defect")


@pytest.mark.parametrize("form", ["console", "json"])
def test_the_trace_of_a_defect_shows_no_variables(form: str) -> None:
    before = structlog.get_config()
    lines = io.StringIO()
    try:
        set_up("info", form, lines)
        try:
            fails(CANARY_PIN)
        except LookupError:
            structlog.get_logger("test").exception("frame.failed")
    finally:
        structlog.configure(**before)
    assert "LookupError" in lines.getvalue()
    assert not says_pin(lines.getvalue())
