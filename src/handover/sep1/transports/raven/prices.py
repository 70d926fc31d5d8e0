"""Which event a PriceCluster document tells of: RAVEn documents carry no event id, and often no start.

The id is the price's StartTime. A price without one is in force from the first TimeStamp under which it was
seen, and that instant is kept ("frozen") for as long as the same price is repeated: a repeat is the same
event, never a new one. No I/O here; what is remembered can be written down and given back after a restart.
"""

from dataclasses import asdict, dataclass

UNTIL_CHANGED = 0xFFFF
"""Duration in minutes of a price that lasts until the next one."""

Content = tuple[int, int, int, int, str]
"""Price, currency, trailing digits, tier, label: what makes two documents tell of the same price."""


@dataclass(slots=True)
class Placed:
    """The event found: its id, and its start as a ZigBee time."""

    event_id: int
    start: int


@dataclass(slots=True)
class PriceMemory:
    """The last price seen of one meter. Times are ZigBee times; `stated` is the StartTime its document gave,
    if any.
    """

    content: Content = (0, 0, 0, 0, "")
    event_id: int = 0
    start: int = 0
    duration: int = UNTIL_CHANGED
    stated: int | None = None

    def place(self, content: Content, start: int | None, duration: int, stamp: int | None) -> Placed | None:
        """Return the event of a price and remember it; None when neither start nor stamp tells since when it
        holds.

        Ids grow: a client takes the higher id as the newer price and refuses the lower. So a new price that
        states the start of the one before it (a block step, for instance) starts at its own stamp.
        """
        if self._same(content, start, duration, stamp):
            return Placed(self.event_id, self.start)
        since = stamp if start is None or (start == self.stated and stamp is not None) else start
        if since is None:
            return None
        self.event_id = min(max(since, self.event_id + 1), 0xFFFF_FFFE)
        self.content, self.start, self.duration, self.stated = content, since, duration, start
        return Placed(self.event_id, since)

    def _same(self, content: Content, start: int | None, duration: int, stamp: int | None) -> bool:
        if not self.event_id or content != self.content:
            return False
        if start is not None and start == self.stated:
            return True
        if start is None:  # nothing says that it began anew, unless the one remembered has run out
            return self.stated is None and not self._over(stamp)
        return duration == self.duration == UNTIL_CHANGED and start == stamp  # "from now on", said again

    def _over(self, stamp: int | None) -> bool:
        if self.duration == UNTIL_CHANGED or stamp is None:
            return False
        return stamp >= self.start + 60 * self.duration

    def dump(self) -> dict[str, object]:
        """Return what is remembered, ready for JSON."""
        return asdict(self)

    @classmethod
    def load(cls, saved: dict[str, object]) -> "PriceMemory":
        """Return what `dump` gave, or a fresh memory when it cannot be understood."""
        match saved:
            case {
                "content": [int(price), int(currency), int(digits), int(tier), str(label)],
                "event_id": int(event_id),
                "start": int(start),
                "duration": int(duration),
                "stated": None | int() as stated,
            }:
                return cls((price, currency, digits, tier, label), event_id, start, duration, stated)
        return cls()
