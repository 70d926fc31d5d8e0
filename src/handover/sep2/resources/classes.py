"""Every declared class of SEP 2.0 by its name, which is that of the schema."""

import dataclasses
from collections.abc import Iterable
from types import ModuleType
from typing import Any

from handover.sep2.resources import (
    billing,
    common,
    configuration,
    der,
    der_device,
    der_quantities,
    device_capability,
    device_information,
    drlc,
    end_device,
    file_download,
    flow_reservation,
    function_set_assignments,
    log_event,
    messaging,
    metering,
    metering_mirror,
    network_status,
    power_status,
    prepayment,
    pricing,
    proxied_device,
    response,
    subscription,
    time,
)

MODULES = (
    common,
    billing,
    configuration,
    der,
    der_device,
    der_quantities,
    device_capability,
    device_information,
    drlc,
    end_device,
    file_download,
    flow_reservation,
    function_set_assignments,
    log_event,
    messaging,
    metering,
    metering_mirror,
    network_status,
    power_status,
    prepayment,
    pricing,
    response,
    subscription,
    time,
)
"""The function sets."""


def _declared(modules: Iterable[ModuleType]) -> dict[str, type[Any]]:
    return {
        name: member
        for module in modules
        for name, member in vars(module).items()
        if isinstance(member, type)
        and dataclasses.is_dataclass(member)
        and (member.__module__, member.__name__) == (module.__name__, name)
    }


CLASSES: dict[str, type[Any]] = _declared(MODULES)
"""Every class of the 2018 edition by its schema name. Each is also a global element of the schema."""

LATER_CLASSES: dict[str, type[Any]] = _declared((proxied_device,))
"""The classes that are new in the 2023 edition, as far as they are needed here."""
