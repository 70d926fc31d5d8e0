"""Version texts of makers, in the order in which people mean them: 1.10 after 1.9."""

import re

_PARTS = re.compile(r"(\d+)")


def version_key(text: str) -> tuple[tuple[int, int, str], ...]:
    """Return what versions are compared by: numbers in them as numbers, the rest as text."""
    parts = [part for part in _PARTS.split(text) if part]
    return tuple((1, int(part), "") if part.isdecimal() else (0, 0, part) for part in parts)
