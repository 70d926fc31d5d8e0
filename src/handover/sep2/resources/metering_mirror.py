"""Metering mirror (clause 10.11): a server keeps readings for a device that cannot serve them itself."""

from dataclasses import field
from typing import Annotated

from handover.sep2.declaration import Attribute, Default, Edition, Since, resource
from handover.sep2.resources import metering
from handover.sep2.resources.common import Link, List, PollRate
from handover.sep2.types import HexBinary160, SubscribableType, TimeType, UInt32

Later = Annotated[Attribute[SubscribableType | None], Default(0), Since(Edition.E2023)]
"""As `Subscribable`; mirrors have it since 2023."""


@resource
class MirrorReadingSet(metering.ReadingSetBase):
    """A set of readings posted by the measuring device."""

    Reading: list[metering.Reading] = field(default_factory=list)


MirrorReadingSet_ = MirrorReadingSet


@resource
class MirrorMeterReading(metering.MeterReadingBase):
    """A series of readings posted by the measuring device; times in Unix seconds."""

    lastUpdateTime: TimeType | None = None
    MirrorReadingSet: list[MirrorReadingSet_] = field(default_factory=list)
    nextUpdateTime: TimeType | None = None
    Reading: metering.Reading | None = None
    ReadingType: metering.ReadingType | None = None


MirrorMeterReading_ = MirrorMeterReading


@resource
class MirrorMeterReadingList(List):
    """Several series in one POST."""

    MirrorMeterReading: list[MirrorMeterReading_] = field(default_factory=list)


@resource
class MirrorUsagePoint(metering.UsagePointBase):
    """The mirror of a usage point; `postRate` in seconds, how often its device posts."""

    subscribable: Later = None
    deviceLFDI: HexBinary160
    MirrorMeterReading: list[MirrorMeterReading_] = field(default_factory=list)
    postRate: UInt32 | None = None
    UsagePointLink: Annotated[Link | None, Since(Edition.E2023)] = None


MirrorUsagePoint_ = MirrorUsagePoint


@resource
class MirrorUsagePointList(List):
    """A page of mirrors. `pollRate` in seconds."""

    pollRate: PollRate = None
    subscribable: Later = None
    MirrorUsagePoint: list[MirrorUsagePoint_] = field(default_factory=list)
