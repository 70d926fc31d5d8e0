"""What a SEP 2.0 server says of itself by DNS-SD, as names and texts. Pure values; packets are in `packets`.

`_smartenergy._tcp` in `.local` (mDNS, which the 2023 edition asks for) and in `.site` (xmDNS, which the 2018
edition asks for). Source: clause 7 of either edition, RFC 6763.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from handover.errors import ConfigError, DecodeError

SERVICE: Final = "_smartenergy._tcp"

SUBTYPES: Final = (
    "bill",
    "derp",
    "dr",
    "edev",
    "file",
    "msg",
    "mup",
    "ppy",
    "rsps",
    "sdev",
    "tm",
    "tp",
    "upt",
)
"""A name for each function set; a client asks for `name._sub._smartenergy._tcp` to be told its path at once.
"""

LEVEL: Final = "-S1"
HTTPS_PORT: Final = 443
PORT: Final = 5353
LABEL_LIMIT: Final = 63

_SUBTYPE = re.compile(r"[a-z]{1,15}(-[0-9]{1,12})?")
_CONTROL = re.compile(r"[\x00-\x1f\x7f]+")


@dataclass(frozen=True, slots=True)
class Domain:
    """A domain served by multicast: its name and its groups. `.site` exists over IPv6 only."""

    name: str
    group4: str | None
    group6: str | None
    port: int = PORT


LOCAL: Final = Domain("local", "224.0.0.251", "ff02::fb")
SITE: Final = Domain("site", None, "ff05::fb")
DOMAINS: Final = (LOCAL, SITE)


@dataclass(frozen=True, slots=True)
class Advertisement:
    """A server to be found.

    `instance` is shown to people, `host` is the host's name without domain. `port` is that of plain HTTP or
    None, `https_port` that of HTTPS or None; at least one. `dcap` is the path of DeviceCapability.
    `function_sets` gives the path for each subtype offered, also for `edev-<SFDI>`, by which a device finds
    the server that holds its EndDevice. Raises ConfigError when it cannot be advertised.
    """

    instance: str
    host: str
    addresses: tuple[str, ...]
    port: int | None = None
    https_port: int | None = None
    dcap: str = "/dcap"
    function_sets: Mapping[str, str] = field(default_factory=dict)
    level: str = LEVEL

    def __post_init__(self) -> None:
        if self.port is None and self.https_port is None:
            raise ConfigError(
                "a server without HTTP and without HTTPS cannot be advertised; give one of the ports"
            )
        for path in (self.dcap, *self.function_sets.values()):
            if not is_path(path) or len(path.encode()) > 200:
                raise ConfigError(f"{path!r} cannot be advertised as a path; it begins with one slash")
        for subtype in self.function_sets:
            if not _SUBTYPE.fullmatch(subtype):
                raise ConfigError(
                    f"{subtype!r} is no DNS-SD subtype; known are {', '.join(SUBTYPES)} and edev-<SFDI>"
                )

    @property
    def srv_port(self) -> int:
        """The port in SRV records: the HTTP port even when HTTPS is used, unless there is no plain HTTP."""
        return self.port if self.port is not None else self.https_port or HTTPS_PORT

    def text(self, path: str | None = None) -> bytes:
        """Return the TXT record; `path` only in answers for a subtype. `txtvers` comes first."""
        strings = ["txtvers=1", f"dcap={self.dcap}"]
        if path is not None:
            strings.append(f"path={path}")
        if self.https_port is not None:
            strings.append("https" if self.https_port == HTTPS_PORT else f"https={self.https_port}")
        strings.append(f"level={self.level}")
        return b"".join(bytes([len(octets)]) + octets for octets in map(str.encode, strings))


@dataclass(slots=True)
class DiscoveredServer:
    """A server that answered.

    `port` is the SRV port, that of plain HTTP if there is any; `https_port` is None when the server offers no
    HTTPS. `addresses` are literal, IPv6 first. `subtypes` gives the path for each subtype that was asked for
    and offered. `domain` is "local" or "site".
    """

    instance: str
    host: str
    addresses: tuple[str, ...]
    port: int
    https_port: int | None
    dcap: str
    level: str
    domain: str
    subtypes: dict[str, str] = field(default_factory=dict)


def label(text: str) -> str:
    """Return a text fit to be one label of a name: no dots, no control characters, at most 63 octets."""
    plain = _CONTROL.sub(" ", text).replace(".", "-").strip() or "server"
    return plain.encode("utf-8", "replace")[:LABEL_LIMIT].decode("utf-8", "ignore")


def is_path(path: str) -> bool:
    """Tell whether a text is a path on a server, and not something that could name another server."""
    return path.startswith("/") and not path.startswith("//") and path.isprintable() and " " not in path


def read_text(octets: bytes) -> dict[str, str | None]:
    """Return the keys of a TXT record in order, lower case; a key without `=` is None. Raises DecodeError.

    Of a key that occurs twice the first counts (RFC 6763 6.4).
    """
    found: dict[str, str | None] = {}
    position = 0
    while position < len(octets):
        end = position + 1 + octets[position]
        if end > len(octets):
            raise DecodeError("a TXT record ends inside a string")
        key, equals, value = octets[position + 1 : end].partition(b"=")
        name = key.decode("ascii", "replace").lower()
        if name:
            found.setdefault(name, value.decode("utf-8", "replace") if equals else None)
        position = end
    return found


@dataclass(frozen=True, slots=True)
class Text:
    """What a server's TXT record says."""

    dcap: str
    https_port: int | None
    level: str
    path: str | None


def understand(octets: bytes) -> Text:
    """Return what a TXT record says. Raises DecodeError when a client has to ignore the record."""
    keys = read_text(octets)
    if next(iter(keys), None) != "txtvers" or keys["txtvers"] != "1":
        raise DecodeError("the TXT record does not begin with txtvers=1")
    dcap, level, path = keys.get("dcap"), keys.get("level"), keys.get("path")
    if not dcap or not is_path(dcap):
        raise DecodeError("the TXT record has no path of the DeviceCapability")
    if not level:
        raise DecodeError("the TXT record has no level")
    return Text(dcap, _https(keys), level, path if path and is_path(path) else None)


def _https(keys: Mapping[str, str | None]) -> int | None:
    if "https" not in keys:
        return None
    value = keys["https"]
    if not value:
        return HTTPS_PORT
    if not value.isascii() or not value.isdigit() or not 0 < int(value[:6]) < 65536 or len(value) > 5:
        raise DecodeError(f"the TXT record gives {value[:20]!r} as HTTPS port")
    return int(value)
