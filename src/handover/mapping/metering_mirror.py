"""Readings as they are posted to a mirror (clause 10.11): by the gateway, for meters that cannot."""

from collections.abc import Iterable

from handover.mapping.context import Context
from handover.mapping.metering_series import Series, role_flags, series_to_sep2
from handover.mapping.mrid import MridKind
from handover.mapping.scalars import octets
from handover.mapping.units import service_of
from handover.model.metering import Meter, Reading
from handover.sep2.resources.metering_mirror import (
    MirrorMeterReading,
    MirrorMeterReadingList,
    MirrorReadingSet,
    MirrorUsagePoint,
)


def to_mirror(
    readings: Iterable[Reading], meter: Meter, context: Context, *, post_rate: int
) -> MirrorUsagePoint:
    """Return the first post for a meter: what it is, its series with their types, and their values.

    `context.node` is the meter, `post_rate` how often (seconds) it is posted.
    """
    return MirrorUsagePoint(
        mRID=context.structure(MridKind.MIRROR_USAGE_POINT, context.endpoint),
        description=(meter.site or meter.serial or "SE1 meter")[:32],
        roleFlags=octets(role_flags(meter), 2),
        serviceCategoryKind=service_of(meter.commodity, pressure=meter.pressure),
        status=1 if meter.connected else 0,
        deviceLFDI=context.virtual_lfdi(context.node),
        MirrorMeterReading=[_reading(series, types=True) for series in _series(readings, meter, context)],
        postRate=post_rate,
    )


def to_mirror_readings(readings: Iterable[Reading], meter: Meter, context: Context) -> MirrorMeterReadingList:
    """Return a later post: values only, their types are known."""
    made = [_reading(series, types=False) for series in _series(readings, meter, context)]
    return MirrorMeterReadingList(all=len(made), results=len(made), MirrorMeterReading=made)


def _series(readings: Iterable[Reading], meter: Meter, context: Context) -> list[Series]:
    return series_to_sep2(readings, meter, context)


def _reading(series: Series, *, types: bool) -> MirrorMeterReading:
    made = MirrorMeterReading(mRID=series.meter_reading.mRID, description=series.meter_reading.description)
    if types:
        made.ReadingType = series.reading_type
        made.ReadingType.href = None
    if series.reading is not None:
        made.Reading = series.reading
        made.Reading.href = None
    for bundle in series.sets:
        for reading in bundle.readings:
            reading.href = None
        made.MirrorReadingSet.append(
            MirrorReadingSet(
                mRID=bundle.reading_set.mRID,
                timePeriod=bundle.reading_set.timePeriod,
                Reading=bundle.readings,
            )
        )
    return made
