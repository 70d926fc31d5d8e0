"""A router's side of joining: beacons, associations, rejoins, polls, and what the trust centre commands.

Source: ZigBee PRO, 3.6.1 and 4.6.3; IEEE 802.15.4-2006, 7.5.3.
"""

from collections.abc import Callable
from typing import Final

from handover.errors import DecodeError
from handover.sep1.declaration import Command
from handover.sep1.network import aps_commands, mac, mac_commands, nwk, nwk_commands
from handover.sep1.stack.link import Link
from handover.sep1.stack.routing import Child, Routing
from handover.sep1.stack.site import COORDINATOR, NOBODY, Site

UNAUTHORISED_FOR: Final = 15.0
"""Seconds after which a child that never got the network key makes room."""

Report = Callable[[int, int, int, float], None]
"""Tells the trust centre of a device: EUI-64, short address, status of UpdateDevice, time."""


class Parent:
    """What a router does for those who join through it. `permit_until` is Unix seconds."""

    def __init__(self, site: Site, link: Link, routing: Routing, report: Report) -> None:
        self._site = site
        self._link = link
        self._routing = routing
        self._report = report
        self.permit_until = 0.0
        self._unauthorised: dict[int, float] = {}
        self._reports: dict[int, tuple[int, int, int]] = {}

    def mac_command(self, frame: mac.MacFrame, now: float) -> None:
        """Take a MAC command."""
        site = self._site
        if site.short == NOBODY or not site.keys.ready:
            return
        try:
            command = mac_commands.COMMANDS.parse(frame.payload)
        except DecodeError:
            site.drop("malformed")
            return
        if isinstance(command, mac_commands.BeaconRequest):
            self._link.beacon(self._routing.beacon(now < self.permit_until))
        elif isinstance(command, mac_commands.AssociationRequest) and frame.source_eui is not None:
            self._associate(frame.source_eui, command.capability, now)
        elif isinstance(command, mac_commands.DataRequest):
            address = frame.source if frame.source_eui is None else frame.source_eui
            if address is not None:
                self._link.polled(address, now)

    def _associate(self, device: int, capability: int, now: float) -> None:
        if now >= self.permit_until:
            answer = mac_commands.AssociationResponse(NOBODY, mac_commands.ACCESS_DENIED)
            self._link.hold_command(device, mac_commands.COMMANDS.build(answer), now)
            return
        short = self._take_in(device, capability, NOBODY, now)
        if short is None:
            answer = mac_commands.AssociationResponse(NOBODY, mac_commands.AT_CAPACITY)
        else:
            answer = mac_commands.AssociationResponse(short, mac_commands.ASSOCIATED)
        self._link.hold_command(device, mac_commands.COMMANDS.build(answer), now)
        if short is not None:
            self._unauthorised[device] = now + UNAUTHORISED_FOR
            self._reports[device] = (device, short, aps_commands.UNSECURED_JOIN)

    def _take_in(self, device: int, capability: int, wish: int, now: float) -> int | None:
        """Return the short address of a child that is new or known, None when there is no room."""
        site, routing = self._site, self._routing
        for short, known in routing.children.items():
            if known.eui64 == device and known.authorised:
                # Anybody can ask in the name of a child. Until it shows itself under the network key, what is
                # known of it stays, so that nobody can take its frames away from it.
                return short
            if known.eui64 == device and wish in (NOBODY, short):
                wish = short
        others = sum(1 for child in routing.children.values() if child.eui64 != device)
        if others >= site.settings.children:
            return None
        short = wish if self._free(wish, device) else self._draw_address(device)
        routing.disown(device)
        # Before it has the network key a child's receiver is on, whatever it is going to be.
        routing.adopt(
            Child(
                device,
                short,
                router=bool(capability & mac_commands.ROUTER),
                sleepy=False,
                asleep_later=not capability & mac_commands.RECEIVER_ON,
            )
        )
        return short

    def _free(self, short: int, device: int) -> bool:
        if short in (NOBODY, COORDINATOR, self._site.short) or short >= nwk.FIRST_BROADCAST:
            return False
        holder = self._site.addresses.eui64(short)
        return holder is None or holder == device

    def _draw_address(self, device: int) -> int:
        known = self._site.addresses.short(device)
        if known is not None and self._free(known, device):
            return known
        while True:
            short = int.from_bytes(self._site.draw(2), "little")
            if self._free(short, device):
                return short

    def settled(self, device: int, capability: int | None = None) -> None:
        """Take note that a child has the network key: a sleeping one polls from now on.

        `capability` is what it says of itself under that key.
        """
        self._unauthorised.pop(device, None)
        for child in self._routing.children.values():
            if child.eui64 != device:
                continue
            if capability is not None:
                child.router = bool(capability & mac_commands.ROUTER)
                child.asleep_later = not capability & mac_commands.RECEIVER_ON
            child.authorised = True
            child.sleepy = child.asleep_later

    def rejoin(
        self, frame: nwk.NwkFrame, command: nwk_commands.RejoinRequest, secured: bool, now: float
    ) -> None:
        """Take the request of a device that knows this network."""
        site, device = self._site, frame.source_eui
        if device is None or site.short == NOBODY:
            return
        short = self._take_in(device, command.capability, frame.source, now)
        if short is None:
            answer = nwk_commands.RejoinResponse(NOBODY, mac_commands.AT_CAPACITY)
        else:
            answer = nwk_commands.RejoinResponse(short, mac_commands.ASSOCIATED)
        payload = nwk_commands.COMMANDS.build(answer)
        if short is not None:
            status = aps_commands.SECURED_REJOIN if secured else aps_commands.TRUST_CENTRE_REJOIN
            self._reports[frame.source] = (device, short, status)
            self._unauthorised[device] = now + UNAUTHORISED_FOR
        # The answer goes to the address that the device has now; it is a neighbour, whoever else has it.
        self._routing.send_to_neighbour(frame.source, device, payload, now, secured=secured)

    def answered(self, address: int, delivered: bool, now: float) -> None:
        """Take note that the answer to a newcomer was acknowledged: only now it can hear the trust centre."""
        report = self._reports.pop(address, None)
        if report is None or not delivered:
            return
        device, _, status = report
        if status == aps_commands.SECURED_REJOIN:
            self.settled(device)
        self._report(*report, now)

    def left(self, device: int, now: float) -> None:
        """Take note that a child has left."""
        child = self._routing.disown(device)
        if child is not None:
            self._report(device, child.short, aps_commands.DEVICE_LEFT, now)

    def dismiss(self, device: int, now: float) -> bool:
        """Send a child away, as the trust centre says; False when it is no child of ours."""
        for child in list(self._routing.children.values()):
            if child.eui64 != device:
                continue
            if child.authorised:
                leave = nwk_commands.COMMANDS.build(nwk_commands.Leave(nwk_commands.LEAVE_REQUEST))
                self._routing.send(
                    child.short,
                    leave,
                    now,
                    kind=nwk.COMMAND,
                    named=True,
                    destination_eui=device,
                    radius=1,
                )
            # A sleeping child still has to fetch the command; it is forgotten when that has expired.
            if child.sleepy:
                child.authorised = False
                self._unauthorised[device] = now + self._site.settings.held
            else:
                self._routing.disown(device)
            return True
        return False

    def hand_over(self, command: aps_commands.Tunnel, now: float) -> None:
        """Hand a key to a child that has no network key yet."""
        for child in self._routing.children.values():
            if child.eui64 == command.destination:
                self._routing.send(child.short, command.frame, now, secured=False)
                return
        self._site.drop("foreign")

    def deadline(self) -> float | None:
        """Return when the next child that never got in makes room."""
        return min(self._unauthorised.values(), default=None)

    def tick(self, now: float) -> None:
        """Forget the children that never got in."""
        for device in [d for d, due in self._unauthorised.items() if due <= now]:
            del self._unauthorised[device]
            if not any(c.eui64 == device and c.authorised for c in self._routing.children.values()):
                self._routing.disown(device)

    def obey(self, command: Command, now: float) -> bool:
        """Do what the trust centre commands a router to do; False when it is not for routers."""
        if isinstance(command, aps_commands.Tunnel):
            self.hand_over(command, now)
        elif isinstance(command, aps_commands.RemoveDevice):
            self.dismiss(command.device, now)
        else:
            return False
        return True
