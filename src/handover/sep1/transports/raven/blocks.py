"""What the documents about consumption blocks and billing periods say, in terms of clusters. Pure functions.

A block document tells of the period (a command of the Price cluster and attributes of it), of thresholds and
prices (attributes of Price), and of the consumption so far (an attribute of Metering). Lengths are minutes,
as in the cluster. Not here: the price in force (`documents`).
"""

from typing import Final

from handover.sep1.clusters.price import PublishBlockPeriod
from handover.sep1.transports.raven.document import Document
from handover.sep1.transports.raven.meaning import (
    INVALID_U24,
    INVALID_U32,
    INVALID_U48,
    METERING,
    PRICE,
    Meaning,
    Publication,
    Report,
    Several,
    Silence,
)

THRESHOLD, BLOCK_PRICE = 0x0100, 0x0400
PERIOD_START, PERIOD_DURATION = 0x0200, 0x0201
THRESHOLD_MULTIPLIER, THRESHOLD_DIVISOR = 0x0202, 0x0203
BILLING_START, BILLING_DURATION = 0x0700, 0x0701
BLOCK_CONSUMPTION: Final = 0x000C
SNAPSHOT_TIME, METERING_MULTIPLIER, METERING_DIVISOR = 0x0007, 0x0301, 0x0302
BLOCK_LIMIT: Final = 16
"""Blocks of one tier; one less have a threshold at their end."""


def block_price(document: Document) -> Meaning:
    """BlockPriceDetail: period, thresholds, prices, and the consumption in the period."""
    count = document.number("NumberOfBlocks") or 0
    if not 0 < count <= BLOCK_LIMIT:
        return Silence("no blocks", wanting=True)
    parts: list[Report | Publication] = []
    attributes: dict[int, int] = {}
    start, duration = document.time("CurrentStart"), document.number("CurrentDuration")
    lasting = duration if duration is not None and 0 < duration < INVALID_U24 else INVALID_U24
    thresholds = _thresholds(document, count)
    if start is not None:
        attributes |= {PERIOD_START: start, PERIOD_DURATION: lasting}
        parts.append(Publication(PRICE, _period(start, lasting, len(thresholds))))
    attributes |= {THRESHOLD + number: value for number, value in enumerate(thresholds)}
    for number in range(count):
        price = document.number(f"Price{number + 1}")
        if price is not None and price < INVALID_U32:
            attributes[BLOCK_PRICE + number] = price
    if thresholds:
        attributes |= _scale(document, "", THRESHOLD_MULTIPLIER, THRESHOLD_DIVISOR)
    if attributes:
        parts.append(Report(PRICE, attributes))
    consumption = _consumption(document)
    if consumption is not None:
        parts.append(consumption)
    return Several(tuple(parts)) if parts else Silence("no blocks", wanting=True)


def billing_period(document: Document) -> Meaning:
    """BillingPeriodList: the period in force."""
    start, duration = document.time("CurrentStart"), document.number("CurrentDuration")
    if start is None:
        return Silence("no billing period", wanting=True)
    lasting = duration if duration is not None and 0 < duration < INVALID_U24 else INVALID_U24
    return Report(PRICE, {BILLING_START: start, BILLING_DURATION: lasting})


def _period(start: int, duration: int, thresholds: int) -> PublishBlockPeriod:
    return PublishBlockPeriod(
        provider_id=0,
        issuer_event_id=start,
        block_period_start_time=start,
        block_period_duration=duration,
        number_of_price_tiers_and_number_of_block_thresholds=thresholds,
        block_period_control=0,
    )


def _thresholds(document: Document, count: int) -> list[int]:
    """Return the thresholds up to the first that is missing: a later one would pass for it."""
    found: list[int] = []
    for number in range(1, count):
        value = document.number(f"Threshold{number}")
        if value is None or value >= INVALID_U48:
            break
        found.append(value)
    return found


def _consumption(document: Document) -> Report | None:
    value, stamp = document.number("BlockPeriodConsumption"), document.time("TimeStamp")
    if value is None or stamp is None:
        return None
    scale = _scale(document, "BlockPeriodConsumption", METERING_MULTIPLIER, METERING_DIVISOR)
    values = {BLOCK_CONSUMPTION: min(value, INVALID_U48), SNAPSHOT_TIME: stamp, **scale}
    return Report(METERING, values)


def _scale(document: Document, prefix: str, multiplier: int, divisor: int) -> dict[int, int]:
    """Return multiplier and divisor; a zero is to be ignored, as the stick's manual says."""
    scale = {}
    for name, attribute_id in (("Multiplier", multiplier), ("Divisor", divisor)):
        factor = document.number(prefix + name)
        if factor is not None and 0 < factor < INVALID_U24:
            scale[attribute_id] = factor
    return scale
