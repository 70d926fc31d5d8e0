"""What a node says about itself: the Basic attributes that every node serves."""

from dataclasses import dataclass

from handover.sep1.attributes import AttributeTable
from handover.sep1.clusters.basic import BASIC

ZCL_VERSION = 2


@dataclass(frozen=True, slots=True)
class BasicIdentity:
    """Basic 0x0001..0x0007. Texts are UTF-8 of at most 32 octets, `date_code` is YYYYMMDD.

    `power_source` is the ZCL enumeration: 1 is single-phase mains, 0x80 adds a battery backup.
    """

    application_version: int = 1
    stack_version: int = 1
    hardware_version: int = 1
    manufacturer: str = "Handover"
    model: str = "HAN gateway"
    date_code: str = "20260101"
    power_source: int = 1


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
