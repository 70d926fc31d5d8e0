"""The query of a list resource: start, limit, after, on the wire `s`, `l` and `a`.

Only the query is read here; which items a page holds is decided by the store's order.
"""

from dataclasses import dataclass
from functools import lru_cache
from urllib.parse import unquote_plus

from handover.errors import DecodeError

UINT32_MAX = 0xFFFFFFFF
INT64_MAX = 0x7FFFFFFFFFFFFFFF
ALL = UINT32_MAX


@dataclass(frozen=True, slots=True)
class Page:
    """`start` items are skipped, at most `limit` are returned, all with a time later than `after`."""

    start: int = 0
    limit: int = 1
    after: int | None = None


FIRST = Page()


def _number(name: str, text: str, highest: int, *, signed: bool = False) -> int:
    digits = text[1:] if signed and text.startswith("-") else text
    if not (digits.isascii() and digits.isdigit() and len(digits) <= 19) or int(digits) > highest:
        kind = "a whole number" if signed else "a whole number that is not negative"
        raise DecodeError(f"the query parameter {name!r} must be {kind}, at most {highest}")
    return int(text)


@lru_cache(maxsize=1024)
def parse(query: str) -> Page:
    """Read `s`, `l` and `a`; other parameters are ignored. Raises DecodeError for garbage and repetitions."""
    if not query:
        return FIRST
    found: dict[str, str] = {}
    for pair in query.split("&"):
        name, _, value = pair.partition("=")
        if "%" in pair or "+" in pair:
            name, value = unquote_plus(name), unquote_plus(value)
        if name in ("s", "l", "a") and found.setdefault(name, value) != value:
            raise DecodeError(f"the query parameter {name!r} is given twice with different values")
    start = _number("s", found["s"], UINT32_MAX) if "s" in found else 0
    limit = 1
    if "l" in found:
        limit = ALL if found["l"].lower() == "all" else _number("l", found["l"], UINT32_MAX)
    after = _number("a", found["a"], INT64_MAX, signed=True) if "a" in found else None
    return Page(start, limit, after)
