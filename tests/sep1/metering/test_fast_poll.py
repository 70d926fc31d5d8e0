"""Fast polling, asked for, granted and ended."""

import pytest

from handover.errors import NotNow
from handover.sep1.metering.fast_poll import (
    FastPollEnded,
    FastPoller,
    FastPollGranted,
    FastPollServer,
    FastReading,
)
from sep1.dialogue import ESI, OURS
from sep1.wire import Wire


class Polling(Wire):
    def __init__(self, fastest: int = 5, *, served: bool = True) -> None:
        super().__init__()
        self.esi_does(self.esi.set_metering({0x0000: 100, 0x0400: 7, 0x0300: 0}, self.now))
        self.server = FastPollServer(self.esi.node, fastest=fastest)
        if served:
            self.esi.add(self.server)
        self.poller = FastPoller(self.client.node)
        self.client.add(self.poller)
        self.start()
        self.passes(30)
        self.client_hears.clear()
        self.esi_hears.clear()


@pytest.mark.parametrize(("asked", "granted"), [(1, 5), (5, 5), (20, 20)])
def test_a_meter_is_read_as_often_as_it_grants(asked: int, granted: int) -> None:
    wire = Polling()
    begun = wire.now
    wire.client_does(wire.poller.poll(ESI, wire.now, period=asked, minutes=2))
    assert wire.esi_heard(FastPollGranted) == [FastPollGranted(OURS, granted, begun + 120)]
    assert wire.server.period(wire.now) == granted
    with pytest.raises(NotNow, match="polled fast already"):
        wire.poller.poll(ESI, wire.now)
    wire.passes(300)
    readings = wire.client_heard(FastReading)
    assert len(readings) == 120 // granted
    assert readings[0].values == {0x0400: 7, 0x0000: 100}
    assert wire.client_heard(FastPollEnded) == [FastPollEnded(ESI, True)]
    assert wire.server.period(wire.now) is None
    assert wire.poller.deadline() is None


def test_a_quarter_of_an_hour_is_the_longest() -> None:
    wire = Polling(fastest=60)
    wire.client_does(wire.poller.poll(ESI, wire.now, minutes=255))
    (granted,) = wire.esi_heard(FastPollGranted)
    assert granted.until == wire.now + 900
    wire.passes(2000)
    assert len(wire.client_heard(FastReading)) == 15


@pytest.mark.parametrize("minutes", [0, 5])
def test_what_is_not_granted_ends_at_once(minutes: int) -> None:
    wire = Polling(served=minutes == 0)
    wire.client_does(wire.poller.poll(ESI, wire.now, minutes=minutes))
    wire.passes(200)
    assert wire.client_heard(FastPollEnded) == [FastPollEnded(ESI, False)]
    assert wire.client_heard(FastReading) == []


def test_a_reading_that_gets_lost_is_not_waited_for() -> None:
    wire = Polling()
    wire.client_does(wire.poller.poll(ESI, wire.now, minutes=1))
    wire.passes(1)
    count = iter(range(1000))
    wire.fate = lambda frame: (0,) if next(count) % 4 else ()
    wire.passes(120)
    assert 3 <= len(wire.client_heard(FastReading)) < 12
    assert wire.client_heard(FastPollEnded) == [FastPollEnded(ESI, True)]


def test_who_leaves_is_forgotten() -> None:
    wire = Polling()
    wire.client_does(wire.poller.poll(ESI, wire.now))
    wire.server.forget(OURS)
    wire.poller.forget(ESI)
    assert wire.server.period(wire.now) is None
    assert wire.poller.deadline() is None
