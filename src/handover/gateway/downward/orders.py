"""One order for one device: what the server wants, what the device was told of it, what it has answered.

An order reaches the device as parts, each a LoadControlEvent with an id of its own that never overlaps
another part on the air. `revise` compares the parts with the timeline and says what has to be taken back and
told.
"""

from collections.abc import Iterable
from dataclasses import astuple, dataclass, field
from hashlib import sha256

from handover.gateway.events import State
from handover.mapping.load_control import LONGEST
from handover.model.event import Status
from handover.model.load_control import LoadControl
from handover.model.timeline import Claim, Segment, pieces

MINUTE = 60
DAY = LONGEST * MINUTE


@dataclass(slots=True)
class Part:
    """A LoadControlEvent on the device. `start` is Unix seconds of the HAN's clock, `told` whether the device
    has answered it, `withdrawn` whether we took it back, `final` the last status that it reported.
    """

    number: int
    id: int
    start: int
    minutes: int
    content: str
    told: bool = False
    withdrawn: bool = False
    final: int | None = None

    @property
    def end(self) -> int:
        """End on the air (exclusive)."""
        return self.start + self.minutes * MINUTE

    def live(self, now: float) -> bool:
        """Tell whether the device may still act on it."""
        return not self.withdrawn and self.final is None and self.end > now


@dataclass(slots=True)
class Order:
    """An EndDeviceControl for one device. Times are Unix seconds of the HAN's clock.

    `subject` is the mRID exactly as the server sent it, `required` its responseRequired, `shift` and
    `stretch` what was drawn for this device. `ended` is when it is cancelled for this device; `beaten` how it
    gave way (SUPERSEDED or ABORTED_PROGRAM). `skew` is how far the HAN's clock is ahead of the event's own.
    `given` are the statuses that went up, `out_since` and
    `overridden` what the user did (seconds).
    """

    device: int
    subject: str
    event: LoadControl
    program: str
    primacy: int
    reply_to: str | None
    required: int
    shift: int = 0
    stretch: int = 0
    ended: int | None = None
    beaten: Status | None = None
    refused: bool = False
    skew: int = 0
    state: State = State.NEW
    parts: list[Part] = field(default_factory=list)
    given: list[int] = field(default_factory=list)
    out_since: float | None = None
    overridden: float = 0.0

    @property
    def key(self) -> str:
        """The mRID padded for comparison."""
        return self.subject.upper().zfill(32)

    @property
    def name(self) -> str:
        """The name of its record."""
        return f"{self.device:016X}/{self.key}"

    @property
    def latest_end(self) -> int:
        """When nothing of it can go on any more."""
        ends = [part.end for part in self.parts]
        return max([self.event.end + self.shift + self.stretch, *ends])

    def claim(self) -> Claim:
        """Return what it claims of the device's time."""
        return Claim(
            self.key,
            self.event.start,
            self.event.duration,
            self.shift,
            self.stretch,
            self.primacy,
            self.event.created,
            self.ended,
        )

    def content(self) -> str:
        """Return a digest of what the device is asked to do."""
        event = self.event
        said = (int(event.categories), int(event.criticality), *map(_number, astuple(event.controls)))
        return sha256(repr(said).encode()).hexdigest()[:12]


@dataclass(frozen=True, slots=True)
class Piece:
    """A part that has to be told: start (Unix seconds) and minutes."""

    start: int
    minutes: int

    @property
    def end(self) -> int:
        """End on the air (exclusive)."""
        return self.start + self.minutes * MINUTE


@dataclass(slots=True)
class Revision:
    """What has to happen for one order: parts to take back, pieces to tell, and when to look again."""

    withdraw: list[Part]
    tell: list[Piece]
    again: float | None = None


def revise(order: Order, segment: Segment | None, following: int | None, now: float) -> Revision:
    """Compare the parts of an order with its `segment`; `following` is when the device's next segment starts.

    A running part that merely ends earlier because another order begins is left alone: the device itself ends
    it then. Everything else that does not fit any more is taken back, and what is missing is told.
    """
    live = [part for part in order.parts if part.live(now)]
    if segment is None or order.refused:
        return Revision(live, [])
    content = order.content()
    withdraw: list[Part] = []
    # What the device is done with is not told again, however it ended.
    done = [part.end for part in order.parts if part.final is not None and not part.withdrawn]
    begin, again = max([segment.start, *done]), None
    for part in (p for p in live if p.start <= now):
        early = segment.cut_by is None and (order.ended is not None or segment.end <= part.end - MINUTE)
        if part.content != content or part.start < segment.start or (early and segment.end <= now):
            withdraw.append(part)
            continue
        begin = max(begin, part.end)
        again = float(segment.end) if early else None
    wanted = [p for p in _pieces(begin, segment.end, following) if p.end > now and segment.end > now]
    waiting = [part for part in live if part.start > now]
    kept = [part for part in waiting if part.content == content and _piece(part) in wanted]
    withdraw += [part for part in waiting if part not in kept]
    known = {_piece(part) for part in kept}
    return Revision(withdraw, [piece for piece in wanted if piece not in known], again)


def _number(value: int | None) -> int | None:
    """Return a plain number: what comes out of the journal has lost its enumeration."""
    return None if value is None else int(value)


def _piece(part: Part) -> Piece:
    return Piece(part.start, part.minutes)


def _pieces(start: int, end: int, following: int | None) -> Iterable[Piece]:
    """Return whole minutes that cover [start, end): rounded up, but down where something follows."""
    for first, last in pieces(start, end, DAY):
        minutes = -(-(last - first) // MINUTE)
        after = following if last == end else last
        if after is not None and first + minutes * MINUTE > after:
            minutes = (after - first) // MINUTE
        if minutes > 0:
            yield Piece(first, minutes)
