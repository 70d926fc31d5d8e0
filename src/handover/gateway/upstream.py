"""What is known of the Utility ESI: who it is, where its clusters are, whether it is heard."""

from dataclasses import dataclass, field

RECORD = "esi"


@dataclass(slots=True)
class Esi:
    """The ESI of this gateway: `endpoints` gives the endpoint of each cluster once it has spoken."""

    eui64: int
    endpoints: dict[int, int] = field(default_factory=dict)


@dataclass(slots=True)
class Presence:
    """Signs of life: `last` is Unix seconds of our clock; `online` until keep-alives went unanswered."""

    online: bool = False
    last: float | None = None
