"""Metering mirror (clause 10.11): a server keeps readings for a device that cannot serve them itself."""

from dataclasses import field

from handover.sep2.declaration import resource
from handover.sep2.resources import metering
from handover.sep2.resources.common import List, PollRate
from handover.sep2.types import HexBinary160, TimeType, UInt32


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

    deviceLFDI: HexBinary160
    MirrorMeterReading: list[MirrorMeterReading_] = field(default_factory=list)
    postRate: UInt32 | None = None


MirrorUsagePoint_ = MirrorUsagePoint


@resource
class MirrorUsagePointList(List):
    """A page of mirrors. `pollRate` in seconds."""

    pollRate: PollRate = None
    MirrorUsagePoint: list[MirrorUsagePoint_] = field(default_factory=list)
