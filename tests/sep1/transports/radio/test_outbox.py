import asyncio
from collections.abc import Callable

from handover.sep1.aps import ApsFrame
from handover.sep1.transports.radio.outbox import Outbox


def frame(destination: int, number: int) -> ApsFrame:
    return ApsFrame(
        source=1,
        destination=destination,
        source_endpoint=1,
        destination_endpoint=1,
        cluster_id=0,
        secured=False,
        payload=bytes([number]),
    )


class Slow:
    """Sends what the test lets through."""

    def __init__(self) -> None:
        self.sent: list[tuple[int, int]] = []
        self.gates: dict[int, asyncio.Event] = {}

    async def carry(self, frame: ApsFrame) -> None:
        await self.gates.setdefault(frame.destination, asyncio.Event()).wait()
        self.sent.append((frame.destination, frame.payload[0]))

    def open(self, destination: int) -> None:
        self.gates.setdefault(destination, asyncio.Event()).set()


async def until(condition: Callable[[], object]) -> None:
    async with asyncio.timeout(10.0):
        while not condition():  # noqa: ASYNC110 - whatever can be observed, event or not
            await asyncio.sleep(0)


async def test_each_node_gets_its_frames_in_order_and_waits_for_no_other() -> None:
    slow = Slow()
    outbox = Outbox(slow.carry, 8)
    for number in range(3):
        assert outbox.put(frame(1, number))
        assert outbox.put(frame(2, number))
    slow.open(2)
    await until(lambda: len(slow.sent) == 3)
    assert slow.sent == [(2, 0), (2, 1), (2, 2)]
    slow.open(1)
    await until(lambda: len(slow.sent) == 6)
    assert slow.sent[3:] == [(1, 0), (1, 1), (1, 2)]
    assert outbox.put(frame(1, 9))
    await until(lambda: slow.sent[-1] == (1, 9))
    await outbox.close()


async def test_a_crowd_for_one_node_is_bounded_and_may_be_forgotten() -> None:
    slow = Slow()
    outbox = Outbox(slow.carry, 2)
    assert [outbox.put(frame(1, number)) for number in range(4)] == [True, True, False, False]
    assert outbox.put(frame(2, 0))
    outbox.forget(1)
    outbox.forget(3)
    assert len(outbox) == 1
    slow.open(1)
    slow.open(2)
    await until(lambda: slow.sent == [(2, 0)])
    await outbox.close()


async def test_closing_ends_what_is_under_way() -> None:
    slow = Slow()
    outbox = Outbox(slow.carry, 2)
    outbox.put(frame(1, 0))
    await asyncio.sleep(0)
    await outbox.close()
    assert (slow.sent, len(outbox)) == ([], 0)
