"""Which part of each order one load obeys: orders that overlap become segments that never do.

Of two orders that overlap as issued, the one with the lower primacy wins, then the newer. The loser keeps its
part before the winner's start and is not resumed. Orders that only meet because of what was drawn for them
do not compete: the later one waits for the earlier one's end; so does one that begins where another ends.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Final

DAY: Final = 86400


@dataclass(frozen=True, slots=True)
class Claim:
    """An order's claim on a load. Times are Unix seconds of one clock.

    `start` and `duration` are as issued, `shift` and `stretch` the seconds drawn for this load. `ended` is
    when it was cancelled for this load, None while it was not. Lower `primacy` wins, then later `created`,
    then the higher `name`.
    """

    name: str
    start: int
    duration: int
    shift: int = 0
    stretch: int = 0
    primacy: int = 0
    created: int = 0
    ended: int | None = None

    @property
    def end(self) -> int:
        """Nominal end (exclusive)."""
        return self.start + self.duration

    def overlaps(self, other: "Claim") -> bool:
        """Tell whether the two, as issued, share a second."""
        return self.start < other.end and other.start < self.end

    def beats(self, other: "Claim") -> bool:
        """Tell whether this one wins where the two overlap."""
        return _strength(self) > _strength(other)


@dataclass(frozen=True, slots=True)
class Segment:
    """The part [start, end) of an order that the load obeys; `cut_by` names the order that ended it early."""

    name: str
    start: int
    end: int
    cut_by: str | None = None


def segments(claims: Iterable[Claim]) -> list[Segment]:
    """Return the segments in order of their start; an order of which nothing is left has none.

    An order that was cancelled before its start claims nothing; one cancelled later has claimed its time.
    """
    found: list[Segment] = []
    before: _Share | None = None
    for share in sorted(_shares(claims), key=lambda s: s.claim.start):
        claim, last = share.claim, found[-1] if found else None
        start = claim.start + claim.shift
        if last is not None and before is not None:
            if before.cut_by == claim.name:
                start = max(start, last.start)
                found[-1] = replace(last, end=min(last.end, start))
            elif before.end == claim.start and before.claim.ended is None:
                start = last.end
            else:
                start = max(start, last.end)
        end = max(start, claim.end + claim.shift + claim.stretch)
        if claim.ended is not None:
            end = max(start, min(end, claim.ended))
        found.append(Segment(claim.name, start, end, share.cut_by))
        before = share
    return [segment for segment in found if segment.end > segment.start]


def superseders(claims: Iterable[Claim]) -> dict[str, str]:
    """Return, for each claim that another one takes the time of, the name of the first that does."""
    found: dict[str, str] = {}
    alive = sorted(filter(_claims_time, claims), key=lambda c: (c.start, c.name))
    for place, one in enumerate(alive):
        for other in alive[place + 1 :]:
            if other.start >= one.end:
                break
            winner, loser = (one, other) if one.beats(other) else (other, one)
            found.setdefault(loser.name, winner.name)
    return found


def pieces(start: int, end: int, longest: int = DAY) -> list[tuple[int, int]]:
    """Split [start, end) into parts of at most `longest` seconds."""
    return [(s, min(s + longest, end)) for s in range(start, end, longest)]


@dataclass(frozen=True, slots=True)
class _Share:
    """What is left of a claim as issued, after those that beat it: until `end`, where `cut_by` begins."""

    claim: Claim
    end: int
    cut_by: str | None = None


def _shares(claims: Iterable[Claim]) -> list[_Share]:
    """Return what each claim keeps, nominally: these parts do not overlap."""
    kept: list[_Share] = []
    strongest = sorted(filter(_claims_time, claims), key=_strength, reverse=True)
    for claim in strongest:
        if any(share.claim.start <= claim.start < share.end for share in kept):
            continue
        later = [share.claim for share in kept if claim.start < share.claim.start < claim.end]
        winner = min(later, key=lambda c: c.start, default=None)
        kept.append(_Share(claim, claim.end) if winner is None else _Share(claim, winner.start, winner.name))
    return kept


def _strength(claim: Claim) -> tuple[int, int, str]:
    return (-claim.primacy, claim.created, claim.name)


def _claims_time(claim: Claim) -> bool:
    return claim.duration > 0 and (claim.ended is None or claim.ended > claim.start + claim.shift)
