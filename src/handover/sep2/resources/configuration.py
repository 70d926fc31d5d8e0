"""Configuration (clause 9.8): settings of a device that its owner may change."""

from dataclasses import field

from handover.sep2.declaration import resource
from handover.sep2.resources.common import Link, List, ListLink, PollRate, Resource, SubscribableResource
from handover.sep2.types import DstRuleType, Int32, LocaleType, String32, TimeOffsetType, TimeType, UInt32


@resource
class PowerConfiguration:
    """When the battery was put in, and below how many remaining seconds it counts as low."""

    batteryInstallTime: TimeType | None = None
    lowChargeThreshold: UInt32 | None = None


PowerConfiguration_ = PowerConfiguration


@resource
class TimeConfiguration:
    """Offsets in seconds, and the rules from which each year's daylight saving time follows.

    A rule packs seconds (bits 0-11), hour (12-16), day of the week (17-19, Monday 1), day of the month
    (20-24), operator (25-27) and month (28-31); FFFFFFFF switches daylight saving off. Operator 0 is the day
    of the month, 1 the weekday on or after it, 2 to 6 the first to fifth such weekday of the month, 7 the
    last.
    """

    dstEndRule: DstRuleType
    dstOffset: TimeOffsetType
    dstStartRule: DstRuleType
    tzOffset: TimeOffsetType


TimeConfiguration_ = TimeConfiguration


@resource
class PriceResponseCfg(Resource):
    """Between which prices a device shifts its load, for one RateComponent.

    Below `consumeThreshold` it may consume at will, above `maxReductionThreshold` as little as it can; both
    in the currency and power of ten of the tariff.
    """

    consumeThreshold: Int32
    maxReductionThreshold: Int32
    RateComponentLink: Link


PriceResponseCfg_ = PriceResponseCfg


@resource
class PriceResponseCfgList(List):
    """A page of price thresholds."""

    PriceResponseCfg: list[PriceResponseCfg_] = field(default_factory=list)


@resource
class Configuration(SubscribableResource):
    """The settings of one device: its locale, its name, its clock rules, its power and price thresholds."""

    pollRate: PollRate = None
    currentLocale: LocaleType
    PowerConfiguration: PowerConfiguration_ | None = None
    PriceResponseCfgListLink: ListLink | None = None
    TimeConfiguration: TimeConfiguration_ | None = None
    userDeviceName: String32
