"""Load profiles: GetProfileResponse <-> ReadingSet (served) or MirrorReadingSet (posted).

SEP 1.x sends intervals newest first, SEP 2.0 counts them oldest first from localID 0.
"""

from handover.mapping.context import Context
from handover.mapping.losses import Loss, Orientation
from handover.mapping.metering_scale import Settings
from handover.mapping.metering_series import (
    DELTA,
    SET_PROFILE,
    Series,
    SetBundle,
    meter_reading,
    set_mrid,
)
from handover.mapping.mrid import MridKind
from handover.mapping.scalars import from_utc, octets, to_utc, untranslatable
from handover.mapping.units import COMMODITY, FLOW, UOM, kind_of
from handover.model.metering import Profile, Quality, ReadingKind
from handover.model.units import Flow
from handover.sep1.clusters.metering import PERIOD_SECONDS, GetProfileResponse, ProfileStatus
from handover.sep2.resources import metering as sep2
from handover.sep2.resources.common import DateTimeInterval, ListLink
from handover.sep2.resources.metering_mirror import MirrorMeterReading, MirrorReadingSet

REGISTER = 0x00010000
"""A profile's MeterReading is numbered by its period, beyond every attribute."""
INVALID = 0xFFFFFF
_ENUM = {length: code for code, length in PERIOD_SECONDS.items()}
_ANSWERED = (ProfileStatus.SUCCESS, ProfileStatus.MORE_PERIODS_THAN_CAN_BE_RETURNED)

LOSSES = (
    Loss("intervals", Orientation.B, "24 bits: larger ones are invalid there"),
    Loss("intervalLength", Orientation.B, "only the nine periods of SEP 1.x", "GetProfile: no intervals"),
)


def from_sep1(response: GetProfileResponse, scale: Settings, *, flow: Flow) -> Profile | None:
    """Return the profile in an answer to GetProfile; `flow` is that of the channel asked for.

    None when there are no intervals. Raises Untranslatable for a period or end without a meaning.
    """
    if response.status not in _ANSWERED or not response.intervals:
        return None
    period, end = PERIOD_SECONDS.get(response.profile_interval_period), from_utc(response.end_time)
    if period is None or end is None or not response.end_time:
        raise untranslatable(
            f"a profile with period code {response.profile_interval_period} and end "
            f"{response.end_time:#x} says nothing: ask again"
        )
    quality = Quality.DERIVED if scale.history.derived else Quality.NONE
    values = [
        None if raw == INVALID else scale.history.apply(raw).value for raw in reversed(response.intervals)
    ]
    return Profile(
        register=REGISTER + response.profile_interval_period,
        flow=flow,
        start=end - period * len(values),
        period=period,
        values=values,
        power=scale.history.power,
        unit=scale.unit.energy,
        commodity=scale.commodity,
        quality=quality,
    )


def to_sep1(profile: Profile) -> GetProfileResponse:
    """Return the answer to GetProfile that holds a profile, its values taken as raw ones.

    Raises Untranslatable (no intervals) for a period that SEP 1.x does not have.
    """
    code = _ENUM.get(profile.period)
    if code is None:
        raise untranslatable(f"SEP 1.x has no interval of {profile.period} s", http=404)
    newest_first = [INVALID if v is None or not 0 <= v < INVALID else v for v in reversed(profile.values)]
    return GetProfileResponse(
        end_time=to_utc(profile.end),
        status=ProfileStatus.SUCCESS,
        profile_interval_period=code,
        number_of_periods_delivered=len(newest_first),
        intervals=newest_first,
    )


def reading_type(profile: Profile) -> sep2.ReadingType:
    """Return what a profile's intervals measure."""
    return sep2.ReadingType(
        accumulationBehaviour=DELTA,
        commodity=COMMODITY[profile.commodity],
        flowDirection=FLOW[profile.flow],
        intervalLength=profile.period,
        kind=kind_of(profile.unit),
        powerOfTenMultiplier=profile.power,
        uom=UOM[profile.unit],
    )


def readings(profile: Profile) -> list[sep2.Reading]:
    """Return the intervals that have a value, each in its slot.

    Where one is missing every reading says its own period: clients that count positions would misdate the
    rest.
    """
    gaps = None in profile.values
    flags = octets(profile.quality, 2) if profile.quality else None
    return [
        sep2.Reading(
            qualityFlags=flags,
            timePeriod=DateTimeInterval(duration=profile.period, start=profile.start + slot * profile.period)
            if gaps
            else None,
            value=value,
            localID=octets(slot, 2),
        )
        for slot, value in enumerate(profile.values)
        if value is not None
    ]


def to_sep2(profile: Profile, context: Context) -> Series:
    """Return a profile as a served series with one ReadingSet."""
    path = context.hrefs.meter_reading(profile.register, profile.flow)
    kind = reading_type(profile)
    kind.href = f"{path}/rt"
    place = f"{path}/rs/{profile.end:x}"
    rows = readings(profile)
    for row in rows:
        row.href = f"{place}/r/{int.from_bytes(row.localID or b'', 'big')}"
    reading_set = sep2.ReadingSet(
        href=place,
        mRID=set_mrid(profile.end, SET_PROFILE, profile.flow, context),
        timePeriod=_span(profile),
        ReadingListLink=ListLink(href=f"{place}/r", all=len(rows)),
    )
    head = meter_reading(profile.register, profile.flow, ReadingKind.INTERVAL.value, context)
    head.ReadingSetListLink = ListLink(href=f"{path}/rs", all=1)
    return Series(head, kind, sets=[SetBundle(reading_set, rows)])


def to_mirror(profile: Profile, context: Context, *, with_type: bool = False) -> MirrorMeterReading:
    """Return a profile in one document, as it is posted to a mirror; `with_type` for its first time."""
    return MirrorMeterReading(
        mRID=context.structure(MridKind.METER_READING, profile.register, sub=FLOW[profile.flow]),
        MirrorReadingSet=[
            MirrorReadingSet(
                mRID=set_mrid(profile.end, SET_PROFILE, profile.flow, context),
                timePeriod=_span(profile),
                Reading=readings(profile),
            )
        ],
        ReadingType=reading_type(profile) if with_type else None,
    )


def from_sep2(
    kind: sep2.ReadingType, span: DateTimeInterval, rows: list[sep2.Reading], like: Profile
) -> Profile:
    """Return the profile of a ReadingSet; `like` says what the type cannot (register, unit, commodity).

    Raises Untranslatable when the type has no interval length.
    """
    period = kind.intervalLength
    if not period:
        raise untranslatable("a profile needs ReadingType.intervalLength", http=404)
    values: list[int | None] = [None] * (span.duration // period)
    for position, row in enumerate(rows):
        slot = position
        if row.timePeriod is not None:
            slot = (row.timePeriod.start - span.start) // period
        elif row.localID is not None:
            slot = int.from_bytes(row.localID, "big")
        if 0 <= slot < len(values):
            values[slot] = row.value
    return Profile(
        register=like.register,
        flow=like.flow,
        start=span.start,
        period=period,
        values=values,
        power=kind.powerOfTenMultiplier or 0,
        unit=like.unit,
        commodity=like.commodity,
        quality=like.quality,
    )


def _span(profile: Profile) -> DateTimeInterval:
    return DateTimeInterval(duration=profile.end - profile.start, start=profile.start)
