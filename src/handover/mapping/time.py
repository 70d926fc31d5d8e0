"""Time 0x000A <-> Time. Attributes are those of the SEP 1.x server side, raw, by id."""

from collections.abc import Mapping

from handover.errors import NotNow
from handover.mapping.context import Context
from handover.mapping.losses import Loss, Lost, Orientation, note
from handover.mapping.scalars import UTC_INVALID, ZIGBEE_EPOCH, from_utc, to_utc
from handover.model.timekeeping import TimeState
from handover.sep1.clusters.time import TimeStatus
from handover.sep1.types import Value
from handover.sep2.resources.time import Time

TIME, STATUS, ZONE, DST_START, DST_END, DST_SHIFT, STANDARD, LOCAL = range(8)
_OFFSET_INVALID = frozenset((-1, -(2**31), 0xFFFFFFFF, 0x80000000))
_QUALITY_TRUSTED, _QUALITY_UNKNOWN = 4, 7
_STATUS_TRUSTED = TimeStatus.MASTER | TimeStatus.MASTER_ZONE_DST | TimeStatus.SUPERSEDING
_STATUS_UNKNOWN = TimeStatus.MASTER_ZONE_DST | TimeStatus.SUPERSEDING

QUALITY = Loss("timeStatus, quality", Orientation.BOTH, "four flags against five levels: trusted or not")
ZONE_INVALID = Loss("timeZone, dstShift", Orientation.A, "both -1 and 0x80000000 say invalid: served as 0")
LOSSES = (
    QUALITY,
    ZONE_INVALID,
    Loss("lastSetTime, validUntilTime", Orientation.A, "no element"),
    Loss("currentTime", Orientation.B, "ZigBee time ends in 2136", "event: response 253"),
)


def from_sep1(attributes: Mapping[int, Value], *, lost: Lost = None) -> TimeState:
    """Return what a Time server's attributes say. Raises NotNow while it has no time (invalid or absent)."""
    now = from_utc(_integer(attributes, TIME))
    if now is None:
        raise NotNow("the Time server has no time yet: read it again later")
    status = TimeStatus(_integer(attributes, STATUS) or 0)
    for attribute in (ZONE, DST_SHIFT):
        if _integer(attributes, attribute) in _OFFSET_INVALID:
            note(lost, ZONE_INVALID)
    return TimeState(
        now=now,
        trusted=bool(status & (TimeStatus.MASTER | TimeStatus.SYNCHRONIZED)),
        zone=_offset(attributes, ZONE),
        dst_start=from_utc(_integer(attributes, DST_START)),
        dst_end=from_utc(_integer(attributes, DST_END)),
        dst_shift=_offset(attributes, DST_SHIFT),
        local=from_utc(_integer(attributes, LOCAL)),
    )


def _integer(attributes: Mapping[int, Value], attribute: int) -> int | None:
    value = attributes.get(attribute)
    return value if isinstance(value, int) else None


def _offset(attributes: Mapping[int, Value], attribute: int) -> int | None:
    value = _integer(attributes, attribute)
    return None if value in _OFFSET_INVALID else value


def to_sep1(state: TimeState) -> dict[int, int]:
    """Return the attributes of a Time server that is the authority of its network.

    Raises Untranslatable when the time cannot be said in ZigBee time.
    """
    values = {
        TIME: to_utc(state.now),
        STATUS: int(_STATUS_TRUSTED if state.trusted else _STATUS_UNKNOWN),
        ZONE: state.zone or 0,
        DST_START: _instant(state.dst_start),
        DST_END: _instant(state.dst_end),
        DST_SHIFT: state.dst_shift or 0,
    }
    values[STANDARD] = values[TIME] + values[ZONE]
    values[LOCAL] = values[TIME] + state.offset(state.now)
    return values


def _instant(moment: int | None) -> int:
    if moment is None:
        return UTC_INVALID
    raw = moment - ZIGBEE_EPOCH
    return raw if 0 <= raw < UTC_INVALID else UTC_INVALID


def from_sep2(time: Time, *, lost: Lost = None) -> TimeState:
    """Return what a Time resource says. Without a daylight saving offset the period says nothing."""
    if time.quality != _QUALITY_TRUSTED:
        note(lost, QUALITY)
    shift = bool(time.dstOffset)
    return TimeState(
        now=time.currentTime,
        trusted=time.quality < _QUALITY_UNKNOWN,
        zone=time.tzOffset,
        dst_start=time.dstStartTime if shift else None,
        dst_end=time.dstEndTime if shift else None,
        dst_shift=time.dstOffset,
        local=time.localTime,
    )


def to_sep2(state: TimeState, context: Context) -> Time:
    """Return the Time resource.

    Daylight saving needs all three of its parts: where one is missing the offset is 0 and the period is now.
    The local time is computed, also where the source states one, so that it fits the rest.
    """
    known = bool(state.dst_shift) and state.dst_start is not None and state.dst_end is not None
    return Time(
        href=context.hrefs.time,
        currentTime=state.now,
        dstEndTime=state.dst_end if known and state.dst_end is not None else state.now,
        dstOffset=(state.dst_shift or 0) if known else 0,
        dstStartTime=state.dst_start if known and state.dst_start is not None else state.now,
        localTime=state.now + state.offset(state.now),
        quality=_QUALITY_TRUSTED if state.trusted else _QUALITY_UNKNOWN,
        tzOffset=state.zone or 0,
    )
