"""The times an export is asked for, as people write them."""

from datetime import UTC, datetime

from handover.errors import ConfigError
from handover.gateway.export.archive import Period


def period(since: str | None, until: str | None) -> Period:
    """Return the period from `since` (included) to `until` (not included); without them there is no bound.

    Raises ConfigError for what is no time, and for a period that ends before it begins.
    """
    made = Period(
        0.0 if not since else moment(since, "since"), float("inf") if not until else moment(until, "until")
    )
    if made.until <= made.since:
        raise ConfigError(f"until {until} is not later than since {since}: there is nothing between")
    return made


def moment(text: str, name: str) -> float:
    """Return a time in Unix seconds: ISO 8601 (UTC where no offset is given) or Unix seconds themselves."""
    try:
        if text.isascii() and text.isdigit():
            return float(int(text))
        found = datetime.fromisoformat(text)
        return (found if found.tzinfo else found.replace(tzinfo=UTC)).timestamp()
    except (ValueError, OverflowError):
        raise ConfigError(
            f"{name} {text[:40]!r} is no time. Examples: 2026-01-31, 2026-01-31T12:00+01:00, 1769860800"
        ) from None
