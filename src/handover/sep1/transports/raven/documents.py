"""What a RAVEn document says, in terms of clusters: commands and attribute reports. Pure functions.

Values go over raw. What a stick marks as missing or what a wire type cannot hold becomes the invalid marker
of that type; a reading without a time is dropped, because given the time of its arrival an old one would pass
for new. Not here: blocks (`blocks`), profiles and fast polling (`intervals`), addresses, sequence numbers,
frames (`transport`).
"""

from typing import Final

from handover.sep1.clusters.messaging import CancelMessage, DisplayMessage, Importance, MessageControl
from handover.sep1.clusters.price import PublishPrice
from handover.sep1.clusters.time import TimeStatus
from handover.sep1.transports.raven.blocks import billing_period, block_price
from handover.sep1.transports.raven.document import QUIET_TAGS, Document, signed
from handover.sep1.transports.raven.intervals import fast_poll, profile
from handover.sep1.transports.raven.meaning import (
    INVALID_S24,
    INVALID_U32,
    INVALID_U48,
    MESSAGING,
    METERING,
    PRICE,
    TIME,
    Meaning,
    Publication,
    Report,
    Silence,
)
from handover.sep1.transports.raven.prices import UNTIL_CHANGED, PriceMemory

SUMMATION_DELIVERED, SUMMATION_RECEIVED, SNAPSHOT_TIME = 0x0000, 0x0001, 0x0007
UNIT_OF_MEASURE, MULTIPLIER, DIVISOR = 0x0300, 0x0301, 0x0302
SUMMATION_FORMATTING, DEMAND_FORMATTING = 0x0303, 0x0304
INSTANTANEOUS_DEMAND = 0x0400

KWH_BINARY: Final = 0x00
LABEL_LIMIT: Final = 12
"""Octets of a rate label that a client has to accept."""
TEXT_LIMIT: Final = 254
"""Octets of a character string; 255 is its invalid marker."""

_IMPORTANCE: Final = {
    "low": Importance.LOW,
    "medium": Importance.MEDIUM,
    "normal": Importance.MEDIUM,
    "high": Importance.HIGH,
    "critical": Importance.CRITICAL,
}


def translate(document: Document, memory: PriceMemory) -> Meaning:
    """Return what a document means. Raises DecodeError when a field that matters is no number.

    `memory` is what is known of this meter's last price; it is brought up to date.
    """
    match document.tag:
        case "InstantaneousDemand":
            return demand(document)
        case "CurrentSummationDelivered" | "CurrentSummation":
            return summation(document)
        case "PriceCluster":
            return price(document, memory)
        case "MessageCluster":
            return message(document)
        case "TimeCluster":
            return clock(document)
        case "BlockPriceDetail":
            return block_price(document)
        case "BillingPeriodList":
            return billing_period(document)
        case "ProfileData":
            return profile(document)
        case "FastPollStatus":
            return fast_poll(document)
        case tag if tag in QUIET_TAGS:
            return Silence("no Smart Energy frame carries it")
    return Silence("unknown document")


def demand(document: Document) -> Meaning:
    """InstantaneousDemand: a signed number of 24 or 32 bits, as its digits tell."""
    text = document.text("Demand")
    if not text:
        return Silence("no value", wanting=True)
    value, bits = signed(text, "InstantaneousDemand.Demand")
    if value == -(1 << bits - 1) or not -0x7F_FFFF <= value <= 0x7F_FFFF:
        value = INVALID_S24
    return _reading(document, {INSTANTANEOUS_DEMAND: value}, DEMAND_FORMATTING)


def summation(document: Document) -> Meaning:
    """CurrentSummationDelivered: the registers of energy delivered and received."""
    values = {}
    for name, attribute_id in (
        ("SummationDelivered", SUMMATION_DELIVERED),
        ("SummationReceived", SUMMATION_RECEIVED),
    ):
        value = document.number(name)
        if value is None:
            continue
        all_ones = len(document.text(name)) <= 10 and value == INVALID_U32
        values[attribute_id] = INVALID_U48 if all_ones or value > INVALID_U48 else value
    if not values:
        return Silence("no value", wanting=True)
    return _reading(document, values, SUMMATION_FORMATTING)


def _reading(document: Document, values: dict[int, int], formatting: int) -> Meaning:
    """Put beside the values what they need to be understood: when, in which unit and scale."""
    stamp = document.time("TimeStamp")
    if stamp is None:
        return Silence("reading without a time", wanting=True)
    scale = {}
    for name, attribute_id in (("Multiplier", MULTIPLIER), ("Divisor", DIVISOR)):
        factor = document.number(name)
        if factor is None:
            continue
        if factor >= 0xFF_FFFF:
            return Silence("multiplier or divisor out of range", wanting=True)
        scale[attribute_id] = factor
    report = Report(METERING, {**values, SNAPSHOT_TIME: stamp, UNIT_OF_MEASURE: KWH_BINARY, **scale})
    shape = _formatting(document)
    if shape is not None:
        report.values[formatting] = shape
    return report


def _formatting(document: Document) -> int | None:
    """Return the ZCL formatting octet: digits right (bits 0-2) and left (3-6) of the point, suppression of
    zeros (7).
    """
    right, left = document.number("DigitsRight"), document.number("DigitsLeft")
    if right is None or left is None:
        return None
    suppress = document.text("SuppressLeadingZero").upper() in ("Y", "1")
    return min(right, 7) | min(left, 15) << 3 | suppress << 7


def price(document: Document, memory: PriceMemory) -> Meaning:
    """PriceCluster: the price in force."""
    value, digits, tier = (
        document.number("Price"),
        document.number("TrailingDigits") or 0,
        document.number("Tier") or 0,
    )
    if value is None or value >= INVALID_U32:
        return Silence("no price", wanting=True)
    if digits > 15:
        return Silence("trailing digits out of range", wanting=True)
    label = document.text("RateLabel") or document.text("TierLabel")
    currency = document.number("Currency") or 0
    currency = currency if currency < 0xFFFF else 0
    stamp, duration = document.time("TimeStamp"), _minutes(document)
    placed = memory.place((value, currency, digits, tier, label), document.time("StartTime"), duration, stamp)
    if placed is None:
        return Silence("price without a time", wanting=True)
    return Publication(
        PRICE,
        PublishPrice(
            provider_id=0,
            rate_label=clip(label, LABEL_LIMIT),
            issuer_event_id=placed.event_id,
            current_time=INVALID_U32 if stamp is None else stamp,
            unit_of_measure=KWH_BINARY,
            currency=currency,
            price_trailing_digit_and_price_tier=digits << 4 | (tier if tier <= 15 else 0),
            number_of_price_tiers_and_register_tier=0,
            start_time=placed.start,
            duration_in_minutes=duration,
            price=value,
            price_ratio=0xFF,
            generation_price=INVALID_U32,
            generation_price_ratio=0xFF,
        ),
    )


def _minutes(document: Document) -> int:
    duration = document.number("Duration")
    return UNTIL_CHANGED if duration is None else min(duration, UNTIL_CHANGED)


def message(document: Document) -> Meaning:
    """MessageCluster: the one message. An empty one says that there is none, a pending cancellation takes it
    back.
    """
    message_id, text = document.number("Id"), document.text("Text")
    if message_id is None or message_id >= INVALID_U32:
        return Silence("no message", wanting=True)
    if document.text("Queue").lower().startswith("cancel"):
        return Publication(MESSAGING, CancelMessage(message_id=message_id, message_control=0))
    if not text:
        return Silence("no message", wanting=True)
    control = _IMPORTANCE.get(document.text("Priority").lower(), Importance.MEDIUM) << 2
    if document.text("ConfirmationRequired") == "Y" and document.text("Confirmed") != "Y":
        control |= MessageControl.CONFIRMATION_REQUIRED
    return Publication(
        MESSAGING,
        DisplayMessage(
            message_id=message_id,
            message_control=int(control),
            start_time=document.time("StartTime") or 0,
            duration_in_minutes=_minutes(document),
            message=clip(text, TEXT_LIMIT),
        ),
    )


def clock(document: Document) -> Meaning:
    """TimeCluster: the ESI's clock; the master, since a stick has no other. LocalTime gives the whole offset,
    DST included.
    """
    utc = document.time("UTCTime")
    if utc is None:
        return Silence("no time", wanting=True)
    report = Report(TIME, {0x0000: utc, 0x0001: TimeStatus.MASTER.value})
    local = document.time("LocalTime")
    if local is not None and abs(local - utc) <= 86400:
        quarter = round((local - utc) / 900) * 900
        if abs(local - utc - quarter) <= 30:  # every time zone is a multiple of 15 minutes
            report.values |= {0x0002: quarter, 0x0007: local}
    return report


def clip(text: str, limit: int) -> bytes:
    """Return a text in UTF-8, cut at a character boundary to at most `limit` octets."""
    return text.encode("utf-8", "replace")[:limit].decode("utf-8", "ignore").encode()
