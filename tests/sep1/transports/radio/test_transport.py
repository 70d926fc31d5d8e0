"""The radio transport above zigpy, with a stick made of software and our own engines as the nodes."""

import asyncio
import subprocess
import sys
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from typing import Any, Protocol

import pytest

from handover.errors import ConfigError, EncodeError, NotNow, Refused
from handover.sep1 import frame as zcl
from handover.sep1.aps import BROADCAST, ApsFrame
from handover.sep1.client import AttributesReceived, CommandReceived, HanClient, Send
from handover.sep1.clusters.price import PublishPrice
from handover.sep1.general import ReadAttributes
from handover.sep1.server import Esi
from handover.sep1.transports import Transport
from handover.sep1.transports.radio import (
    DeviceJoined,
    DeviceLeft,
    RadioBack,
    RadioEvent,
    RadioLost,
    RadioSettings,
    RadioTransport,
)
from handover.sep1.transports.virtual import VirtualTransport
from sep1.dialogue import BASIC, METERING, NOW, PRICE, STRANGER, TIME, ZIGBEE_NOW
from sep1.transports.radio.presence import STICKS, require_zigpy

require_zigpy()

from sep1.transports.radio.double import AIRS, KEYS, Air  # noqa: E402

STICK = 0x00124B0000000001
NODE = 0x000D6F0000ABCDEF
SHORT = 0x1A2B
KEY = bytes(range(16))
CODE_KEY = bytes(range(16, 32))
WAIT = 10.0
QUICK = RadioSettings(open_within=5.0, close_within=5.0, backoff_first=0.001, backoff_limit=0.01)


class Engine(Protocol):
    def handle(self, frame: ApsFrame, now: float) -> Sequence[Any]: ...


@asynccontextmanager
async def rig(air: Air | None = None, **more: Any) -> AsyncIterator[tuple[Air, RadioTransport]]:
    """An air and a transport on it, opened."""
    air = air or Air(STICK)
    AIRS["air"] = air
    transport = RadioTransport("double:air", sticks=STICKS, **({"settings": QUICK} | more))
    try:
        await transport.open()
        yield air, transport
    finally:
        await transport.close()
        del AIRS["air"]


async def until(condition: Callable[[], object]) -> None:
    async with asyncio.timeout(WAIT):
        while not condition():  # noqa: ASYNC110 - whatever can be observed, event or not
            await asyncio.sleep(0)


async def carry_out(outputs: Sequence[Any], transport: Transport) -> None:
    for output in outputs:
        if isinstance(output, Send):
            await transport.send(output.frame)


async def serve(engine: Engine, transport: Transport, seen: list[Any]) -> None:
    """Let an engine talk through a transport, in a time that stands still, until that is closed."""
    async for frame in transport.frames():
        outputs = engine.handle(frame, NOW)
        seen += outputs
        await carry_out(outputs, transport)


async def take(transport: Transport) -> ApsFrame:
    async with asyncio.timeout(WAIT):
        async for frame in transport.frames():
            return frame
    raise AssertionError("the frames ended")


def frame(cluster_id: int = TIME, *, secured: bool = True, **more: Any) -> ApsFrame:
    payload = zcl.build(cluster_id, ReadAttributes([0]), sequence=7, to_client=False)
    fields = {
        "source": STICK,
        "destination": NODE,
        "source_endpoint": 1,
        "destination_endpoint": 1,
        "cluster_id": cluster_id,
        "secured": secured,
        "payload": payload,
    }
    return ApsFrame(**(fields | more))


async def join(air: Air, transport: RadioTransport, *, key: bytes | None = KEY) -> VirtualTransport:
    """Have a node join with its install code and, unless `key` is None, establish its link key."""
    await transport.permit(NODE, CODE_KEY)
    node = VirtualTransport(air.han, NODE)
    await node.open()
    air.join(NODE, SHORT)
    if key is not None:
        await transport.install_link_key(NODE, key)
    return node


async def test_a_device_joins_and_is_served_over_the_radio() -> None:
    events: list[RadioEvent] = []
    async with rig(notify=events.append) as (air, transport):
        assert transport.eui64 == transport.coordinator == STICK
        esi = Esi(STICK)
        price = PublishPrice(
            1, b"peak", 5, ZIGBEE_NOW, 0, 840, 0x40, 0, ZIGBEE_NOW, 60, 603, 255, 2**32 - 1, 255
        )
        esi.publish_price(price, NOW)
        esi.set_metering({0x0000: 123456}, NOW)
        node = await join(air, transport)
        assert events == [DeviceJoined(NODE, SHORT)]
        assert air.counts["permitted for 180"] == 1
        esi.admit(NODE)
        client = HanClient(NODE)
        heard: list[Any] = []
        running = [
            asyncio.create_task(serve(esi, transport, [])),
            asyncio.create_task(serve(client, node, heard)),
        ]
        await carry_out(client.start(STICK, NOW), node)

        def registers() -> dict[int, object]:
            read = [o.values for o in heard if isinstance(o, AttributesReceived) and o.cluster_id == METERING]
            return {key: value for values in read for key, value in values.items()}

        def prices() -> list[PublishPrice]:
            got = [o.command for o in heard if isinstance(o, CommandReceived)]
            return [command for command in got if isinstance(command, PublishPrice)]

        await until(lambda: registers().get(0x0000) == 123456 and prices())
        assert prices()[0].price == 603
        sent = [p for p in air.packets if p.profile_id == 0x0109]
        assert sent
        assert {p.dst.address for p in sent if p.dst is not None} == {SHORT}
        assert client.dropped == {}
        assert esi.dropped == {}
        await node.close()
        await transport.close()
        await asyncio.gather(*running)


async def test_our_endpoint_and_no_other_is_registered() -> None:
    async with rig() as (air, _):
        [endpoint] = air.endpoints
        assert (endpoint.endpoint, endpoint.profile, endpoint.device_type) == (1, 0x0109, 0x0500)
        assert {0x0000, 0x000A, 0x0019, 0x0700, 0x0701, 0x0702, 0x0703, 0x0800} <= {*endpoint.input_clusters}
        assert [*endpoint.input_clusters] == [*endpoint.output_clusters]


async def test_only_who_was_permitted_joins() -> None:
    async with rig() as (air, transport):
        await transport.permit(NODE, CODE_KEY, seconds=60)
        air.join(STRANGER, 0x0001)
        assert air.counts["denied"] == 1
        assert air.permitted == {NODE: CODE_KEY}
        assert air.counts["permitted for 60"] == 1


@pytest.mark.parametrize(("key", "seconds"), [(bytes(15), 60), (KEY, 0), (KEY, 255)])
async def test_a_wrong_permit_is_not_built(key: bytes, seconds: int) -> None:
    async with rig() as (air, transport):
        with pytest.raises(EncodeError):
            await transport.permit(NODE, key, seconds=seconds)
        assert air.permitted == {}


async def test_smart_energy_data_never_goes_out_without_a_link_key() -> None:
    async with rig() as (air, transport):
        node = await join(air, transport, key=None)
        with pytest.raises(EncodeError):
            await transport.send(frame(PRICE, secured=False))
        await transport.send(frame(PRICE))
        await transport.send(frame(PRICE, destination=BROADCAST))
        assert transport.counters["no link key"] == 2
        await transport.send(frame(BASIC, secured=False))
        arrived = await take(node)
        assert (arrived.cluster_id, arrived.secured) == (BASIC, False)
        assert [p for p in air.packets if p.profile_id == 0x0109 and p.cluster_id == PRICE] == []


async def test_the_key_of_an_install_code_does_not_make_a_frame_secured() -> None:
    async with rig() as (air, transport):
        node = await join(air, transport, key=None)
        await node.send(frame(source=NODE, destination=STICK))
        assert not (await take(transport)).secured
        await transport.install_link_key(NODE, KEY)
        await node.send(frame(source=NODE, destination=STICK))
        assert (await take(transport)).secured
        await node.send(frame(source=NODE, destination=STICK, secured=False))
        assert not (await take(transport)).secured


async def test_a_frame_arrives_as_it_was_sent() -> None:
    async with rig() as (air, transport):
        node = await join(air, transport)
        upwards = frame(PRICE, source=NODE, destination=STICK, source_endpoint=9, destination_endpoint=0xFF)
        await node.send(upwards)
        assert await take(transport) == upwards
        everybody = frame(BASIC, source=NODE, destination=BROADCAST, secured=False)
        await node.send(everybody)
        assert await take(transport) == everybody
        downwards = frame(PRICE, destination_endpoint=9)
        await transport.send(downwards)
        assert await take(node) == downwards
        all_nodes = frame(BASIC, destination=BROADCAST, secured=False)
        await transport.send(all_nodes)
        assert await take(node) == all_nodes


async def test_repetitions_are_not_lost() -> None:
    async with rig() as (air, transport):
        node = await join(air, transport)
        for _ in range(3):
            await node.send(frame(source=NODE, destination=STICK))
        assert [(await take(transport)).payload for _ in range(3)] == 3 * [frame().payload]


async def test_addresses_that_are_not_known_are_asked_for() -> None:
    air = Air(STICK)
    air.place(NODE, SHORT)
    air.keys[NODE] = KEY
    async with rig(air, established=[NODE]) as (_, transport):
        node = VirtualTransport(air.han, NODE)
        await node.open()
        await transport.send(frame())
        assert (await take(node)).payload == frame().payload

    async with rig(air, established=[NODE]) as (_, transport):
        await node.send(frame(source=NODE, destination=STICK))
        await until(lambda: transport.counters["frame of a stranger"])
        await until(lambda: len([p for p in air.packets if p.cluster_id == 0x0001]) == 1)
        await asyncio.sleep(0)
        await node.send(frame(source=NODE, destination=STICK))
        assert (await take(transport)).source == NODE


async def test_what_is_not_delivered_is_counted() -> None:
    async with rig() as (air, transport):
        node = await join(air, transport)
        await node.close()
        await transport.send(frame())
        await until(lambda: transport.counters["not delivered"])


async def test_a_node_that_takes_nothing_does_not_fill_the_memory() -> None:
    async with rig(settings=RadioSettings(outbox_limit=4)) as (air, transport):
        await join(air, transport)
        for _ in range(10):
            await transport.send(frame())
        assert transport.counters["node takes no frames"] == 6


async def test_a_match_is_found_at_our_endpoint() -> None:
    async with rig() as (air, transport):
        await join(air, transport)
        assert air.stick is not None
        for profile, cluster in ((0x0109, 0x0800), (0x0109, 0x0006), (0x0104, 0x0800)):
            octets = b"\x05\x00\x00" + profile.to_bytes(2, "little") + b"\x01" + cluster.to_bytes(2, "little")
            air.stick.zdo(0x0006, octets + b"\x00", SHORT)  # type: ignore[arg-type]
        await until(lambda: len([p for p in air.packets if p.cluster_id == 0x8006]) == 3)
        answers = [p.data.serialize() for p in air.packets if p.cluster_id == 0x8006]
        assert answers == [b"\x05\x00\x00\x00\x01\x01", b"\x05\x00\x00\x00\x00", b"\x05\x00\x00\x00\x00"]


async def test_an_expelled_node_is_told_to_leave_and_forgotten() -> None:
    events: list[RadioEvent] = []
    async with rig(notify=events.append) as (air, transport):
        await join(air, transport)
        assert transport.established == {NODE}
        await transport.expel(NODE)
        await until(lambda: DeviceLeft(NODE) in events)
        assert (transport.established, air.keys, air.shorts) == (frozenset(), {}, {})
        await transport.expel(STRANGER)


async def test_permitting_a_node_voids_what_was_established() -> None:
    async with rig() as (air, transport):
        await join(air, transport)
        await transport.permit(NODE, CODE_KEY)
        assert transport.established == frozenset()
        await transport.send(frame(PRICE))
        assert transport.counters["no link key"] == 1


async def test_a_stick_that_is_full_or_takes_no_keys_says_so() -> None:
    async with rig() as (air, transport):
        for node in range(1, KEYS + 1):
            await transport.install_link_key(node, KEY)
        with pytest.raises(NotNow, match="expel"):
            await transport.install_link_key(NODE, KEY)
        air.takes_keys = False
        with pytest.raises(Refused):
            await transport.install_link_key(NODE, KEY)
        with pytest.raises(EncodeError):
            await transport.install_link_key(NODE, KEY[:8])
        assert transport.established == {*range(1, KEYS + 1)}


async def test_keys_that_the_stick_has_lost_do_not_count() -> None:
    air = Air(STICK)
    air.keys[NODE] = KEY
    async with rig(air, established=[NODE, STRANGER]) as (_, transport):
        assert transport.established == {NODE}
        assert transport.counters["link key lost"] == 1


async def test_a_stick_that_was_pulled_out_is_opened_again() -> None:
    events: list[RadioEvent] = []
    async with rig(notify=events.append) as (air, transport):
        node = await join(air, transport)
        air.unplug()
        await until(lambda: transport.counters["failed to open"])
        assert not transport.connected
        await transport.send(frame())
        assert transport.counters["radio away"] == 1
        for forbidden in (transport.permit(NODE, CODE_KEY), transport.install_link_key(NODE, KEY)):
            with pytest.raises(NotNow):
                await forbidden
        air.plugged = True
        await until(lambda: RadioBack() in events)
        assert events == [DeviceJoined(NODE, SHORT), RadioLost(), RadioBack()]
        await transport.send(frame())
        assert (await take(node)).payload == frame().payload


async def test_another_stick_is_not_taken_for_ours() -> None:
    async with rig() as (air, transport):
        air.unplug()
        await until(lambda: not transport.connected)
        air.eui64, air.plugged = STICK + 1, True
        await until(lambda: transport.counters["failed to open"] > 1)
        assert transport.eui64 == STICK
        air.eui64 = STICK
        await until(lambda: transport.connected)


async def test_a_stick_without_a_network_forms_one_when_told_to() -> None:
    with pytest.raises(ConfigError, match="form"):
        async with rig(Air(STICK, formed=False)):
            pass
    async with rig(Air(STICK, formed=False), form=True, channel=20) as (air, transport):
        assert air.counts["formed"] == 1
        assert transport.connected


async def test_a_stick_that_is_not_there_may_be_opened_later() -> None:
    air = AIRS["air"] = Air(STICK)
    air.plugged = False
    transport = RadioTransport("double:air", sticks=STICKS, settings=QUICK)
    with pytest.raises(NotNow, match="plugged in"):
        await transport.open()
    air.plugged = True
    await transport.open()
    assert transport.connected
    await transport.close()


async def test_a_stick_that_hangs_is_given_up() -> None:
    air = AIRS["air"] = Air(STICK)
    air.gate = asyncio.Event()
    transport = RadioTransport("double:air", sticks=STICKS, settings=RadioSettings(open_within=0.01))
    with pytest.raises(NotNow):
        await transport.open()
    assert air.stick is None
    await transport.close()


async def test_the_extra_that_is_missing_is_named() -> None:
    transport = RadioTransport("other:/dev/null", sticks={"other": "handover_no_such_radio:Coordinator"})
    with pytest.raises(ConfigError, match=r"pip install 'sep-handover\[radio\]'"):
        await transport.open()
    await transport.close()


def test_zigpy_is_loaded_when_a_radio_is_opened_and_not_before() -> None:
    program = """
import asyncio, sys
from handover.errors import ConfigError
from handover.sep1.transports import TRANSPORTS
print(sorted({"zigpy", "bellows", "zigpy_znp"} & sys.modules.keys()))
sys.modules["zigpy"] = None  # as if it were not installed
for device in ("bellows:/dev/null", "znp:/dev/null"):
    try:
        asyncio.run(TRANSPORTS["radio"](device).open())
    except ConfigError as error:
        print(error)
"""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    loaded, *errors = done.stdout.splitlines()
    assert loaded == "[]"
    assert len(errors) == 2
    assert all("pip install 'sep-handover[radio]'" in error for error in errors)


async def test_closed_while_it_is_opened() -> None:
    air = AIRS["air"] = Air(STICK)
    air.gate = asyncio.Event()
    transport = RadioTransport("double:air", sticks=STICKS, settings=QUICK)
    opening = asyncio.create_task(transport.open())
    await until(lambda: air.counts["connected"])
    await transport.close()
    air.gate.set()
    with pytest.raises(NotNow, match="closed"):
        await opening
    assert air.stick is None


@pytest.mark.parametrize("device", ["", "bellows", "bellows:", ":/dev/ttyUSB0", "deconz:/dev/ttyUSB0"])
def test_a_device_that_cannot_be_meant(device: str) -> None:
    with pytest.raises(ConfigError):
        RadioTransport(device)


async def test_keys_are_in_no_text() -> None:
    async with rig() as (air, transport):
        await join(air, transport)
        texts = f"{transport!r} {vars(transport)!r}"
        assert KEY.hex() not in texts
        assert repr(KEY)[2:-1] not in texts
