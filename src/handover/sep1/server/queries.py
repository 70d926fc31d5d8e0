"""What an ESI answers to the commands of its devices, from the tables of prices, events and messages.

A query is answered by the commands asked for, under its own sequence, or by a Default Response NOT_FOUND; a
report (status, confirmation, acknowledgement) is handed up and concluded.
"""

from collections.abc import Iterable

from handover.sep1.clusters.drlc import GetScheduledEvents, ReportEventStatus
from handover.sep1.clusters.messaging import GetLastMessage, MessageConfirmation
from handover.sep1.clusters.price import GetCurrentPrice, GetScheduledPrices, PriceAcknowledgement
from handover.sep1.declaration import Command
from handover.sep1.node import Node, Received
from handover.sep1.prices import PriceTable
from handover.sep1.security.report_signature import ReportVerifier, Verdict
from handover.sep1.server.events import EventTable
from handover.sep1.server.messages import MessageSlot
from handover.sep1.server.outputs import (
    EventStatusRefused,
    EventStatusReported,
    MessageConfirmed,
    Output,
    PriceAcknowledged,
)
from handover.sep1.types import Status


class Queries:
    """Answers from three tables. `verifier`, when there is one, judges the signatures of event reports."""

    def __init__(
        self,
        node: Node,
        prices: PriceTable,
        events: EventTable,
        message: MessageSlot,
        verifier: ReportVerifier | None = None,
    ) -> None:
        self._node = node
        self._verifier = verifier
        self._prices = prices
        self._events = events
        self._message = message

    def answer(self, received: Received, command: Command, utc: int, now: float) -> list[Output]:
        """Answer one command of a device; `utc` is the ESI's time in ZigBee seconds."""
        if isinstance(command, GetScheduledEvents):
            events = self._events.scheduled(command.start_time, command.number_of_events, utc)
            return self._answers(received, [held.served(utc) for held in events])
        if isinstance(command, GetCurrentPrice):
            price = self._prices.current(utc)
            return self._answers(received, [price.served(utc)] if price else [])
        if isinstance(command, GetScheduledPrices):
            prices = self._prices.scheduled(command.start_time, command.number_of_events, utc)
            return self._answers(received, [held.served(utc) for held in prices])
        if isinstance(command, GetLastMessage):
            message = self._message.current(utc)
            return self._answers(received, [message.served(utc)] if message else [])
        source = received.frame.source
        if isinstance(command, ReportEventStatus):
            return self._report(received, command, now)
        if isinstance(command, MessageConfirmation):
            known = self._message.knows(command.message_id)
            return self._taken(received, MessageConfirmed(source, command, known, now), known)
        if isinstance(command, PriceAcknowledgement):
            known = self._prices.knows(command.issuer_event_id)
            return self._taken(received, PriceAcknowledged(source, command, known, now), known)
        return [
            self._node.drop(received.frame, "unsupported"),
            *self._node.default_response(received, Status.UNSUP_CLUSTER_COMMAND),
        ]

    def _report(self, received: Received, command: ReportEventStatus, now: float) -> list[Output]:
        """Hand up a report, or tell that its signature does not suffice; the device is told so too."""
        source = received.frame.source
        verdict = self._verifier.judge(source, command) if self._verifier else None
        if self._verifier and self._verifier.demand and verdict and verdict is not Verdict.GENUINE:
            return [
                EventStatusRefused(source, command, verdict, now),
                self._node.drop(received.frame, "signature"),
                *self._node.default_response(received, Status.NOT_AUTHORIZED),
            ]
        known = self._events.find(command.issuer_event_id) is not None
        return self._taken(received, EventStatusReported(source, command, known, now, verdict), known)

    def _answers(self, received: Received, commands: Iterable[Command]) -> list[Output]:
        sends: list[Output] = []
        for command in commands:
            sends += self._node.answer(received, command)
        return sends or [*self._node.default_response(received, Status.NOT_FOUND)]

    def _taken(self, received: Received, indication: Output, known: bool) -> list[Output]:
        status = Status.SUCCESS if known else Status.NOT_FOUND
        return [indication, *self._node.default_response(received, status)]
