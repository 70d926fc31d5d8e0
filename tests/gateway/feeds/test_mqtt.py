"""The feed on a real broker: retained, renewed, taken back, and never lost for good."""

import asyncio
import contextlib
import gc
import json
import ssl
import subprocess
import sys
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec
import pytest

from conftest import Require
from gateway.feeds.broker import Broker, reading
from gateway.home import ESI, OWN, Home
from gateway.running import fast_clock, make_config, running, until
from gateway.utility import ELECTRIC, U48, message, register, report
from handover.errors import ConfigError
from handover.gateway.adapters.mqtt import MqttFeed
from handover.gateway.config import Config, MqttSection
from handover.gateway.service import GatewayService
from handover.gateway.status import snapshot
from handover.sim.premise import Premise

BASE = f"handover/{OWN:016X}"
ENERGY = f"{BASE}/{ESI:016X}_1_0000_delivered/state"
FAST = 0.01


@pytest.fixture
def program(require_program: Require) -> str:
    return require_program("mosquitto")


@pytest.fixture
async def broker(program: str, tmp_path: Path) -> AsyncIterator[Broker]:
    made = Broker(program, tmp_path / "broker")
    await made.start()
    yield made
    await made.stop()


@dataclass
class Feeding:
    """A home on paper and its feed, which can be ended and begun again."""

    home: Home
    feed: MqttFeed
    task: asyncio.Task[None] | None = None

    def begin(self) -> None:
        self.task = asyncio.create_task(self.feed.run())

    async def end(self) -> None:
        task, self.task = self.task, None
        if task is not None:
            task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await task


def config(port: int, folder: Path, **changes: Any) -> Config:
    section = MqttSection(host="127.0.0.1", port=port, messages=True, **changes)
    return Config(mqtt=section, base=str(folder))


@contextlib.asynccontextmanager
async def feeding(home: Home, settings: Config) -> AsyncIterator[Feeding]:
    feed = MqttFeed(settings, lambda: snapshot(home.gateway, home.now), period=FAST, first_wait=FAST)
    made = Feeding(home, feed)
    made.begin()
    try:
        yield made
    finally:
        await made.end()


async def logged(capfd: pytest.CaptureFixture[str], *words: str) -> None:
    """Wait until every one of these words has been logged."""
    heard = ""

    def said() -> bool:
        nonlocal heard
        heard += "".join(capfd.readouterr())
        return all(word in heard for word in words)

    await until(said)


def program_of(*arguments: str) -> None:
    subprocess.run(arguments, check=True, capture_output=True)


@pytest.fixture
def metered(home: Home) -> Home:
    report(home, ELECTRIC | {0x0000: (U48, 7000)})
    return home


async def test_a_late_reader_gets_descriptions_and_states(
    broker: Broker, metered: Home, tmp_path: Path
) -> None:
    async with feeding(metered, config(broker.port, tmp_path)):
        async with reading(broker) as first:
            await until(lambda: first.held.get(f"{BASE}/availability") == "online")
        async with reading(broker) as late:
            await until(lambda: f"{BASE}/availability" in late.held)
            found = [topic for topic in late.retained if topic.startswith("homeassistant/")]
            assert len(found) == 4
            for topic in found:
                body = json.loads(late.held[topic])
                assert body["unique_id"].startswith(f"handover_{OWN:016X}_")
                assert body["state_topic"] in late.retained
            assert late.held[ENERGY] == "7.000"


async def test_only_changes_are_published(broker: Broker, metered: Home, tmp_path: Path) -> None:
    async with (
        feeding(metered, config(broker.port, tmp_path)),
        reading(broker) as reader,
    ):
        await until(lambda: reader.held.get(f"{BASE}/availability") == "online")
        before = len(reader.heard)
        register(metered, 7001)
        await until(lambda: reader.held[ENERGY] == "7.001")
        register(metered, 7002)
        await until(lambda: reader.held[ENERGY] == "7.002")
        assert reader.heard[before:] == [(ENERGY, "7.001"), (ENERGY, "7.002")]


async def test_a_broker_that_comes_back_empty_is_told_everything(
    broker: Broker, metered: Home, tmp_path: Path
) -> None:
    async with feeding(metered, config(broker.port, tmp_path)):
        async with reading(broker) as reader:
            await until(lambda: reader.held.get(f"{BASE}/availability") == "online")
            everything = set(reader.held)
            # The reader leaves first: the end of its line is not what is tested.
        await broker.stop()
        register(metered, 8000)
        await broker.start()
        async with reading(broker) as again:
            await until(lambda: again.held.get(f"{BASE}/availability") == "online")
            assert set(again.held) == everything
            assert again.held[ENERGY] == "8.000"


async def test_a_gateway_that_starts_before_its_broker_waits_for_it(
    program: str, metered: Home, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    broker = Broker(program, tmp_path / "broker")
    async with feeding(metered, config(broker.port, tmp_path)):
        await logged(capfd, "mqtt.unavailable")
        await broker.start()
        async with reading(broker) as reader:
            await until(lambda: reader.held.get(f"{BASE}/availability") == "online")
    await broker.stop()


async def test_who_goes_says_so(broker: Broker, metered: Home, tmp_path: Path) -> None:
    async with reading(broker) as reader:
        async with feeding(metered, config(broker.port, tmp_path)):
            await until(lambda: reader.held.get(f"{BASE}/availability") == "online")
        await until(lambda: reader.held[f"{BASE}/availability"] == "offline")


async def test_who_is_killed_has_a_last_will(broker: Broker, metered: Home, tmp_path: Path) -> None:
    document = msgspec.json.encode(snapshot(metered.gateway, metered.now)).decode()
    arguments = [str(Path(__file__).with_name("broker.py")), str(tmp_path), str(broker.port), document]
    process = await asyncio.create_subprocess_exec(sys.executable, *arguments)
    async with reading(broker) as reader:
        await until(lambda: reader.held.get(f"{BASE}/availability") == "online", 30)
        process.kill()
        await process.wait()
        await until(lambda: reader.held[f"{BASE}/availability"] == "offline")


async def test_home_assistant_hears_everything_again_when_it_has_started(
    broker: Broker, metered: Home, tmp_path: Path
) -> None:
    async with (
        feeding(metered, config(broker.port, tmp_path)),
        reading(broker) as reader,
    ):
        await until(lambda: reader.held.get(f"{BASE}/availability") == "online")
        everything = set(reader.held)
        reader.held.clear()
        await reader.client.publish("homeassistant/status", "online")
        await until(lambda: set(reader.held) == everything | {"homeassistant/status"})


async def test_nothing_that_is_published_commands_anything(
    broker: Broker, metered: Home, tmp_path: Path
) -> None:
    message(metered, b"Peak today")
    async with (
        feeding(metered, config(broker.port, tmp_path)) as feeder,
        reading(broker) as reader,
    ):
        await until(lambda: reader.held.get(f"{BASE}/availability") == "online")
        everything = dict(reader.held)
        document = msgspec.json.encode(snapshot(metered.gateway, metered.now))
        hostile = [b"", b"offline", b"\xff\xfe", b"{}" * 1000, b"online\x00", b"restart"]
        for topic in [*everything, "homeassistant/status", "handover/set", f"{BASE}/load_control/set"]:
            for payload in hostile:
                await reader.client.publish(topic, payload)
        assert msgspec.json.encode(snapshot(metered.gateway, metered.now)) == document
        assert metered.told() == []
        reader.held.clear()
        # What others wrote in our place is put right with the next start of Home Assistant.
        await reader.client.publish("homeassistant/status", "online")
        await until(lambda: everything.items() <= reader.held.items())
        assert feeder.task is not None
        assert not feeder.task.done()


async def test_the_password_comes_from_a_file(
    program: str, metered: Home, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    passwords = tmp_path / "passwords"
    tool = Path(program).with_name("mosquitto_passwd")
    tool = tool if tool.exists() else Path("/usr/bin/mosquitto_passwd")
    program_of(str(tool), "-b", "-c", str(passwords), "gw", "sésame")
    (tmp_path / "secret").write_text("sésame\n")
    broker = Broker(program, tmp_path / "broker", f"password_file {passwords}", anonymous=False)
    await broker.start()
    settings = config(broker.port, tmp_path, username="gw", password_file="secret")
    async with (
        feeding(metered, settings),
        reading(broker, username="gw", password="sésame") as reader,
    ):
        await until(lambda: reader.held.get(ENERGY) == "7.000")
    async with feeding(metered, config(broker.port, tmp_path, username="gw")):
        await logged(capfd, "mqtt.unavailable", "Not authorized")
    await broker.stop()


@pytest.mark.filterwarnings("ignore:unclosed <ssl")  # paho leaves the socket of a failed handshake open
async def test_over_tls_the_broker_must_be_of_the_named_authority(
    program: str, metered: Home, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    keys = [tmp_path / name for name in ("ours", "theirs")]
    for folder in keys:
        program_of(
            "openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes",
            "-subj", "/CN=127.0.0.1", "-addext", "subjectAltName=IP:127.0.0.1", "-days", "2",
            "-keyout", f"{folder}.key", "-out", f"{folder}.pem",
        )  # fmt: skip
    broker = Broker(program, tmp_path / "b", f"certfile {keys[0]}.pem", f"keyfile {keys[0]}.key")
    await broker.start()
    wrong = config(broker.port, tmp_path, tls=True, ca="theirs.pem")
    async with feeding(metered, wrong):
        await logged(capfd, "certificate verify failed")
    right = config(broker.port, tmp_path, tls=True, ca="ours.pem")
    context = ssl.create_default_context(cafile=f"{keys[0]}.pem")
    async with feeding(metered, right), reading(broker, tls_context=context) as reader:
        await until(lambda: reader.held.get(ENERGY) == "7.000")
    await broker.stop()
    gc.collect()


def test_a_password_that_cannot_be_read_is_explained(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"password_file .*nowhere"):
        MqttFeed(config(1883, tmp_path, password_file="nowhere"), dict)
    with pytest.raises(ConfigError, match=r"ca .*nowhere"):
        MqttFeed(config(1883, tmp_path, tls=True, ca="nowhere"), dict)


async def test_without_the_extra_the_gateway_says_what_to_install(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "aiomqtt", None)
    monkeypatch.delitem(sys.modules, "handover.gateway.adapters.mqtt")
    settings = msgspec.structs.replace(make_config(tmp_path), mqtt=MqttSection(host="127.0.0.1"))
    service = GatewayService(settings, lambda _: None, fast_clock())
    with pytest.raises(ConfigError, match=r"sep-handover\[mqtt\]"):
        await service.start()


async def test_a_gateway_feeds_the_broker_of_its_configuration(broker: Broker, tmp_path: Path) -> None:
    settings = msgspec.structs.replace(
        make_config(tmp_path / "home"), mqtt=MqttSection(host="127.0.0.1", port=broker.port)
    )
    clock = fast_clock()
    premise = Premise(seed=3, start=clock.now())
    premise.admit(settings.eui64)
    async with reading(broker) as reader:
        async with running(settings, premise, clock):
            await until(lambda: any(topic.endswith("_0400_net/state") for topic in reader.held))
            assert not [topic for topic, body in reader.held.items() if "/message/" in topic and body]
        await until(lambda: reader.held[f"handover/{settings.eui64:016X}/availability"] == "offline")
