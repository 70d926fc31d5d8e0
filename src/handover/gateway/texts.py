"""Texts of others, made fit to be shown as one line."""

LONGEST_TEXT = 1000


def plain(text: object, limit: int = LONGEST_TEXT) -> str:
    """Return a text of others as one line without control characters, at most `limit` characters."""
    line = "".join(c if c.isprintable() else " " for c in str(text))
    return line if len(line) <= limit else line[: limit - 1] + "…"
