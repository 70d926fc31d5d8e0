"""Which software the next start runs: the trial, the active slot, the one before it, or the factory's."""

from collections.abc import Callable
from dataclasses import dataclass

from handover.gateway.selfupdate import record as records
from handover.gateway.selfupdate.record import Record, Slot
from handover.gateway.selfupdate.states import Update

STARTS = 3
"""Starts that a trial has to report healthy."""


@dataclass(frozen=True)
class Choice:
    """What to start, and the record that must be on the disk before it is started."""

    slot: Slot | None
    record: Record


def choose(record: Record, sound: Callable[[Slot], bool], *, starts: int = STARTS) -> Choice:
    """Return what to start; `sound` tells whether a slot is what its seal says.

    A trial that has used up its `starts`, or is damaged, is given up. A damaged active slot gives way to
    the one before it, and that one to the factory's software: something always starts.
    """
    target = record.target
    if record.at is Update.TRIAL and target is not None:
        if record.starts >= starts:
            record = records.given_up(record, f"it did not report healthy in {record.starts} starts")
        elif not sound(target):
            record = records.given_up(record, f"slot {target} is damaged")
        else:
            return Choice(target, records.started(record))
    while (active := record.active) is not None and not sound(active):
        record = records.reverted(record, f"slot {active} is damaged")
    return Choice(record.active, record)


def without_trial(record: Record, sound: Callable[[Slot], bool]) -> Slot | None:
    """Return what to start when the record cannot be written: a trial that is not counted never ends."""
    return next((slot for slot in (record.active, record.fallback) if slot and sound(slot)), None)
