"""The APS layer of a node: link keys, acknowledgements and repeats, fragments, duplicates.

A frame that is to be secured goes out under a key that authorises or not at all. What comes in under another
key (an install code's, say) reaches the application as not secured. Source: ZigBee PRO, 2.2.8 and 4.4.1.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from handover.errors import EncodeError, NotNow
from handover.sep1.aps import BROADCAST, ApsFrame
from handover.sep1.network import aps, nwk, security
from handover.sep1.security.link_keys import LinkKey
from handover.sep1.stack.outputs import Arrived, Delivered, Undelivered
from handover.sep1.stack.reassembly import Reassembly
from handover.sep1.stack.routing import Routing
from handover.sep1.stack.site import Site

ROOM: Final = 82
"""Octets for an APS frame's header and payload in one radio frame, when NWK names no EUI-64."""
HEADER: Final = 8
SECURITY: Final = 13 + security.MIC
NAME: Final = 8
FRAGMENT: Final = 2
REPEATS_KEPT: Final = 16.0
"""Seconds for which a frame is recognised when it comes again."""
SLEEPERS_WAIT: Final = 7.68
"""Seconds added to the wait for an acknowledgement of a node that sleeps."""


@dataclass(slots=True)
class _Outstanding:
    """A frame of ours that is on its way: its pieces, and how far it is."""

    frame: ApsFrame
    short: int
    counter: int
    pieces: list[bytes]
    due: float
    at: int = 0
    attempts: int = 0


Raw = Callable[[int, ApsFrame, float], bool]
"""Takes an arrived frame of the source short address; True when it needs to go no further (ZDP)."""


class Delivery:
    """The APS layer for data frames."""

    def __init__(self, site: Site, routing: Routing, intercept: Raw) -> None:
        self._site = site
        self._routing = routing
        self._intercept = intercept
        self._counter = 0
        self._outstanding: dict[tuple[int, int], _Outstanding] = {}
        self._repeats: dict[tuple[int, int], float] = {}
        self._reassembly = Reassembly()
        self.sleepers: set[int] = set()

    def next_counter(self) -> int:
        """Return the counter of the next APS frame."""
        self._counter = self._counter + 1 & 0xFF
        return self._counter

    # sending

    def send(self, frame: ApsFrame, now: float) -> None:
        """Send a frame of the application or of ZDP; what becomes of it comes as an output."""
        site = self._site
        if frame.source != site.eui64:
            raise EncodeError(
                f"a frame from {frame.source:016X} cannot be sent by {site.eui64:016X}; "
                f"set its source to our own EUI-64"
            )
        if not site.keys.ready or site.short == 0xFFFF:
            self._give_up(frame, "not joined")
            return
        if frame.secured and (
            frame.destination == BROADCAST or site.links.authorised(frame.destination) is None
        ):
            self._give_up(frame, "no key")
            return
        if frame.destination == BROADCAST:
            self._broadcast(frame, nwk.ALL_AWAKE, now)
            return
        short = site.addresses.short(frame.destination)
        if short is None:
            self._give_up(frame, "no address")
            return
        if len(self._outstanding) >= site.settings.in_flight:
            self._give_up(frame, "crowded")
            return
        counter = self.next_counter()
        while (short, counter) in self._outstanding:
            counter = self.next_counter()
        waiting = _Outstanding(frame, short, counter, _pieces(frame), now)
        self._outstanding[short, counter] = waiting
        self._put(waiting, now)

    def broadcast(self, frame: ApsFrame, scope: int, now: float) -> None:
        """Send an unsecured frame to all nodes of a broadcast address."""
        self._broadcast(frame, scope, now)

    def _broadcast(self, frame: ApsFrame, scope: int, now: float) -> None:
        inner = _data(frame, self.next_counter(), aps.BROADCAST)
        inner.payload = frame.payload
        if len(frame.payload) > ROOM - HEADER - NAME:
            self._give_up(frame, "too long")
            return
        self._routing.send(scope, aps.build(inner), now, named=True)

    def _give_up(self, frame: ApsFrame, reason: str) -> None:
        self._site.drop(reason)
        self._site.emit(Undelivered(frame, reason))

    def _put(self, waiting: _Outstanding, now: float) -> None:
        """Send the piece that is due, and wait for its acknowledgement."""
        site, frame = self._site, waiting.frame
        inner = _data(frame, waiting.counter, aps.UNICAST)
        inner.ack_request = True
        inner.secured = frame.secured
        if len(waiting.pieces) > 1:
            inner.fragment = aps.Fragment(waiting.at, len(waiting.pieces) if waiting.at == 0 else None)
        piece = waiting.pieces[waiting.at]
        waiting.attempts += 1
        waiting.due = now + site.settings.ack_wait
        if waiting.short in self.sleepers:
            waiting.due += SLEEPERS_WAIT
        octets = self._sealed(inner, piece, frame.destination)
        if octets is None:
            self._outstanding.pop((waiting.short, waiting.counter), None)
            self._give_up(frame, "no key")
            return
        self._routing.send(waiting.short, octets, now, named=not frame.secured)

    def _sealed(self, inner: aps.ApsData, payload: bytes, partner: int) -> bytes | None:
        """Return the octets of a frame under the link key of `partner`, or open; None without a key."""
        if not inner.secured:
            return aps.header(inner) + payload
        link = self._site.links.authorised(partner)
        if link is None:
            return None
        return seal(self._site, link, link.data, security.LINK, inner, payload)

    def acknowledged(self, short: int, frame: aps.ApsData, secured: bool, now: float) -> None:
        """Take an acknowledgement; one that lacks the security of what it acknowledges does not count."""
        waiting = self._outstanding.get((short, frame.counter))
        if waiting is None or not frame.endpoints:
            return
        sent = waiting.frame
        if (
            (frame.cluster_id, frame.profile_id) != (sent.cluster_id, sent.profile_id)
            or frame.destination_endpoint != sent.source_endpoint
            or (sent.secured and not secured)
        ):
            self._site.drop("unmatched")
            return
        if frame.fragment is not None and len(waiting.pieces) > 1:
            if frame.fragment.block != waiting.at or not (frame.fragment.received or 0) & 1:
                return
        elif len(waiting.pieces) > 1:
            return
        waiting.at += 1
        waiting.attempts = 0
        if waiting.at < len(waiting.pieces):
            self._put(waiting, now)
            return
        del self._outstanding[short, frame.counter]
        self._site.emit(Delivered(sent))

    # receiving

    def receive(
        self, outer: nwk.NwkFrame, frame: aps.ApsData, payload: bytes, secured: bool, now: float
    ) -> None:
        """Take a data frame whose security has been dealt with."""
        site = self._site
        source = site.addresses.eui64(outer.source)
        if source is None:
            site.drop("no address")
            return
        everyone = outer.destination >= nwk.FIRST_BROADCAST
        repeated = self._repeated(outer.source, frame, now)
        if frame.ack_request and not everyone:
            self._acknowledge(outer.source, source, frame, secured, now)
        if repeated:
            site.drop("repeated")
            return
        if frame.fragment is not None:
            whole = self._reassembly.add(outer.source, frame, payload, now)
            if whole is None:
                return
            payload = whole
        arrived = ApsFrame(
            source=source,
            destination=BROADCAST if everyone else site.eui64,
            source_endpoint=frame.source_endpoint,
            destination_endpoint=frame.destination_endpoint,
            cluster_id=frame.cluster_id,
            profile_id=frame.profile_id,
            secured=secured,
            payload=payload,
        )
        if not self._intercept(outer.source, arrived, now):
            site.emit(Arrived(arrived))

    def _repeated(self, short: int, frame: aps.ApsData, now: float) -> bool:
        block = 0 if frame.fragment is None else frame.fragment.block
        key = (short << 8 | frame.counter, block)
        if len(self._repeats) > 512:
            self._repeats = {k: until for k, until in self._repeats.items() if until > now}
        repeated = self._repeats.get(key, 0.0) > now
        self._repeats[key] = now + REPEATS_KEPT
        return repeated

    def _acknowledge(self, short: int, source: int, frame: aps.ApsData, secured: bool, now: float) -> None:
        ack = aps.ApsData(
            kind=aps.ACK,
            destination_endpoint=frame.source_endpoint,
            cluster_id=frame.cluster_id,
            profile_id=frame.profile_id,
            source_endpoint=frame.destination_endpoint,
            counter=frame.counter,
            secured=secured,
        )
        if frame.fragment is not None:
            ack.fragment = aps.Fragment(frame.fragment.block, received=1)
        octets = self._sealed(ack, b"", source)
        if octets is not None:
            self._routing.send(short, octets, now, named=not secured)

    # time

    def deadline(self) -> float | None:
        """Return when the next acknowledgement is overdue."""
        return min((waiting.due for waiting in self._outstanding.values()), default=None)

    def tick(self, now: float) -> None:
        """Repeat what was not acknowledged in time, and give up what never was."""
        for key, waiting in list(self._outstanding.items()):
            if waiting.due > now:
                continue
            if waiting.attempts > self._site.settings.retries:
                del self._outstanding[key]
                self._give_up(waiting.frame, "unacknowledged")
                continue
            try:
                self._put(waiting, now)
            except NotNow:
                del self._outstanding[key]
                self._give_up(waiting.frame, "not joined")

    def abandon(self, partner: int) -> None:
        """Give up what is on its way to a node that has gone."""
        for key, waiting in list(self._outstanding.items()):
            if waiting.frame.destination == partner:
                del self._outstanding[key]
                self._give_up(waiting.frame, "gone")

    @property
    def waiting(self) -> bool:
        """Tell whether something of ours is on its way."""
        return bool(self._outstanding)


def seal(
    site: Site,
    link: LinkKey,
    key: security.FrameKey,
    key_id: int,
    inner: aps.ApsData,
    payload: bytes,
) -> bytes:
    """Return a frame protected with one of the keys of `link`, under its counter."""
    inner.secured = True
    auxiliary = security.Auxiliary(key_id, link.outgoing.take(site.save), site.eui64)
    return key.seal(aps.header(inner), auxiliary, site.eui64, payload)


def _data(frame: ApsFrame, counter: int, delivery: int) -> aps.ApsData:
    return aps.ApsData(
        delivery=delivery,
        destination_endpoint=frame.destination_endpoint,
        cluster_id=frame.cluster_id,
        profile_id=frame.profile_id,
        source_endpoint=frame.source_endpoint,
        counter=counter,
    )


def _pieces(frame: ApsFrame) -> list[bytes]:
    """Return the payload in pieces of which each fits a radio frame."""
    room = ROOM - HEADER - (SECURITY if frame.secured else NAME)
    if len(frame.payload) <= room:
        return [frame.payload]
    room -= FRAGMENT
    return [frame.payload[at : at + room] for at in range(0, len(frame.payload), room)]
