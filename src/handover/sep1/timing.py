"""Where something issued by an ESI lies in time, in ZigBee seconds (since 2000). No state, no clock."""

from typing import Final

UNTIL_CHANGED: Final = 0xFFFF
"""Duration in minutes of what stays until it is changed."""

FOREVER: Final = 1 << 33
"""An end that never comes."""


def place(start_time: int, minutes: int, utc: int) -> tuple[int, int]:
    """Return (start, end) of what is issued at `utc`; `start_time` 0 means now."""
    start = start_time or utc
    return start, FOREVER if minutes == UNTIL_CHANGED else start + 60 * minutes


def remaining_minutes(end: int, utc: int) -> int:
    """Return the duration to send with a start of "now": the rest in minutes, rounded up, at least 1."""
    if end >= FOREVER:
        return UNTIL_CHANGED
    return max(1, -(-(end - utc) // 60))
