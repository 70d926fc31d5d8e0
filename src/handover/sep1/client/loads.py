"""How a HAN device takes part in load control: the client attributes of DRLC, which the ESI may write."""

from handover.sep1.attributes import AttributeTable, within
from handover.sep1.client.settings import LoadControlAttributes
from handover.sep1.clusters.drlc import DRLC

LONGEST_RANDOMIZATION = 60
ENROLLMENT_GROUP, START_RANDOMIZATION, DURATION_RANDOMIZATION, DEVICE_CLASS = range(4)


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
