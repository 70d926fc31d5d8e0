"""What devices answer to an event, and what the answers of several amount to when only one can be given."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from handover.model.event import Status
from handover.model.load_control import Controls

GRACE = 300
"""Seconds after the latest end during which a final answer is still awaited."""


@dataclass(slots=True, kw_only=True)
class Answer:
    """One device's word on one event: `device` is its LFDI, `at` when it happened, `applied` what it
    did.
    """

    device: bytes
    status: Status
    at: int
    applied: Controls = field(default_factory=Controls)
    override: int | None = None


FINAL = frozenset((Status.COMPLETED, Status.PARTIAL_OPT_OUT, Status.PARTIAL_OPT_IN, Status.NO_PARTICIPATION))
_TAKEN_OVER = frozenset((Status.SUPERSEDED, Status.ABORTED_SERVER, Status.ABORTED_PROGRAM))
_REJECTED = frozenset((Status.NOT_APPLICABLE, Status.INVALID, Status.EXPIRED))
_AWAY = _TAKEN_OVER | _REJECTED | {Status.CANCELLED}


def outcome(answers: Sequence[Answer]) -> Status | None:
    """Return how the event ended at one device, from everything it answered; None when that is unknown.

    A device that opted out and said no more has taken no part, or a part if it had started. One that only
    started, or came back and fell silent, is unknown: unknown is never counted.
    """
    started = False
    result: Status | None = None
    for answer in answers:
        status = answer.status
        if status is Status.STARTED:
            started = True
        if status in FINAL or status in _AWAY:
            result = status
        elif status is Status.OPT_OUT:
            result = Status.PARTIAL_OPT_OUT if started else Status.NO_PARTICIPATION
        elif status is Status.OPT_IN:
            result = None
    return result


def silent(histories: Mapping[bytes, Sequence[Answer]]) -> list[bytes]:
    """Return the devices whose outcome is unknown: to be named in the log once an event is closed."""
    return [device for device, answers in histories.items() if outcome(answers) is None]


def summary(
    histories: Mapping[bytes, Sequence[Answer]],
    reported: Iterable[Status],
    *,
    start: int,
    end: int,
    now: float,
    grace: int = GRACE,
) -> list[Answer]:
    """Return what is to be reported now for all devices as one, in order; `device` is empty in it.

    `histories` holds every device that the event concerns, silent ones with no answers, each in the order
    the answers came. `reported` is what was reported before. Receipt, cancellation and superseding are
    reported by whoever processes them and are not part of this.
    """
    told = set(reported)
    found: list[Answer] = []
    if told & (FINAL | {Status.CANCELLED, Status.SUPERSEDED, Status.INVALID, Status.NOT_APPLICABLE}):
        return found
    everything = sorted((a for row in histories.values() for a in row), key=lambda a: a.at)
    first = next((a for a in everything if a.status is Status.STARTED), None)
    if first is not None and Status.STARTED not in told:
        found.append(_as_one(first, Status.STARTED))
    found += _opting(histories, everything, told, start, now)
    final = _final(histories, everything, now >= end + grace)
    if final is not None:
        found.append(final)
    return found


def _as_one(answer: Answer, status: Status) -> Answer:
    return Answer(device=b"", status=status, at=answer.at, applied=answer.applied)


def _opting(
    histories: Mapping[bytes, Sequence[Answer]],
    everything: Sequence[Answer],
    told: set[Status],
    start: int,
    now: float,
) -> list[Answer]:
    """Opt-out when everybody has opted out before the start, not told before it; opt-in when that is
    undone.
    """
    if now < start or not histories:
        return []
    if Status.OPT_OUT in told:
        back = [a for a in everything if a.status is Status.OPT_IN and a.at >= start]
        return [_as_one(back[0], Status.OPT_IN)] if back and Status.OPT_IN not in told else []
    for answers in histories.values():
        before = [a for a in answers if a.at <= start and a.status in (Status.OPT_OUT, Status.OPT_IN)]
        if not before or before[-1].status is not Status.OPT_OUT:
            return []
        if any(a.status is Status.STARTED for a in answers):
            return []
    latest = next(a for a in reversed(everything) if a.status is Status.OPT_OUT)
    told_at = Answer(device=b"", status=Status.OPT_OUT, at=max(start, latest.at))
    return [told_at]


def _final(
    histories: Mapping[bytes, Sequence[Answer]], everything: Sequence[Answer], closed: bool
) -> Answer | None:
    """Return the one final status, once every device has given its own or the time for it is over."""
    results = {device: outcome(answers) for device, answers in histories.items()}
    if not closed and not all(answers and _said_final(answers) for answers in histories.values()):
        return None
    known = [r for r in results.values() if r is not None]
    took_part = [r for r in known if r not in _AWAY]
    if not took_part:
        return _final_away(known, everything)
    last = next((a for a in reversed(everything) if a.status in FINAL), everything[-1])
    if all(r is Status.COMPLETED for r in took_part):
        status = Status.COMPLETED
    elif all(r is Status.NO_PARTICIPATION for r in took_part):
        status = Status.NO_PARTICIPATION
    elif _ended_with_opt_in(took_part, everything):
        status = Status.PARTIAL_OPT_IN
    else:
        status = Status.PARTIAL_OPT_OUT
    return _as_one(last, status)


def _final_away(known: Sequence[Status], everything: Sequence[Answer]) -> Answer | None:
    """All that answered were drawn away by another event, or refused: say the former if there was any."""
    if any(r in _TAKEN_OVER for r in known):
        return _as_one(everything[-1], Status.SUPERSEDED)
    if known and all(r in _REJECTED for r in known):
        return _as_one(everything[-1], Status.INVALID)
    return None


def _said_final(answers: Sequence[Answer]) -> bool:
    return any(a.status in FINAL or a.status in _AWAY for a in answers)


def _ended_with_opt_in(results: Sequence[Status], everything: Sequence[Answer]) -> bool:
    choices = [a.status for a in everything if a.status in (Status.OPT_IN, Status.OPT_OUT)]
    if choices:
        return choices[-1] is Status.OPT_IN
    return Status.PARTIAL_OPT_IN in results and Status.PARTIAL_OPT_OUT not in results
