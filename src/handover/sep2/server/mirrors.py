"""The metering mirror, the server's side (clause 10.11): meters that are clients post, others read.

Each mirror is served twice: as the MirrorUsagePoint that its device made, with the latest values, and as an
ordinary UsagePoint with meter readings, reading sets and readings, which is what other clients look for. Both
are resources of the tree; the index between them is made anew from there after a restart.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any

from handover.errors import DecodeError, NotNow
from handover.sep2.resources.common import Link, ListLink
from handover.sep2.resources.metering import MeterReading, ReadingSet, UsagePoint
from handover.sep2.resources.metering_mirror import (
    MirrorMeterReading,
    MirrorMeterReadingList,
    MirrorReadingSet,
    MirrorUsagePoint,
)
from handover.sep2.server.hooks import Created, Done, Existing, Hook, Outcome, Write
from handover.sep2.store import Store

MIRRORS, USAGE_POINTS = "/mup", "/upt"

_IS_MIRROR = 1
_SUBSCRIBABLE = 3


@dataclass(frozen=True, slots=True)
class Room:
    """How much is kept: mirrors, series of a mirror, reading sets of a series, readings of a set."""

    mirrors: int = 1000
    series: int = 64
    sets: int = 100
    readings: int = 300


class Mirrors:
    """The mirrors of `store`. `post_rate` (seconds) is asked of devices that name none themselves."""

    def __init__(self, store: Store, *, room: Room | None = None, post_rate: int | None = None) -> None:
        self._store = store
        self._room = room or Room()
        self._post_rate = post_rate
        self._mirrors = {_key(point): path for path, point in store.of_class(MirrorUsagePoint).items()}
        self._views: dict[tuple[bytes, int], str] = {}
        self._series: dict[tuple[str, int], str] = {}
        for path, point in store.of_class(UsagePoint).items():
            if point.deviceLFDI is not None and int.from_bytes(point.roleFlags) & _IS_MIRROR:
                self._views[_key(point)] = path
        for path, meter in store.of_class(MeterReading).items():
            self._series[path.rpartition("/mr/")[0], _number(meter.mRID)] = path

    @property
    def full(self) -> bool:
        """Whether there is no room for one mirror more; such a server does not offer the list of mirrors."""
        return len(self._store.paths(MIRRORS)) >= self._room.mirrors

    def forget(self, lfdi: bytes) -> None:
        """Take out everything that the device with this LFDI has posted."""
        for key in [key for key in self._mirrors if key[0] == lfdi]:
            self._drop(key)

    def hooks(self) -> dict[tuple[str, str], Hook]:
        """Return the writes that make, feed and remove mirrors."""
        return {
            ("POST", "MirrorUsagePointList"): self._make,
            ("PUT", "MirrorUsagePoint"): self._replace,
            ("POST", "MirrorUsagePoint"): self._feed,
            ("DELETE", "MirrorUsagePoint"): self._remove,
        }

    # What devices ask for

    def _make(self, write: Write) -> Outcome:
        point: MirrorUsagePoint = write.resource
        known = self._mirrors.get(_key(point))
        if known is not None:
            self._put(known, point)
            return Existing(known)
        if self.full:
            raise NotNow(f"this server mirrors {self._room.mirrors} usage points and has no room for another")
        _check(point.MirrorMeterReading, self._room)
        path = self._mirrors[_key(point)] = self._store.new_path(write.path)
        self._put(path, point)
        return Created(path)

    def _replace(self, write: Write) -> Outcome:
        old, point = self._store.get(write.path), write.resource
        if _key(old) != _key(point):
            raise DecodeError("the mRID of a mirror cannot change: DELETE it, and POST another one")
        self._put(write.path, point)
        return Done()

    def _feed(self, write: Write) -> Outcome:
        mirror: MirrorUsagePoint = self._store.get(write.path)
        posted = write.resource
        series = posted.MirrorMeterReading if isinstance(posted, MirrorMeterReadingList) else [posted]
        held = {_number(one.mRID): one for one in mirror.MirrorMeterReading}
        fresh = [one for one in series if _number(one.mRID) not in held]
        _check(fresh, self._room)
        if len(held) + len(fresh) > self._room.series:
            raise NotNow(f"a mirror may have {self._room.series} meter readings")
        for one in series:
            known = held.get(_number(one.mRID))
            held[_number(one.mRID)] = _latest(one, known, int(write.now))
        self._store.put(write.path, replace(mirror, MirrorMeterReading=list(held.values())))
        view = self._views[_key(mirror)]
        for one in series:
            self._show(view, one)
        return Created(write.path) if fresh else Existing(write.path)

    def _remove(self, write: Write) -> Outcome:
        self._drop(_key(self._store.get(write.path)))
        return Done()

    # What others read

    def _put(self, path: str, point: MirrorUsagePoint) -> None:
        """Keep a mirror whole: series that it does not have any more go."""
        _check(point.MirrorMeterReading, self._room)
        flags = int.from_bytes(point.roleFlags) | _IS_MIRROR
        kept = replace(
            point,
            roleFlags=flags.to_bytes(2),
            postRate=self._post_rate if point.postRate is None else point.postRate,
            MirrorMeterReading=[_latest(one, None, None) for one in point.MirrorMeterReading],
        )
        self._store.put(path, kept)
        view = self._views.get(_key(kept))
        if view is None:
            view = self._views[_key(kept)] = self._store.new_path(USAGE_POINTS)
        self._store.put(
            view,
            UsagePoint(
                mRID=kept.mRID,
                description=kept.description,
                version=kept.version,
                roleFlags=kept.roleFlags,
                serviceCategoryKind=kept.serviceCategoryKind,
                status=kept.status,
                deviceLFDI=kept.deviceLFDI,
                MeterReadingListLink=ListLink(href=f"{view}/mr"),
            ),
        )
        wanted = {_number(one.mRID) for one in point.MirrorMeterReading}
        for (of, number), series in list(self._series.items()):
            if of == view and number not in wanted:
                del self._series[of, number]
                self._store.delete(series)
        for one in point.MirrorMeterReading:
            self._show(view, one)

    def _show(self, view: str, posted: MirrorMeterReading) -> None:
        """Bring the view of one series up to what was posted."""
        store, key = self._store, (view, _number(posted.mRID))
        path = self._series.get(key)
        if path is None:
            path = self._series[key] = store.new_path(f"{view}/mr")
        if posted.ReadingType is not None:
            store.put(f"{path}/rt", posted.ReadingType)
        if posted.Reading is not None:
            store.put(f"{path}/r", replace(posted.Reading, subscribable=_SUBSCRIBABLE))
        known: MeterReading | None = store.get(path)
        has_reading = posted.Reading is not None or (known is not None and known.ReadingLink is not None)
        has_sets = bool(posted.MirrorReadingSet) or (
            known is not None and known.ReadingSetListLink is not None
        )
        meter = MeterReading(
            mRID=posted.mRID if known is None else known.mRID,
            description=posted.description or (known.description if known else None),
            version=posted.version,
            ReadingLink=Link(href=f"{path}/r") if has_reading else None,
            ReadingSetListLink=ListLink(href=f"{path}/rs") if has_sets else None,
            ReadingTypeLink=Link(href=f"{path}/rt"),
        )
        if meter != (None if known is None else replace(known, href=None)):
            store.put(path, meter)
        for reading_set in posted.MirrorReadingSet:
            self._show_set(f"{path}/rs", reading_set)

    def _show_set(self, place: str, posted: MirrorReadingSet) -> None:
        """Keep a set of readings, in place of one with its mRID; the oldest sets make room."""
        store = self._store
        paths = store.paths(place)
        same = next((p for p in paths if _number(store.get(p).mRID) == _number(posted.mRID)), None)
        if same is not None:
            store.delete(same)
            path = same
        else:
            path = store.new_path(place)
            for oldest in paths[self._room.sets - 1 :]:  # the newest stand first
                store.delete(oldest)
        store.put(
            path,
            ReadingSet(
                mRID=posted.mRID,
                description=posted.description,
                version=posted.version,
                timePeriod=posted.timePeriod,
                ReadingListLink=ListLink(href=f"{path}/r"),
            ),
        )
        for number, reading in enumerate(posted.Reading[-self._room.readings :]):
            store.put(f"{path}/r/{number}", reading)

    def _drop(self, key: tuple[bytes, int]) -> None:
        """Take a mirror and its usage point out."""
        for found in (self._mirrors.pop(key, None), view := self._views.pop(key, None)):
            if found is not None:
                self._store.delete(found)
        for series in [series for series in self._series if series[0] == view]:
            del self._series[series]


def _check(series: Iterable[MirrorMeterReading], room: Room) -> None:
    """Refuse series of which nobody could tell what they measure, and too many of them."""
    count = 0
    for one in series:
        count += 1
        if one.ReadingType is None:
            raise DecodeError(
                f"the MirrorMeterReading {one.mRID.hex().upper()} is new here and has no ReadingType; send "
                "it with the first reading"
            )
    if count > room.series:
        raise NotNow(f"a mirror may have {room.series} meter readings")


def _latest(
    posted: MirrorMeterReading, known: MirrorMeterReading | None, now: int | None
) -> MirrorMeterReading:
    """Return what a mirror keeps of a series: its type and its latest value, without the sets."""
    updated = posted.lastUpdateTime if posted.lastUpdateTime is not None else now
    kept = replace(posted, MirrorReadingSet=[], lastUpdateTime=updated)
    if known is not None:
        kept.mRID = known.mRID
        kept.ReadingType = posted.ReadingType or known.ReadingType
        kept.Reading = posted.Reading or known.Reading
        kept.description = posted.description or known.description
    return kept


def _key(point: Any) -> tuple[bytes, int]:
    return point.deviceLFDI, _number(point.mRID)


def _number(mrid: bytes) -> int:
    return int.from_bytes(mrid)
