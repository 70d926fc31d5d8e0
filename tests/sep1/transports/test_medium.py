"""The air between radios: filters, acknowledgements, repeats, range, faults, and order in time."""

import random
from typing import Any

import pytest

from handover.clock import ScaledClock, VirtualClock
from handover.errors import NotNow
from handover.sep1.network import mac, mac_commands
from handover.sep1.stack.outputs import Output, Transmit
from handover.sep1.transports.air import Air
from handover.sep1.transports.medium import (
    ATTEMPTS,
    Confirmed,
    Heard,
    Medium,
    airtime,
    faulty,
)

A, B, C = 0xA, 0xB, 0xC


def data(source: int, destination: int, sequence: int = 1, payload: bytes = b"!", **more: Any) -> bytes:
    asks = destination != 0xFFFF
    return mac.build(
        mac.MacFrame(
            sequence=sequence,
            pan_id=1,
            destination=destination,
            source=source,
            payload=payload,
            ack_request=asks,
            **more,
        )
    )


def room(**options: Any) -> Medium:
    medium = Medium(**options)
    for eui64, short in ((A, 1), (B, 2), (C, 3)):
        medium.attach(eui64)
        medium.tune(eui64, pan_id=1, short=short)
    return medium


def events(medium: Medium) -> list[Any]:
    return medium.deliver(1e9)


def test_a_frame_reaches_whom_it_is_for_and_is_acknowledged() -> None:
    seen: list[bytes] = []
    medium = room(tap=lambda when, octets: seen.append(octets))
    octets = data(1, 2, 7)
    medium.transmit(A, octets, 0.0)
    assert events(medium) == [Heard(B, octets), Confirmed(A, 7, True)]
    assert seen == [octets, bytes((0x02, 0x00, 7))]
    assert medium.carried == 2


def test_a_broadcast_reaches_all_of_the_pan_once_and_nobody_acknowledges() -> None:
    medium = room()
    medium.attach(0xD)
    medium.tune(0xD, pan_id=2, short=2)
    octets = data(1, 0xFFFF)
    medium.transmit(A, octets, 0.0)
    assert events(medium) == [Heard(B, octets), Heard(C, octets)]


def test_a_frame_for_nobody_is_repeated_and_given_up() -> None:
    medium = room()
    medium.transmit(A, data(1, 99, 5), 0.0)
    assert events(medium) == [Confirmed(A, 5, False)]
    assert medium.dropped["nobody"] == ATTEMPTS == medium.carried


def test_a_lost_frame_is_repeated_until_it_arrives() -> None:
    draws = iter([0.0, 0.0, 0.9, 0.9, 0.0, 0.9, 0.9, 0.0])
    medium = room(fate=faulty(lambda: next(draws), loss=0.5))
    octets = data(1, 2)
    medium.transmit(A, octets, 0.0)
    assert events(medium) == [Heard(B, octets), Confirmed(A, 1, True)]
    assert medium.dropped["lost"] == 2


def test_a_lost_acknowledgement_makes_the_frame_come_twice() -> None:
    seen = []

    def fate(sender: Any, receiver: Any, octets: bytes) -> tuple[float, ...]:
        seen.append(octets)
        return () if octets[0] & 7 == mac.ACK and len(seen) < 3 else (0.0,)

    medium = room(fate=fate)
    medium.transmit(A, data(1, 2), 0.0)
    assert [type(e) for e in events(medium)] == [Heard, Heard, Confirmed]


def test_delays_put_frames_out_of_order_and_copies_double_them() -> None:
    draws = random.Random(3)
    medium = room(fate=faulty(draws.random, duplication=0.5, delay=(0.0, 0.5)))
    for number in range(20):
        medium.transmit(A, data(1, 2, number), number * 0.02)
    heard = [e.octets[2] for e in events(medium) if isinstance(e, Heard)]
    assert len(heard) > 20
    assert heard != sorted(heard)
    assert set(heard) == set(range(20))


def test_range() -> None:
    medium = Medium()
    for eui64, short, x in ((A, 1, 0.0), (B, 2, 10.0), (C, 3, 20.0)):
        medium.attach(eui64, position=(x, 0.0), reach=12.0)
        medium.tune(eui64, pan_id=1, short=short)
    medium.transmit(A, data(1, 0xFFFF), 0.0)
    assert [e.eui64 for e in events(medium)] == [B]
    medium.transmit(B, data(2, 0xFFFF), 1.0)
    assert [e.eui64 for e in events(medium)] == [A, C]


def test_whom_one_hears_may_be_decided_from_outside() -> None:
    medium = room(hears=lambda listener, sender: listener.eui64 != B)
    medium.transmit(A, data(1, 0xFFFF), 0.0)
    assert [e.eui64 for e in events(medium)] == [C]


def test_a_sleeping_radio_hears_only_after_it_has_spoken() -> None:
    medium = room()
    medium.tune(B, pan_id=1, short=2, receiving=False)
    medium.transmit(A, data(1, 2), 0.0)
    assert events(medium) == [Confirmed(A, 1, False)]
    medium.transmit(B, data(2, 1), 1.0)
    events(medium)
    medium.transmit(A, data(1, 2, 9), 1.01)
    assert Heard(B, data(1, 2, 9)) in events(medium)
    medium.transmit(A, data(1, 2, 10), 3.0)
    assert events(medium) == [Confirmed(A, 10, False)]


def test_beacons_and_their_requests() -> None:
    medium = room()
    medium.tune(B, pan_id=1, short=2, coordinating=True)
    medium.tune(C, pan_id=1, short=3, scanning=True)
    request = mac.build(
        mac.MacFrame(
            kind=mac.COMMAND,
            sequence=1,
            destination=0xFFFF,
            payload=mac_commands.COMMANDS.build(mac_commands.BeaconRequest()),
        )
    )
    medium.transmit(C, request, 0.0)
    assert [e.eui64 for e in events(medium)] == [B]
    beacon = mac.build(mac.MacFrame(kind=mac.BEACON, sequence=2, pan_id=1, source=2, payload=b""))
    medium.transmit(B, beacon, 1.0)
    assert [e.eui64 for e in events(medium)] == [C]


def test_one_frame_at_a_time_takes_its_time_and_a_full_channel_is_given_up() -> None:
    medium = room()
    long = data(1, 0xFFFF, payload=bytes(100))
    for _ in range(3):
        medium.transmit(A, long, 0.0)
    times = []
    while (due := medium.deadline()) is not None:
        times.append(due)
        medium.deliver(due)
    assert times[0] >= airtime(long) == (6 + len(long) + 2) * 32e-6
    assert all(b - a >= airtime(long) for a, b in zip(times[::2], times[2::2], strict=False))
    for _ in range(500):
        medium.transmit(A, data(1, 2, payload=bytes(100)), 10.0)
    assert medium.dropped["channel busy"] > 100


def test_octets_that_are_no_frame_reach_nobody() -> None:
    medium = room()
    for octets in (b"", b"\x01", b"\x41\x88", bytes(3)):
        medium.transmit(A, octets, 0.0)
    assert [e for e in events(medium) if isinstance(e, Heard)] == []


def test_who_is_not_there() -> None:
    medium = room()
    with pytest.raises(NotNow, match="already attached"):
        medium.attach(A)
    with pytest.raises(NotNow, match="attach it first"):
        medium.transmit(0x99, b"", 0.0)
    medium.transmit(A, data(1, 2), 0.0)
    medium.detach(B)
    medium.detach(B)
    assert events(medium) == [Confirmed(A, 1, True)], "it went before the frame was there"


class Clockwork:
    """A station that speaks every second and notes when it was called."""

    def __init__(self, eui64: int, short: int) -> None:
        self.eui64 = eui64
        self.short = short
        self.called: list[float] = []
        self.heard: list[float] = []
        self._next = 1.0

    def handle(self, octets: bytes, now: float) -> list[Output]:
        self.heard.append(now)
        return []

    def confirm(self, sequence: int, acknowledged: bool, now: float) -> list[Output]:
        return []

    def tick(self, now: float) -> list[Output]:
        self.called.append(now)
        self._next += 1.0
        return [Transmit(data(self.short, 0xFFFF))]

    def deadline(self) -> float:
        return self._next


@pytest.mark.parametrize("step", [0.01, 0.3, 10.0])
def test_however_late_one_looks_everything_happens_at_its_time(step: float) -> None:
    medium = Medium()
    air = Air(medium, 0.0)
    stations = [air.add(Clockwork(eui64, short)) for eui64, short in ((A, 1), (B, 2))]
    for eui64, short in ((A, 1), (B, 2)):
        medium.tune(eui64, pan_id=1, short=short)
    clock = VirtualClock(0.0)
    while clock.now() < 10.0:
        air.advance(clock.advance(step))
    for station in stations:
        assert station.called[:9] == [float(n) for n in range(1, 10)]
        assert len(station.heard) >= 9
        assert station.heard[0] == pytest.approx(1.003, abs=0.005)


def test_a_station_that_was_taken_away_is_left_alone() -> None:
    air = Air(Medium(), 0.0)
    station = air.add(Clockwork(A, 1))
    air.advance(1.5)
    air.take(A)
    air.take(A)
    air.advance(5.0)
    assert station.called == [1.0]
    with pytest.raises(NotNow, match="no station"):
        air.station(A)


def test_a_scaled_clock_gives_the_same_frames() -> None:
    from handover.sep1.transports.radio_han import RadioHan
    from sep1.han.day import DEVICE, ESI

    recorded = []
    for speed, steps in ((1.0, 400), (3000.0, 5)):
        real = VirtualClock(0.0)
        clock = ScaledClock(1000.0, speed, real.now)
        frames: list[tuple[float, bytes]] = []
        han = RadioHan(
            clock=clock.now,
            draw=random.Random(1).randbytes,
            coordinator=ESI,
            tap=lambda when, octets, kept=frames: kept.append((when, octets)),
        )
        han.attach(ESI)
        han.attach(DEVICE)
        for _ in range(steps):
            real.advance(10.0 / steps / speed)
            han.advance()
        recorded.append([octets for when, octets in frames if when < 1009.0])
    assert recorded[0] == recorded[1]
    assert len(recorded[0]) > 40
