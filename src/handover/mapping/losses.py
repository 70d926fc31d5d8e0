"""What a translation cannot carry, declared as data. Which losses exist is said by each service's module."""

from collections.abc import MutableSequence
from dataclasses import dataclass
from enum import Enum


class Orientation(Enum):
    """Which way the gateway faces: A has SEP 2.0 clients below a SEP 1.x ESI, B the reverse."""

    A = "A"
    B = "B"
    BOTH = "A/B"


@dataclass(frozen=True, slots=True)
class Loss:
    """One thing that does not survive: `field` (of the losing side), why, and what the peer is told."""

    field: str
    orientation: Orientation
    reason: str
    told: str = "nothing: accepted and logged"


Lost = MutableSequence[Loss] | None
"""Where a translation notes the declared losses that it actually met; None when nobody wants to know."""


def note(lost: Lost, loss: Loss) -> None:
    """Add `loss` to `lost`, if it is wanted and not there yet."""
    if lost is not None and loss not in lost:
        lost.append(loss)
