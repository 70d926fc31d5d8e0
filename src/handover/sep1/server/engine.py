"""The ESI's side of Smart Energy, with a meter in it: `Esi`.

It holds time, prices, load control events, the one message and the meter's attributes; tells its devices
what is new, answers what they ask, reports what they subscribed to, and hands up what they answer. What is
issued, and when, is decided above; the tables beside this module hold it.
"""

from collections import Counter
from collections.abc import Mapping
from contextlib import suppress

from handover.errors import DecodeError, Refused
from handover.sep1.aps import ApsFrame
from handover.sep1.attributes import AttributeTable
from handover.sep1.clusters.drlc import (
    CancelAllLoadControlEvents,
    CancelLoadControlEvent,
    LoadControlEvent,
)
from handover.sep1.clusters.messaging import CancelMessage, DisplayMessage
from handover.sep1.clusters.price import PublishPrice
from handover.sep1.clusters.time import TIME as TIME_CLUSTER
from handover.sep1.declaration import Command
from handover.sep1.exchange import Request, Retry
from handover.sep1.general import (
    AttributeRecord,
    ConfigureReporting,
    ConfigureReportingResponse,
    DefaultResponse,
    ReadAttributes,
    ReadAttributesResponse,
    ReadReportingConfiguration,
    ReportingStatus,
    WriteAttributes,
    WriteAttributesResponse,
)
from handover.sep1.identity import BasicIdentity, basic_table
from handover.sep1.node import LINK_KEY_CLUSTERS, RESPONSES, Node, Received
from handover.sep1.prices import PriceTable
from handover.sep1.records import collect
from handover.sep1.security.report_signature import ReportVerifier
from handover.sep1.server.events import EventTable
from handover.sep1.server.messages import MessageSlot
from handover.sep1.server.metering import MeterServer
from handover.sep1.server.outputs import AttributesRead, Output, Send
from handover.sep1.server.pushes import CLIENT_SIDE, Push, Pushes
from handover.sep1.server.queries import Queries
from handover.sep1.server.timekeeping import ZoneRules, time_values
from handover.sep1.services import Service, Services
from handover.sep1.types import ZIGBEE_EPOCH, Status, Value

BASIC, TIME, PRICE, DRLC, METERING, MESSAGING = 0x0000, 0x000A, 0x0700, 0x0701, 0x0702, 0x0703


class Esi:
    """Engine of an ESI. Feed it frames and the time, and do what it returns, in order.

    Its clock is the caller's plus `clock_offset` seconds. Only admitted devices are told things and answered;
    frames without the link key do not count at all. `dropped` counts as `HanClient.dropped` does.
    `report_verifier` judges the signatures of event reports, by the certificates given to `admit`.
    """

    def __init__(
        self,
        eui64: int,
        *,
        endpoint: int = 1,
        zone: ZoneRules | None = None,
        basic: BasicIdentity | None = None,
        metering: Mapping[int, Value] | None = None,
        retry: Retry | None = None,
        clock_offset: float = 0.0,
        report_verifier: ReportVerifier | None = None,
    ) -> None:
        self.clock_offset = clock_offset
        self.zone = zone or ZoneRules()
        self.prices = PriceTable()
        self.events = EventTable()
        self.message = MessageSlot()
        self.meter = MeterServer(metering)
        self._node = Node(eui64, endpoint)
        self._services = Services(self._node)
        self._pushes = Pushes(self._node, retry or Retry())
        self._verifier = report_verifier
        self._queries = Queries(self._node, self.prices, self.events, self.message, report_verifier)
        self._time = AttributeTable(TIME_CLUSTER.server_attributes, {})
        self._node.tables[BASIC, False] = basic_table(basic or BasicIdentity(model="Simulated ESI"))
        self._node.tables[TIME, False] = self._time
        self._node.tables[METERING, False] = self.meter.table

    @property
    def eui64(self) -> int:
        """Our own IEEE address."""
        return self._node.eui64

    @property
    def node(self) -> Node:
        """Our endpoints, for services that are to be added."""
        return self._node

    def add(self, service: Service) -> None:
        """Take on a service: one side of a cluster more, made with our `node`."""
        self._services.add(service)

    @property
    def dropped(self) -> Counter[str]:
        """Frames thrown away, by reason."""
        return self._node.dropped

    @property
    def devices(self) -> list[int]:
        """The admitted devices."""
        return list(self._pushes.devices)

    def utc(self, now: float) -> int:
        """Return our time in ZigBee seconds at the caller's `now`."""
        return int(now + self.clock_offset) - ZIGBEE_EPOCH

    def admit(self, eui64: int, *, endpoint: int = 1, certificate: bytes = b"") -> None:
        """Let a device with an established link key take part.

        With its `certificate` the signatures of its reports are judged; one that the verifier does not trust
        leaves them unknown.
        """
        self._pushes.admit(eui64, endpoint)
        if self._verifier and certificate:
            with suppress(Refused, DecodeError):
                self._verifier.learn(certificate)

    def expel(self, eui64: int) -> None:
        """End a device's part: nothing is told to it any more, nothing of it counts."""
        self._pushes.expel(eui64)
        self._services.forget(eui64)
        self.meter.reporting.forget(eui64)
        if self._verifier:
            self._verifier.forget(eui64)

    def publish_price(self, command: PublishPrice, now: float) -> list[Output]:
        """Put a price in force or on the schedule and tell every device.

        Raises Refused when it has ended or is not newer than what it overlaps, NotNow when the table is full.
        """
        held = self.prices.add(command, self.utc(now))
        self._pushes.add(PRICE, lambda utc: held.served(utc) if held.end > utc else None)
        return self._advance(now)

    def publish_event(self, command: LoadControlEvent, now: float) -> list[Output]:
        """Schedule or begin a load control event and tell every device.

        Raises Refused for an id in use, a wrong duration or an end in the past, NotNow when the table is
        full.
        """
        held = self.events.add(command, self.utc(now))
        self._pushes.add(DRLC, lambda utc: None if held.over or held.end <= utc else held.served(utc))
        return self._advance(now)

    def cancel_event(self, command: CancelLoadControlEvent, now: float) -> list[Output]:
        """Cancel an event, wholly or for some classes, and tell every device. Raises Refused when unknown."""
        self.events.cancel(command, self.utc(now))
        return self._tell(DRLC, command, now)

    def cancel_all_events(self, now: float, *, cancel_control: int = 0) -> list[Output]:
        """Cancel every event and tell every device; `cancel_control` 1 ends them with randomisation."""
        self.events.cancel_all(self.utc(now))
        return self._tell(DRLC, CancelAllLoadControlEvents(cancel_control), now)

    def display(self, command: DisplayMessage, now: float) -> list[Output]:
        """Replace the message and tell every device. Raises Refused when it is too long or has ended."""
        held = self.message.put(command, self.utc(now))
        self._pushes.add(
            MESSAGING, lambda utc: held.served(utc) if self.message.current(utc) is held else None
        )
        return self._advance(now)

    def cancel_message(self, message_id: int, now: float) -> list[Output]:
        """Take the message back and tell every device. Raises Refused when it is not on display."""
        self.message.cancel(message_id, self.utc(now))
        return self._tell(MESSAGING, CancelMessage(message_id, 0), now)

    def set_metering(self, values: Mapping[int, Value], now: float) -> list[Output]:
        """Set attributes of the meter and report what has become due. Raises EncodeError when undeclared."""
        self.meter.update(values)
        return self._advance(now)

    def read(self, device: int, cluster_id: int, attribute_ids: list[int], now: float) -> list[Output]:
        """Ask a device for attributes; `AttributesRead` brings them. Raises NotNow when not admitted."""
        self._pushes.add(cluster_id, lambda utc: ReadAttributes(list(attribute_ids)), device)
        return self._advance(now)

    def write(self, device: int, cluster_id: int, records: list[AttributeRecord], now: float) -> list[Output]:
        """Write attributes of a device; `PushConcluded` tells the first status that is not SUCCESS."""
        self._pushes.add(cluster_id, lambda utc: WriteAttributes(list(records)), device)
        return self._advance(now)

    def push(self, cluster_id: int, make: Push, now: float, *, to: int | None = None) -> list[Output]:
        """Tell one device, or all, what `make` gives when its turn comes. Raises NotNow when not admitted."""
        self._pushes.add(cluster_id, make, to)
        return self._advance(now)

    def handle(self, frame: ApsFrame, now: float) -> list[Output]:
        """Take one frame from the HAN."""
        accepted = self._node.accept(frame)
        outputs: list[Output] = []
        if isinstance(accepted, list):
            outputs += accepted
        elif frame.source not in self._pushes.devices and frame.cluster_id in LINK_KEY_CLUSTERS:
            outputs.append(self._node.drop(frame, "unauthorised"))
            outputs += self._node.default_response(accepted, Status.NOT_AUTHORIZED)
        else:
            outputs += self._dispatch(accepted, now)
        return outputs + self._advance(now)

    def tick(self, now: float) -> list[Output]:
        """Repeat what was not answered, give up what never was, report what has become due."""
        again, given_up = self._node.exchange.tick(now)
        outputs: list[Output] = [Send(request.frame) for request in again]
        for request in given_up:
            ended = self._services.answered(request, None, now)
            outputs += [self._pushes.concluded(request, None)] if ended is None else ended
        outputs += self._services.tick(now)
        return outputs + self._advance(now)

    def deadline(self) -> float | None:
        """Return when `tick` is next worth calling."""
        times = (
            self._node.exchange.deadline(),
            self.meter.reporting.deadline(),
            self._services.deadline(),
        )
        return min((t for t in times if t is not None), default=None)

    def _tell(self, cluster_id: int, command: Command, now: float) -> list[Output]:
        self._pushes.add(cluster_id, lambda utc: command)
        return self._advance(now)

    def _advance(self, now: float) -> list[Output]:
        outputs: list[Output] = list(self._pushes.advance(self.utc(now), now))
        for (peer, endpoint), report in self.meter.due(now):
            outputs.append(
                self._node.tell(
                    report, destination=peer, endpoint=endpoint, cluster_id=METERING, to_client=True
                )
            )
        return outputs

    def _dispatch(self, received: Received, now: float) -> list[Output]:
        body, frame = received.body, received.frame
        if isinstance(body, RESPONSES):
            return self._response(received, now)
        if isinstance(body, Command):
            served_there = self._services.command(received, body, self._node.request_matching(received), now)
            if served_there is not None:
                return [*served_there]
            return self._queries.answer(received, body, self.utc(now), now)
        general = self._services.general(received, now)
        if general is not None:
            return [*general]
        subscriber = frame.source, frame.source_endpoint
        if isinstance(body, ConfigureReporting):
            if frame.cluster_id == METERING:
                return [*self._node.answer(received, self.meter.reporting.carry_out(subscriber, body, now))]
            refused = [
                ReportingStatus(r.attribute_id, r.direction, Status.UNREPORTABLE_ATTRIBUTE)
                for r in body.records
            ]
            return [*self._node.answer(received, ConfigureReportingResponse(refused))]
        if isinstance(body, ReadReportingConfiguration) and frame.cluster_id == METERING:
            return [*self._node.answer(received, self.meter.reporting.tell(subscriber, body))]
        self._time.values = time_values(self.utc(now), self.zone)
        served = self._node.serve(received)
        if served is not None:
            return [*served]
        written = self._node.write(received, allowed=frame.source in self._pushes.devices)
        if written is not None:
            return [*written.answer, *self._services.written(received, written.changes, now)]
        return [*self._node.default_response(received, Status.UNSUP_GENERAL_COMMAND)]

    def _response(self, received: Received, now: float) -> list[Output]:
        """The end of a push of ours, by its sequence number."""
        body, frame = received.body, received.frame
        request = self._node.request_answered(received)
        if request is None:
            return [self._node.drop(frame, "unmatched")]
        self._node.exchange.end(request)
        ended = self._services.answered(request, received, now)
        if ended is not None:
            return [*ended]
        outputs: list[Output] = []
        if isinstance(body, ReadAttributesResponse):
            values, without, misfits = collect(
                frame.cluster_id, body.records, client_side=frame.cluster_id in CLIENT_SIDE
            )
            outputs += [self._node.drop(frame, "misfit") for _ in misfits]
            outputs.append(AttributesRead(frame.source, frame.cluster_id, values, tuple(without), now))
        return [*outputs, self._pushes.concluded(request, _status(body, request))]


def _status(body: object, request: Request) -> int:
    """Return the status that a response ends a push with."""
    if isinstance(body, DefaultResponse):
        return body.status
    if isinstance(body, WriteAttributesResponse) and body.records:
        return body.records[0].status
    return Status.SUCCESS
