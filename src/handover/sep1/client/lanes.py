"""The questions that a HAN device puts to one node, one after the other: a slow network is asked politely.

A lane holds the questions not yet put and the one under way. What is asked, and when, comes from `session`
and `meter`; frames and time-outs are the engine's business.
"""

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from enum import Enum, auto

from handover.sep1.declaration import Command
from handover.sep1.general import GeneralCommand


class Topic(Enum):
    """What a question is about; a topic already waiting in a lane is not queued again."""

    CLOCK = auto()
    EVENTS = auto()
    EVENTS_RUNNING = auto()
    CURRENT_PRICE = auto()
    SCHEDULED_PRICES = auto()
    MESSAGE = auto()
    KEEP_ALIVE = auto()
    METER_FORMAT = auto()
    METER_IDENTITY = auto()
    METER_READINGS = auto()
    METER_REPORTING = auto()
    METER_POLL = auto()


Body = Command | GeneralCommand


@dataclass(slots=True)
class Question:
    """One question: `body` is made when it is put, from the ESI's time in ZigBee seconds.

    `patient` questions are repeated when unanswered; the others are put once.
    """

    topic: Topic
    endpoint: int
    cluster_id: int
    body: Callable[[int], Body]
    patient: bool = True


@dataclass(slots=True)
class Lane:
    """The questions for one node."""

    node: int
    waiting: deque[Question] = field(default_factory=deque)
    under_way: Question | None = None

    def add(self, question: Question) -> None:
        """Queue a question unless the same topic is waiting or under way at that endpoint."""
        queued = [*self.waiting, self.under_way] if self.under_way else list(self.waiting)
        if not any(q.topic is question.topic and q.endpoint == question.endpoint for q in queued):
            self.waiting.append(question)

    def next(self) -> Question | None:
        """Return the question to put now and count it as under way; None while one is or none waits."""
        if self.under_way is None and self.waiting:
            self.under_way = self.waiting.popleft()
            return self.under_way
        return None

    def done(self, question: Question) -> None:
        """Make way for the next question."""
        if self.under_way is question:
            self.under_way = None

    def back(self, question: Question) -> None:
        """Put a question that could not be put at the head of the lane again."""
        self.done(question)
        self.waiting.appendleft(question)

    def clear(self) -> None:
        """Drop what has not been put yet."""
        self.waiting.clear()
