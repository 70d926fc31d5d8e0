"""Block and billing periods of Price 0x0700 <-> BillingPeriod of Billing.

Blocks are counted anew with every billing period, so a block period is one. The account and the agreement
that it stands below are made of what a tariff says; bills, names and addresses never cross.
"""

from collections.abc import Mapping

from handover.mapping.context import Context
from handover.mapping.losses import Loss, Lost, Orientation, note
from handover.mapping.mrid import MridKind
from handover.mapping.scalars import from_utc, to_utc, untranslatable
from handover.model.billing import BillingPeriod
from handover.model.event import OPEN_ENDED, EventKey
from handover.sep1.block_periods import UNTIL_CHANGED
from handover.sep1.clusters.price import BlockPeriodControl, PublishBlockPeriod
from handover.sep1.types import Value
from handover.sep2.resources import billing as sep2
from handover.sep2.resources.common import DateTimeInterval, Link, ListLink
from handover.sep2.resources.pricing import TariffProfile

BLOCK_PERIOD = (0x0200, 0x0201)
BILLING_PERIOD = (0x0700, 0x0701)
"""Attributes of Price: start, and length in minutes."""

_TIME_BASE = 0x0F
"""Bits of the duration type of SE 1.2 that say what is counted; 0 is minutes."""
_MOST = 15
"""Tiers and thresholds that a half octet can count."""

TIERS = Loss("numberOfPriceTiersAndThresholds", Orientation.A, "they are counts of the ReadingType")
REPEATS = Loss("blockPeriodControl: repeating", Orientation.A, "the next period is told when it has begun")
CALENDAR = Loss("blockPeriodDurationType", Orientation.A, "days, weeks, months have no length", "0x85")
AMOUNTS = Loss("billToDate, billLastPeriod", Orientation.B, "SE 1.1 has no bill")
MINUTES = Loss("interval.duration", Orientation.B, "whole minutes, rounded down; 31 years at most")
LOSSES = (
    TIERS,
    REPEATS,
    CALENDAR,
    AMOUNTS,
    MINUTES,
    Loss("customerName, serviceLocation, ServiceSupplier", Orientation.B, "personal: not sent to the HAN"),
    Loss("ProjectionReading, TargetReading, HistoricalReading", Orientation.BOTH, "no equal", "404"),
)


def from_sep1(
    command: PublishBlockPeriod, context: Context, *, received: float, generation: int = 0, lost: Lost = None
) -> BillingPeriod:
    """Return the period that a PublishBlockPeriod received at `received` (Unix s) states.

    A start of 0 is the moment of reception. Raises Untranslatable (0x85) for a start or a length without a
    value, and for a length that is not in minutes.
    """
    if (command.block_period_duration_type or 0) & _TIME_BASE:
        note(lost, CALENDAR)
        raise untranslatable("the block period is counted in days, weeks or months: send minutes")
    counts = command.number_of_price_tiers_and_number_of_block_thresholds or 0
    if counts:
        note(lost, TIERS)
    if command.block_period_control & BlockPeriodControl.REPEATING:
        note(lost, REPEATS)
    now = command.block_period_start_time == 0
    return BillingPeriod(
        key=EventKey(
            context.node, context.endpoint, command.provider_id, command.issuer_event_id, generation
        ),
        start=int(received) if now else _start(command.block_period_start_time),
        duration=_seconds(command.block_period_duration),
        stated=int(received),
        tiers=counts >> 4,
        thresholds=counts & 0x0F,
    )


def from_attributes(
    attributes: Mapping[int, Value], context: Context, *, received: float
) -> BillingPeriod | None:
    """Return the running period that attributes of Price tell, that of bills before that of blocks; None
    when they tell none.
    """
    for start, length in (BILLING_PERIOD, BLOCK_PERIOD):
        begins, minutes = attributes.get(start), attributes.get(length)
        if isinstance(begins, int) and isinstance(minutes, int) and from_utc(begins) and minutes:
            return BillingPeriod(
                key=EventKey(context.node, context.endpoint, 0, begins),
                start=_start(begins),
                duration=_seconds(minutes),
                stated=int(received),
            )
    return None


def to_sep1(period: BillingPeriod, *, lost: Lost = None) -> PublishBlockPeriod:
    """Return the PublishBlockPeriod of a period. Its length is rounded down, for the next one not to overlap.

    Raises Untranslatable when the start cannot be said in ZigBee time.
    """
    if period.bill_to_date is not None or period.bill_last_period is not None:
        note(lost, AMOUNTS)
    minutes = UNTIL_CHANGED if period.open_ended else min(UNTIL_CHANGED, max(1, period.duration // 60))
    if _seconds(minutes) != period.duration:
        note(lost, MINUTES)
    return PublishBlockPeriod(
        provider_id=period.key.provider,
        issuer_event_id=period.key.id,
        block_period_start_time=to_utc(period.start),
        block_period_duration=minutes,
        number_of_price_tiers_and_number_of_block_thresholds=period.tiers << 4 | period.thresholds,
        block_period_control=0,
    )


def from_sep2(period: sep2.BillingPeriod, key: EventKey, *, tiers: int = 0, blocks: int = 1) -> BillingPeriod:
    """Return the neutral period. `tiers` and `blocks` are numberOfTouTiers and numberOfConsumptionBlocks of
    the tariff's ReadingType.
    """
    return BillingPeriod(
        key=key,
        start=period.interval.start,
        duration=period.interval.duration,
        stated=period.statusTimeStamp,
        tiers=min(tiers, _MOST),
        thresholds=min(max(0, blocks - 1), _MOST),
        bill_to_date=period.billToDate,
        bill_last_period=period.billLastPeriod,
    )


def to_sep2(period: BillingPeriod, context: Context) -> sep2.BillingPeriod:
    """Return the BillingPeriod."""
    return sep2.BillingPeriod(
        href=f"{context.hrefs.agreement(period.key.provider)}/bp/{period.key.id:08x}",
        billLastPeriod=period.bill_last_period,
        billToDate=period.bill_to_date,
        interval=DateTimeInterval(duration=period.duration, start=period.start),
        statusTimeStamp=period.stated,
    )


def account(profile: TariffProfile, provider: int, context: Context) -> sep2.CustomerAccount:
    """Return the account that periods of a provider stand below: its currency, nothing of the customer."""
    path = context.hrefs.account(provider)
    return sep2.CustomerAccount(
        href=path,
        mRID=context.structure(MridKind.CUSTOMER_ACCOUNT, provider),
        description=f"SE1 provider {provider:08X}",
        currency=profile.currency or 0,
        CustomerAgreementListLink=ListLink(href=f"{path}/ca", all=1),
        pricePowerOfTenMultiplier=profile.pricePowerOfTenMultiplier or 0,
    )


def agreement(
    profile: TariffProfile, provider: int, context: Context, *, periods: int
) -> sep2.CustomerAgreement:
    """Return the agreement: the tariff, the usage point, and how many periods are known."""
    path = context.hrefs.agreement(provider)
    return sep2.CustomerAgreement(
        href=path,
        mRID=context.structure(MridKind.CUSTOMER_AGREEMENT, provider),
        description=profile.description,
        BillingPeriodListLink=ListLink(href=f"{path}/bp", all=periods),
        TariffProfileLink=Link(href=profile.href or context.hrefs.tariff(provider, context.generation)),
        UsagePointLink=Link(href=context.hrefs.usage_point),
    )


def _start(raw: int) -> int:
    found = from_utc(raw)
    if found is None:
        raise untranslatable("the start time 0xFFFFFFFF is no time: send 0 for now, or the time")
    return found


def _seconds(minutes: int) -> int:
    if minutes == 0:
        raise untranslatable("the period lasts 0 minutes: send a length")
    return OPEN_ENDED if minutes == UNTIL_CHANGED else 60 * minutes
