"""Translations between the neutral model and both standards: pure functions, no state, no I/O.

A service's module has `from_sep1`, `to_sep1`, `from_sep2`, `to_sep2` and `LOSSES`; the two orientations of
the gateway are compositions of those. What a translation must know beside its subject comes in a `Context`.
A new service is a module and a line in MAPPINGS.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from handover.mapping import (
    alarms,
    basic,
    billing,
    firmware,
    load_answers,
    load_control,
    messaging,
    metering,
    metering_profile,
    power,
    prepayment,
    price,
    time,
)
from handover.mapping.losses import Loss

Translation = Callable[..., Any]


@dataclass(frozen=True, slots=True)
class Mapping:
    """One service: its cluster, its function set, its four functions, and what they cannot carry."""

    cluster_id: int
    function_set: str
    from_sep1: Translation
    to_sep1: Translation
    from_sep2: Translation
    to_sep2: Translation
    losses: tuple[Loss, ...]


MAPPINGS: dict[str, Mapping] = {
    "basic": Mapping(
        0x0000,
        "DeviceInformation",
        basic.from_sep1,
        basic.to_sep1,
        basic.from_sep2,
        basic.to_sep2,
        basic.LOSSES,
    ),
    "power": Mapping(
        0x0001,
        "PowerStatus",
        power.from_sep1,
        power.to_sep1,
        power.from_sep2,
        power.to_sep2,
        power.LOSSES,
    ),
    "alarms": Mapping(
        0x0009,
        "LogEvent",
        alarms.from_sep1,
        alarms.to_sep1,
        alarms.from_sep2,
        alarms.to_sep2,
        alarms.LOSSES,
    ),
    "time": Mapping(0x000A, "Time", time.from_sep1, time.to_sep1, time.from_sep2, time.to_sep2, time.LOSSES),
    "firmware": Mapping(
        0x0019,
        "Software Download",
        firmware.from_sep1,
        firmware.to_sep1,
        firmware.from_sep2,
        firmware.to_sep2,
        firmware.LOSSES,
    ),
    "price": Mapping(
        0x0700, "Pricing", price.from_sep1, price.to_sep1, price.from_sep2, price.to_sep2, price.LOSSES
    ),
    "billing": Mapping(
        0x0700,
        "Billing",
        billing.from_sep1,
        billing.to_sep1,
        billing.from_sep2,
        billing.to_sep2,
        billing.LOSSES,
    ),
    "load_control": Mapping(
        0x0701,
        "DRLC",
        load_control.from_sep1,
        load_control.to_sep1,
        load_control.from_sep2,
        load_control.to_sep2,
        load_control.LOSSES,
    ),
    "load_answers": Mapping(
        0x0701,
        "Response",
        load_answers.answer_from_sep1,
        load_answers.answer_to_sep1,
        load_answers.answer_from_sep2,
        load_answers.answer_to_sep2,
        load_answers.LOSSES,
    ),
    "metering": Mapping(
        0x0702,
        "Metering",
        metering.from_sep1,
        metering.to_sep1,
        metering.from_sep2,
        metering.to_sep2,
        metering.LOSSES,
    ),
    "metering_profile": Mapping(
        0x0702,
        "Metering",
        metering_profile.from_sep1,
        metering_profile.to_sep1,
        metering_profile.from_sep2,
        metering_profile.to_sep2,
        metering_profile.LOSSES,
    ),
    "messaging": Mapping(
        0x0703,
        "Messaging",
        messaging.from_sep1,
        messaging.to_sep1,
        messaging.from_sep2,
        messaging.to_sep2,
        messaging.LOSSES,
    ),
    "prepayment": Mapping(
        0x0705,
        "Prepayment",
        prepayment.from_sep1,
        prepayment.to_sep1,
        prepayment.from_sep2,
        prepayment.to_sep2,
        prepayment.LOSSES,
    ),
}
"""Every translated service by name."""
