"""An order to shed load, and what it does to the orders before it. Devices' answers are in
`participation`.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import IntEnum, IntFlag

from handover.model.event import (
    LIVE,
    Change,
    Event,
    EventKey,
    EventState,
    Placement,
    Status,
    Verdict,
)


class DeviceCategory(IntFlag):
    """Kinds of load and generation, finer than either standard's oldest table. The bit numbers are the
    newest edition's.
    """

    NONE = 0
    THERMOSTAT = 1 << 0
    STRIP_HEATER = 1 << 1
    BASEBOARD_HEATER = 1 << 2
    WATER_HEATER = 1 << 3
    POOL_PUMP = 1 << 4
    SAUNA = 1 << 5
    HOT_TUB = 1 << 6
    SMART_APPLIANCE = 1 << 7
    IRRIGATION_PUMP = 1 << 8
    MANAGED_LOAD = 1 << 9
    SIMPLE_LOAD = 1 << 10
    EXTERIOR_LIGHTING = 1 << 11
    INTERIOR_LIGHTING = 1 << 12
    LOAD_SWITCH = 1 << 13
    ENERGY_MANAGEMENT = 1 << 14
    ENERGY_MODULE = 1 << 15
    ELECTRIC_VEHICLE = 1 << 16
    CHARGING_POINT = 1 << 17
    MIXED_GENERATION = 1 << 18
    ENGINE = 1 << 19
    FUEL_CELL = 1 << 20
    PHOTOVOLTAIC = 1 << 21
    HEAT_AND_POWER = 1 << 22
    PHOTOVOLTAIC_STORAGE = 1 << 23
    OTHER_GENERATION = 1 << 24
    STORAGE = 1 << 25
    MICROGRID = 1 << 26


class Criticality(IntEnum):
    """How urgent an order is."""

    GREEN = 1
    LEVEL_1 = 2
    LEVEL_2 = 3
    LEVEL_3 = 4
    LEVEL_4 = 5
    LEVEL_5 = 6
    EMERGENCY = 7
    PLANNED_OUTAGE = 8
    SERVICE_DISCONNECT = 9


class Reduction(IntEnum):
    """What a smart appliance is asked to do."""

    DELAY = 0
    TEMPORARY = 1


@dataclass(slots=True)
class Controls:
    """What is asked of a load; None means nothing is asked in that respect.

    Offsets in tenths of a kelvin, set points in hundredths of a degree Celsius, `load_adjustment` whole
    percent to be taken off the average (>= 0), `duty_cycle` percent of the time switched on.
    """

    cooling_offset: int | None = None
    heating_offset: int | None = None
    cooling_setpoint: int | None = None
    heating_setpoint: int | None = None
    load_adjustment: int | None = None
    duty_cycle: int | None = None
    reduction: Reduction | None = None

    def __bool__(self) -> bool:
        return not (
            self.cooling_offset is None
            and self.heating_offset is None
            and self.cooling_setpoint is None
            and self.heating_setpoint is None
            and self.load_adjustment is None
            and self.duty_cycle is None
            and self.reduction is None
        )


@dataclass(slots=True, kw_only=True)
class LoadControl(Event):
    """An order to devices of some categories in one enrolment group (0: every group).

    `randomized` tells which ends the issuer wants spread (start, end); by how much is in
    `randomize_start` and `randomize_duration`. `override_after` is how many seconds a user may opt out
    without leaving the event.
    """

    categories: DeviceCategory
    group: int
    criticality: int
    controls: Controls
    mandatory: bool = False
    randomized: tuple[bool, bool] = (False, False)
    shift_forward: bool = False
    override_after: int | None = None
    description: str = ""


@dataclass(slots=True, kw_only=True)
class Cancellation:
    """An order to end an event early: at `at`, spread like the event itself if `randomly`.

    `key` None: every event of that issuer. `categories` and `group` may name a part of the event only.
    """

    issuer: int
    endpoint: int
    key: EventKey | None
    at: int
    randomly: bool
    categories: DeviceCategory | None = None
    group: int = 0


def concerns(event: LoadControl, group: int, devices: DeviceCategory) -> bool:
    """Tell whether an order is for a member of `group` (0: of all groups) that has devices of `devices`.

    One that is not is ignored: neither accepted nor rejected.
    """
    return (group == 0 or event.group in (0, group)) and bool(event.categories & devices)


def place(
    known: Iterable[LoadControl], new: LoadControl, now: float, *, superseding: bool = True
) -> Placement:
    """Judge a new order against the known ones of the same issuer and endpoint.

    A newer order wins over every older one that overlaps it in time and shares a category. Where it
    covers the older one completely (same group, no category left): not started, the older is cancelled
    now and reported superseded; running, it is superseded when the new one starts, if the categories are
    exactly the same and the edition still marks that (`superseding`). Otherwise the older is only marked,
    and clients resolve it.
    """
    if new.end <= now:
        return Placement(Verdict.EXPIRED, [])
    changes = []
    for old in known:
        if old.key[:2] != new.key[:2]:
            continue
        if old.key == new.key and old.part == new.part:
            return Placement(Verdict.DUPLICATE, [])
        if old.state in LIVE and old.end > now and old.overlaps(new) and old.categories & new.categories:
            changes.append(_superseded(old, new, now, superseding=superseding))
    return Placement(Verdict.ACCEPTED, changes)


def _superseded(old: LoadControl, new: LoadControl, now: float, *, superseding: bool) -> Change:
    moment = int(now)
    covered = old.group == new.group and not old.categories & ~new.categories
    if not covered:
        return Change(old, moment, mark=True)
    if old.start > now:
        return Change(old, moment, EventState.CANCELLED, report=Status.SUPERSEDED)
    at = max(moment, new.start)
    if superseding and old.categories == new.categories:
        return Change(old, at, EventState.SUPERSEDED, report=Status.SUPERSEDED)
    return Change(old, at, mark=True, report=Status.SUPERSEDED)


def cancel(known: Iterable[LoadControl], order: Cancellation, now: float) -> list[Change]:
    """Return what a cancellation does to the events it names; nothing to those already over.

    A future cancellation yields changes with a future `at`, which are held back until then. Categories that
    the order leaves out are not ended by it: see `remainder`.
    """
    at = max(int(now), order.at)
    state = EventState.CANCELLED_RANDOMLY if order.randomly else EventState.CANCELLED
    return [
        Change(event, at, state, report=Status.CANCELLED)
        for event in known
        if event.state in LIVE
        and event.latest_end > now
        and (event.key == order.key if order.key else event.key[:2] == (order.issuer, order.endpoint))
        and _named(event, order)
    ]


def _named(event: LoadControl, order: Cancellation) -> bool:
    in_group = order.group in (0, event.group) or event.group == 0
    in_class = order.categories is None or bool(event.categories & order.categories)
    return in_group and in_class


def remainder(event: LoadControl, order: Cancellation, now: float, *, created: int) -> LoadControl | None:
    """Return the order that takes over for the categories a cancellation leaves running, or None.

    It is the same event, next part, from the cancellation to the original end, for the remaining
    categories.
    """
    left = event.categories & ~order.categories if order.categories is not None else DeviceCategory.NONE
    at = max(int(now), order.at, event.start)
    if not left or at >= event.end:
        return None
    return LoadControl(
        key=event.key,
        part=event.part + 1,
        start=at,
        duration=event.end - at,
        created=created,
        state=EventState.ACTIVE if at <= now else EventState.SCHEDULED,
        changed=int(now),
        randomize_start=0 if at > event.start else event.randomize_start,
        randomize_duration=event.randomize_duration,
        categories=left,
        group=event.group,
        criticality=event.criticality,
        controls=event.controls,
        mandatory=event.mandatory,
        randomized=event.randomized,
        shift_forward=event.shift_forward,
        override_after=event.override_after,
        description=event.description,
    )
