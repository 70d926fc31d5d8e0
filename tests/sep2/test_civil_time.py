"""The Time resource of places with and without a summer."""

from datetime import UTC, datetime, timedelta, timezone

import pytest

from handover.errors import ConfigError
from handover.sep2.server.civil_time import clock, zone


def at(year: int, month: int, day: int, hour: int = 0) -> float:
    return datetime(year, month, day, hour, tzinfo=UTC).timestamp()


def test_utc_has_no_summer() -> None:
    time = clock()(at(2026, 7, 1))
    assert (time.tzOffset, time.dstOffset, time.dstStartTime, time.dstEndTime) == (0, 0, 0, 0)
    assert time.localTime == time.currentTime == int(at(2026, 7, 1))


def test_new_york() -> None:
    make = clock(zone("America/New_York"), quality=3, poll_rate=60)
    summer, winter = make(at(2026, 7, 1)), make(at(2026, 12, 1))
    for time in (summer, winter):
        assert (time.tzOffset, time.dstOffset) == (-18000, 3600)
        assert time.dstStartTime == int(at(2026, 3, 8, 7))
        assert time.dstEndTime == int(at(2026, 11, 1, 6))
        assert (time.quality, time.pollRate) == (3, 60)
    assert summer.localTime == summer.currentTime - 14400
    assert winter.localTime == winter.currentTime - 18000


def test_the_south_has_its_summer_over_new_year() -> None:
    make = clock(zone("Australia/Sydney"))
    january, july = make(at(2026, 1, 15)), make(at(2026, 7, 15))
    assert january.dstEndTime < january.dstStartTime
    assert january.localTime == january.currentTime + 39600
    assert july.localTime == july.currentTime + 36000


@pytest.mark.parametrize(
    "name", ["Europe/Paris", "Europe/Dublin", "America/Sao_Paulo", "Asia/Kolkata", "Pacific/Apia"]
)
def test_local_time_is_what_the_zone_says_on_any_day(name: str) -> None:
    place = zone(name)
    make = clock(place)
    for day in range(0, 365, 5):
        now = at(2026, 1, 1) + 86_400 * day + 12 * 3600
        offset = datetime.fromtimestamp(now, place).utcoffset()
        assert offset is not None
        assert make(now).localTime == int(now + offset.total_seconds())


def test_a_fixed_zone() -> None:
    time = clock(timezone(timedelta(hours=-7)))(at(2026, 7, 1))
    assert (time.tzOffset, time.dstOffset) == (-25200, 0)


@pytest.mark.parametrize("name", ["", "Mars/Olympus", "../etc/passwd", "America"])
def test_other_names_are_refused(name: str) -> None:
    with pytest.raises(ConfigError, match="is not a time zone"):
        zone(name)
