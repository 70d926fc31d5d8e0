"""The time as a source of authority tells it: an instant, a zone, and one period of daylight saving."""

from dataclasses import dataclass


@dataclass(slots=True, kw_only=True)
class TimeState:
    """What a time server says.

    `now` is Unix seconds; `zone` seconds east of UTC without daylight saving; `dst_start`/`dst_end`
    instants between which `dst_shift` seconds are added. None: not known. `trusted` is whether the source
    is an authority or follows one.
    """

    now: int
    trusted: bool
    zone: int | None = None
    dst_start: int | None = None
    dst_end: int | None = None
    dst_shift: int | None = None
    local: int | None = None

    def offset(self, at: int) -> int:
        """Return the seconds to add to UTC for the local time at instant `at`."""
        offset = self.zone or 0
        if self.dst_shift and self.dst_start is not None and self.dst_end is not None:
            inside = self.dst_start <= at < self.dst_end
            offset += self.dst_shift if inside else 0
        return offset

    def day_start(self, at: int, freeze: int = 0) -> int:
        """Return the start of the local day that contains `at`; a day begins `freeze` seconds after
        midnight.
        """
        local = at + self.offset(at) - freeze
        midnight = local - local % 86400 + freeze
        # The offset at the day's start counts, which differs from that at `at` on a day the clocks change.
        return midnight - self.offset(midnight - self.offset(at))
