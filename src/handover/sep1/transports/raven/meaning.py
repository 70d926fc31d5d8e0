"""What a document may mean in terms of clusters, and the values that stand for none."""

from dataclasses import dataclass, field
from typing import Final

from handover.sep1.declaration import Command

TIME, PRICE, METERING, MESSAGING = 0x000A, 0x0700, 0x0702, 0x0703

INVALID_U48: Final = 0xFFFF_FFFF_FFFF
INVALID_S24: Final = -0x80_0000
INVALID_U24: Final = 0xFF_FFFF
INVALID_U32: Final = 0xFFFF_FFFF


@dataclass(slots=True)
class Report:
    """Attribute values of one cluster that belong together, by attribute id."""

    cluster_id: int
    values: dict[int, int] = field(default_factory=dict)


@dataclass(slots=True)
class Publication:
    """A command of the ESI. `only_asked`: it answers a question and means nothing without one."""

    cluster_id: int
    command: Command
    only_asked: bool = False


@dataclass(slots=True)
class Several:
    """A document that says several things, of more than one cluster."""

    parts: tuple[Report | Publication, ...]


@dataclass(slots=True)
class Silence:
    """Nothing is passed on. `reason` is a short fixed text, fit for a counter; `wanting` says that the
    document tells of something that there is not (no price, no message), which answers a question for it.
    """

    reason: str
    wanting: bool = False


Meaning = Report | Publication | Several | Silence
