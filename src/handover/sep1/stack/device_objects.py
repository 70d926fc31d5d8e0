"""ZDP of a node: what it answers about itself, its bindings, its questions to others (ZigBee PRO, 2.4)."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

from handover.errors import DecodeError
from handover.sep1.aps import BROADCAST, ApsFrame
from handover.sep1.declaration import Command
from handover.sep1.network import nwk, zdp
from handover.sep1.network.zdp import SimpleDescriptor
from handover.sep1.stack.outputs import Answered, DeviceAnnounced
from handover.sep1.stack.site import COORDINATOR, Role, Site

ANSWER_WITHIN: Final = 12.0
"""Seconds within which an answer is awaited; a sleeping node needs its time."""
BINDINGS: Final = 64
_WILDCARD: Final = 0xFFFF
_NODE_TYPES: Final = {Role.COORDINATOR: 0, Role.ROUTER: 1}
_BAND_2400: Final = 0x08 << 3
_BUFFER: Final = 82
_LARGEST: Final = 0x0400

SendFrame = Callable[[ApsFrame, float], None]
Broadcast = Callable[[ApsFrame, int, float], None]


@dataclass(frozen=True, slots=True)
class Binding:
    """What concerns `cluster_id` of our `endpoint` goes to an endpoint of another node."""

    endpoint: int
    cluster_id: int
    destination: int
    destination_endpoint: int


@dataclass(slots=True)
class _Question:
    source: int
    cluster_id: int
    due: float
    token: object


class DeviceObjects:
    """The ZDP side of a node. `on_leave` and `on_permit` do what a request of that kind asks for."""

    def __init__(
        self,
        site: Site,
        endpoints: Sequence[SimpleDescriptor],
        send: SendFrame,
        broadcast: Broadcast,
        *,
        on_leave: Callable[[bool, float], None],
        on_permit: Callable[[int, float], None],
        on_announce: Callable[[int, int, int, float], None],
    ) -> None:
        self._site = site
        self.endpoints = list(endpoints)
        self.bindings: list[Binding] = []
        self._send = send
        self._broadcast = broadcast
        self._on_leave = on_leave
        self._on_permit = on_permit
        self._on_announce = on_announce
        self._number = 0
        self._questions: dict[int, _Question] = {}

    # ours

    def announce(self, now: float) -> None:
        """Tell everybody that we are here."""
        site = self._site
        self._everybody(zdp.DeviceAnnounce(site.short, site.eui64, site.role.capability), nwk.ALL_AWAKE, now)

    def permit(self, seconds: int, now: float) -> None:
        """Tell all routers to let devices join for so many seconds."""
        self._everybody(zdp.PermitJoiningRequest(seconds, 1), nwk.ALL_ROUTERS, now)

    def find(self, eui64: int, now: float) -> None:
        """Ask everybody for the short address of a node."""
        self._everybody(zdp.NwkAddressRequest(eui64, 0, 0), nwk.ALL_AWAKE, now)

    def ask(self, node: int, command: Command, now: float, token: object = None) -> None:
        """Ask a node; the answer comes as `Answered`. Raises EncodeError when `command` is no request."""
        cluster_id = zdp.cluster_of(command)
        number = self._next()
        self._questions[number] = _Question(node, cluster_id, now + ANSWER_WITHIN, token)
        self._send(self._frame(node, cluster_id, zdp.build(number, command)), now)

    def _everybody(self, command: Command, scope: int, now: float) -> None:
        octets = zdp.build(self._next(), command)
        self._broadcast(self._frame(BROADCAST, zdp.cluster_of(command), octets), scope, now)

    def _next(self) -> int:
        self._number = self._number + 1 & 0xFF
        return self._number

    def _frame(self, destination: int, cluster_id: int, payload: bytes) -> ApsFrame:
        return ApsFrame(
            source=self._site.eui64,
            destination=destination,
            source_endpoint=zdp.ENDPOINT,
            destination_endpoint=zdp.ENDPOINT,
            cluster_id=cluster_id,
            profile_id=zdp.PROFILE,
            secured=False,
            payload=payload,
        )

    # theirs

    def take(self, short: int, frame: ApsFrame, now: float) -> bool:
        """Take a frame of ZDP from a node with this short address; False when it is none."""
        if frame.profile_id != zdp.PROFILE or frame.destination_endpoint != zdp.ENDPOINT:
            return False
        try:
            number, command = zdp.parse(frame.cluster_id, frame.payload)
        except DecodeError:
            self._site.drop("malformed")
            return True
        if frame.cluster_id & zdp.RESPONSE:
            self._answered(frame, number, command)
            return True
        answer = self._answer(short, frame, command, now)
        if answer is not None:
            octets = zdp.build(number, answer)
            self._send(self._frame(frame.source, frame.cluster_id | zdp.RESPONSE, octets), now)
        if isinstance(command, zdp.LeaveRequest) and self._may_dismiss(frame, command):
            self._on_leave(bool(command.options & 0x80), now)
        return True

    def _answered(self, frame: ApsFrame, number: int, command: Command) -> None:
        if isinstance(command, zdp.AddressResponse) and command.status == zdp.SUCCESS:
            self._site.addresses.bind(command.short, command.eui64)
        question = self._questions.get(number)
        if (
            question is not None
            and question.source == frame.source
            and question.cluster_id == frame.cluster_id & ~zdp.RESPONSE
        ):
            del self._questions[number]
            self._site.emit(Answered(frame.source, command, question.token))

    def _answer(self, short: int, frame: ApsFrame, command: Command, now: float) -> Command | None:
        site, everyone = self._site, frame.destination == BROADCAST
        if isinstance(command, zdp.DeviceAnnounce):
            site.addresses.bind(command.short, command.eui64)
            self._on_announce(command.eui64, command.short, command.capability, now)
            site.emit(DeviceAnnounced(command.eui64, command.short, command.capability))
            return None
        if isinstance(command, zdp.PermitJoiningRequest):
            if short == COORDINATOR:
                self._on_permit(command.duration, now)
            refused = zdp.SUCCESS if short == COORDINATOR else zdp.NOT_AUTHORIZED
            return None if everyone else zdp.StatusResponse(refused)
        if isinstance(command, zdp.NwkAddressRequest):
            if command.eui64 != site.eui64:
                return None if everyone else zdp.AddressResponse(zdp.DEVICE_NOT_FOUND, command.eui64, 0xFFFF)
            return zdp.AddressResponse(zdp.SUCCESS, site.eui64, site.short)
        if isinstance(command, zdp.IeeeAddressRequest):
            ours = command.short == site.short
            status = zdp.SUCCESS if ours else zdp.DEVICE_NOT_FOUND
            return zdp.AddressResponse(status, site.eui64, command.short)
        if isinstance(command, zdp.MatchDescriptorRequest):
            return self._match(command, everyone)
        if isinstance(command, zdp.BindRequest):
            return zdp.StatusResponse(self._bind(frame, command))
        if isinstance(command, zdp.UnbindRequest):
            return zdp.StatusResponse(self._unbind(frame, command))
        if isinstance(command, zdp.LeaveRequest):
            allowed = self._may_dismiss(frame, command)
            return zdp.StatusResponse(zdp.SUCCESS if allowed else zdp.NOT_AUTHORIZED)
        if everyone:
            return None
        return self._description(command)

    def _description(self, command: Command) -> Command | None:
        """Answer what asks for a descriptor of ours."""
        site = self._site
        if isinstance(command, zdp.NodeDescriptorRequest):
            if command.short != site.short:
                return zdp.NodeDescriptorResponse(zdp.DEVICE_NOT_FOUND, command.short)
            node_type = _NODE_TYPES.get(site.role, 2)
            trust_centre = 1 if site.role is Role.COORDINATOR else 0
            return zdp.NodeDescriptorResponse(
                zdp.SUCCESS,
                site.short,
                node_type,
                _BAND_2400,
                site.role.capability,
                0,
                _BUFFER,
                _LARGEST,
                trust_centre,
                _LARGEST,
                0,
            )
        if isinstance(command, zdp.ActiveEndpointsRequest):
            if command.short != site.short:
                return zdp.ActiveEndpointsResponse(zdp.DEVICE_NOT_FOUND, command.short, 0, [])
            numbers = [descriptor.endpoint for descriptor in self.endpoints]
            return zdp.ActiveEndpointsResponse(zdp.SUCCESS, site.short, len(numbers), numbers)
        if isinstance(command, zdp.SimpleDescriptorRequest):
            status, octets = zdp.NOT_ACTIVE, b""
            if command.short != site.short:
                status = zdp.DEVICE_NOT_FOUND
            elif not 1 <= command.endpoint <= 240:
                status = zdp.INVALID_ENDPOINT
            for descriptor in self.endpoints:
                if status == zdp.NOT_ACTIVE and descriptor.endpoint == command.endpoint:
                    status, octets = zdp.SUCCESS, zdp.build_descriptor(descriptor)
            return zdp.SimpleDescriptorResponse(status, command.short, len(octets), octets)
        self._site.drop("unsupported")
        return None

    def _match(self, command: zdp.MatchDescriptorRequest, everyone: bool) -> Command | None:
        wanted_in, wanted_out = set(command.input_clusters), set(command.output_clusters)
        found = [
            d.endpoint
            for d in self.endpoints
            if command.profile in (d.profile, _WILDCARD)
            and (wanted_in & set(d.input_clusters) or wanted_out & set(d.output_clusters))
        ]
        if everyone and not found:
            return None
        return zdp.MatchDescriptorResponse(zdp.SUCCESS, self._site.short, len(found), found)

    def _bind(self, frame: ApsFrame, command: zdp.BindRequest) -> int:
        status, binding = self._wanted(frame, command)
        if binding is not None and binding not in self.bindings:
            if len(self.bindings) >= BINDINGS:
                return zdp.TABLE_FULL
            self.bindings.append(binding)
        return status

    def _unbind(self, frame: ApsFrame, command: zdp.UnbindRequest) -> int:
        status, binding = self._wanted(frame, command)
        if binding is None:
            return status
        if binding not in self.bindings:
            return zdp.NO_ENTRY
        self.bindings.remove(binding)
        return zdp.SUCCESS

    def _wanted(
        self, frame: ApsFrame, command: zdp.BindRequest | zdp.UnbindRequest
    ) -> tuple[int, Binding | None]:
        """Only the receiver of what is bound, or the trust centre, may bind."""
        endpoints = [descriptor.endpoint for descriptor in self.endpoints]
        destination, endpoint = command.destination, command.destination_endpoint
        if command.source != self._site.eui64 or destination is None or endpoint is None:
            return zdp.NOT_SUPPORTED, None
        if command.source_endpoint not in endpoints:
            return zdp.INVALID_ENDPOINT, None
        if frame.source not in (destination, self._site.trust_centre):
            return zdp.NOT_AUTHORIZED, None
        return zdp.SUCCESS, Binding(command.source_endpoint, command.cluster_id, destination, endpoint)

    def _may_dismiss(self, frame: ApsFrame, command: zdp.LeaveRequest) -> bool:
        site = self._site
        return (
            command.eui64 in (site.eui64, 0)
            and site.role is not Role.COORDINATOR
            and frame.source == site.trust_centre
        )

    # time

    @property
    def waiting(self) -> bool:
        """Tell whether an answer is awaited."""
        return bool(self._questions)

    def deadline(self) -> float | None:
        """Return when the next question has waited long enough."""
        return min((question.due for question in self._questions.values()), default=None)

    def tick(self, now: float) -> None:
        """Give up the questions that nobody has answered."""
        for number, question in list(self._questions.items()):
            if question.due <= now:
                del self._questions[number]
                self._site.emit(Answered(question.source, None, question.token))
