"""The golden cases of the mapping, field by field; only hrefs are ours to choose."""

from collections.abc import Callable
from typing import Any

import pytest

from handover.mapping import (
    load_answers,
    load_control,
    messaging,
    metering,
    metering_profile,
    price,
    time,
)
from handover.mapping.context import Context
from handover.model import load_control as rules
from handover.model.event import EventKey, applied
from handover.model.units import Flow
from handover.sep1 import codec, frame
from handover.sep1.general import ReportAttributes
from handover.sep2.resources.common import Resource

from .conftest import ESI, LFDI, NOW, Golden, placeless

Cases = Callable[[str], Golden]
pytestmark = pytest.mark.req("REQ.GW.1")


def attributes(case: Golden) -> dict[int, Any]:
    return {r.attribute_id: r.value for r in case.command.records}


def same(made: list[Resource], case: Golden) -> None:
    assert [placeless(m) for m in made] == case.resources


def payload(case: Golden) -> bytes:
    return case.raw[3:]


def test_g01_thermostat_offset(golden: Cases, context: Context) -> None:
    case = golden("G01")
    event = load_control.from_sep1(case.command, context, received=NOW)
    same([load_control.to_sep2(event, context)], case)
    assert codec.encode(load_control.to_sep1(event)) == payload(case)


def test_g02_start_now(golden: Cases, context: Context) -> None:
    case = golden("G02")
    event = load_control.from_sep1(case.command, context, received=NOW)
    same([load_control.to_sep2(event, context)], case)


def test_g05_cancel_with_randomisation(golden: Cases, context: Context) -> None:
    event = load_control.from_sep1(golden("G01").command, context, received=NOW)
    case = golden("G05")
    order = load_control.cancel_from_sep1(case.command, context, received=NOW + 4000)
    assert load_control.cancel_refusal(case.command, order, [event], NOW + 4000) is None
    (change,) = rules.cancel([event], order, NOW + 4000)
    same([load_control.to_sep2(applied(event, change), context)], case)


def test_g06_response_to_report(golden: Cases, context: Context) -> None:
    event = load_control.from_sep1(golden("G02").command, context, received=NOW)
    case = golden("G06")
    answer = load_answers.answer_from_sep2(case.resources[0], received=NOW)
    report = load_answers.answer_to_sep1(answer, event)
    assert report is not None
    assert codec.encode(report) == payload(case)
    back = load_answers.answer_from_sep1(report, device=LFDI)
    assert back is not None
    same([load_answers.answer_to_sep2(back, subject=case.resources[0].subject)], case)


def test_g07_control_to_event(golden: Cases) -> None:
    case = golden("G07")
    key = EventKey(0, 1, 0, 0x179864A4)
    event = load_control.from_sep2(case.resources[0], key)
    assert event.override_after == 600
    assert codec.encode(load_control.to_sep1(event, drawn=(417, 0))) == payload(case)
    assert load_control.to_sep1(event, drawn=(417, 0), followed=True).duration_in_minutes == 45


def test_g09_publish_price(golden: Cases, context: Context) -> None:
    case = golden("G09")
    stated = price.from_sep1(case.command, context, received=NOW)
    bundle = price.to_sep2(stated, context)
    assert bundle.received is not None
    made = [
        bundle.profile,
        bundle.delivered.reading_type,
        bundle.received.reading_type,
        bundle.delivered.interval,
        *bundle.delivered.consumption,
        *bundle.received.consumption,
        bundle.delivered.component,
        bundle.received.component,
        bundle.received.interval,
    ]
    same(made, case)
    assert len({r.href for r in bundle.resources()}) == len(made)


def test_g09_back_to_the_same_octets(golden: Cases, context: Context) -> None:
    case = golden("G09")
    stated = price.from_sep1(case.command, context, received=NOW)
    back = price.from_sep2(price.to_sep2(stated, context), stated.key)
    assert codec.encode(price.to_sep1(back, now=NOW), revision="1.0")[: len(payload(case))] == payload(case)


def test_g11_acknowledgement(golden: Cases) -> None:
    case = golden("G11")
    subject = case.resources[0].subject
    same([price.acknowledgement_to_sep2(case.command, device=LFDI, subject=subject)], case)


def test_g11_acknowledgement_of_the_gateway_itself(golden: Cases, context: Context) -> None:
    stated = price.from_sep1(golden("G09").command, context, received=NOW)
    stated.key = stated.key._replace(id=0x17985002)
    assert codec.encode(price.acknowledgement_to_sep1(stated, now=NOW + 3)) == payload(golden("G11"))


def test_g13_summation(golden: Cases, context: Context) -> None:
    case = golden("G13")
    values = attributes(case)
    readings = metering.from_sep1(values, metering.settings(values), received=NOW)
    bundle = metering.to_sep2(readings, metering.meter_from_sep1(values), context, lfdi=LFDI)
    (series,) = bundle.series
    assert series.reading is not None
    same([bundle.usage_point, series.reading_type, series.reading], case)


def test_g14_gas_bcd(golden: Cases, context: Context) -> None:
    case = golden("G14")
    values = attributes(case)
    readings = metering.from_sep1(values, metering.settings(values), received=NOW)
    bundle = metering.to_sep2(readings, metering.meter_from_sep1(values), context)
    (series,) = bundle.series
    assert series.reading is not None
    same([series.reading_type, series.reading], case)
    assert bundle.usage_point.serviceCategoryKind == 1


def test_g16_profile(golden: Cases, context: Context) -> None:
    case = golden("G16")
    scale = metering.settings({0x0300: 0, 0x0301: 1, 0x0302: 1000, 0x0306: 0})
    profile = metering_profile.from_sep1(case.command, scale, flow=Flow.DELIVERED)
    assert profile is not None
    same([metering_profile.reading_type(profile), metering_profile.to_mirror(profile, context)], case)
    assert codec.encode(metering_profile.to_sep1(profile)) == payload(case)


def test_g18_readings_to_attribute_report(golden: Cases) -> None:
    case = golden("G18")
    energy, register, power, demand = case.resources
    values = metering.to_sep1([metering.from_sep2(energy, register), metering.from_sep2(power, demand)])
    assert (values[0x0301], values[0x0302]) == (1, 1000)
    records = case.command.records
    assert {r.attribute_id: r.value for r in records} == {a: values[a] for a in (0x0000, 0x0400)}
    for record in records:
        record.value = values[record.attribute_id]
    built = frame.build(0x0702, ReportAttributes(records), sequence=0x12, to_client=True)
    assert built[1:] == case.raw[1:]


def test_g19_display_message(golden: Cases, context: Context) -> None:
    case = golden("G19")
    message = messaging.from_sep1(case.command, context, received=NOW)
    same([messaging.to_sep2(message, context)], case)
    back = messaging.from_sep2(case.resources[0], message.key)
    assert back == message
    made = messaging.to_sep1(back)
    made.start_time = 0
    assert codec.encode(made) == payload(case)


def test_g21_text_response(golden: Cases, context: Context) -> None:
    message = messaging.from_sep1(golden("G19").command, context, received=NOW)
    case = golden("G21")
    answer = messaging.answer_from_sep2(case.resources[0], received=NOW)
    confirmation = messaging.answer_to_sep1(answer, message)
    assert confirmation is not None
    assert codec.encode(confirmation) == payload(case)
    back = messaging.answer_from_sep1(confirmation, device=LFDI)
    same([messaging.answer_to_sep2(back, subject=case.resources[0].subject)], case)


def test_g23_time(golden: Cases, context: Context) -> None:
    case = golden("G23")
    values = attributes(case)
    state = time.from_sep1(values)
    same([time.to_sep2(state, context)], case)
    served = time.to_sep1(time.from_sep2(case.resources[0]))
    assert {a: served[a] for a in values} == values
    assert served[time.STANDARD] == values[0] - 18000


def test_the_esi_of_the_cases_is_the_issuer(golden: Cases, context: Context) -> None:
    event = load_control.from_sep1(golden("G01").command, context, received=NOW)
    assert event.key.issuer == ESI
