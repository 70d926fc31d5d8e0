"""Every declared class of SEP 2.0 by its name, which is that of the schema."""

import dataclasses
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

CLASSES: dict[str, type[Any]] = {
    name: member
    for module in MODULES
    for name, member in vars(module).items()
    if isinstance(member, type)
    and dataclasses.is_dataclass(member)
    and (member.__module__, member.__name__) == (module.__name__, name)
}
"""Every declared class by its schema name. Each is also a global element of the schema."""
