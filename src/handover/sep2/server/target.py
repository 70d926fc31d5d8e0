"""From a request target to the one spelling of a path that the store knows. Nothing is looked up here."""

import re

from handover.errors import DecodeError

_ABSOLUTE = re.compile(r"https?://[^/?#]*", re.IGNORECASE)
_ESCAPE = re.compile(r"%([0-9A-Fa-f]{2})")
_PLAIN = re.compile(r"[A-Za-z0-9._~!$&'()*+,;=:@/-]*")
_UNRESERVED = re.compile(r"[A-Za-z0-9._~-]")


def split(target: str) -> tuple[str, str]:
    """Split a raw target into path and query; for transports that do not do it themselves."""
    path, _, query = target.partition("?")
    return path, query


def _unescape(match: re.Match[str]) -> str:
    """Decode one escape of a character that needs none; every other escape could hide a path separator."""
    character = chr(int(match[1], 16))
    if not _UNRESERVED.fullmatch(character):
        raise DecodeError(f"the path escapes %{match[1]}, which no path here contains; use an href as given")
    return character


def normalise(path: str) -> str:
    """Return the canonical form of `path`: no scheme and host, no needless escapes, no trailing slash.

    Raises DecodeError for what could be read in two ways: dot segments, empty segments, other escapes,
    characters that do not belong in a URI.
    """
    if not path.startswith("/"):
        origin = _ABSOLUTE.match(path)
        if origin is None:
            raise DecodeError("the request target is neither a path nor an http(s) URI")
        path = path[origin.end() :] or "/"
    if "%" in path:
        path = _ESCAPE.sub(_unescape, path)
    if not _PLAIN.fullmatch(path):
        raise DecodeError("the path contains characters that do not belong in a URI; use an href as given")
    if len(path) > 1:
        path = path.removesuffix("/")
    segments = path[1:].split("/")
    if path != "/" and ("" in segments or "." in segments or ".." in segments):
        raise DecodeError("the path contains an empty segment or a dot segment; use an href as given")
    return path
