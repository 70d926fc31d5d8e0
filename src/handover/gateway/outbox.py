"""Answers on their way to the ESI: at least once, in order for each subject, until accepted or too late.

The rows live in the journal; this module decides what is sent when. An answer that the ESI refuses is not
repeated: a second try would be refused too. One that nobody answers is tried again later.
"""

from collections.abc import Callable
from dataclasses import dataclass

from handover.gateway.outputs import Answer, Delivered
from handover.gateway.step import Step

SUCCESS = 0x00
WAIT_FIRST = 60.0
WAIT_MOST = 900.0

Transmit = Callable[[Step, Answer], None]
"""Sends an answer; its end comes back through `concluded` with the answer's key."""


@dataclass(slots=True)
class _Waiting:
    answer: Answer
    in_flight: bool = False
    due: float = 0.0
    wait: float = WAIT_FIRST


class Outbox:
    """What is waiting, oldest first. Times are those of the upstream clock."""

    def __init__(self, transmit: Transmit) -> None:
        self._transmit = transmit
        self._waiting: dict[str, _Waiting] = {}

    def __len__(self) -> int:
        return len(self._waiting)

    def restore(self, answers: list[Answer]) -> None:
        """Take over what the journal holds. Whether it left before a restart is unknown: it leaves again."""
        self._waiting = {answer.key: _Waiting(answer) for answer in answers}

    def add(self, step: Step, answer: Answer) -> None:
        """Queue an answer; one whose key is waiting already is not queued twice."""
        if answer.key not in self._waiting:
            self._waiting[answer.key] = _Waiting(answer)
            step.changes.append(answer)

    def tick(self, step: Step) -> None:
        """Give up what is too late, and send what may leave: the oldest of each subject."""
        busy: set[str] = set()
        for key, item in list(self._waiting.items()):
            if item.answer.deadline <= step.now:
                self._remove(step, key)
                step.log("warning", "an answer never reached the ESI and is given up", answer=key)
                step.audit("gave up", answer=key)
                continue
            if item.answer.subject in busy:
                continue
            busy.add(item.answer.subject)
            if not item.in_flight and item.due <= step.now:
                item.in_flight = True
                self._transmit(step, item.answer)

    def concluded(self, step: Step, key: str, status: int | None) -> None:
        """Take note of what became of a sent answer: a ZCL status, or None when nobody answered."""
        item = self._waiting.get(key)
        if item is None:
            return
        if status is None:
            item.in_flight = False
            item.due = step.now + item.wait
            item.wait = min(item.wait * 2, WAIT_MOST)
            return
        self._remove(step, key)
        if status != SUCCESS:
            step.log("warning", "the ESI refused an answer", answer=key, status=f"0x{status:02X}")
        step.audit("answered", answer=key, status=status)
        self.tick(step)

    def retry(self) -> None:
        """Let everything leave at the next tick: the ESI is back, or the transport was opened anew."""
        for item in self._waiting.values():
            item.in_flight, item.due, item.wait = False, 0.0, WAIT_FIRST

    def deadline(self) -> float | None:
        """Return when `tick` is next worth calling (upstream clock)."""
        moments = [item.answer.deadline for item in self._waiting.values()]
        moments += [item.due for item in self._waiting.values() if not item.in_flight and item.due]
        return min(moments, default=None)

    def _remove(self, step: Step, key: str) -> None:
        del self._waiting[key]
        step.changes.append(Delivered(key))
