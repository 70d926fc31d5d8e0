"""What a node does with the payloads of network frames: which of them count, and which layer takes them.

Here: the security that data, acknowledgements and commands need, and who may command what. Not here: what
becomes of them.
"""

from handover.errors import DecodeError
from handover.sep1.declaration import Command
from handover.sep1.network import aps, aps_commands, nwk, nwk_commands, security
from handover.sep1.stack.commanding import Opened, open_frame
from handover.sep1.stack.delivery import Delivery
from handover.sep1.stack.device_objects import DeviceObjects
from handover.sep1.stack.joining import Joining
from handover.sep1.stack.outputs import Joined
from handover.sep1.stack.parent import Parent
from handover.sep1.stack.site import COORDINATOR, Site
from handover.sep1.stack.trust_centre import TrustCentre


class Intake:
    """Takes what the network layer hands upward; `centre` is there on the coordinator only."""

    def __init__(
        self,
        site: Site,
        delivery: Delivery,
        objects: DeviceObjects,
        parent: Parent,
        joining: Joining,
        centre: TrustCentre | None,
    ) -> None:
        self._site = site
        self._delivery = delivery
        self._objects = objects
        self._parent = parent
        self._joining = joining
        self._centre = centre

    def data(self, frame: nwk.NwkFrame, payload: bytes, hop: int, now: float) -> None:
        """Take the payload of a network data frame."""
        site = self._site
        try:
            inner, size = aps.split(payload)
        except DecodeError:
            site.drop("malformed")
            return
        opened: Opened | None = None
        if inner.secured:
            candidates = self._joining.candidates()
            if self._centre is not None:
                candidates = self._centre.candidates(site.addresses.eui64(frame.source))
            opened = open_frame(site, payload, size, frame.source, candidates)
            if opened is None:
                return
        if not frame.secured and (opened is None or inner.kind != aps.COMMAND):
            site.drop("unsecured")
            return
        if inner.kind == aps.COMMAND:
            self._command(frame, inner.payload if opened is None else opened.payload, opened, now)
            return
        if opened is not None and opened.key_id != security.LINK:
            site.drop("not genuine")
            return
        secured = opened is not None and opened.link.origin.authorises
        if opened is not None and site.addresses.eui64(frame.source) != opened.sender:
            site.addresses.bind(frame.source, opened.sender)
        if inner.kind == aps.ACK:
            self._delivery.acknowledged(frame.source, inner, secured, now)
        else:
            content = inner.payload if opened is None else opened.payload
            self._delivery.receive(frame, inner, content, secured, now)

    def _command(self, frame: nwk.NwkFrame, payload: bytes, opened: Opened | None, now: float) -> None:
        """Take an APS command: keys under the keys for them only, everything else as the policy wants it."""
        site = self._site
        try:
            command = aps_commands.parse(payload)
        except DecodeError:
            site.drop("malformed")
            return
        if isinstance(command, aps_commands.TransportNetworkKey):
            if opened is not None and opened.key_id == security.KEY_TRANSPORT and self._centre is None:
                self._joining.network_key(opened, command, now)
                self._in(now)
                return
        elif isinstance(command, aps_commands.TransportLinkKey | aps_commands.TransportApplicationKey):
            if opened is not None and opened.key_id == security.KEY_LOAD and self._centre is None:
                self._joining.link_key(opened, command)
                return
        elif opened is None or opened.key_id == security.LINK:
            self._order(frame, command, opened, now)
            return
        site.drop("not genuine")

    def _order(self, frame: nwk.NwkFrame, command: Command, opened: Opened | None, now: float) -> None:
        site = self._site
        if self._centre is not None:
            self._centre.command(opened, frame.source, command, now)
            return
        established = site.trust_centre is not None and site.links.authorised(site.trust_centre) is not None
        if frame.source != COORDINATOR or not frame.secured:
            site.drop("unauthorised")
        elif isinstance(command, aps_commands.SwitchKey):
            if not site.keys.switch(command.sequence):
                site.drop("unknown network key")
            site.save()
        elif (established and opened is None) or (opened and opened.sender != site.trust_centre):
            site.drop("unauthorised")
        elif not (site.role.routes and self._parent.obey(command, now)):
            site.drop("unsupported")

    def command(self, frame: nwk.NwkFrame, payload: bytes, hop: int, hop_eui: int | None, now: float) -> None:
        """Take the payload of a network command."""
        site = self._site
        try:
            command = nwk_commands.COMMANDS.parse(payload)
        except DecodeError:
            site.drop("malformed")
            return
        if isinstance(command, nwk_commands.RejoinRequest):
            genuine = hop_eui is None or hop_eui == frame.source_eui
            if site.role.routes and site.keys.ready and genuine:
                self._parent.rejoin(frame, command, frame.secured, now)
        elif isinstance(command, nwk_commands.RejoinResponse):
            self._joining.rejoined(frame, command, frame.secured, now)
            self._in(now)
        elif not frame.secured:
            site.drop("unsecured")
        elif isinstance(command, nwk_commands.Leave):
            self._leaving(frame, command, hop_eui, now)

    def _leaving(
        self, frame: nwk.NwkFrame, command: nwk_commands.Leave, hop_eui: int | None, now: float
    ) -> None:
        site = self._site
        rejoin = bool(command.options & nwk_commands.LEAVE_REJOIN)
        if command.options & nwk_commands.LEAVE_REQUEST:
            if self._centre is None and frame.source in (site.parent, COORDINATOR):
                self._joining.leave(now, told=True, rejoin=rejoin)
            else:
                site.drop("unauthorised")
            return
        if hop_eui is None or hop_eui != frame.source_eui:
            return
        if not rejoin:
            self._delivery.sleepers.discard(frame.source)
            if site.role.routes:
                self._parent.left(hop_eui, now)

    def _in(self, now: float) -> None:
        """Announce ourselves when we have just come in, before anybody above does something with it."""
        outputs = self._site.outputs
        joined = [output for output in outputs if isinstance(output, Joined)]
        if joined:
            self._site.outputs = [output for output in outputs if not isinstance(output, Joined)]
            self._objects.announce(now)
            self._site.outputs += joined
