"""A device establishes its key with an ESI whose stick knows nothing of certificates."""

import asyncio
import random
from typing import Any

import pytest

from handover.clock import VirtualClock
from handover.sep1.aps import ApsFrame
from handover.sep1.key_establishment import KeyEstablished, KeyEstablishment, KeyEstablishmentFailed
from handover.sep1.node import Send
from handover.sep1.security.install_code import with_crc
from handover.sep1.transports.establishing import EstablishingTransport
from handover.sep1.transports.radio import RadioTransport
from handover.sep1.transports.virtual import Inbox, VirtualHan
from sep1.key_establishment.pair import DEVICE, ESI, NOW, wallet
from sep1.transports.radio.presence import STICKS, require_zigpy

require_zigpy()

from sep1.transports.radio.double import AIRS, Air  # noqa: E402


class Room:
    """An ESI with a stick, and a device on its network."""

    def __init__(self, device_wallet: dict[int, Any] | None = None) -> None:
        draw = random.Random(1).randbytes
        self.clock = VirtualClock(NOW)
        self.han = VirtualHan(coordinator=ESI)
        self.air = AIRS["establishing"] = Air(ESI, self.han)
        self.radio = RadioTransport("double:establishing", sticks=STICKS)
        self.told: list[Any] = []
        self.stirred = asyncio.Event()
        self.transport = EstablishingTransport(
            self.radio, KeyEstablishment(ESI, wallet(ESI), draw), self.clock, told=self._outcome
        )
        self.device = KeyEstablishment(DEVICE, device_wallet or wallet(DEVICE), draw)
        self.inbox: Inbox = self.han.attach(DEVICE)
        self.heard: list[Any] = []
        self.arrived: list[ApsFrame] = []

    async def _outcome(self, output: KeyEstablished | KeyEstablishmentFailed) -> None:
        if isinstance(output, KeyEstablished):
            assert output.partner in self.radio.established, "the key is installed before it is told"
        self.told.append(output)
        self.stirred.set()

    def does(self, outputs: list[Any]) -> None:
        for output in outputs:
            if isinstance(output, Send):
                self.han.carry(output.frame)
            else:
                self.heard.append(output)

    async def __aenter__(self) -> "Room":
        await self.transport.open()
        code = with_crc(bytes(16))
        await self.radio.permit(DEVICE, code.link_key)
        self.air.join(DEVICE, 0x1234)
        self._reader = asyncio.create_task(self._read())
        return self

    async def _read(self) -> None:
        async for frame in self.transport.frames():
            self.arrived.append(frame)
            self.stirred.set()

    async def __aexit__(self, *_: object) -> None:
        await self.transport.close()
        await self._reader
        del AIRS["establishing"]

    async def talk(self) -> None:
        """Let device and ESI talk until the device has heard how it ended."""
        self.does(self.device.initiator.start(ESI, self.clock.now()))
        async with asyncio.timeout(30):
            while not self.heard:
                frame = await self.inbox.get()
                assert frame is not None
                self.does(self.device.handle(frame, self.clock.now()))


async def test_a_key_is_established_and_given_to_the_stick() -> None:
    async with Room() as room:
        await room.talk()
        (established,) = room.heard
        assert isinstance(established, KeyEstablished)
        assert room.told[0].key == established.key == room.air.keys[DEVICE]
        assert established.suite == 2
        room.stirred.clear()
        secured = ApsFrame(
            source=DEVICE,
            destination=ESI,
            source_endpoint=1,
            destination_endpoint=1,
            cluster_id=0x0700,
            secured=True,
            payload=b"\x01\x01\x00\x00",
        )
        room.han.carry(secured)
        async with asyncio.timeout(10):
            await room.stirred.wait()
        assert room.arrived == [secured]


async def test_a_foreign_device_gets_no_key() -> None:
    async with Room(wallet(DEVICE, 1, seed=99)) as room:
        await room.talk()
        assert isinstance(room.heard[0], KeyEstablishmentFailed)
        assert room.air.keys == {}
        assert [type(o) for o in room.told] == [KeyEstablishmentFailed]


async def test_an_exchange_that_breaks_off_ends_by_itself(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("handover.sep1.transports.establishing.LONGEST_PAUSE", 0.01)
    async with Room() as room:
        room.does(room.device.initiator.start(ESI, room.clock.now(), suite=1))
        async with asyncio.timeout(30):
            await room.inbox.get()
            room.clock.advance(60)
            await room.stirred.wait()
        (failed,) = room.told
        assert isinstance(failed, KeyEstablishmentFailed)
        assert failed.reason == "the partner did not go on"
