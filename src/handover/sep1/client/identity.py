"""The attributes that a HAN device serves: what it is (Basic), how it takes part in load control (DRLC)."""

from handover.sep1.attributes import AttributeTable, within
from handover.sep1.client.settings import BasicIdentity, LoadControlAttributes
from handover.sep1.clusters.basic import BASIC
from handover.sep1.clusters.drlc import DRLC

ZCL_VERSION = 2
LONGEST_RANDOMIZATION = 60
ENROLLMENT_GROUP, START_RANDOMIZATION, DURATION_RANDOMIZATION, DEVICE_CLASS = range(4)


def basic_table(identity: BasicIdentity) -> AttributeTable:
    """Return the Basic attributes; none can be written."""
    return AttributeTable(
        BASIC.server_attributes,
        {
            0x0000: ZCL_VERSION,
            0x0001: identity.application_version,
            0x0002: identity.stack_version,
            0x0003: identity.hardware_version,
            0x0004: identity.manufacturer.encode()[:32],
            0x0005: identity.model.encode()[:32],
            0x0006: identity.date_code.encode()[:16],
            0x0007: identity.power_source,
        },
    )


def load_control_table(attributes: LoadControlAttributes) -> AttributeTable:
    """Return the client attributes of DRLC, all of which the ESI may write within their ranges."""
    minutes = within(0, LONGEST_RANDOMIZATION)
    return AttributeTable(
        DRLC.client_attributes,
        {
            ENROLLMENT_GROUP: attributes.enrollment_group,
            START_RANDOMIZATION: attributes.start_randomization,
            DURATION_RANDOMIZATION: attributes.duration_randomization,
            DEVICE_CLASS: attributes.device_class,
        },
        {
            ENROLLMENT_GROUP: within(0, 0xFE),
            START_RANDOMIZATION: minutes,
            DURATION_RANDOMIZATION: minutes,
            DEVICE_CLASS: within(0, 0xFFFF),
        },
    )


def load_control_attributes(table: AttributeTable) -> LoadControlAttributes:
    """Return the present values of a table made by `load_control_table`."""
    group, start, duration, device_class = (table.values[i] for i in range(4))
    assert isinstance(group, int)
    assert isinstance(start, int)
    assert isinstance(duration, int)
    assert isinstance(device_class, int)
    return LoadControlAttributes(group, start, duration, device_class)
