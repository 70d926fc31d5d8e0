"""Load control: tables, markers, refusals, cancellation; every trap has its test."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from handover.errors import Untranslatable
from handover.mapping import load_control
from handover.mapping.context import Context
from handover.mapping.device_class import (
    categories_of_bits,
    categories_of_class,
    category_bits,
    class_of_categories,
)
from handover.mapping.losses import Loss
from handover.model.event import EventKey, EventState
from handover.model.load_control import Controls, DeviceCategory, LoadControl, Reduction
from handover.sep1.clusters.drlc import (
    CancelAllLoadControlEvents,
    CancelLoadControlEvent,
    LoadControlEvent,
)
from handover.sep2.declaration import Edition
from handover.sep2.resources.drlc import ApplianceLoadReduction, DutyCycle, Offset, SetPoint, TargetReduction

from .conftest import ESI, NOW, PEN

ZNOW = NOW - 946684800
CONTEXT = Context(node=ESI, pen=PEN, start_randomization=30, duration_randomization=5)
C = DeviceCategory


def lce(**changes: int) -> LoadControlEvent:
    fields = {
        "issuer_event_id": 0x1001,
        "device_class": 1,
        "utility_enrollment_group": 0,
        "start_time": ZNOW + 3600,
        "duration_in_minutes": 120,
        "criticality_level": 4,
        "cooling_temperature_offset": 0xFF,
        "heating_temperature_offset": 0xFF,
        "cooling_temperature_set_point": -32768,
        "heating_temperature_set_point": -32768,
        "average_load_adjustment_percentage": -128,
        "duty_cycle": 50,
        "event_control": 0,
    }
    return LoadControlEvent(**(fields | changes))


def event(**changes: int) -> LoadControl:
    return load_control.from_sep1(lce(**changes), CONTEXT, received=NOW)


@pytest.mark.parametrize(
    ("device_class", "bits_2018", "bits_2013"),
    [
        (0x0001, 1 << 0, 1 << 0),
        (0x0002, 1 << 1 | 1 << 2, 1 << 1 | 1 << 2),
        (0x0008, 1 << 4 | 1 << 6, 1 << 4 | 1 << 6),
        (0x0080, 1 << 10, 1 << 10),
        (0x0400, 1 << 16 | 1 << 17, 1 << 13 | 1 << 17),
        (0x0800, 0b111111 << 19, 1 << 14),
    ],
)
def test_categories_are_numbered_by_edition(device_class: int, bits_2018: int, bits_2013: int) -> None:
    categories = categories_of_class(device_class)
    assert category_bits(categories, Edition.E2018) == bits_2018
    assert category_bits(categories, Edition.E2023) == bits_2018
    assert category_bits(categories, Edition.E2013) == bits_2013
    for edition in Edition:
        back = categories_of_bits(category_bits(categories, edition), edition)
        assert class_of_categories(back) == device_class


@pytest.mark.parametrize(
    ("bits", "edition", "device_class"),
    [
        (1 << 13, Edition.E2018, 0x0080),
        (1 << 13, Edition.E2013, 0x0400),
        (1 << 15, Edition.E2013, 0x0080),
        (1 << 5, Edition.E2018, 0x0008),
        (1 << 14, Edition.E2018, 0),
        (1 << 15, Edition.E2018, 0),
        (1 << 19, Edition.E2013, 0),
        (1 << 18, Edition.E2018, 0x0800),
        (1 << 25, Edition.E2018, 0x0800),
        (1 << 26, Edition.E2023, 0),
        (1 << 26, Edition.E2018, 0),
    ],
)
def test_categories_of_other_servers(bits: int, edition: Edition, device_class: int) -> None:
    assert class_of_categories(categories_of_bits(bits, edition)) == device_class


@given(st.integers(0, 0xFFFF), st.sampled_from(Edition))
def test_device_classes_survive(device_class: int, edition: Edition) -> None:
    bits = category_bits(categories_of_class(device_class), edition)
    assert class_of_categories(categories_of_bits(bits, edition)) == device_class & 0x0FFF


def test_energy_management_takes_part_by_configuration() -> None:
    context = Context(node=ESI, pen=PEN, forward_to_ems=True)
    made = load_control.from_sep1(lce(), context, received=NOW)
    assert made.categories == C.THERMOSTAT | C.ENERGY_MANAGEMENT
    assert load_control.from_sep1(lce(device_class=0), context, received=NOW).categories == C.NONE


def test_an_order_for_no_class_is_for_nobody_and_no_error() -> None:
    assert event(device_class=0xF000).categories == C.NONE
    assert event(device_class=0, duty_cycle=0xFF).categories == C.NONE


@pytest.mark.parametrize("level", range(1, 16))
def test_mandatory_from_emergency_to_disconnect(level: int) -> None:
    assert event(criticality_level=level).mandatory == (7 <= level <= 9)


@pytest.mark.parametrize(
    ("flags", "start", "duration"), [(0, None, None), (1, 1800, None), (2, None, 300), (3, 1800, 300)]
)
def test_randomisation_comes_from_the_client_attributes(
    flags: int, start: int | None, duration: int | None
) -> None:
    made = load_control.to_sep2(event(event_control=flags), CONTEXT)
    assert (made.randomizeStart, made.randomizeDuration) == (start, duration)


@pytest.mark.parametrize(
    "wrong",
    [
        {"duration_in_minutes": 0},
        {"duration_in_minutes": 1441},
        {"duration_in_minutes": 0xFFFF},
        {"duty_cycle": 101},
        {"average_load_adjustment_percentage": -101},
        {"average_load_adjustment_percentage": 101},
        {"criticality_level": 0},
        {"criticality_level": 16},
        {"cooling_temperature_set_point": -27316},
        {"heating_temperature_set_point": -27316},
        {"start_time": 0xFFFFFFFF},
        {"duty_cycle": 0xFF},
        {"duty_cycle": 0xFF, "average_load_adjustment_percentage": 20},
    ],
)
def test_what_no_client_may_act_on_is_refused(wrong: dict[str, int]) -> None:
    with pytest.raises(Untranslatable):
        event(**wrong)


def test_a_positive_load_adjustment_is_dropped_never_a_shift_forward() -> None:
    lost: list[Loss] = []
    made = load_control.from_sep1(
        lce(average_load_adjustment_percentage=20), CONTEXT, received=NOW, lost=lost
    )
    control = load_control.to_sep2(made, CONTEXT)
    assert (control.Offset, control.loadShiftForward) == (None, False)
    assert lost == [load_control.POSITIVE_ADJUSTMENT]


@pytest.mark.parametrize(("raw", "hundredths"), [(-25, 2500), (0, 0), (-100, 10000)])
def test_percent_are_hundredths_there_but_not_for_duty_cycles(raw: int, hundredths: int) -> None:
    control = load_control.to_sep2(event(average_load_adjustment_percentage=raw), CONTEXT)
    assert control.Offset == Offset(loadAdjustmentPercentageOffset=hundredths)
    assert control.DutyCycle == DutyCycle(normalValue=50)


def test_set_points_are_signed() -> None:
    control = load_control.to_sep2(event(heating_temperature_set_point=-550), CONTEXT)
    assert control.SetPoint == SetPoint(heatingSetpoint=-550)


@pytest.mark.parametrize(("level", "kind"), [(2, 0), (6, 0), (7, 1), (9, 1)])
def test_a_level_alone_is_for_smart_appliances(level: int, kind: int) -> None:
    made = load_control.from_sep1(
        lce(device_class=0x11, duty_cycle=0xFF, criticality_level=level), CONTEXT, received=NOW
    )
    control = load_control.to_sep2(made, CONTEXT)
    assert control.ApplianceLoadReduction == ApplianceLoadReduction(type=kind)
    assert control.deviceCategory == bytes.fromhex("00000080")


def test_a_table_says_what_a_level_stands_for() -> None:
    half, quarter = Controls(duty_cycle=50), Controls(duty_cycle=25)
    table = {(4, C.WATER_HEATER): half, (4, C.POOL_PUMP): quarter}
    context = Context(node=ESI, pen=PEN, criticality_controls=table)
    made = load_control.from_sep1(lce(device_class=0x15, duty_cycle=0xFF), context, received=NOW)
    assert (made.categories, made.controls) == (C.WATER_HEATER, half)
    with pytest.raises(Untranslatable):
        load_control.from_sep1(lce(device_class=0x0C, duty_cycle=0xFF), context, received=NOW)


def test_start_now_is_frozen_once() -> None:
    first = event(start_time=0, duration_in_minutes=30)
    again = load_control.from_sep1(
        lce(start_time=0, duration_in_minutes=10), CONTEXT, received=NOW + 1200, known=first
    )
    assert again == first
    assert (first.start, first.duration, first.state) == (NOW, 1800, EventState.ACTIVE)


def test_groups_have_programs() -> None:
    made = event(utility_enrollment_group=5)
    program = load_control.program(5, CONTEXT, count=1, active=0)
    assert load_control.to_sep2(made, CONTEXT).href == f"{program.href}/edc/00001001"
    assert program.mRID.hex() == "02000100001234560000000500007ed9"


class TestCancelling:
    def order(self, **changes: int) -> CancelLoadControlEvent:
        fields = {
            "issuer_event_id": 0x1001,
            "device_class": 1,
            "utility_enrollment_group": 0,
            "cancel_control": 0,
            "effective_time": 0,
        }
        return CancelLoadControlEvent(**(fields | changes))

    @pytest.mark.parametrize(
        ("changes", "code"),
        [
            ({}, None),
            ({"effective_time": ZNOW - 5}, None),
            ({"effective_time": ZNOW + 3600 + 7200}, None),
            ({"effective_time": ZNOW + 3600 + 7201}, 0xF9),
            ({"effective_time": 0xFFFFFFFF}, 0xF9),
            ({"issuer_event_id": 5}, 0xFD),
            ({"device_class": 4}, 0xF8),
            ({"utility_enrollment_group": 9}, 0xF8),
        ],
    )
    def test_refusals(self, changes: dict[str, int], code: int | None) -> None:
        command = self.order(**changes)
        order = load_control.cancel_from_sep1(command, CONTEXT, received=NOW)
        assert load_control.cancel_refusal(command, order, [event()], NOW) == code

    def test_a_past_time_means_now(self) -> None:
        order = load_control.cancel_from_sep1(self.order(effective_time=ZNOW - 9), CONTEXT, received=NOW)
        assert (order.at, order.randomly) == (NOW, False)

    def test_all(self) -> None:
        order = load_control.cancel_from_sep1(CancelAllLoadControlEvents(1), CONTEXT, received=NOW)
        assert (order.key, order.randomly, order.at) == (None, True, NOW)

    def test_the_only_form_sent_is_at_once(self) -> None:
        assert load_control.cancel_to_sep1(event()) == self.order()


class TestFromSep2:
    key = EventKey(0, 1, 0, 9)

    def read(self, edition: Edition = Edition.E2018, **changes: object) -> LoadControl:
        control = load_control.to_sep2(event(), CONTEXT)
        for name, value in changes.items():
            setattr(control, name, value)
        return load_control.from_sep2(control, self.key, edition)

    @pytest.mark.parametrize(
        ("changes", "response"),
        [
            ({"loadShiftForward": True}, 252),
            ({"DutyCycle": None}, 252),
            ({"DutyCycle": None, "TargetReduction": TargetReduction(type=0, value=1)}, 252),
            ({"DutyCycle": DutyCycle(normalValue=101)}, 253),
            ({"Offset": Offset(loadAdjustmentPercentageOffset=10001)}, 253),
            ({"SetPoint": SetPoint(coolingSetpoint=-32768)}, 253),
            ({"ApplianceLoadReduction": ApplianceLoadReduction(type=7)}, 253),
        ],
    )
    def test_refusals_have_their_response(self, changes: dict[str, object], response: int) -> None:
        with pytest.raises(Untranslatable) as caught:
            self.read(**changes)
        assert caught.value.response_status == response

    def test_an_edition_is_read_by_its_own_table(self) -> None:
        bits = (1 << 13).to_bytes(4, "big")
        assert self.read(Edition.E2013, deviceCategory=bits).categories == C.ELECTRIC_VEHICLE
        assert self.read(Edition.E2018, deviceCategory=bits).categories == C.LOAD_SWITCH

    @pytest.mark.parametrize(
        ("changes", "level"),
        [
            ({}, 2),
            ({"drProgramMandatory": True}, 7),
            ({"ApplianceLoadReduction": ApplianceLoadReduction(type=1)}, 7),
        ],
    )
    def test_criticality(self, changes: dict[str, object], level: int) -> None:
        assert self.read(**changes).criticality == level

    def test_an_offset_of_255_is_sent_as_254(self) -> None:
        lost: list[Loss] = []
        made = load_control.to_sep1(self.read(Offset=Offset(coolingOffset=255)), lost=lost)
        assert made.cooling_temperature_offset == 254
        assert lost == [load_control.LARGE_OFFSET]

    def test_an_appliance_reduction_alone_is_a_level_alone(self) -> None:
        made = self.read(DutyCycle=None, ApplianceLoadReduction=ApplianceLoadReduction(type=1))
        sent = load_control.to_sep1(made)
        assert (sent.criticality_level, sent.duty_cycle) == (7, 0xFF)
        assert made.controls.reduction is Reduction.TEMPORARY

    @pytest.mark.parametrize("duration", [86401, 59])
    def test_more_than_a_day_has_to_be_split(self, duration: int) -> None:
        made = event()
        made.duration = duration
        with pytest.raises(Untranslatable):
            load_control.to_sep1(made, followed=True, drawn=(0, 60 if duration > 60 else 0))

    def test_sub_percent_are_rounded_and_noted(self) -> None:
        lost: list[Loss] = []
        control = load_control.to_sep2(event(), CONTEXT)
        control.Offset = Offset(loadAdjustmentPercentageOffset=2551)
        control.overrideDuration = 600
        made = load_control.from_sep2(control, self.key, lost=lost)
        sent = load_control.to_sep1(made, lost=lost)
        assert sent.average_load_adjustment_percentage == -26
        assert lost == [load_control.SUB_PERCENT, load_control.OVERRIDE]


commands = st.builds(
    lce,
    issuer_event_id=st.integers(0, 0xFFFFFFFF),
    device_class=st.integers(1, 0x0FFF),
    utility_enrollment_group=st.integers(0, 255),
    start_time=st.integers(1, 0xFFFFFFFE),
    duration_in_minutes=st.integers(1, 1440),
    criticality_level=st.integers(1, 15),
    cooling_temperature_offset=st.integers(0, 255),
    heating_temperature_offset=st.integers(0, 255),
    cooling_temperature_set_point=st.just(-32768) | st.integers(-27315, 32767),
    heating_temperature_set_point=st.just(-32768) | st.integers(-27315, 32767),
    average_load_adjustment_percentage=st.just(-128) | st.integers(-100, 0),
    duty_cycle=st.integers(0, 100),
    event_control=st.integers(0, 3),
)


@given(commands, st.sampled_from(Edition))
def test_there_and_back_loses_the_level_only(command: LoadControlEvent, edition: Edition) -> None:
    context = Context(node=ESI, pen=PEN, edition=edition, start_randomization=1, duration_randomization=1)
    made = load_control.from_sep1(command, context, received=NOW)
    control = load_control.to_sep2(made, context)
    back = load_control.from_sep2(control, made.key, edition, group=command.utility_enrollment_group)
    sent = load_control.to_sep1(back)
    assert sent.criticality_level in (2, 7)
    sent.criticality_level = command.criticality_level
    assert sent == command
