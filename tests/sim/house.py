"""A premise with one HAN device in it, both in virtual time: frames are delivered, deadlines are kept."""

from dataclasses import replace
from typing import Any

from handover.sep1.client import (
    AttributesReceived,
    ClientSettings,
    CommandReceived,
    HanClient,
    Output,
    Send,
)
from handover.sep1.clusters.drlc import (
    CancelAllLoadControlEvents,
    CancelLoadControlEvent,
    EventStatus,
    LoadControlEvent,
    ReportEventStatus,
)
from handover.sep1.clusters.messaging import DisplayMessage, MessageConfirmation
from handover.sep1.clusters.price import PriceAcknowledgement, PriceControl, PublishPrice
from handover.sep1.types import ZIGBEE_EPOCH, Status
from handover.sim.premise import Premise

DEVICE = 0x000D6F0000ABCDEF


class House:
    """The device obeys every event, confirms every message and acknowledges every price that asks for it."""

    def __init__(self, premise: Premise, *, settings: ClientSettings | None = None) -> None:
        self.premise = premise
        self.client = HanClient(DEVICE, settings=settings)
        self.now = premise.now
        self.readings: list[dict[int, Any]] = []
        self.prices: dict[int, PublishPrice] = {}
        self.messages: dict[int, DisplayMessage] = {}
        self.events: dict[int, tuple[float, float, LoadControlEvent]] = {}
        self.indications: list[Output] = []
        self._reported: set[tuple[int, int]] = set()
        self._inbox = premise.han.attach(DEVICE)
        premise.admit(DEVICE)

    def start(self) -> None:
        self.premise.step(self.now)
        self._do(self.client.start(self.premise.eui64, self.now))
        self._settle()

    def run(self, seconds: float) -> None:
        """Let time pass from deadline to deadline."""
        end = self.now + seconds
        while True:
            due = [self.premise.deadline(), self.client.deadline() or end, self._next_change() or end]
            self.now = min(max(self.now, min(due)), end)
            self.premise.step(self.now)
            self._do(self.client.tick(self.now))
            self._obey()
            self._settle()
            if self.now >= end:
                return

    def utc(self) -> int:
        return int(self.now) - ZIGBEE_EPOCH

    def _settle(self) -> None:
        while len(self._inbox) or len(self.premise.inbox):
            for frame in self._inbox.take():
                self._do(self.client.handle(frame, self.now))
            self.premise.step(self.now)

    def _do(self, outputs: list[Output]) -> None:
        for output in outputs:
            if isinstance(output, Send):
                self.premise.han.carry(output.frame)
            else:
                self.indications.append(output)
                if isinstance(output, AttributesReceived) and output.cluster_id == 0x0702:
                    self.readings.append(output.values)
                if isinstance(output, CommandReceived):
                    self._do(self.client.conclude(output, Status.SUCCESS, self.now))
                    self._take(output.command)

    def _send(self, command: Any) -> None:
        self._do(self.client.send(command, destination=self.premise.eui64, now=self.now))

    def _take(self, command: object) -> None:
        if isinstance(command, PublishPrice) and command.issuer_event_id not in self.prices:
            self.prices[command.issuer_event_id] = command
            if command.price_control & PriceControl.ACKNOWLEDGEMENT_REQUIRED:
                ids = command.provider_id, command.issuer_event_id
                self._send(PriceAcknowledgement(*ids, self.utc(), command.price_control))
        elif isinstance(command, DisplayMessage) and command.message_id not in self.messages:
            self.messages[command.message_id] = command
            if command.message_control & 0x80:
                self._send(MessageConfirmation(command.message_id, self.utc()))
        elif isinstance(command, LoadControlEvent) and command.issuer_event_id not in self.events:
            begin = command.start_time + ZIGBEE_EPOCH if command.start_time else self.now
            end = begin + 60 * command.duration_in_minutes
            self.events[command.issuer_event_id] = begin, end, replace(command)
            self._status(command, EventStatus.RECEIVED)
            self._obey()
        elif isinstance(command, CancelLoadControlEvent):
            self._cancel(command.issuer_event_id)
        elif isinstance(command, CancelAllLoadControlEvents):
            for event_id in list(self.events):
                self._cancel(event_id)

    def _cancel(self, event_id: int) -> None:
        _, end, event = self.events.pop(event_id, (0.0, 0.0, None))
        if event is not None and end > self.now:
            self._status(event, EventStatus.CANCELLED)

    def _next_change(self) -> float | None:
        changes = [(begin, end) for begin, end, _ in self.events.values()]
        return min((t for pair in changes for t in pair if t > self.now), default=None)

    def _obey(self) -> None:
        for begin, end, event in self.events.values():
            if begin <= self.now < end:
                self._status(event, EventStatus.STARTED)
            elif end <= self.now:
                self._status(event, EventStatus.COMPLETED)

    def _status(self, event: LoadControlEvent, status: EventStatus) -> None:
        key = event.issuer_event_id, int(status)
        if key in self._reported:
            return
        self._reported.add(key)
        self._send(
            ReportEventStatus(
                event.issuer_event_id,
                status,
                self.utc(),
                event.criticality_level,
                event.cooling_temperature_set_point,
                event.heating_temperature_set_point,
                event.average_load_adjustment_percentage,
                event.duty_cycle,
                event.event_control,
                0,
            )
        )
