"""`LoadController`: the client side of Demand Response and Load Control on a device that obeys.

It decides which events concern the device, draws their randomisation once, follows them on the ESI's clock,
takes the user's choice, and reports. What the load then does is decided by whoever reads the indications.
"""

from collections.abc import Callable, Mapping
from dataclasses import replace

from handover.errors import NotNow, Refused
from handover.sep1.attributes import AttributeTable
from handover.sep1.client.load_control import rules, saved
from handover.sep1.client.load_control.agenda import Agenda
from handover.sep1.client.load_control.event import LoadEvent, LoadState, LoadStep
from handover.sep1.client.load_control.outputs import (
    EventEnded,
    EventScheduled,
    EventStarted,
    ParticipationChanged,
    ReportUnanswered,
)
from handover.sep1.client.load_control.reports import Reports, Signer, report, unknown
from handover.sep1.clusters.drlc import (
    CancelAllLoadControlEvents,
    CancelControl,
    CancelLoadControlEvent,
    EventControl,
    EventStatus,
    LoadControlEvent,
)
from handover.sep1.declaration import Command
from handover.sep1.exchange import Request, Retry
from handover.sep1.node import Node, Received
from handover.sep1.services import Indication, Output, Service
from handover.sep1.types import Status

Utc = Callable[[int, float], int]
"""(ESI, caller's time) -> that ESI's clock in ZigBee seconds."""


class LoadController(Service):
    """Load control on one device.

    `utc` gives an ESI's clock; `draw(n)` an integer uniform in 0..n (seconds); `signer` signs reports, which
    SE 1.0 demands and 1.1 allows. The DRLC client attributes are those of `node.tables[0x0701, True]`.
    """

    cluster_id = 0x0701
    client = True

    def __init__(
        self,
        node: Node,
        *,
        utc: Utc,
        draw: Callable[[int], int],
        signer: Signer | None = None,
        retry: Retry | None = None,
    ) -> None:
        super().__init__(node)
        self._utc = utc
        self._draw = draw
        self._signer = signer
        self._retry = retry or Retry()
        self._agenda = Agenda()
        self._reports = Reports()
        self._due: float | None = None

    @property
    def events(self) -> list[LoadEvent]:
        """The events to come and running, in order of their start."""
        return self._agenda.live()

    @property
    def obeyed(self) -> list[LoadEvent]:
        """The events that the device follows at present, in order of their start."""
        return [event for event in self._agenda.live() if event.obeyed]

    def opt_out(self, event_id: int, now: float) -> list[Output]:
        """Let the user refuse an event, also while it runs. Raises Refused when there is no such event."""
        return self._choose(event_id, True, now)

    def opt_in(self, event_id: int, now: float) -> list[Output]:
        """Take a refusal back. Raises Refused when there is no such event."""
        return self._choose(event_id, False, now)

    def command(
        self, received: Received, command: Command, request: Request | None, now: float
    ) -> list[Output]:
        """Take an event or a cancellation of an ESI."""
        source, endpoint = received.frame.source, received.frame.source_endpoint
        utc = self._utc(source, now)
        attributes = self._table.values
        if isinstance(command, LoadControlEvent):
            answer = self.node.exchange.by_sequence(received.frame, received.header.sequence) is not None
            taken = (
                self._event(source, endpoint, command, utc, answer)
                if rules.concerns(command, attributes)
                else []
            )
        elif isinstance(command, CancelLoadControlEvent):
            self._cancel(source, endpoint, command, utc)
            taken = []
        elif isinstance(command, CancelAllLoadControlEvents):
            for event in self._agenda.live(source):
                self._end_early(event, utc, command.cancel_control)
            taken = []
        else:
            return self.unsupported(received)
        return [*taken, *self._advance(now), *self.node.default_response(received, Status.SUCCESS)]

    def answered(self, request: Request, received: Received | None, now: float) -> list[Output]:
        """Take the end of a report: NOT_FOUND ends it too, since the ESI will never know it."""
        unanswered = self._reports.concluded(request.destination, received is not None, now)
        outputs: list[Output] = []
        if unanswered is not None:
            outputs.append(ReportUnanswered(request.destination, unanswered))
        return outputs + self._advance(now)

    def tick(self, now: float) -> list[Output]:
        """Start and end what is due, and send the reports of it."""
        return self._advance(now)

    def deadline(self) -> float | None:
        """Return when `tick` is next worth calling."""
        times = (self._due, self._reports.deadline())
        return min((t for t in times if t is not None), default=None)

    def forget(self, peer: int) -> None:
        """Forget an ESI: what it ordered is void, nothing is reported to it any more."""
        self._reports.forget(peer)
        for event in self._agenda.live(peer):
            del event.issuers[peer]
            if not event.issuers:
                event.cut = None
                event.take(LoadStep.CANCEL)

    def export(self) -> dict[str, object]:
        """Return the events and the unanswered reports as plain data that JSON holds, for a restart."""
        return saved.export(self._agenda, self._reports)

    def restore(self, data: Mapping[str, object], now: float) -> list[Output]:
        """Take up what `export` gave, and go through what has become due. Raises ConfigError when damaged."""
        saved.restore(data, self._agenda, self._reports)
        return self._advance(now)

    @property
    def _table(self) -> AttributeTable:
        return self.node.tables[self.cluster_id, True]

    def _event(
        self, source: int, endpoint: int, command: LoadControlEvent, utc: int, answer: bool
    ) -> list[Output]:
        held = self._agenda.known(source, command)
        if held is not None:
            if source not in held.issuers:  # a second ESI passes the same event on: it is told too
                held.issuers[source] = endpoint
                self._tell(source, endpoint, command, held.status(), utc)
            return []
        start = command.start_time or utc
        end = start + 60 * command.duration_in_minutes
        if rules.fault(command) is not None or self._agenda.full:
            self._tell(source, endpoint, command, EventStatus.REJECTED, utc)
            return []
        if end <= utc:
            if not answer:  # an ESI that lists what is over was asked for it
                self._tell(source, endpoint, command, EventStatus.EXPIRED, utc)
            return []
        event = self._drawn(command, start, end)
        event.issuers[source] = endpoint
        self._agenda.add(event, utc)
        self._tell(source, endpoint, command, EventStatus.RECEIVED, utc)
        return [EventScheduled(event)]

    def _drawn(self, command: LoadControlEvent, start: int, end: int) -> LoadEvent:
        """Return the event with its randomisation, which is drawn here once and for all."""
        values = self._table.values
        later = longer = 0
        if command.event_control & EventControl.RANDOMIZE_START:
            later = self._draw(60 * rules.minutes(values, rules.START_RANDOMIZATION))
        if command.event_control & EventControl.RANDOMIZE_END:
            longer = self._draw(60 * rules.minutes(values, rules.DURATION_RANDOMIZATION))
        return LoadEvent(replace(command), (start, end), start + later, end + later + longer)

    def _cancel(self, source: int, endpoint: int, command: CancelLoadControlEvent, utc: int) -> None:
        event = self._agenda.find(command.issuer_event_id, source)
        if event is None:
            told = unknown(command.issuer_event_id)
            self._tell(source, endpoint, told, EventStatus.CANCEL_UNDEFINED_EVENT, utc)
            return
        if not event.live:
            return
        values = self._table.values
        if not command.device_class & event.command.device_class:
            self._tell(source, endpoint, event.command, EventStatus.INVALID_CANCEL, utc)
        elif command.effective_time >= event.last:
            self._tell(source, endpoint, event.command, EventStatus.INVALID_CANCEL_TIME, utc)
        elif rules.concerns(command, values):
            self._end_early(event, max(utc, command.effective_time), command.cancel_control)

    def _end_early(self, event: LoadEvent, at: int, control: int) -> None:
        """Cancel at a time, spread by the randomisation of the event when the ESI asks for that."""
        if control & CancelControl.WITH_RANDOMIZATION and event.state is LoadState.RUNNING:
            of_end = event.command.event_control & EventControl.RANDOMIZE_END
            which = rules.DURATION_RANDOMIZATION if of_end else rules.START_RANDOMIZATION
            at += self._draw(60 * rules.minutes(self._table.values, which))
        event.cut_at(at, LoadStep.CANCEL)

    def _choose(self, event_id: int, out: bool, now: float) -> list[Output]:
        event = self._agenda.find(event_id)
        if event is None or not event.live:
            raise Refused(
                f"event {event_id:#010x} is neither to come nor running; there is nothing to choose"
            )
        if event.out == out:
            return []
        event.choose(out)
        status = EventStatus.OPTED_OUT if out else EventStatus.OPTED_IN
        self._reports.add(event, status, self._clock(event, now), self._signer)
        return [ParticipationChanged(event), *self._advance(now)]

    def _tell(
        self, esi: int, endpoint: int, command: LoadControlEvent, status: EventStatus, utc: int
    ) -> None:
        self._reports.put(esi, endpoint, report(command, status, utc, self._signer))

    def _clock(self, event: LoadEvent, now: float) -> int:
        return self._utc(next(iter(event.issuers)), now)

    def _advance(self, now: float) -> list[Output]:
        """Take every step that is due in order of time, send what is to be reported, and plan ahead."""
        outputs: list[Output] = []
        while steps := self._steps(now):
            _, event, step = min(steps, key=lambda due: due[0])
            outputs += self._step(event, step, now)
        outputs += self._send(now)
        self._due = None
        for event in self._agenda.live():
            clock = self._clock(event, now)
            self._agenda.forget(clock)
            due = now + max(0, event.due() - clock)
            self._due = due if self._due is None else min(self._due, due)
        return outputs

    def _steps(self, now: float) -> list[tuple[int, LoadEvent, LoadStep]]:
        found = []
        for event in self._agenda.live():
            due = event.next_step(self._clock(event, now))
            if due is not None:
                found.append((due[0], event, due[1]))
        return found

    def _step(self, event: LoadEvent, step: LoadStep, now: float) -> list[Indication]:
        event.take(step)
        utc = self._clock(event, now)
        if event.state is not LoadState.RUNNING:
            self._reports.add(event, event.status(), utc, self._signer)
            return [EventEnded(event)]
        if event.obeyed:
            self._reports.add(event, EventStatus.STARTED, utc, self._signer)
        return [EventStarted(event)]

    def _send(self, now: float) -> list[Output]:
        sends: list[Output] = []
        for esi, lane, body in self._reports.ready(now, lambda esi: self._utc(esi, now)):
            try:
                sends.append(
                    self.request(body, destination=esi, endpoint=lane.endpoint, now=now, retry=self._retry)
                )
            except NotNow:  # too much is in flight: it keeps its place
                self._reports.back(lane, now, pause=1.0)
        return sends
