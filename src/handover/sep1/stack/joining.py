"""A device's side of joining: scan, association or rejoin, the network key, and coming back when it is lost.

Source: ZigBee PRO, 3.6.1 and 4.6.3; ZigBee SE, 5.4.2. A device that has lost its parent tries a rejoin under
the network key, then one in which the trust centre sends the present key under the link key.
"""

from enum import Enum, auto
from typing import Final

from handover.errors import DecodeError, NotNow
from handover.machine import Machine
from handover.sep1.network import aps_commands, mac, mac_commands, nwk, nwk_commands
from handover.sep1.security.link_keys import LinkKey, Origin
from handover.sep1.stack.commanding import Opened
from handover.sep1.stack.link import Link
from handover.sep1.stack.outputs import Joined, JoinFailed, Left, PartnerKeyReceived, TrustCentreChanged
from handover.sep1.stack.routing import Routing
from handover.sep1.stack.site import NOBODY, Role, Site

ANYBODY: Final = 0
"""Partner of the install code's link key until the trust centre is known."""


class State(Enum):
    """Where a device stands."""

    OUT = auto()
    SCANNING = auto()
    ASSOCIATING = auto()
    REJOINING = auto()
    AUTHENTICATING = auto()
    JOINED = auto()
    WAITING = auto()


class Event(Enum):
    """What moves it on."""

    BEGIN = auto()
    ASSOCIATE = auto()
    REJOIN = auto()
    ACCEPTED = auto()
    ACCEPTED_WITH_KEY = auto()
    KEY = auto()
    FAILED = auto()
    LOST = auto()
    LEAVE = auto()


JOINING: Final = Machine(
    "joining",
    State.OUT,
    frozenset(),
    {
        (State.OUT, Event.BEGIN): State.SCANNING,
        (State.SCANNING, Event.ASSOCIATE): State.ASSOCIATING,
        (State.SCANNING, Event.REJOIN): State.REJOINING,
        (State.SCANNING, Event.FAILED): State.WAITING,
        (State.SCANNING, Event.LEAVE): State.OUT,
        (State.ASSOCIATING, Event.ACCEPTED): State.AUTHENTICATING,
        (State.ASSOCIATING, Event.FAILED): State.WAITING,
        (State.ASSOCIATING, Event.LEAVE): State.OUT,
        (State.REJOINING, Event.ACCEPTED): State.AUTHENTICATING,
        (State.REJOINING, Event.ACCEPTED_WITH_KEY): State.JOINED,
        (State.REJOINING, Event.FAILED): State.WAITING,
        (State.REJOINING, Event.LEAVE): State.OUT,
        (State.AUTHENTICATING, Event.KEY): State.JOINED,
        (State.AUTHENTICATING, Event.FAILED): State.WAITING,
        (State.AUTHENTICATING, Event.LEAVE): State.OUT,
        (State.JOINED, Event.LOST): State.SCANNING,
        (State.JOINED, Event.LEAVE): State.OUT,
        (State.WAITING, Event.BEGIN): State.SCANNING,
        (State.WAITING, Event.LEAVE): State.OUT,
    },
)


class Way(Enum):
    """How a device tries to come in."""

    JOIN = "join"
    REJOIN = "rejoin"
    KEY_REJOIN = "key rejoin"


class Joining:
    """The joining of a router or an end device."""

    def __init__(self, site: Site, link: Link, routing: Routing) -> None:
        self._site = site
        self._link = link
        self._routing = routing
        self.state = JOINING.initial
        self.way = Way.JOIN
        self._due: float | None = None
        self._poll_at: float | None = None
        self._beacons: list[tuple[mac_commands.Beacon, int, int]] = []
        self._chosen: tuple[mac_commands.Beacon, int, int] | None = None
        self._wait = site.settings.rescan
        self._tries = 0
        self._failures = 0

    # what the owner wants

    def begin(self, now: float) -> None:
        """Join, or come back. Raises NotNow while that is under way, and without an install code's key."""
        known = self._site.extended_pan_id != 0 and self._site.keys.ready
        if not known and self._site.links.of(ANYBODY) is None:
            raise NotNow("there is no link key to join with: set the device's install code first")
        self._step(Event.BEGIN)
        self.way = Way.REJOIN if known else Way.JOIN
        self._tries = 0
        self._scan(now)

    def resume(self) -> None:
        """Go on where a restored record left off."""
        if self._site.short != NOBODY and self._site.keys.ready:
            self.state = State.JOINED
            self._site.tune()

    def leave(self, now: float, *, told: bool = False, rejoin: bool = False) -> None:
        """Go out; `rejoin` comes back at once. Everything of the network is forgotten unless it does."""
        if self.state is State.OUT:
            return
        reason = "told to leave" if told else "left"
        if rejoin and self.state is State.JOINED:
            self._site.emit(Left(reason, rejoining=True))
            self._lose(now)
            return
        self._step(Event.LEAVE)
        self._forget()
        self._site.emit(Left(reason))

    def _forget(self) -> None:
        site = self._site
        site.keys.clear()
        for partner in [p for p in site.links if p != ANYBODY]:
            site.links.forget(partner)
        site.pan_id, site.extended_pan_id, site.short = mac.EVERYBODY, 0, NOBODY
        site.parent, site.trust_centre = NOBODY, None
        self._routing.reset()
        self._due = self._poll_at = None
        site.tune()

    # losing the parent

    def sent(self, hop: int, acknowledged: bool, now: float) -> None:
        """Take note of how a frame to a neighbour fared."""
        if hop != self._site.parent or self.state is not State.JOINED:
            return
        self._failures = 0 if acknowledged else self._failures + 1
        if self._failures >= self._site.settings.parent_failures:
            self._lose(now)

    def lost(self, now: float) -> None:
        """Look for a way back because the application no longer reaches anybody."""
        if self.state is State.JOINED:
            self._lose(now)

    def _lose(self, now: float) -> None:
        self._step(Event.LOST)
        self.way = Way.REJOIN
        self._failures = self._tries = 0
        self._routing.reset()
        self._scan(now)

    # scanning

    def _scan(self, now: float) -> None:
        self._beacons.clear()
        self._site.tune(scanning=True, receiving=True)
        self._link.ask_for_beacons()
        self._due = now + self._site.settings.scan
        self._poll_at = None

    def beacon(self, frame: mac.MacFrame) -> None:
        """Take a beacon heard while scanning."""
        if self.state is not State.SCANNING or frame.source is None:
            return
        try:
            beacon = mac_commands.parse_beacon(frame.payload)
        except DecodeError:
            self._site.drop("malformed")
            return
        self._beacons.append((beacon, frame.pan_id, frame.source))

    def _choose(self) -> tuple[mac_commands.Beacon, int, int] | None:
        """Return the nearest router of a network that may be ours."""
        site = self._site
        router = site.role is Role.ROUTER
        wanted = site.settings.extended_pan_id if self.way is Way.JOIN else site.extended_pan_id
        found = [
            (beacon, pan_id, source)
            for beacon, pan_id, source in self._beacons
            if (beacon.router_capacity if router else beacon.end_device_capacity)
            and (beacon.permit or self.way is not Way.JOIN)
            and wanted in (None, beacon.extended_pan_id)
        ]
        if self.way is Way.JOIN:
            # Behind each other, the networks that are open are tried in turn.
            found.sort(key=lambda f: (f[0].depth, f[0].extended_pan_id))
            return found[self._tries % len(found)] if found else None
        return min(found, key=lambda f: f[0].depth, default=None)

    def _scanned(self, now: float) -> None:
        site = self._site
        chosen = self._chosen = self._choose()
        if chosen is None:
            self._fail("no network within reach is open", now)
            return
        beacon, pan_id, router = chosen
        if self.way is Way.JOIN:
            self._step(Event.ASSOCIATE)
            request = mac_commands.AssociationRequest(site.role.capability)
            octets = mac_commands.COMMANDS.build(request)
            self._link.command(octets, destination=router, pan_id=pan_id, unattached=True)
            # The device hears the answer under its EUI-64 already; it only has to be of this network.
            site.pan_id = pan_id
            site.tune(receiving=True)
            self._due = now + 4 * site.settings.association
            self._poll_at = now + site.settings.association
            return
        self._step(Event.REJOIN)
        site.pan_id, site.parent, site.depth = pan_id, router, beacon.depth + 1
        site.tune(receiving=True)
        payload = nwk_commands.COMMANDS.build(nwk_commands.RejoinRequest(site.role.capability))
        self._routing.request_rejoin(router, payload, secured=self.way is Way.REJOIN)
        self._due = now + 2 * site.settings.association

    # answers

    def mac_command(self, frame: mac.MacFrame, now: float) -> None:
        """Take the answer to an association."""
        site = self._site
        if self.state is not State.ASSOCIATING or frame.destination_eui != site.eui64:
            return
        try:
            command = mac_commands.COMMANDS.parse(frame.payload)
        except DecodeError:
            site.drop("malformed")
            return
        if not isinstance(command, mac_commands.AssociationResponse) or self._chosen is None:
            return
        if command.status != mac_commands.ASSOCIATED:
            full = command.status == mac_commands.AT_CAPACITY
            self._fail("the router has no room" if full else "the network is closed", now)
            return
        beacon, _, router = self._chosen
        site.short, site.parent, site.depth = command.short, router, beacon.depth + 1
        self._await_key(now)

    def rejoined(
        self, frame: nwk.NwkFrame, answer: nwk_commands.RejoinResponse, secured: bool, now: float
    ) -> None:
        """Take the answer to a rejoin; one without protection counts only if we asked without."""
        site = self._site
        if self.state is not State.REJOINING or frame.destination_eui not in (None, site.eui64):
            return
        if frame.source != site.parent or secured != (self.way is Way.REJOIN):
            site.drop("unsecured")
            return
        if answer.status != mac_commands.ASSOCIATED:
            self._fail("the router has no room", now)
            return
        site.short = answer.short
        if self.way is Way.KEY_REJOIN:
            self._await_key(now)
            return
        self._step(Event.ACCEPTED_WITH_KEY)
        self._in(now, rejoined=True)

    def _await_key(self, now: float) -> None:
        self._step(Event.ACCEPTED)
        self._site.tune(receiving=True)
        self._due = now + self._site.settings.authentication
        # A parent that knows us as asleep holds the key until we ask for it.
        self._poll_at = now + self._site.settings.association

    def candidates(self) -> dict[int, list[LinkKey]]:
        """Return keys under which the network key may come from a trust centre that we do not know yet."""
        site = self._site
        if self.state is not State.AUTHENTICATING:
            return {}
        keys: list[LinkKey] = []
        if self.way is Way.JOIN:
            preset = site.links.of(ANYBODY)
            keys += [preset] if preset is not None else []
        elif site.trust_centre is not None:
            shared = site.links.authorised(site.trust_centre)
            keys += [] if shared is None else [LinkKey(shared.hashed, Origin.INHERITED)]
        return {ANYBODY: keys}

    def network_key(self, opened: Opened, command: aps_commands.TransportNetworkKey, now: float) -> None:
        """Take the network key that the trust centre has sent under our link key."""
        site = self._site
        if command.destination not in (site.eui64, 0) or command.source != opened.sender:
            site.drop("foreign")
            return
        if self.state is State.JOINED:
            if opened.sender == site.trust_centre:
                site.keys.install(command.key, command.sequence, active=False)
                site.save()
            return
        if self.state is not State.AUTHENTICATING:
            return
        self._meet(opened)
        site.keys.install(command.key, command.sequence, active=True)
        site.extended_pan_id = self._chosen[0].extended_pan_id if self._chosen else site.extended_pan_id
        site.update_id = self._chosen[0].update_id if self._chosen else site.update_id
        self._step(Event.KEY)
        self._in(now, rejoined=self.way is not Way.JOIN)

    def _meet(self, opened: Opened) -> None:
        """Take note of the trust centre, which may be another one than before."""
        site = self._site
        old, centre = site.trust_centre, opened.sender
        site.trust_centre = centre
        if self.way is Way.JOIN:
            link = site.links.install(centre, opened.link.key, Origin.INSTALL_CODE)
            # The preset key stays for the next time; its counters must go on with it.
            link.outgoing, link.incoming = opened.link.outgoing, opened.link.incoming
        elif old is not None and centre != old:
            site.links.forget(old)
            link = site.links.install(centre, opened.link.key, Origin.INHERITED)
            link.incoming = opened.link.incoming
            site.emit(TrustCentreChanged(old, centre))

    def _in(self, now: float, *, rejoined: bool) -> None:
        site = self._site
        self._due = None
        self._failures = self._tries = 0
        self._wait = site.settings.rescan
        self._poll_at = now + site.settings.fast_poll if site.role is Role.SLEEPY else None
        site.save()
        site.tune()
        assert site.trust_centre is not None
        site.addresses.bind(0, site.trust_centre)
        site.emit(Joined(site.short, site.extended_pan_id, site.trust_centre, rejoined))

    def link_key(self, opened: Opened, command: aps_commands.TransportKey) -> None:
        """Take a link key that the trust centre has sent under the key-load key of ours."""
        site = self._site
        if opened.sender != site.trust_centre:
            site.drop("unauthorised")
            return
        if isinstance(command, aps_commands.TransportApplicationKey) and opened.link.origin.authorises:
            site.links.install(command.partner, command.key, Origin.PARTNER)
            site.save()
            site.emit(PartnerKeyReceived(command.partner))
        else:
            site.drop("unauthorised")

    # failing and waiting

    def _fail(self, reason: str, now: float) -> None:
        site = self._site
        self._step(Event.FAILED)
        self._tries += 1
        self._poll_at = None
        site.emit(JoinFailed(reason))
        if self.way is Way.JOIN:
            site.pan_id, site.short, site.parent = mac.EVERYBODY, NOBODY, NOBODY
        else:
            shared = site.trust_centre is not None and site.links.authorised(site.trust_centre) is not None
            self.way = Way.KEY_REJOIN if shared and self._tries % 3 == 2 else Way.REJOIN
        self._due = now + self._wait
        self._wait = min(2 * self._wait, site.settings.rescan_limit)
        site.tune()

    def _step(self, event: Event) -> None:
        self.state = JOINING.step(self.state, event)

    # time

    def deadline(self) -> float | None:
        """Return when `tick` is next worth calling."""
        return min((t for t in (self._due, self._poll_at) if t is not None), default=None)

    def soon(self, now: float) -> None:
        """Poll soon: something is expected."""
        if self._poll_at is not None and self.state is State.JOINED:
            self._poll_at = min(self._poll_at, now + self._site.settings.fast_poll)

    def tick(self, now: float, *, expecting: bool) -> None:
        """Do what is due; `expecting` tells that an answer to something of ours may wait at the parent."""
        if self._poll_at is not None and self._poll_at <= now:
            self._poll(now, expecting)
        if self._due is None or self._due > now:
            return
        self._due = None
        if self.state is State.SCANNING:
            self._scanned(now)
        elif self.state is State.ASSOCIATING or self.state is State.REJOINING:
            self._fail("the router did not answer", now)
        elif self.state is State.AUTHENTICATING:
            self._fail("the trust centre sent no key", now)
        elif self.state is State.WAITING:
            self._step(Event.BEGIN)
            self._scan(now)

    def _poll(self, now: float, expecting: bool) -> None:
        site = self._site
        request = mac_commands.COMMANDS.build(mac_commands.DataRequest())
        if self.state is State.ASSOCIATING and self._chosen is not None:
            _, pan_id, router = self._chosen
            self._link.command(request, destination=router, pan_id=pan_id)
            self._poll_at = now + site.settings.association
        elif self.state is State.AUTHENTICATING:
            self._link.command(request, destination=site.parent, pan_id=site.pan_id, own_short=True)
            self._poll_at = now + site.settings.association
        elif self.state is State.JOINED and site.role is Role.SLEEPY:
            self._link.command(request, destination=site.parent, pan_id=site.pan_id, own_short=True)
            self._poll_at = now + (site.settings.fast_poll if expecting else site.settings.poll)
        else:
            self._poll_at = None
