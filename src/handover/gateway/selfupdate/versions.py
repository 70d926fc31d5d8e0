"""Versions of the gateway's software, ordered as Python packages are."""

from packaging.version import InvalidVersion, Version

from handover.errors import DecodeError


def parse(text: str) -> Version:
    """Read a version such as "1.4.0". Raises DecodeError."""
    try:
        return Version(text)
    except InvalidVersion:
        raise DecodeError(f"{text[:40]!r} is not a version; versions look like 1.4.0") from None


def newer(version: str, than: str) -> bool:
    """Tell whether `version` comes after `than`. Raises DecodeError."""
    return parse(version) > parse(than)
