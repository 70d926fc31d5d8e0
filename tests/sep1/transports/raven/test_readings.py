from handover.sep1.transports.raven.readings import KEPT, Readings
from sep1.transports.raven.samples import hexadecimal, make

HOUR = 0x234E5A00 - 0x234E5A00 % 3600


def at(minute: int, delivered: int, received: int = 0) -> Readings:
    return note(Readings(), minute, delivered, received)


def note(readings: Readings, minute: int, delivered: int, received: int = 0) -> Readings:
    readings.note(
        make(
            "CurrentSummationDelivered",
            TimeStamp=hexadecimal(HOUR + 60 * minute),
            SummationDelivered=hex(delivered),
            SummationReceived=hex(received),
            Multiplier="0x00000001",
            Divisor="0x000003e8",
        )
    )
    return readings


def test_quarters_of_an_hour_newest_first() -> None:
    readings = at(0, 100, 7)
    for quarter, (delivered, received) in enumerate([(110, 7), (130, 9), (160, 9)], 1):
        note(readings, 15 * quarter, delivered, received)
    note(readings, 50, 999)
    assert readings.profile("Delivered", 0, 4) == (HOUR + 2700, [30, 20, 10])
    assert readings.profile("Received", 0, 2) == (HOUR + 2700, [0, 2])
    assert readings.profile("Delivered", HOUR + 1810, 1) == (HOUR + 1800, [20])
    assert readings.profile("Delivered", HOUR - 900, 3) == (HOUR - 900, [])


def test_without_readings_there_is_no_profile_and_no_usage() -> None:
    assert Readings().profile("Delivered", 0, 4) == (0, [])
    readings = Readings()
    readings.close(HOUR)
    assert (readings.usage(), readings.closed) == (0, None)


def test_an_accounting_period_is_closed_and_the_next_begins() -> None:
    readings = note(at(0, 100), 10, 150)
    assert readings.usage() == 50
    readings.close(HOUR + 700)
    assert readings.closed == (50, HOUR, HOUR + 700)
    assert readings.usage() == 0
    assert note(readings, 20, 155).usage() == 5


def test_readings_that_do_not_count() -> None:
    readings = note(at(10, 150), 5, 140)
    readings.note(make("CurrentSummationDelivered", TimeStamp="0x00000000", SummationDelivered="0x99"))
    readings.note(make("CurrentSummationDelivered", TimeStamp=hexadecimal(HOUR + 7200)))
    assert readings.usage() == 0


def test_memory_is_bounded() -> None:
    readings = Readings()
    for minute in range(KEPT + 10):
        note(readings, minute, minute)
    assert len(readings._times) <= KEPT
    assert readings.profile("Delivered", 0, 1)[1] == [15]
