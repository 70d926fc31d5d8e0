from handover.model.metering import Quality, Reading, ReadingKind, aged
from handover.model.units import Commodity, Flow, Unit


def reading(value: int | None = 5) -> Reading:
    return Reading(
        register=0,
        kind=ReadingKind.SUMMATION,
        flow=Flow.DELIVERED,
        value=value,
        power=0,
        unit=Unit.WATT_HOUR,
        commodity=Commodity.ELECTRICITY,
        quality=Quality.DERIVED,
        received=1000,
    )


def test_a_reading_is_valid_for_three_periods_and_shown_for_a_day() -> None:
    fresh = aged(reading(), 1000 + 90, 30)
    old = aged(fresh or reading(), 1000 + 91, 30)
    assert fresh is not None
    assert old is not None
    assert fresh.quality == Quality.DERIVED | Quality.VALID
    assert old.quality == Quality.DERIVED
    assert aged(reading(), 1000 + 86400, 30) is not None
    assert aged(reading(), 1000 + 86401, 30) is None


def test_a_value_that_is_none_is_never_valid() -> None:
    made = aged(reading(None), 1000, 30)
    assert made is not None
    assert made.quality == Quality.DERIVED
