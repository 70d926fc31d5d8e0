"""What a gateway has handled since it started, counted for the metrics. Nothing of it is kept."""

from collections import Counter
from dataclasses import dataclass, field


@dataclass(slots=True)
class Tally:
    """Counts that only grow.

    `received`, `sent` and `lost` are frames by cluster id, `commands` what the ESI asked for by cluster id
    and ZCL status, `requests` those of SEP 2.0 by method and HTTP status, `refused` those of them that the
    access rules turned away, by HTTP status.
    """

    received: Counter[int] = field(default_factory=Counter)
    sent: Counter[int] = field(default_factory=Counter)
    lost: Counter[int] = field(default_factory=Counter)
    commands: Counter[tuple[int, int]] = field(default_factory=Counter)
    requests: Counter[tuple[str, int]] = field(default_factory=Counter)
    refused: Counter[int] = field(default_factory=Counter)
