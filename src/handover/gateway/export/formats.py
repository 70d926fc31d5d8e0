"""The formats an export can have."""

from enum import StrEnum


class Format(StrEnum):
    """The format by the name that people give it."""

    CSV = "csv"
    GREEN_BUTTON = "greenbutton"

    @property
    def content_type(self) -> str:
        """Its media type, with what HTTP needs."""
        return "text/csv; charset=utf-8" if self is Format.CSV else "application/atom+xml"

    @property
    def suffix(self) -> str:
        """How its files end."""
        return "csv" if self is Format.CSV else "xml"
