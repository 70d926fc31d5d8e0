"""The HAN inside the process: who gets which frame, and what gets lost."""

import asyncio
from dataclasses import replace

import pytest

from handover.errors import NotNow
from handover.sep1.aps import BROADCAST, ApsFrame
from handover.sep1.network.capture import decapsulate
from handover.sep1.transports.tap import CaptureTap
from handover.sep1.transports.virtual import INBOX_LIMIT, VirtualHan, VirtualTransport

A, B, C = 0xA, 0xB, 0xC
FRAME = ApsFrame(
    source=A,
    destination=B,
    source_endpoint=1,
    destination_endpoint=1,
    cluster_id=0x000A,
    secured=True,
    payload=b"\x00\x01\x00\x00\x00",
)


def test_a_frame_reaches_its_destination_alone_and_at_once() -> None:
    han = VirtualHan()
    a, b, c = (han.attach(node) for node in (A, B, C))
    han.carry(FRAME)
    assert b.take() == [FRAME]
    assert (a.take(), c.take(), b.take()) == ([], [], [])
    han.carry(replace(FRAME, destination=BROADCAST))
    assert (len(a), len(b), len(c)) == (0, 1, 1)
    assert (han.carried, han.lost, han.unknown) == (2, 0, 0)


def test_loss_and_duplication_are_decided_from_outside() -> None:
    copies = iter([0, 1, 2, 3])
    han = VirtualHan(decide=lambda frame: next(copies))
    b = han.attach(B)
    arrived = []
    for _ in range(4):
        han.carry(FRAME)
        arrived.append(len(b.take()))
    assert arrived == [0, 1, 2, 3]
    assert han.lost == 1


def test_nobody_there() -> None:
    han = VirtualHan()
    han.carry(FRAME)
    assert han.unknown == 1
    han.attach(B)
    with pytest.raises(NotNow, match="000000000000000B"):
        han.attach(B)
    han.detach(B)
    han.detach(B)
    assert han.nodes() == []
    han.attach(B)


def test_a_full_inbox_drops_what_comes() -> None:
    han = VirtualHan()
    b = han.attach(B)
    for _ in range(INBOX_LIMIT + 3):
        han.carry(FRAME)
    assert b.dropped == 3
    assert len(b.take()) == INBOX_LIMIT


def test_the_tap_sees_lost_frames_too_and_keeps_the_last() -> None:
    times = iter(range(100, 200))
    tap = CaptureTap(B, lambda: next(times), limit=2)
    han = VirtualHan(decide=lambda frame: 0, tap=tap)
    for number in range(3):
        han.carry(replace(FRAME, payload=bytes([0, number, 0])))
    assert len(tap) == 2
    kept = [(when, decapsulate(octets).payload) for when, octets in tap.frames()]
    assert kept == [(101, b"\x00\x01\x00"), (102, b"\x00\x02\x00")]
    assert len(tap.pcap()) == 24 + sum(16 + len(octets) for _, octets in tap.frames())


async def test_two_readers_of_one_node_both_end() -> None:
    han = VirtualHan(coordinator=A)
    transport = VirtualTransport(han, B)
    await transport.open()
    assert transport.coordinator == A

    async def count() -> int:
        return len([frame async for frame in transport.frames()])

    readers = [asyncio.create_task(count()) for _ in range(2)]
    await asyncio.sleep(0)
    han.carry(FRAME)
    await asyncio.sleep(0)
    await transport.close()
    assert sorted(await asyncio.gather(*readers)) == [0, 1]


async def test_frames_wait_for_their_reader() -> None:
    han = VirtualHan()
    transport = VirtualTransport(han, B)
    await transport.open()
    han.carry(FRAME)
    assert await anext(transport.frames()) == FRAME
    await transport.close()


async def test_reading_before_opening_is_refused() -> None:
    with pytest.raises(NotNow, match="open it"):
        await anext(VirtualTransport(VirtualHan(), B).frames())
