"""Prepayment (0x0705): the credit of a meter that is paid in advance. What is known of SE 1.1.

Amounts are in the currency and with the trailing digit of the Price cluster, or in units of consumption when
the account base says so.
"""

from dataclasses import dataclass
from enum import IntEnum, IntFlag
from typing import Annotated

from handover.sep1.declaration import (
    Attribute,
    Cluster,
    Command,
    CommandRow,
    Since,
    Until,
    attributes,
    commands,
    numbered,
)
from handover.sep1.types import BITMAP8, BITMAP16, ENUM8, ENUM8_TYPE, INT32, OCTETS, UTC, UTC_TIME


class PaymentControl(IntFlag):
    """Bits of the payment control configuration; with ACCOUNT_BASE credit is counted in units, not money."""

    DISCONNECTION_ENABLED = 0x0001
    PREPAYMENT_ENABLED = 0x0002
    ACCOUNT_BASE = 0x0040


class CreditStatus(IntFlag):
    """Bits of the credit status attribute."""

    CREDIT_OK = 0x01
    LOW_CREDIT = 0x02
    EMERGENCY_CREDIT_ENABLED = 0x04
    EMERGENCY_CREDIT_AVAILABLE = 0x08
    EMERGENCY_CREDIT_SELECTED = 0x10
    EMERGENCY_CREDIT_IN_USE = 0x20
    CREDIT_EXHAUSTED = 0x40


class OriginatingDevice(IntEnum):
    """Codes of `originating_device` and of the top up originating device attributes."""

    ENERGY_SERVICE_INTERFACE = 0x00
    METER = 0x01
    IN_HOME_DISPLAY = 0x02


@dataclass(slots=True)
class SelectAvailableEmergencyCredit(Command):
    """Asks for the use of emergency credit; SE 1.2 no longer names the site and the meter."""

    command_issue_date_time: UTC
    originating_device: ENUM8
    site_id: Annotated[OCTETS, Since("1.1"), Until("1.2")] = None
    meter_serial_number: Annotated[OCTETS, Since("1.1"), Until("1.2")] = None


PREPAYMENT = Cluster(
    id=0x0705,
    name="Prepayment",
    link_key=True,
    server_attributes=attributes(
        Attribute(0x0000, "payment_control_configuration", BITMAP16, mandatory=True, since="1.1"),
        Attribute(0x0001, "credit_remaining", INT32, since="1.1"),
        Attribute(0x0002, "emergency_credit_remaining", INT32, since="1.1"),
        Attribute(0x0003, "credit_status", BITMAP8, since="1.1"),
        *numbered(0x0100, "top_up_date_time_{}", range(1, 6), UTC_TIME, step=0x10, since="1.1"),
        *numbered(0x0101, "top_up_amount_{}", range(1, 6), INT32, step=0x10, since="1.1"),
        *numbered(0x0102, "top_up_originating_device_{}", range(1, 6), ENUM8_TYPE, step=0x10, since="1.1"),
    ),
    to_server=commands(CommandRow(0x00, SelectAvailableEmergencyCredit, since="1.1")),
)
