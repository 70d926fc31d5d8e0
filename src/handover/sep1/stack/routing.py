"""The NWK layer of a node: protects frames hop by hop, finds the next hop, relays, and spreads broadcasts.

Routes are learned from the frames that pass, towards where they came from: a device announces itself to
everybody when it joins, so every router knows the way to it. What a router does not know goes up to its
parent. Route discovery commands are read by nobody here and never sent.
"""

import struct
from dataclasses import dataclass
from typing import Final, Protocol

from handover.errors import DecodeError, NotNow
from handover.sep1.network import mac, mac_commands, nwk, security
from handover.sep1.stack.link import Link
from handover.sep1.stack.site import COORDINATOR, NOBODY, Site

RADIUS: Final = 30
BROADCASTS_KEPT: Final = 9.0
"""Seconds for which a broadcast is recognised when it comes again (nwkNetworkBroadcastDeliveryTime)."""

_BROADCAST: Final = struct.Struct("<HxxxxxxxHHHxB")
"""MAC header between short addresses, of which the control field matters, and the NWK header."""
_MAC_HEADER: Final = 9
_NWK_HEADER: Final = 8
_OPEN_DATA: Final = 0x8841
_PLAIN: Final = nwk.DATA | nwk.PROTOCOL_VERSION << 2 | 0x0200
"""Control field of a protected data frame; with _NAMED the sender's EUI-64 is in the header."""
_NAMED: Final = 0x1000


@dataclass(slots=True)
class Child:
    """A child of ours; `sleepy` ones get their frames when they poll, `asleep_later` once they are in."""

    eui64: int
    short: int
    router: bool
    sleepy: bool
    asleep_later: bool = False
    authorised: bool = False


class Upward(Protocol):
    """What takes the payload of network frames for this node."""

    def data(self, frame: nwk.NwkFrame, payload: bytes, hop: int, now: float) -> None:
        """Take the payload of a data frame; `hop` is the short address of the neighbour it came from."""

    def command(self, frame: nwk.NwkFrame, payload: bytes, hop: int, hop_eui: int | None, now: float) -> None:
        """Take the payload of a command frame; `hop_eui` is known of a protected frame."""


class Routing:
    """The NWK layer. `children` by short address."""

    def __init__(self, site: Site, link: Link) -> None:
        self._site = site
        self._link = link
        self.upward: Upward
        self.children: dict[int, Child] = {}
        self._routes: dict[int, int] = {}
        self._neighbours: set[int] = set()
        self._sequence = 0
        self._heard: dict[tuple[int, int], float] = {}

    # sending

    def send(
        self,
        destination: int,
        payload: bytes,
        now: float,
        *,
        kind: int = nwk.DATA,
        named: bool = False,
        destination_eui: int | None = None,
        secured: bool = True,
        radius: int = RADIUS,
    ) -> None:
        """Send a payload to a node, or to a broadcast address; `named` puts our EUI-64 into the header.

        Raises NotNow while there is no key to protect it.
        """
        site = self._site
        frame = nwk.NwkFrame(
            kind=kind,
            destination=destination,
            source=site.short,
            radius=radius,
            sequence=self._next(),
            payload=b"",
            destination_eui=destination_eui,
            source_eui=site.eui64 if named else None,
            secured=secured,
        )
        if destination >= nwk.FIRST_BROADCAST:
            self._heard[frame.source, frame.sequence] = now + BROADCASTS_KEPT
            self._spread(frame, payload, now)
        elif secured:
            self._forward(frame, payload, now)
        else:
            self._to_neighbour(destination, nwk.header(frame) + payload, now)

    def send_to_neighbour(self, short: int, eui64: int, payload: bytes, now: float, *, secured: bool) -> None:
        """Send a command to a node within reach whose receiver is on, whoever else is known as `short`."""
        frame = nwk.NwkFrame(
            kind=nwk.COMMAND,
            destination=short,
            source=self._site.short,
            radius=1,
            sequence=self._next(),
            payload=b"",
            destination_eui=eui64,
            source_eui=self._site.eui64,
            secured=secured,
        )
        octets = self._sealed(frame, payload) if secured else nwk.header(frame) + payload
        self._link.send(short, octets)

    def request_rejoin(self, router: int, payload: bytes, *, secured: bool) -> None:
        """Ask a router, as a node that may have no address in its eyes, to take us back."""
        site = self._site
        frame = nwk.NwkFrame(
            kind=nwk.COMMAND,
            destination=router,
            source=site.short,
            radius=1,
            sequence=self._next(),
            payload=b"",
            source_eui=site.eui64,
            secured=secured,
        )
        self._link.send(router, self._sealed(frame, payload) if secured else nwk.header(frame) + payload)

    def _next(self) -> int:
        self._sequence = self._sequence + 1 & 0xFF
        return self._sequence

    def _sealed(self, frame: nwk.NwkFrame, payload: bytes) -> bytes:
        site = self._site
        key = site.keys.active
        counter = key.outgoing.take(site.save)
        auxiliary = security.Auxiliary(security.NETWORK, counter, site.eui64, key.sequence)
        return key.frames.seal(nwk.header(frame), auxiliary, site.eui64, payload)

    def _forward(self, frame: nwk.NwkFrame, payload: bytes, now: float) -> None:
        hop = self.next_hop(frame.destination)
        if hop is None:
            self._site.drop("no route")
            return
        self._to_neighbour(hop, self._sealed(frame, payload), now)

    def _to_neighbour(self, hop: int, octets: bytes, now: float) -> None:
        child = self.children.get(hop)
        if child is not None and child.sleepy:
            self._link.hold(hop, octets, now)
        else:
            self._link.send(hop, octets)

    def _spread(self, frame: nwk.NwkFrame, payload: bytes, now: float) -> None:
        """Send a broadcast on: an end device to its parent, a router to all and to sleeping children."""
        site = self._site
        if not site.role.routes:
            self._link.send(site.parent, self._sealed(frame, payload))
            return
        self._link.send(mac.EVERYBODY, self._sealed(frame, payload))
        if frame.destination == nwk.ALL_NODES:
            for child in self.children.values():
                if child.sleepy and child.short != frame.source:
                    self._link.hold(child.short, self._sealed(frame, payload), now)

    def next_hop(self, destination: int) -> int | None:
        """Return the neighbour over which a node is reached."""
        site = self._site
        if not site.role.routes:
            return None if site.parent == NOBODY else site.parent
        if destination in self.children:
            return destination
        known = self._routes.get(destination)
        if known is not None:
            return known
        if destination in self._neighbours:
            return destination
        return None if site.short == COORDINATOR else site.parent

    # receiving

    def repeats(self, octets: bytes, now: float) -> bool:
        """Tell whether MAC octets hold a broadcast that has come before, and do what is left to do with it.

        In a dense network most of what a node hears is the same broadcast from every router, so this is
        the short way. The counter of who repeats it is taken note of all the same: a copy that was not
        opened could be played back when the broadcast itself is forgotten.
        """
        if len(octets) < _BROADCAST.size:
            return False
        outer, inner, destination, source, sequence = _BROADCAST.unpack_from(octets)
        if outer != _OPEN_DATA or destination < nwk.FIRST_BROADCAST or inner & ~_NAMED != _PLAIN:
            return False
        if self._heard.get((source, sequence), 0.0) <= now:
            return False
        self._open(octets[_MAC_HEADER:], _NWK_HEADER + (8 if inner & _NAMED else 0))
        return True

    def receive(self, outer: mac.MacFrame, now: float) -> None:
        """Take the payload of a MAC data frame."""
        site = self._site
        try:
            frame, size = nwk.split(outer.payload)
        except DecodeError:
            site.drop("malformed")
            return
        if outer.source is None or frame.source == site.short != NOBODY:
            return
        if not frame.secured:
            self._unsecured(frame, outer.source, now)
            return
        opened = self._open(outer.payload, size)
        if opened is None:
            return
        payload, hop_eui = opened
        hop = outer.source
        if frame.destination >= nwk.FIRST_BROADCAST:
            if not self._heard_before(frame, now):
                self._learn(frame, hop, hop_eui)
                self._broadcast(frame, payload, hop, hop_eui, now)
            return
        self._learn(frame, hop, hop_eui)
        if frame.destination == site.short:
            self._upward(frame, payload, hop, hop_eui, now)
        elif site.role.routes:
            self._relay(frame, payload, now)
        else:
            site.drop("foreign")

    def _unsecured(self, frame: nwk.NwkFrame, hop: int, now: float) -> None:
        """Only what joins goes without the network key: from neighbour to neighbour, never relayed."""
        if frame.source != hop or frame.destination != self._site.short:
            self._site.drop("unsecured")
            return
        self._upward(frame, frame.payload, hop, None, now)

    def _open(self, octets: bytes, size: int) -> tuple[bytes, int] | None:
        """Return the payload and the EUI-64 of the neighbour that protected it; None if it does not count."""
        site = self._site
        try:
            auxiliary, start = security.parse(octets, size)
            sender = auxiliary.source
            if auxiliary.key_id != security.NETWORK or sender is None or auxiliary.sequence is None:
                raise DecodeError("NWK frame: it is not protected with a network key")
            key = site.keys.of(auxiliary.sequence)
            if key is None:
                site.drop("unknown network key")
                return None
            peer = key.peer(sender)
            if not peer.is_new(auxiliary.counter) or sender == site.eui64:
                site.drop("replayed")
                return None
            payload = key.frames.open(octets, size, auxiliary, start, sender)
        except DecodeError:
            site.drop("not genuine")
            return None
        peer.heard(auxiliary.counter, site.save)
        key.keep(sender, peer)
        return payload, sender

    def _learn(self, frame: nwk.NwkFrame, hop: int, hop_eui: int) -> None:
        site = self._site
        site.addresses.bind(hop, hop_eui)
        self._neighbours.add(hop)
        if frame.source_eui is not None:
            site.addresses.bind(frame.source, frame.source_eui)
        if site.role.routes and frame.source != hop:
            child = self.children.get(frame.source)
            if child is not None:
                # A child's frames come straight from it; one that came another way has another parent.
                self.disown(child.eui64)
            self._routes[frame.source] = hop
        elif frame.source == hop:
            self._routes.pop(hop, None)

    def _upward(self, frame: nwk.NwkFrame, payload: bytes, hop: int, hop_eui: int | None, now: float) -> None:
        if frame.kind == nwk.COMMAND:
            self.upward.command(frame, payload, hop, hop_eui, now)
        else:
            self.upward.data(frame, payload, hop, now)

    def _heard_before(self, frame: nwk.NwkFrame, now: float) -> bool:
        """Tell whether a broadcast has come before: all routers within reach repeat it."""
        seen = (frame.source, frame.sequence)
        if self._heard.get(seen, 0.0) > now:
            return True
        if len(self._heard) > 256:
            self._heard = {key: until for key, until in self._heard.items() if until > now}
        self._heard[seen] = now + BROADCASTS_KEPT
        return False

    def _broadcast(self, frame: nwk.NwkFrame, payload: bytes, hop: int, hop_eui: int, now: float) -> None:
        site = self._site
        if frame.destination == nwk.ALL_NODES or site.role.routes or frame.destination == nwk.ALL_AWAKE:
            self._upward(frame, payload, hop, hop_eui, now)
        if site.role.routes and frame.radius > 1 and site.keys.ready:
            frame.radius -= 1
            self._spread(frame, payload, now)

    def _relay(self, frame: nwk.NwkFrame, payload: bytes, now: float) -> None:
        if frame.radius <= 1:
            self._site.drop("radius")
            return
        frame.radius -= 1
        try:
            self._forward(frame, payload, now)
        except NotNow:
            self._site.drop("no network key")

    # neighbours

    def adopt(self, child: Child) -> None:
        """Take a child in; what was known of the same node under another address is forgotten."""
        for short in [s for s, known in self.children.items() if known.eui64 == child.eui64]:
            del self.children[short]
        self._routes.pop(child.short, None)
        self.children[child.short] = child
        self._site.addresses.bind(child.short, child.eui64)

    def disown(self, eui64: int) -> Child | None:
        """Forget a child and what is held for it."""
        for short, child in list(self.children.items()):
            if child.eui64 == eui64:
                del self.children[short]
                self._link.forget(short)
                return child
        return None

    def unreachable(self, hop: int) -> None:
        """Forget the routes over a neighbour that does not acknowledge."""
        self._neighbours.discard(hop)
        for destination in [d for d, over in self._routes.items() if over == hop]:
            del self._routes[destination]

    def reset(self) -> None:
        """Forget children, routes and neighbours: we are no longer where we were."""
        for child in self.children.values():
            self._link.forget(child.short)
        self.children.clear()
        self._routes.clear()
        self._neighbours.clear()
        self._heard.clear()

    def beacon(self, permit: bool) -> bytes:
        """Return the payload of our beacon."""
        site = self._site
        room = len(self.children) < site.settings.children
        return mac_commands.build_beacon(
            mac_commands.Beacon(
                permit=permit,
                coordinator=site.short == COORDINATOR,
                router_capacity=room,
                end_device_capacity=room,
                depth=site.depth,
                extended_pan_id=site.extended_pan_id,
                update_id=site.update_id,
            )
        )
