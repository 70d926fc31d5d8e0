"""The HAN device's side of Smart Energy: `HanClient`.

It lets `asking` ask what a device must ask, applies the rules of who may say what, serves our own attributes,
and hands everything that means something up as outputs. What a command means is decided above; how a frame
travels is decided in `transports`.
"""

from collections import Counter

from handover.errors import Refused
from handover.sep1.aps import BROADCAST, ApsFrame
from handover.sep1.client.asking import Asked, Asking
from handover.sep1.client.lanes import Question
from handover.sep1.client.loads import DEVICE_CLASS, load_control_attributes, load_control_table
from handover.sep1.client.meter import METERING
from handover.sep1.client.outputs import (
    AttributesReceived,
    AttributeWritten,
    CommandReceived,
    Output,
    Send,
)
from handover.sep1.client.policy import ESI_CLUSTERS, METER_ANSWERS
from handover.sep1.client.session import BASIC, DRLC
from handover.sep1.client.settings import ClientSettings, LoadControlAttributes
from handover.sep1.codec import PLACES
from handover.sep1.declaration import Command
from handover.sep1.exchange import Request
from handover.sep1.general import (
    AttributeRecord,
    ConfigureReporting,
    ConfigureReportingResponse,
    DefaultResponse,
    ReadAttributes,
    ReadAttributesResponse,
    ReportAttributes,
    ReportingStatus,
)
from handover.sep1.identity import BasicIdentity, basic_table
from handover.sep1.node import LINK_KEY_CLUSTERS, RESPONSES, Node, Received
from handover.sep1.records import collect
from handover.sep1.services import Service, Services, Ticket
from handover.sep1.types import Status


class HanClient:
    """Engine of a HAN device. Feed it frames and the time, and do what it returns, in order.

    `dropped` counts thrown away frames by reason: foreign, profile, malformed, unsecured, unsupported (see
    `Node.accept`), unmatched (an answer to nothing we asked), unauthorised (a command of somebody who may not
    give it), misfit (an attribute value of the wrong type), crowd (a meter too many).
    """

    def __init__(
        self,
        eui64: int,
        *,
        endpoint: int = 1,
        settings: ClientSettings | None = None,
        basic: BasicIdentity | None = None,
        load_control: LoadControlAttributes | None = None,
    ) -> None:
        self._node = Node(eui64, endpoint)
        self._services = Services(self._node)
        self._partners: set[int] = set()
        self._loads = load_control_table(load_control or LoadControlAttributes())
        self._node.tables[BASIC, False] = basic_table(basic or BasicIdentity())
        self._node.tables[DRLC, True] = self._loads
        self._asking = Asking(self._node, settings or ClientSettings())

    @property
    def eui64(self) -> int:
        """Our own IEEE address."""
        return self._node.eui64

    @property
    def node(self) -> Node:
        """Our endpoints, for services that are to be added."""
        return self._node

    @property
    def dropped(self) -> Counter[str]:
        """Frames thrown away, by reason."""
        return self._node.dropped

    def add(self, service: Service) -> None:
        """Take on a service: one side of a cluster more, made with our `node`."""
        self._services.add(service)

    def admit(self, partner: int) -> None:
        """Let a node that is no ESI of ours use our services, once we share a link key with it."""
        self._partners.add(partner)

    @property
    def load_control(self) -> LoadControlAttributes:
        """The present DRLC client attributes, as the ESI may have written them."""
        return load_control_attributes(self._loads)

    def set_device_class(self, device_class: int) -> None:
        """Say which classes of device (DRLC bit map) stand behind us."""
        self._loads.values[DEVICE_CLASS] = device_class & 0xFFFF

    def clock_offset(self, esi: int) -> float | None:
        """Return the ESI's clock minus ours in seconds, or None until it has been read."""
        session = self._asking.sessions.get(esi)
        return session.offset if session else None

    def is_lost(self, esi: int) -> bool:
        """Tell whether this ESI does not answer at present."""
        session = self._asking.sessions.get(esi)
        return session.lost if session else False

    def start(
        self, esi: int, now: float, *, endpoint: int = 1, meters: list[tuple[int, int]] | None = None
    ) -> list[Output]:
        """Begin with an ESI, or begin again after our connection was made anew: ask it everything.

        `meters`: (EUI-64, endpoint) of the meters; by default the ESI's own endpoint is asked whether it
        meters. A meter that reports without being listed joins by itself. Raises Refused for our own
        address.
        """
        if esi == self.eui64:
            raise Refused(
                f"{esi:016X} is our own address: a gateway is not its own ESI; check the configuration"
            )
        self._asking.begin(esi, endpoint, now)
        for node, meter_endpoint in [(esi, endpoint)] if meters is None else meters:
            self._asking.begin_meter(node, meter_endpoint)
        return self._asking.advance(now)

    def handle(self, frame: ApsFrame, now: float) -> list[Output]:
        """Take one frame from the HAN."""
        accepted = self._node.accept(frame)
        outputs: list[Output] = []
        if isinstance(accepted, list):
            outputs += accepted
        else:
            outputs += self._asking.sign_of_life(frame.source, now)
            outputs += self._dispatch(accepted, now)
        return outputs + self._asking.advance(now)

    def tick(self, now: float) -> list[Output]:
        """Repeat what was not answered, give up what never was, and ask what has become due."""
        again, given_up = self._node.exchange.tick(now)
        outputs: list[Output] = [Send(request.frame) for request in again]
        for request in given_up:
            ended = self._services.answered(request, None, now)
            outputs += self._asking.concluded(request, None, None) if ended is None else ended
        outputs += self._services.tick(now)
        return outputs + self._asking.advance(now)

    def deadline(self) -> float | None:
        """Return when `tick` is next worth calling."""
        times = (self._asking.deadline(), self._node.exchange.deadline(), self._services.deadline())
        return min((t for t in times if t is not None), default=None)

    def send(
        self,
        command: Command,
        *,
        destination: int,
        destination_endpoint: int = 1,
        cluster_id: int | None = None,
        now: float,
        token: object = None,
    ) -> list[Output]:
        """Send a cluster command to a server; its end comes as `Concluded` with `token`.

        `cluster_id` is the command's own unless given. Raises NotNow when too much is in flight, EncodeError.
        """
        cluster = PLACES[type(command)].cluster_id if cluster_id is None else cluster_id
        return [self._asking.request(command, destination, destination_endpoint, cluster, now, Asked(token))]

    def read(
        self,
        attribute_ids: list[int],
        *,
        destination: int,
        destination_endpoint: int = 1,
        cluster_id: int,
        now: float,
        token: object = None,
    ) -> list[Output]:
        """Read attributes of a server; `AttributesReceived` brings them, then `Concluded` with `token`."""
        body = ReadAttributes(list(attribute_ids))
        return [self._asking.request(body, destination, destination_endpoint, cluster_id, now, Asked(token))]

    def conclude(self, indication: CommandReceived, status: int, now: float) -> list[Output]:
        """Tell the sender what became of its command, where a Default Response is due."""
        if not indication.answerable or (indication.quiet and status == Status.SUCCESS):
            return []
        response = DefaultResponse(indication.command_id, status)
        return [
            self._node.tell(
                response,
                destination=indication.source,
                endpoint=indication.endpoint,
                cluster_id=indication.cluster_id,
                to_client=False,
                sequence=indication.sequence,
            )
        ]

    def _dispatch(self, received: Received, now: float) -> list[Output]:
        body = received.body
        if isinstance(body, RESPONSES):
            return self._response(received, now)
        if isinstance(body, Command):
            return self._command(received, body, now)
        if self._may_use_services(received.frame):
            taken = self._services.general(received, now)
            if taken is not None:
                return [*taken]
        if isinstance(body, ReportAttributes):
            return self._report(received, body, now)
        if isinstance(body, ConfigureReporting):
            refused = [
                ReportingStatus(r.attribute_id, r.direction, Status.UNREPORTABLE_ATTRIBUTE)
                for r in body.records
            ]
            return [*self._node.answer(received, ConfigureReportingResponse(refused))]
        served = self._node.serve(received)
        if served is not None:
            return [*served]
        source = received.frame.source
        written = self._node.write(received, allowed=source in self._asking.sessions)
        if written is None:
            return [*self._node.default_response(received, Status.UNSUP_GENERAL_COMMAND)]
        cluster_id = received.frame.cluster_id
        return [
            *(AttributeWritten(source, cluster_id, c.attribute_id, c.old, c.new) for c in written.changes),
            *written.answer,
            *self._services.written(received, written.changes, now),
        ]

    def _may_use_services(self, frame: ApsFrame) -> bool:
        if frame.cluster_id in ESI_CLUSTERS:
            return frame.source in self._asking.sessions
        if frame.cluster_id not in LINK_KEY_CLUSTERS:
            return True
        return self._is_known(frame.source) or frame.source in self._partners

    def _is_known(self, source: int) -> bool:
        return source in self._asking.sessions or any(
            meter.node == source for meter in self._asking.meters.values()
        )

    def _command(self, received: Received, command: Command, now: float) -> list[Output]:
        """A cluster command: for a service, or handed up when it comes from a server that may give it."""
        frame, header, node = received.frame, received.header, self._node
        request = node.request_matching(received)
        outputs: list[Output] = []
        if self._may_use_services(frame):
            taken = self._services.command(received, command, request, now)
            if taken is not None:
                return [*self._conclude(request, now), *taken]
        from_esi = frame.source in self._asking.sessions
        if not header.to_client or not (
            frame.cluster_id in ESI_CLUSTERS or isinstance(command, METER_ANSWERS)
        ):
            refused = Status.UNSUP_CLUSTER_COMMAND
            return [node.drop(frame, "unsupported"), *node.default_response(received, refused)]
        if not (from_esi if frame.cluster_id in ESI_CLUSTERS else self._is_known(frame.source)):
            return [node.drop(frame, "unauthorised"), *node.default_response(received, Status.NOT_AUTHORIZED)]
        same_sequence = request is not None and request.sequence == header.sequence
        outputs += self._conclude(request, now)
        outputs.append(
            CommandReceived(
                source=frame.source,
                endpoint=frame.source_endpoint,
                cluster_id=frame.cluster_id,
                command=command,
                sequence=header.sequence,
                answer=request is not None,
                received=now,
                command_id=header.command_id,
                answerable=not same_sequence and frame.destination != BROADCAST,
                quiet=header.disable_default_response,
            )
        )
        return outputs

    def _conclude(self, request: Request | None, now: float) -> list[Output]:
        """The first answer to a question of ours ends it, whoever takes what was answered."""
        if request is None or isinstance(request.token, Ticket):
            return []
        if not self._node.exchange.answered(request, now):
            return []
        return self._asking.concluded(request, Status.SUCCESS, None)

    def _response(self, received: Received, now: float) -> list[Output]:
        """The end of a request of ours, by its sequence number."""
        body = received.body
        request = self._node.request_answered(received)
        if request is None:
            return [self._node.drop(received.frame, "unmatched")]
        if isinstance(body, DefaultResponse):
            if body.status == Status.SUCCESS and request.expects:
                self._node.exchange.answered(request, now)  # the answer itself may still come
            else:
                self._node.exchange.end(request)
            ended = self._services.answered(request, received, now)
            return self._asking.concluded(request, body.status, None) if ended is None else [*ended]
        self._node.exchange.end(request)
        ended = self._services.answered(request, received, now)
        if ended is not None:
            return [*ended]
        outputs: list[Output] = []
        if isinstance(body, ReadAttributesResponse):
            outputs += self._attributes(received, body.records, now, request)
        assert not isinstance(body, Command)
        return outputs + self._asking.concluded(request, Status.SUCCESS, body)

    def _report(self, received: Received, body: ReportAttributes, now: float) -> list[Output]:
        """A report of attributes: by an ESI, by a known meter, or by a meter that introduces itself so."""
        frame, node = received.frame, self._node
        if not received.header.to_client:
            status = Status.UNSUP_GENERAL_COMMAND
            return [node.drop(frame, "unsupported"), *node.default_response(received, status)]
        if frame.cluster_id == METERING:
            known = (frame.source, frame.source_endpoint) in self._asking.meters
            if not known and not self._asking.begin_meter(frame.source, frame.source_endpoint):
                return [
                    node.drop(frame, "crowd"),
                    *node.default_response(received, Status.INSUFFICIENT_SPACE),
                ]
        elif frame.source not in self._asking.sessions:
            return [node.drop(frame, "unauthorised"), *node.default_response(received, Status.NOT_AUTHORIZED)]
        return [
            *self._attributes(received, body.records, now, None),
            *node.default_response(received, Status.SUCCESS),
        ]

    def _attributes(
        self, received: Received, records: list[AttributeRecord], now: float, request: Request | None
    ) -> list[Output]:
        frame = received.frame
        values, without, misfits = collect(frame.cluster_id, records)
        outputs: list[Output] = [self._node.drop(frame, "misfit") for _ in misfits]
        question = request.token if request is not None and isinstance(request.token, Question) else None
        endpoint = question.endpoint if question else frame.source_endpoint
        self._asking.values(frame.source, endpoint, frame.cluster_id, values, question, now)
        outputs.append(
            AttributesReceived(
                source=frame.source,
                endpoint=endpoint,
                cluster_id=frame.cluster_id,
                values=values,
                report=request is None,
                received=now,
                unsupported=tuple(without),
            )
        )
        return outputs
