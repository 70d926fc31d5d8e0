"""Readings: exact values, scales, signs, markers, times."""

from dataclasses import replace
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from handover.errors import Untranslatable
from handover.mapping import metering, metering_profile
from handover.mapping.context import Context
from handover.mapping.losses import Loss
from handover.mapping.metering_scale import BAD_BCD, BY_FORMATTING, LARGE_REGISTER, ODD_DIVISOR, settings
from handover.model.metering import Profile, Quality, Reading, ReadingKind
from handover.model.timekeeping import TimeState
from handover.model.units import Commodity, Flow, Unit
from handover.sep1.clusters.metering import GetProfileResponse
from handover.sep2.declaration import Edition
from handover.sep2.resources.metering import ReadingType

from .conftest import ESI, LFDI, NOW, PEN

ZNOW = NOW - 946684800
CONTEXT = Context(node=ESI, pen=PEN, lfdi=LFDI)
KWH = {0x0300: 0, 0x0301: 1, 0x0302: 1000, 0x0303: 0x7B, 0x0306: 0}


def read(
    values: dict[int, object], scale: dict[int, object] | None = None, **options: object
) -> list[Reading]:
    return metering.from_sep1(values, settings(scale or KWH), received=NOW, **options)  # type: ignore[arg-type]


def bundle(values: dict[int, object], scale: dict[int, object] | None = None) -> list[metering.Series]:
    known = (scale or KWH) | values
    return metering.to_sep2(read(values, scale), metering.meter_from_sep1(known), CONTEXT).series  # type: ignore[arg-type]


@pytest.mark.req("REQ.GW.1")
class TestExactness:
    def test_register_of_the_recording(self) -> None:
        (series,) = bundle({0x0000: 102546839})
        assert series.reading is not None
        assert series.reading.value == 102546839
        assert (series.reading_type.powerOfTenMultiplier, series.reading_type.uom) == (0, 72)

    def test_demand_of_the_recording(self) -> None:
        forward, reverse = bundle({0x0400: 0x14D})
        assert forward.reading is not None
        assert reverse.reading is not None
        assert (forward.reading.value, reverse.reading.value) == (333, 0)
        assert (forward.reading_type.powerOfTenMultiplier, forward.reading_type.uom) == (0, 38)

    def test_a_negative_demand_is_the_reverse_reading(self) -> None:
        forward, reverse = bundle({0x0400: -1250})
        assert forward.reading is not None
        assert reverse.reading is not None
        assert (forward.reading.value, forward.reading_type.flowDirection) == (0, 1)
        assert (reverse.reading.value, reverse.reading_type.flowDirection) == (1250, 19)


@pytest.mark.parametrize(
    ("attribute", "invalid"),
    [
        (0x0000, 0xFFFFFFFFFFFF),
        (0x0001, 0xFFFFFFFFFFFF),
        (0x0002, 0xFFFFFFFFFFFF),
        (0x0006, -128),
        (0x000C, 0xFFFFFFFFFFFF),
        (0x0100, 0xFFFFFFFFFFFF),
        (0x0400, -0x800000),
        (0x0401, 0xFFFFFF),
        (0x0407, 0xFFFFFF),
        (0x0600, 0xFFFFFF),
        (0x0710, 0xFFFFFFFFFFFF),
        (0x0000, None),
        (0x0200, 0x40),
    ],
)
def test_invalid_markers_give_no_reading(attribute: int, invalid: int | None) -> None:
    assert read({attribute: invalid, 0x0405: ZNOW}, clock=TimeState(now=NOW, trusted=True)) == []


@pytest.mark.parametrize(("raw", "at"), [(ZNOW, NOW), (0, None), (0xFFFFFFFF, None)])
def test_the_snapshot_time_is_the_readings_own_and_markers_are_not_passed_on(
    raw: int, at: int | None
) -> None:
    (reading,) = read({0x0007: raw, 0x0000: 5})
    assert (reading.at, reading.received) == (at, NOW)
    (series,) = metering.series_to_sep2([reading], metering.meter_from_sep1(KWH), CONTEXT)
    assert series.reading is not None
    period = series.reading.timePeriod
    assert (period.start if period else None) == at


def test_a_maximum_has_its_own_time_or_none() -> None:
    with_time, without = read({0x0007: ZNOW, 0x0002: 7, 0x0008: ZNOW - 60, 0x0003: 8})
    assert (with_time.at, without.at) == (NOW - 60, None)
    (series, _) = bundle({0x0002: 7, 0x0003: 8})
    kind = series.reading_type
    assert (kind.kind, kind.dataQualifier, kind.accumulationBehaviour, kind.uom) == (8, 8, 6, 38)


@pytest.mark.parametrize(
    ("multiplier", "divisor", "value", "power", "derived"),
    [
        (1, 1000, 123, 0, False),
        (None, None, 123, 3, False),
        (0, 0, 123, 3, False),
        (0xFFFFFF, 0xFFFFFF, 123, 3, False),
        (10, 1, 123, 4, False),
        (1000, 10, 123, 5, False),
        (10, 1000, 123, 1, False),
        (1, 3, 41000000, -3, True),
        (1, 8, 15375, 0, True),
        (3, 1, 369, 3, True),
        (7, 4, 21525, 1, True),
        (1, 3600, 34167, -3, True),
    ],
)
def test_scales(multiplier: int | None, divisor: int | None, value: int, power: int, derived: bool) -> None:
    lost: list[Loss] = []
    scale = settings({0x0300: 0, 0x0301: multiplier, 0x0302: divisor})
    made = scale.energy.apply(123, lost)
    assert (made.value, made.power) == (value, power)
    assert (made.quality is Quality.DERIVED, lost) == (derived, [ODD_DIVISOR] if derived else [])


def test_a_derived_value_says_so() -> None:
    (series,) = bundle({0x0000: 123}, {0x0300: 0, 0x0301: 1, 0x0302: 8})
    assert series.reading is not None
    assert series.reading.qualityFlags == b"\x00\x20"


def test_formatting_scales_only_as_an_exception() -> None:
    plain = {0x0300: 0, 0x0301: 1, 0x0302: 1000, 0x0303: 0x29}
    assert settings(plain).energy.power == 0
    lost: list[Loss] = []
    assert settings(plain, by_formatting=True, lost=lost).energy.power == 2
    assert lost == [BY_FORMATTING]
    assert settings({0x0300: 0x82, 0x0303: 2, 0x0304: 1, 0x0302: 10}).energy.power == -1
    digits = settings({0x0300: 0x82, 0x0303: 2, 0x0304: 1})
    assert (digits.energy.power, digits.demand.power, digits.history.power) == (-2, -1, -2)


def test_a_digit_above_nine_is_no_number() -> None:
    lost: list[Loss] = []
    scale = {0x0300: 0x82, 0x0306: 1}
    (reading,) = read({0x0000: 0x12A}, scale, lost=lost)
    assert (reading.value, reading.quality, lost) == (None, Quality.QUESTIONABLE, [BAD_BCD])
    (series,) = bundle({0x0000: 0x12A}, scale)
    assert series.reading is not None
    assert (series.reading.value, series.reading.qualityFlags) == (None, b"\x00\x10")


def test_a_negative_bcd_demand() -> None:
    assert settings({0x0300: 0x80}).demand.apply(-0x12).value == -12


def test_registers_beyond_int48_lose_a_digit() -> None:
    lost: list[Loss] = []
    assert settings(KWH).energy.apply(2**47 - 1, lost) == (2**47 - 1, 0, Quality.NONE)
    assert lost == []
    assert settings(KWH).energy.apply(2**47, lost) == (14073748835533, 1, Quality.NONE)
    assert lost == [LARGE_REGISTER]


def test_readings_of_one_row_share_the_coarsest_scale() -> None:
    (series,) = bundle({0x0100: 2**47, 0x0102: 1000})
    assert series.reading_type.powerOfTenMultiplier == 1
    assert [r.value for r in series.sets[0].readings] == [14073748835533, 100]


@pytest.mark.parametrize(
    ("code", "energy", "energy_power", "demand", "demand_power", "demand_value"),
    [
        (0x00, 72, 3, 38, 3, 100),
        (0x01, 42, 0, 125, 0, 100),
        (0x02, 119, 0, 122, 0, 100),
        (0x03, 119, 2, 122, 2, 100),
        (0x04, 128, 0, 129, 0, 100),
        (0x05, 130, 0, 131, 0, 100),
        (0x06, 132, 0, 133, 0, 100),
        (0x07, 134, 0, 137, 0, 100),
        (0x08, 140, 3, 140, 3, 100),
        (0x09, 155, 3, 155, 3, 100),
        (0x0A, 119, 3, 122, 5, 3600),
        (0x0B, 0, 0, 0, 0, 100),
        (0x0C, 31, 6, 38, 6, 100),
        (0x0D, 73, 3, 63, 3, 100),
    ],
)
def test_unit_table(
    code: int, energy: int, energy_power: int, demand: int, demand_power: int, demand_value: int
) -> None:
    register, forward, _ = bundle({0x0000: 7, 0x0400: 100}, {0x0300: code, 0x0306: 1})
    assert register.reading is not None
    assert forward.reading is not None
    kinds = [(s.reading_type.uom, s.reading_type.powerOfTenMultiplier) for s in (register, forward)]
    assert kinds == [(energy, energy_power), (demand, demand_power)]
    assert (register.reading.value, forward.reading.value) == (7, demand_value)


@pytest.mark.parametrize(
    ("code", "device", "commodity", "service", "energy_kind", "demand_kind"),
    [
        (0x00, 0, 1, 0, 12, 37),
        (0x01, 1, 7, 1, 0, 0),
        (0x01, 2, 9, 2, 0, 0),
        (0x06, 5, 12, 5, 12, 0),
        (0x06, 1, 7, 1, 12, 0),
        (0x08, 1, 7, 4, 0, 0),
        (0x0A, 1, 7, 1, 0, 0),
        (0x0B, None, 0, 0, 0, 0),
        (0x0C, 6, 13, 6, 12, 37),
        (0x0D, 0, 1, 0, 12, 37),
    ],
)
def test_commodities_services_and_kinds(
    code: int, device: int | None, commodity: int, service: int, energy_kind: int, demand_kind: int
) -> None:
    values: dict[int, object] = {0x0000: 5, 0x0400: 5, 0x0300: code, 0x0306: device}
    made = metering.to_sep2(read(values, values), metering.meter_from_sep1(values), CONTEXT)  # type: ignore[arg-type]
    energy, demand, _ = made.series
    assert made.usage_point.serviceCategoryKind == service
    assert (energy.reading_type.commodity, energy.reading_type.kind) == (commodity, energy_kind)
    assert (demand.reading_type.kind, demand.reading_type.accumulationBehaviour) == (demand_kind, 12)


@pytest.mark.parametrize(
    ("device", "flags"), [(0, 0x0003), (7, 0x0007), (8, 0x000B), (11, 0x000B), (0x7F, 0x0003), (0x80, 0x0003)]
)
def test_role_flags(device: int, flags: int) -> None:
    meter = metering.meter_from_sep1({0x0306: device})
    assert metering.role_flags(meter) == flags
    assert meter.mirror == (device >= 0x7F)


@pytest.mark.parametrize(
    ("edition", "device", "flow"),
    [(Edition.E2018, 8, 19), (Edition.E2023, 8, 1), (Edition.E2023, 0, 19), (Edition.E2013, 8, 19)],
)
def test_the_2023_edition_sees_forward_from_the_generator(edition: Edition, device: int, flow: int) -> None:
    context = Context(node=ESI, pen=PEN, edition=edition)
    meter = metering.meter_from_sep1({0x0306: device})
    (series,) = metering.series_to_sep2(read({0x0001: 7}), meter, context)
    assert series.reading_type.flowDirection == flow
    assert series.meter_reading.mRID[3] == flow


def test_role_flags_by_configuration() -> None:
    meter = metering.meter_from_sep1({0x0306: 0}, submeter=True, revenue_quality=True)
    assert metering.role_flags(meter) == 0x0051


@pytest.mark.parametrize(
    ("values", "status"),
    [({}, 1), ({0x0200: 0x40}, 0), ({0x0200: 0xBF}, 1), ({0x0014: 2}, 1), ({0x0014: 1}, 0)],
)
def test_connection(values: dict[int, int], status: int) -> None:
    made = metering.to_sep2([], metering.meter_from_sep1(values), CONTEXT)
    assert made.usage_point.status == status
    assert made.usage_point.deviceLFDI == CONTEXT.virtual_lfdi(ESI)


def test_names() -> None:
    meter = metering.meter_from_sep1({0x0307: b"Cellar", 0x0308: b"M-17"})
    assert (meter.site, meter.serial) == ("Cellar", "M-17")
    assert metering.to_sep2([], meter, CONTEXT).usage_point.description == "Cellar"


def test_tier_registers_are_labelled_with_the_price_tier() -> None:
    values: dict[int, object] = {0x0100: 10, 0x0102: 20, 0x0103: 3}
    readings = read(values, register_tiers={1: 2, 2: 1})
    meter = metering.meter_from_sep1(KWH | values)  # type: ignore[arg-type]
    delivered, received = metering.series_to_sep2(readings, meter, CONTEXT)
    assert delivered.reading_type.numberOfTouTiers == 2
    (made,) = delivered.sets
    assert [(r.touTier, r.value, r.localID) for r in made.readings] == [(2, 10, None), (1, 20, None)]
    assert made.reading_set.mRID.hex()[:8] == "0a000130"
    assert received.sets[0].reading_set.mRID.hex()[:8] == "0a000131"


def test_blocks() -> None:
    values: dict[int, object] = {0x0700: 1, 0x0701: 2, 0x0713: 4}
    (series,) = bundle(values)
    assert series.reading_type.numberOfConsumptionBlocks == 2
    rows = series.sets[0].readings
    assert [(r.consumptionBlock, r.touTier, r.value) for r in rows] == [(1, None, 1), (2, None, 2), (4, 1, 4)]


def test_days_begin_locally() -> None:
    clock = TimeState(now=NOW, trusted=True, zone=-18000, dst_start=1, dst_end=2**31, dst_shift=3600)
    lost: list[Loss] = []
    today, before = read({0x0401: 5, 0x0403: 9}, clock=clock, lost=lost)
    assert (today.at, today.duration) == (NOW - 14 * 3600, 86400)
    assert (before.at, before.duration) == (NOW - 38 * 3600, 86400)
    (series,) = metering.series_to_sep2([today, before], metering.meter_from_sep1(KWH), CONTEXT)
    assert series.reading_type.intervalLength == 86400
    assert len(series.sets) == 2
    assert read({0x0401: 5}, lost=lost) == []
    assert lost == [metering.NO_DAY]


def test_a_day_of_25_hours() -> None:
    dst_end = 1352008800
    clock = TimeState(
        now=NOW, trusted=True, zone=-18000, dst_start=1331449200, dst_end=dst_end, dst_shift=3600
    )
    (today,) = metering.from_sep1({0x0401: 5}, settings(KWH), received=dst_end + 7200, clock=clock)
    assert (today.at, today.duration) == (dst_end - 2 * 3600, 25 * 3600)


def test_a_running_interval_has_the_reserved_identity() -> None:
    values: dict[int, object] = {0x0405: ZNOW - 60, 0x0407: 12, 0x000F: 2, 0x0408: 1}
    (series,) = bundle(values)
    (made,) = series.sets
    assert made.reading_set.mRID.hex() == "ff" * 12 + "00007ed9"
    assert (series.reading_type.intervalLength, made.readings[0].value) == (1800, 12)


def test_block_periods() -> None:
    (reading,) = read({0x000C: 5}, block_period=(NOW - 100, 86400))
    (series,) = metering.series_to_sep2([reading], metering.meter_from_sep1(KWH), CONTEXT)
    assert series.sets[0].reading_set.timePeriod.start == NOW - 100
    current, previous = bundle({0x000C: 5, 0x001C: 6})
    assert current.sets == previous.sets == []
    assert previous.reading is not None
    assert (previous.reading.value, previous.reading_type.accumulationBehaviour) == (6, 4)


def test_supply_limit() -> None:
    (series,) = bundle({0x0600: 900, 0x0601: 4600, 0x0602: 15, 0x0603: 3})
    kind = series.reading_type
    assert (kind.supplyLimit, kind.intervalLength, kind.subIntervalLength) == (4600, 900, 300)


def test_power_factor_has_no_direction() -> None:
    (series,) = bundle({0x0006: -95})
    assert series.reading is not None
    kind = series.reading_type
    assert (series.reading.value, kind.powerOfTenMultiplier, kind.uom, kind.flowDirection) == (-95, -2, 65, 0)


def test_paths_and_identities_are_unique_and_linked() -> None:
    values: dict[int, object] = dict.fromkeys((0, 1, 2, 256, 258, 1024, 1792), 1)
    made = metering.to_sep2(read(values), metering.meter_from_sep1(KWH), CONTEXT)
    resources = list(made.resources())
    paths = [r.href for r in resources]
    assert len(set(paths)) == len(paths)
    assert made.usage_point.MeterReadingListLink is not None
    assert made.usage_point.MeterReadingListLink.all == len(made.series) == 7
    for series in made.series:
        assert series.meter_reading.ReadingTypeLink.href in paths
        assert (series.meter_reading.ReadingLink is None) == (series.reading is None)


class TestBack:
    def test_a_signed_demand_is_put_together_again(self) -> None:
        for raw in (-1250, 0, 333):
            readings = read({0x0400: raw})
            assert metering.to_sep1(readings)[0x0400] == raw

    def test_a_demand_beyond_24_bits_is_saturated(self) -> None:
        lost: list[Loss] = []
        reading = read({0x0400: 5})[0]
        reading.value = 2**40
        assert metering.to_sep1([reading], lost=lost)[0x0400] == 0x7FFFFF
        assert lost == [metering.SATURATED]

    def test_one_divisor_is_as_fine_as_the_finest_reading(self) -> None:
        coarse, fine = read({0x0000: 5}, {0x0300: 0}), read({0x0400: 5}, KWH)
        values = metering.to_sep1([*coarse, *fine])
        assert (values[0x0302], values[0x0303] & 7) == (1000, 3)
        assert (values[0x0000], values[0x0400]) == (5000, 5)

    def test_what_has_no_register_is_noted(self) -> None:
        lost: list[Loss] = []
        metering.to_sep1([*read({0x0000: 1}), *read({0x0002: 1, 0x0006: 1})], lost=lost)
        assert lost == [metering.NO_REGISTER]
        with pytest.raises(Untranslatable):
            metering.to_sep1(read({0x0006: 1}))

    @pytest.mark.parametrize("wrong", [{"tier": 16}, {"block": 17}, {"value": -1}, {"value": 2**48}])
    def test_what_no_attribute_holds_is_not_sent(self, wrong: dict[str, int]) -> None:
        lost: list[Loss] = []
        reading = replace(read({0x0000: 5})[0], **wrong)  # type: ignore[arg-type]
        assert set(metering.to_sep1([reading], lost=lost)) == {0x0300, 0x0301, 0x0302, 0x0303}
        assert lost == [metering.NO_REGISTER]

    @pytest.mark.parametrize(
        "kind",
        [
            ReadingType(uom=29, accumulationBehaviour=12),
            ReadingType(uom=72, accumulationBehaviour=9, flowDirection=4),
            ReadingType(uom=72, accumulationBehaviour=3, flowDirection=1),
            ReadingType(uom=72, accumulationBehaviour=9, flowDirection=1, phase=128),
        ],
    )
    def test_foreign_quantities_are_not_found(self, kind: ReadingType) -> None:
        with pytest.raises(Untranslatable) as caught:
            metering.from_sep2(kind, metering_profile.sep2.Reading(value=1))
        assert caught.value.http_status == 404

    def test_bulk_quantity_is_a_register_too(self) -> None:
        kind = ReadingType(uom=72, accumulationBehaviour=1, flowDirection=19, powerOfTenMultiplier=3)
        reading = metering.from_sep2(kind, metering_profile.sep2.Reading(value=4))
        assert (reading.kind, reading.register) == (ReadingKind.SUMMATION, 1)


registers = st.dictionaries(
    st.sampled_from([0x0000, 0x0001, 0x0002, 0x0003, 0x0100, 0x0103, 0x011C, 0x0700, 0x070F, 0x0712, 0x07FF]),
    st.integers(0, 2**40),
    min_size=1,
)


@given(registers, st.integers(-0x7FFFFF, 0x7FFFFF), st.integers(0, 3), st.integers(1, 0xFFFFFFFE))
def test_there_and_back(values: dict[int, int], demand: int, digits: int, snapshot: int) -> None:
    raw = values | {0x0400: demand, 0x0007: snapshot}
    scale: dict[int, object] = {0x0300: 0, 0x0301: 1, 0x0302: 10**digits, 0x0306: 0}
    readings = list(read(raw, scale))  # type: ignore[arg-type]
    meter = metering.meter_from_sep1(scale | raw)  # type: ignore[arg-type]
    back = []
    for series in metering.series_to_sep2(readings, meter, CONTEXT):
        register = int.from_bytes(series.meter_reading.mRID[8:12], "big")
        rows = [series.reading] if series.reading else [r for s in series.sets for r in s.readings]
        back += [
            metering.from_sep2(series.reading_type, row, register=register, received=NOW) for row in rows
        ]
    assert sorted(map(repr, back)) == sorted(map(repr, readings))
    served = metering.to_sep1(back)
    for attribute, value in values.items():
        assert Fraction(served[attribute], served[0x0302]) == Fraction(value, 10**digits)
    assert Fraction(served[0x0400], served[0x0302]) == Fraction(demand, 10**digits)


class TestProfile:
    scale = settings(KWH)

    def response(self, intervals: list[int], status: int = 0, period: int = 3) -> GetProfileResponse:
        return GetProfileResponse(ZNOW, status, period, len(intervals), intervals)

    def test_newest_first_becomes_oldest_first(self) -> None:
        profile = metering_profile.from_sep1(self.response([4, 3, 2]), self.scale, flow=Flow.RECEIVED)
        assert profile is not None
        assert (profile.values, profile.start, profile.end) == ([2, 3, 4], NOW - 2700, NOW)
        series = metering_profile.to_sep2(profile, CONTEXT)
        rows = series.sets[0].readings
        assert [(r.localID, r.value, r.timePeriod) for r in rows] == [
            (b"\0\0", 2, None),
            (b"\0\1", 3, None),
            (b"\0\2", 4, None),
        ]
        assert series.sets[0].reading_set.mRID.hex()[:8] == "0a000101"
        assert series.reading_type.flowDirection == 19

    @pytest.mark.parametrize("status", [1, 2, 3, 5])
    def test_a_refusal_is_no_profile(self, status: int) -> None:
        assert metering_profile.from_sep1(self.response([1], status), self.scale, flow=Flow.DELIVERED) is None

    def test_fewer_periods_than_asked_for_is_no_error(self) -> None:
        assert metering_profile.from_sep1(self.response([1], 4), self.scale, flow=Flow.DELIVERED) is not None

    def test_a_period_nobody_knows(self) -> None:
        with pytest.raises(Untranslatable):
            metering_profile.from_sep1(self.response([1], period=9), self.scale, flow=Flow.DELIVERED)

    @given(
        st.lists(st.none() | st.integers(0, 0xFFFFFE), min_size=1, max_size=48),
        st.sampled_from([86400, 3600, 1800, 900, 600, 450, 300, 150, 60]),
    )
    def test_there_and_back(self, values: list[int | None], period: int) -> None:
        profile = Profile(
            register=0x10000,
            flow=Flow.DELIVERED,
            start=NOW - period * len(values),
            period=period,
            values=values,
            power=0,
            unit=Unit.WATT_HOUR,
            commodity=Commodity.ELECTRICITY,
        )
        sent = metering_profile.to_sep1(profile)
        profile.register += sent.profile_interval_period
        assert metering_profile.from_sep1(sent, self.scale, flow=Flow.DELIVERED) == profile
        served = metering_profile.to_sep2(profile, CONTEXT).sets[0]
        assert (
            metering_profile.from_sep2(
                metering_profile.reading_type(profile),
                served.reading_set.timePeriod,
                served.readings,
                profile,
            )
            == profile
        )

    def test_other_lengths_have_no_intervals(self) -> None:
        profile = metering_profile.from_sep1(self.response([1]), self.scale, flow=Flow.DELIVERED)
        assert profile is not None
        profile.period = 700
        with pytest.raises(Untranslatable):
            metering_profile.to_sep1(profile)
