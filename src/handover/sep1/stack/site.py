"""What a node is and knows of its network, shared by its layers; and what of it survives a restart."""

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import Enum
from typing import Any, Final

from handover.errors import DecodeError
from handover.sep1.network import mac, mac_commands
from handover.sep1.security.counters import Save, unsaved
from handover.sep1.security.link_keys import LinkKeys
from handover.sep1.security.network_keys import NetworkKeys
from handover.sep1.stack.outputs import Output, Tune

NOBODY: Final = 0xFFFF
"""Short address of a node that has none."""

COORDINATOR: Final = 0x0000

Draw = Callable[[int], bytes]
"""Gives so many random octets."""


class Role(Enum):
    """What a node is in the network."""

    COORDINATOR = "coordinator"
    ROUTER = "router"
    END_DEVICE = "end device"
    SLEEPY = "sleepy end device"

    @property
    def routes(self) -> bool:
        """Tell whether it relays frames and takes children."""
        return self in (Role.COORDINATOR, Role.ROUTER)

    @property
    def capability(self) -> int:
        """The capability octet by which it introduces itself."""
        octet = mac_commands.ALLOCATE_ADDRESS
        if self.routes:
            octet |= mac_commands.ROUTER
        if self is not Role.SLEEPY:
            octet |= mac_commands.RECEIVER_ON | mac_commands.MAINS
        return octet


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """Limits and times in seconds; the defaults are those of ZigBee PRO where it has any.

    `poll` and `fast_poll`: how often a sleepy device asks its parent, and while it waits for something.
    `children` end devices and routers a router takes. `extended_pan_id`: the only network to join.
    """

    poll: float = 5.0
    fast_poll: float = 0.25
    scan: float = 0.26
    rescan: float = 15.0
    rescan_limit: float = 900.0
    association: float = 0.5
    authentication: float = 10.0
    held: float = 7.68
    ack_wait: float = 1.6
    retries: int = 3
    children: int = 32
    parent_failures: int = 4
    extended_pan_id: int | None = None
    in_flight: int = 256


class Addresses:
    """Short addresses and EUI-64s of the nodes of the network, as far as they are known."""

    LIMIT: Final = 4096

    def __init__(self) -> None:
        self._eui: dict[int, int] = {}
        self._short: dict[int, int] = {}

    def bind(self, short: int, eui64: int) -> None:
        """Take note that a node has a short address; it has no other, and nobody else has this one."""
        if short >= 0xFFF8 or self._eui.get(short) == eui64:
            return
        old = self._short.pop(eui64, None)
        if old is not None:
            self._eui.pop(old, None)
        other = self._eui.pop(short, None)
        if other is not None:
            self._short.pop(other, None)
        while len(self._eui) >= self.LIMIT:
            first = next(iter(self._eui))
            self._short.pop(self._eui.pop(first), None)
        self._eui[short], self._short[eui64] = eui64, short

    def eui64(self, short: int) -> int | None:
        """Return the EUI-64 of a short address."""
        return self._eui.get(short)

    def short(self, eui64: int) -> int | None:
        """Return the short address of an EUI-64."""
        return self._short.get(eui64)

    def taken(self, short: int) -> bool:
        """Tell whether somebody is known under a short address."""
        return short in self._eui

    def forget(self, eui64: int) -> None:
        """Forget a node."""
        short = self._short.pop(eui64, None)
        if short is not None:
            self._eui.pop(short, None)

    def export(self) -> dict[str, str]:
        """Return EUI-64s by short address."""
        return {f"{short:04X}": f"{eui64:016X}" for short, eui64 in self._eui.items()}


@dataclass(slots=True, kw_only=True)
class Site:
    """A node's identity, its place, its keys. Layers put what they hand out into `outputs`.

    `counts` counts frames thrown away, by reason.
    """

    eui64: int
    role: Role
    settings: Settings
    draw: Draw
    save: Save = unsaved
    keys: NetworkKeys = field(default_factory=NetworkKeys)
    links: LinkKeys = field(default_factory=LinkKeys)
    addresses: Addresses = field(default_factory=Addresses)
    pan_id: int = mac.EVERYBODY
    extended_pan_id: int = 0
    short: int = NOBODY
    parent: int = NOBODY
    depth: int = 0
    update_id: int = 0
    trust_centre: int | None = None
    outputs: list[Output] = field(default_factory=list)
    counts: Counter[str] = field(default_factory=Counter)

    def emit(self, output: Output) -> None:
        """Hand something out."""
        self.outputs.append(output)

    def drop(self, reason: str) -> None:
        """Count a frame that is thrown away."""
        self.counts[reason] += 1

    def tune(self, *, scanning: bool = False, receiving: bool | None = None) -> None:
        """Set the radio to our present place."""
        on = self.role is not Role.SLEEPY if receiving is None else receiving
        coordinating = self.role.routes and self.short != NOBODY
        self.emit(Tune(self.pan_id, self.short, on, coordinating, scanning))

    def export(self) -> dict[str, Any]:
        """Return what survives a restart; keys in the clear, for an adapter that encrypts them."""
        return {
            "eui64": f"{self.eui64:016X}",
            "role": self.role.value,
            "pan_id": self.pan_id,
            "extended_pan_id": f"{self.extended_pan_id:016X}",
            "short": self.short,
            "parent": self.parent,
            "depth": self.depth,
            "update_id": self.update_id,
            "trust_centre": None if self.trust_centre is None else f"{self.trust_centre:016X}",
            "addresses": self.addresses.export(),
            "network_keys": self.keys.export(),
            "link_keys": self.links.export(),
        }

    def restore(self, record: Mapping[str, Any]) -> None:
        """Take back an export. Raises DecodeError, and changes nothing, if it is not this node's."""
        try:
            if int(record["eui64"], 16) != self.eui64 or Role(record["role"]) is not self.role:
                raise DecodeError(
                    f"network record: it is of {record['role']} {record['eui64']}, this node is "
                    f"{self.role.value} {self.eui64:016X}; restore it on the node that it was taken of"
                )
            keys = NetworkKeys.restore(record["network_keys"])
            links = LinkKeys.restore(record["link_keys"])
            addresses = Addresses()
            for short, eui64 in record["addresses"].items():
                addresses.bind(int(short, 16), int(eui64, 16))
            centre = record["trust_centre"]
            place = (
                int(record["pan_id"]),
                int(record["extended_pan_id"], 16),
                int(record["short"]),
                int(record["parent"]),
                int(record["depth"]),
                int(record["update_id"]),
                None if centre is None else int(centre, 16),
            )
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            raise DecodeError(f"network record: it cannot be read: {error!r}") from None
        self.keys, self.links, self.addresses = keys, links, addresses
        (
            self.pan_id,
            self.extended_pan_id,
            self.short,
            self.parent,
            self.depth,
            self.update_id,
            self.trust_centre,
        ) = place
