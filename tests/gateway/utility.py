"""What the ESI of a home on paper says, in short: readings of its meters, a price, an event, a message."""

from typing import Any

from gateway.home import ESI, NOW, Home
from handover.sep1.clusters.drlc import LoadControlEvent
from handover.sep1.clusters.messaging import DisplayMessage
from handover.sep1.clusters.price import PublishPrice
from handover.sep1.general import AttributeRecord, ReportAttributes
from handover.sep1.types import ZIGBEE_EPOCH

U8, U24, U48, S24, UTC, MAP8, ENUM8, TEXT = 0x20, 0x22, 0x25, 0x2A, 0xE2, 0x18, 0x30, 0x41
ELECTRIC = {0x0300: (ENUM8, 0), 0x0301: (U24, 1), 0x0302: (U24, 1000), 0x0306: (MAP8, 0)}
GAS = {0x0300: (ENUM8, 1), 0x0301: (U24, 1), 0x0302: (U24, 100), 0x0306: (MAP8, 1)}
GAS_METER = 0x000D6F0000AAAAAA


def report(home: Home, values: dict[int, tuple[int, Any]], source: int = ESI) -> None:
    records = [AttributeRecord(number, kind, value) for number, (kind, value) in values.items()]
    home.says(ReportAttributes(records), 0x0702, source=source)


def register(home: Home, value: int) -> None:
    """Report the register of delivered energy, in Wh, as of now."""
    report(home, {0x0000: (U48, value), 0x0007: (UTC, int(home.now) - ZIGBEE_EPOCH)})


def price(home: Home, label: bytes = b"TOU") -> None:
    home.says(
        PublishPrice(
            provider_id=0x99,
            rate_label=label,
            issuer_event_id=3,
            current_time=NOW - ZIGBEE_EPOCH,
            unit_of_measure=0,
            currency=840,
            price_trailing_digit_and_price_tier=0x41,
            number_of_price_tiers_and_register_tier=0x31,
            start_time=0,
            duration_in_minutes=60,
            price=1134,
            price_ratio=0xFF,
            generation_price=0xFFFFFFFF,
            generation_price_ratio=0xFF,
        )
    )


def load_control(home: Home) -> None:
    """Order half the duty cycle for ten minutes."""
    home.says(
        LoadControlEvent(
            issuer_event_id=1,
            device_class=1,
            utility_enrollment_group=0,
            start_time=0,
            duration_in_minutes=10,
            criticality_level=1,
            cooling_temperature_offset=0xFF,
            heating_temperature_offset=0xFF,
            cooling_temperature_set_point=-0x8000,
            heating_temperature_set_point=-0x8000,
            average_load_adjustment_percentage=-0x80,
            duty_cycle=50,
            event_control=0,
        )
    )


def message(home: Home, text: bytes) -> None:
    """Send a message for an hour."""
    home.says(DisplayMessage(7, 0, 0, 60, text))
