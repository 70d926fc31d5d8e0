"""`Stack`: the network layers of one node put together, as an engine. Each has a module beside this one."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

from handover.errors import DecodeError, NotNow, Refused
from handover.sep1.aps import BROADCAST, ApsFrame
from handover.sep1.declaration import Command
from handover.sep1.network import aps_commands, mac, nwk, nwk_commands
from handover.sep1.network.zdp import SimpleDescriptor
from handover.sep1.security.counters import unsaved
from handover.sep1.security.link_keys import Origin
from handover.sep1.stack.commanding import Commanding
from handover.sep1.stack.delivery import Delivery
from handover.sep1.stack.device_objects import Binding, DeviceObjects
from handover.sep1.stack.intake import Intake
from handover.sep1.stack.joining import ANYBODY, Joining, State
from handover.sep1.stack.link import Link
from handover.sep1.stack.outputs import Output, Undelivered
from handover.sep1.stack.parent import Parent
from handover.sep1.stack.routing import Routing
from handover.sep1.stack.site import COORDINATOR, Draw, Role, Settings, Site
from handover.sep1.stack.trust_centre import PERMIT_LIMIT, Policy, TrustCentre

UNRESOLVED: Final = 32
"""Frames held while the short address of their destination is looked for."""
RESOLVED_WITHIN: Final = 3.0
EXPECTS: Final = 3.0
"""Seconds after a frame of ours in which a sleeping node polls fast: an answer is likely."""


class Stack:
    """A node's network layers. Feed it MAC octets and the time, and do what it returns, in order.

    `draw` gives random octets. `save` is called whenever `export` must be written before what is returned
    leaves; a node that keeps no record leaves it out. `dropped` counts frames thrown away by reason.
    """

    def __init__(
        self,
        eui64: int,
        role: Role,
        *,
        draw: Draw,
        endpoints: Sequence[SimpleDescriptor] = (),
        settings: Settings | None = None,
        policy: Policy | None = None,
        save: Callable[[], None] = unsaved,
    ) -> None:
        site = self._site = Site(
            eui64=eui64, role=role, settings=settings or Settings(), draw=draw, save=save
        )
        self._link = Link(site)
        self._routing = Routing(site, self._link)
        self._delivery = Delivery(site, self._routing, self._intercept)
        self._commanding = Commanding(site, self._routing, self._delivery)
        self._objects = DeviceObjects(
            site,
            endpoints,
            self.forward,
            self._delivery.broadcast,
            on_leave=self._told_to_leave,
            on_permit=self._permitted,
            on_announce=self._announced,
        )
        self._parent = Parent(site, self._link, self._routing, self._report)
        self._joining = Joining(site, self._link, self._routing)
        self._centre: TrustCentre | None = None
        if role is Role.COORDINATOR:
            self._centre = TrustCentre(site, self._parent, self._commanding, policy or Policy())
        self._routing.upward = Intake(
            site, self._delivery, self._objects, self._parent, self._joining, self._centre
        )
        self._unresolved: list[tuple[float, ApsFrame]] = []
        self._expecting_until = 0.0
        self._deadline: float | None = None
        self._deadline_known = False

    # what is known

    @property
    def eui64(self) -> int:
        """Our own IEEE address."""
        return self._site.eui64

    @property
    def short(self) -> int:
        """Our short address, 0xFFFF while we have none."""
        return self._site.short

    @property
    def pan_id(self) -> int:
        """The PAN id of our network, 0xFFFF while we have none."""
        return self._site.pan_id

    @property
    def parent(self) -> int:
        """The short address of our parent, 0xFFFF while we have none."""
        return self._site.parent

    @property
    def trust_centre(self) -> int | None:
        """The EUI-64 of the trust centre, which is the ESI."""
        return self.eui64 if self._centre is not None else self._site.trust_centre

    @property
    def joined(self) -> bool:
        """Tell whether we are in a network."""
        if self._centre is not None:
            return self._site.keys.ready
        return self._joining.state is State.JOINED

    @property
    def dropped(self) -> dict[str, int]:
        """Frames thrown away, by reason."""
        return dict(self._site.counts)

    @property
    def bindings(self) -> list[Binding]:
        """Where what concerns our clusters is to go."""
        return list(self._objects.bindings)

    @property
    def centre(self) -> TrustCentre:
        """The trust centre's part. Raises Refused on any other node than a coordinator."""
        if self._centre is None:
            raise Refused("only the coordinator is the trust centre; ask it instead")
        return self._centre

    def link_origin(self, partner: int) -> Origin | None:
        """Return where the link key shared with a node comes from."""
        link = self._site.links.of(partner)
        return None if link is None else link.origin

    def network_keys(self) -> list[bytes]:
        """Return the network keys, for a capture that is to be read."""
        return [bytes.fromhex(row["key"]) for row in self._site.keys.export()["keys"]]

    def link_keys(self) -> dict[int, bytes]:
        """Return the link keys by partner, for a capture that is to be read."""
        return {int(row["partner"], 16): bytes.fromhex(row["key"]) for row in self._site.links.export()}

    # what the owner wants

    def form(
        self, pan_id: int, *, extended_pan_id: int | None = None, network_key: bytes | None = None
    ) -> list[Output]:
        """Begin a network as its coordinator. Raises Refused on other nodes, NotNow when there is one."""
        centre = self.centre
        site = self._site
        if site.keys.ready:
            raise NotNow("the network is formed already; a new one needs a new node")
        site.pan_id, site.short, site.depth = pan_id, COORDINATOR, 0
        site.extended_pan_id = site.eui64 if extended_pan_id is None else extended_pan_id
        site.trust_centre = site.eui64
        site.keys.install(site.draw(16) if network_key is None else network_key, 0, active=True)
        site.save()
        site.tune()
        assert centre is not None
        return self._done()

    def permit(self, seconds: float, now: float) -> list[Output]:
        """Let devices join for so many seconds (0 closes). Raises Refused beyond 254, and on other nodes."""
        if not 0 <= seconds <= PERMIT_LIMIT:
            raise Refused(f"joining can be permitted for 0 to {PERMIT_LIMIT:.0f} seconds, not {seconds}")
        _ = self.centre
        self._parent.permit_until = now + seconds
        self._objects.permit(int(seconds), now)
        return self._done()

    def preset(self, link_key: bytes) -> None:
        """Give a device the link key of its own install code."""
        self._site.links.install(ANYBODY, link_key, Origin.INSTALL_CODE)

    def join(self, now: float) -> list[Output]:
        """Look for a network and join it. Raises NotNow while that is under way or without `preset`."""
        self._joining.begin(now)
        return self._done()

    def leave(self, now: float, *, rejoin: bool = False) -> list[Output]:
        """Leave the network; `rejoin` comes back at once."""
        if self.joined and self._centre is None:
            options = nwk_commands.LEAVE_REJOIN if rejoin else 0
            self._routing.send(
                nwk.ALL_AWAKE,
                nwk_commands.COMMANDS.build(nwk_commands.Leave(options)),
                now,
                kind=nwk.COMMAND,
                named=True,
                radius=1,
            )
        self._joining.leave(now, rejoin=rejoin)
        return self._done()

    def rejoin(self, now: float) -> list[Output]:
        """Look for a way back because nobody answers any more."""
        self._joining.lost(now)
        return self._done()

    def establish(self, partner: int, key: bytes) -> None:
        """Use a link key established with the trust centre, or by it with a member. Raises Refused."""
        if self._centre is not None:
            self._centre.establish(partner, key)
            return
        if partner != self._site.trust_centre:
            raise Refused(f"a key is established with the trust centre only, not with {partner:016X}")
        self._site.links.install(partner, key, Origin.ESTABLISHED)
        self._site.save()

    def request_partner_key(self, partner: int, now: float) -> list[Output]:
        """Ask the trust centre for a link key with another device. Raises NotNow before we have our own."""
        site = self._site
        if site.trust_centre is None or site.links.authorised(site.trust_centre) is None:
            raise NotNow("a partner key needs an established key with the trust centre first")
        command = aps_commands.RequestKey(aps_commands.REQUEST_APPLICATION_KEY, partner)
        self._commanding.tell(COORDINATOR, site.trust_centre, command, now)
        return self._done()

    def remove(self, device: int, now: float) -> list[Output]:
        """Put a member out. Raises Refused for a stranger, and on other nodes than the trust centre."""
        self._delivery.abandon(device)
        self.centre.remove(device, now)
        return self._done()

    def rotate(self, now: float) -> list[Output]:
        """Change the network key. Raises NotNow while a change is under way, Refused on other nodes."""
        self.centre.rotate(now)
        return self._done()

    def ask(self, node: int, command: Command, now: float, token: object = None) -> list[Output]:
        """Ask a node something of ZDP; `Answered` with `token` tells the answer."""
        self._objects.ask(node, command, now, token)
        return self._done()

    def send(self, frame: ApsFrame, now: float) -> list[Output]:
        """Send a frame; `Delivered` or `Undelivered` tells what became of it. Raises EncodeError."""
        self.forward(frame, now)
        self._expecting_until = now + EXPECTS
        self._joining.soon(now)
        return self._done()

    def forward(self, frame: ApsFrame, now: float) -> None:
        """Send a frame, once the short address of its destination is known."""
        site = self._site
        known = frame.destination == BROADCAST or site.addresses.short(frame.destination) is not None
        hopeless = frame.secured and site.links.authorised(frame.destination) is None
        if known or hopeless or not self.joined or frame.source != site.eui64:
            self._delivery.send(frame, now)
            return
        if len(self._unresolved) >= UNRESOLVED:
            site.drop("crowded")
            site.emit(Undelivered(frame, "crowded"))
            return
        if all(waiting.destination != frame.destination for _, waiting in self._unresolved):
            self._objects.find(frame.destination, now)
        self._unresolved.append((now + RESOLVED_WITHIN, frame))

    # what comes

    def handle(self, octets: bytes, now: float) -> list[Output]:
        """Take the octets of a MAC frame without check sequence."""
        if self._routing.repeats(octets, now):
            return []
        try:
            self._take(mac.parse(octets), now)
            self._resolve(now)
        except DecodeError:
            self._site.drop("malformed")
        except NotNow:
            # A key at the end of its counter: there is nothing to answer with.
            self._site.drop("no counter")
        return self._done()

    def _take(self, frame: mac.MacFrame, now: float) -> None:
        if frame.kind == mac.DATA:
            self._routing.receive(frame, now)
            if frame.pending:
                self._joining.soon(now - self._site.settings.fast_poll)
        elif frame.kind == mac.BEACON:
            self._joining.beacon(frame)
        elif frame.kind == mac.COMMAND:
            self._joining.mac_command(frame, now)
            if self._site.role.routes:
                self._parent.mac_command(frame, now)

    def confirm(self, sequence: int, acknowledged: bool, now: float) -> list[Output]:
        """Take note of whether a transmitted frame of this MAC sequence number was acknowledged."""
        address = self._link.confirmed(sequence)
        if address is not None:
            if not acknowledged:
                self._site.drop("no acknowledgement")
                self._routing.unreachable(address)
            self._parent.answered(address, acknowledged, now)
            self._joining.sent(address, acknowledged, now)
        return self._done()

    def tick(self, now: float) -> list[Output]:
        """Do what has become due."""
        expecting = self._delivery.waiting or self._objects.waiting or now < self._expecting_until
        self._joining.tick(now, expecting=expecting)
        self._delivery.tick(now)
        self._objects.tick(now)
        self._parent.tick(now)
        self._link.tick(now)
        if self._centre is not None:
            self._centre.tick(now)
        self._resolve(now)
        return self._done()

    def deadline(self) -> float | None:
        """Return when `tick` is next worth calling."""
        if self._deadline_known:
            return self._deadline
        parts = (self._joining, self._delivery, self._objects, self._parent, self._link)
        times = [part.deadline() for part in parts]
        times += [due for due, _ in self._unresolved]
        if self._centre is not None:
            times.append(self._centre.deadline())
        self._deadline = min((t for t in times if t is not None), default=None)
        self._deadline_known = True
        return self._deadline

    def _resolve(self, now: float) -> None:
        """Send the frames whose destinations are known by now, and give up those that have waited."""
        if not self._unresolved:
            return
        waiting, self._unresolved = self._unresolved, []
        for due, frame in waiting:
            if self._site.addresses.short(frame.destination) is not None or due <= now:
                self._delivery.send(frame, now)
            else:
                self._unresolved.append((due, frame))

    def _done(self) -> list[Output]:
        self._deadline_known = False
        outputs = self._site.outputs
        self._site.outputs = []
        return outputs

    # downward from ZDP and the trust centre

    def _intercept(self, short: int, frame: ApsFrame, now: float) -> bool:
        return self._objects.take(short, frame, now)

    def _report(self, device: int, short: int, status: int, now: float) -> None:
        """A router's child came or went: tell the trust centre, or be it."""
        site = self._site
        if self._centre is not None:
            self._centre.update(device, short, status, None, now)
            return
        command = aps_commands.UpdateDevice(device, short, status)
        self._commanding.tell(COORDINATOR, site.trust_centre, command, now)

    def _announced(self, device: int, short: int, capability: int, now: float) -> None:
        if self._site.role.routes:
            self._parent.settled(device, capability)
            # A child that announces itself elsewhere has another parent by now.
            for child in list(self._routing.children.values()):
                if child.eui64 == device and child.short != short:
                    self._routing.disown(device)
        if capability & 0x08:
            self._delivery.sleepers.discard(short)
        else:
            self._delivery.sleepers.add(short)
        if self._centre is not None and device in self._centre.members:
            self._centre.members[device] = short

    def _permitted(self, seconds: int, now: float) -> None:
        self._parent.permit_until = now + seconds

    def _told_to_leave(self, rejoin: bool, now: float) -> None:
        self._joining.leave(now, told=True, rejoin=rejoin)

    # what survives

    def export(self) -> dict[str, Any]:
        """Return what survives a restart; it holds keys in the clear, see the key file adapter."""
        record = self._site.export()
        if self._centre is not None:
            record["trust_centre_part"] = self._centre.export()
        return record

    def restore(self, record: Mapping[str, Any]) -> list[Output]:
        """Go on where an export left off, with counters beyond all that were used. Raises DecodeError."""
        self._site.restore(record)
        if self._centre is not None:
            self._centre.restore(record.get("trust_centre_part") or {})
            self._site.tune()
        else:
            self._joining.resume()
        return self._done()
