"""Price (0x0700): prices, block periods, conversion factors and calorific values.

The ESI is the server. Everything of SE 1.0 and 1.1, and the fields that later revisions put behind commands
of these. Not here: tariff matrices, bills and other commands of SE 1.2.
"""

from dataclasses import dataclass
from enum import IntFlag
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
    tiers_by_blocks,
)
from handover.sep1.types import (
    BITMAP8,
    ENUM8,
    ENUM8_TYPE,
    MAP8,
    OCTETS,
    OCTSTR,
    U8,
    U16,
    U24,
    U32,
    UINT8,
    UINT24,
    UINT32,
    UINT48,
    UTC,
    UTC_TIME,
)


class PriceControl(IntFlag):
    """Bits of `price_control`."""

    ACKNOWLEDGEMENT_REQUIRED = 0x01
    MORE_THAN_15_TIERS = 0x02


class BlockPeriodControl(IntFlag):
    """Bits of `block_period_control`."""

    ACKNOWLEDGEMENT_REQUIRED = 0x01
    REPEATING = 0x02


class CommandOptions(IntFlag):
    """Bits of `command_options`."""

    RX_ON_WHEN_IDLE = 0x01


@dataclass(slots=True)
class PublishPrice(Command):
    """The price of one period, sent unasked and in answer to both Get...Price commands.

    `price` x 10^-(high nibble of the trailing digit field) is money of `currency` (ISO 4217) per
    `unit_of_measure`. `duration_in_minutes` 0xFFFF lasts until changed; `start_time` 0 is now. An SE 1.0
    sender may stop after `generation_price_ratio`.
    """

    provider_id: U32
    rate_label: OCTETS
    issuer_event_id: U32
    current_time: UTC
    unit_of_measure: ENUM8
    currency: U16
    price_trailing_digit_and_price_tier: MAP8
    number_of_price_tiers_and_register_tier: MAP8
    start_time: UTC
    duration_in_minutes: U16
    price: U32
    price_ratio: U8
    generation_price: U32
    generation_price_ratio: U8
    alternate_cost_delivered: Annotated[U32, Since("1.0")] = 0xFFFFFFFF
    alternate_cost_unit: Annotated[ENUM8, Since("1.0")] = 0xFF
    alternate_cost_trailing_digit: Annotated[MAP8, Since("1.0")] = 0xFF
    number_of_block_thresholds: Annotated[U8, Since("1.1")] = 0xFF
    price_control: Annotated[MAP8, Since("1.1")] = 0x00
    number_of_generation_tiers: Annotated[U8, Since("1.2")] = 0x00
    generation_tier: Annotated[ENUM8, Since("1.2")] = 0x00
    extended_number_of_price_tiers: Annotated[ENUM8, Since("1.2")] = 0x00
    extended_price_tier: Annotated[ENUM8, Since("1.2")] = 0x00
    extended_register_tier: Annotated[ENUM8, Since("1.2")] = 0x00


@dataclass(slots=True)
class PublishBlockPeriod(Command):
    """The block period in force or to come; `block_period_duration` is in minutes.

    SE 1.2 took out the octet of tiers and thresholds and put three fields behind; its payload is longer than
    that of SE 1.1, by which a decoder knows it.
    """

    provider_id: U32
    issuer_event_id: U32
    block_period_start_time: UTC
    block_period_duration: U24
    number_of_price_tiers_and_number_of_block_thresholds: Annotated[MAP8, Until("1.2")]
    block_period_control: MAP8
    block_period_duration_type: Annotated[MAP8, Since("1.2")] = 0x00
    tariff_type: Annotated[ENUM8, Since("1.2")] = 0xFF
    tariff_resolution_period: Annotated[ENUM8, Since("1.2")] = 0xFF


@dataclass(slots=True)
class PublishConversionFactor(Command):
    """The factor that turns gas volume into volume at reference conditions."""

    issuer_event_id: U32
    start_time: UTC
    conversion_factor: U32
    conversion_factor_trailing_digit: MAP8


@dataclass(slots=True)
class PublishCalorificValue(Command):
    """The energy content of a unit of gas."""

    issuer_event_id: U32
    start_time: UTC
    calorific_value: U32
    calorific_value_unit: ENUM8
    calorific_value_trailing_digit: MAP8


@dataclass(slots=True)
class GetCurrentPrice(Command):
    """Asks for the price in force; bit 0 tells that the asker listens when idle."""

    command_options: MAP8


@dataclass(slots=True)
class GetScheduledPrices(Command):
    """Asks for prices from `start_time` (0 = now); `number_of_events` 0 = all."""

    start_time: UTC
    number_of_events: U8


@dataclass(slots=True)
class PriceAcknowledgement(Command):
    """Tells that a price which asked for it has arrived."""

    provider_id: U32
    issuer_event_id: U32
    price_ack_time: UTC
    control: MAP8


@dataclass(slots=True)
class GetBlockPeriods(Command):
    """Asks for block periods from `start_time`; `number_of_events` 0 = all."""

    start_time: UTC
    number_of_events: U8
    tariff_type: Annotated[ENUM8, Since("1.2")] = 0xFF


@dataclass(slots=True)
class GetConversionFactor(Command):
    """Asks for conversion factors; `min_issuer_event_id` 0xFFFFFFFF = any, `number_of_commands` 0 = all."""

    earliest_start_time: UTC
    min_issuer_event_id: U32
    number_of_commands: U8


@dataclass(slots=True)
class GetCalorificValue(Command):
    """Asks for calorific values; `min_issuer_event_id` 0xFFFFFFFF = any, `number_of_commands` 0 = all."""

    earliest_start_time: UTC
    min_issuer_event_id: U32
    number_of_commands: U8


PRICE = Cluster(
    id=0x0700,
    name="Price",
    link_key=True,
    server_attributes=attributes(
        *numbered(0x0000, "tier_{}_price_label", range(1, 16), OCTSTR, "RW", max_length=12),
        *numbered(0x0100, "block_{}_threshold", range(1, 16), UINT48, since="1.1"),
        Attribute(0x0200, "start_of_block_period", UTC_TIME, since="1.1"),
        Attribute(0x0201, "block_period_duration", UINT24, since="1.1"),
        Attribute(0x0202, "threshold_multiplier", UINT24, since="1.1"),
        Attribute(0x0203, "threshold_divisor", UINT24, since="1.1"),
        Attribute(0x0300, "commodity_type", ENUM8_TYPE, since="1.1"),
        Attribute(0x0301, "standing_charge", UINT32, since="1.1"),
        Attribute(0x0302, "conversion_factor", UINT32, since="1.1a"),
        Attribute(0x0303, "conversion_factor_trailing_digit", BITMAP8, since="1.1a"),
        Attribute(0x0304, "calorific_value", UINT32, since="1.1a"),
        Attribute(0x0305, "calorific_value_unit", ENUM8_TYPE, since="1.1a"),
        Attribute(0x0306, "calorific_value_trailing_digit", BITMAP8, since="1.1a"),
        *tiers_by_blocks(
            0x0400, "no_tier_block_{block}_price", "tier_{tier}_block_{block}_price", UINT32, since="1.1"
        ),
        Attribute(0x0700, "current_billing_period_start", UTC_TIME, since="1.1b"),
        Attribute(0x0701, "current_billing_period_duration", UINT24, since="1.1b"),
    ),
    client_attributes=attributes(
        Attribute(0x0000, "price_increase_randomize_minutes", UINT8, "RW", since="1.1"),
        Attribute(0x0001, "price_decrease_randomize_minutes", UINT8, "RW", since="1.1"),
        Attribute(0x0002, "commodity_type", ENUM8_TYPE, since="1.1"),
    ),
    to_server=commands(
        CommandRow(0x00, GetCurrentPrice, mandatory=True),
        CommandRow(0x01, GetScheduledPrices),
        CommandRow(0x02, PriceAcknowledgement, mandatory=True, since="1.1"),
        CommandRow(0x03, GetBlockPeriods, since="1.1"),
        CommandRow(0x04, GetConversionFactor, since="1.1a"),
        CommandRow(0x05, GetCalorificValue, since="1.1a"),
    ),
    to_client=commands(
        CommandRow(0x00, PublishPrice, mandatory=True),
        CommandRow(0x01, PublishBlockPeriod, since="1.1"),
        CommandRow(0x02, PublishConversionFactor, since="1.1a"),
        CommandRow(0x03, PublishCalorificValue, since="1.1a"),
    ),
)
