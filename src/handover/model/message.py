"""A text for the people at the premises, and what a new text does to the one before it."""

from dataclasses import dataclass
from enum import IntEnum

from handover.model.event import LIVE, Change, Event, EventState, Placement, Verdict


class Importance(IntEnum):
    """How important a message is."""

    LOW = 0
    NORMAL = 1
    HIGH = 2
    CRITICAL = 3


@dataclass(slots=True, kw_only=True)
class Message(Event):
    """A text to be shown over an interval; `confirm` asks a person to acknowledge it."""

    text: str
    importance: Importance
    confirm: bool = False
    originator: str = ""


def place(known: list[Message], new: Message, now: float) -> Placement:
    """Judge a new message: an issuer has one at a time, so the previous one is cancelled unless it has
    ended.
    """
    if new.end <= now:
        return Placement(Verdict.EXPIRED, [])
    changes = []
    for old in known:
        if old.key[:3] != new.key[:3]:
            continue
        if old.key == new.key:
            return Placement(Verdict.DUPLICATE, [])
        if old.state in LIVE and old.end > now:
            changes.append(Change(old, int(now), EventState.CANCELLED))
    return Placement(Verdict.ACCEPTED, changes)


def cancel(message: Message, now: float) -> Change | None:
    """Return the cancellation of a message, or None when it is over already."""
    if message.state not in LIVE or message.end <= now:
        return None
    return Change(message, int(now), EventState.CANCELLED)


def shown(known: list[Message], now: float) -> Message | None:
    """Return the one message to show where only one can be: the most important, then the newest."""
    running = [m for m in known if m.state in LIVE and m.start <= now < m.end]
    return max(running, key=lambda m: (m.importance, m.created, m.key.id), default=None)
