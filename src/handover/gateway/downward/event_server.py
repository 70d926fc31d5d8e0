"""The Demand Response server of our HAN: every device sees and answers the events meant for it alone."""

from collections.abc import Callable
from dataclasses import dataclass

from handover.sep1.clusters.drlc import GetScheduledEvents, LoadControlEvent, ReportEventStatus
from handover.sep1.declaration import Command
from handover.sep1.exchange import Request
from handover.sep1.node import Node, Received
from handover.sep1.security.report_signature import ReportVerifier, Verdict
from handover.sep1.services import Indication, Output, Service
from handover.sep1.types import Status

DRLC = 0x0701

Scheduled = Callable[[int, int, int], list[LoadControlEvent]]
"""(device, earliest end in ZigBee seconds, most) -> the events that it is to have, by their start."""

Known = Callable[[int, int], bool]
"""(device, issuerEventID) -> whether that event was given to that device."""


@dataclass(slots=True)
class EventReported(Indication):
    """A device says what it does with an event; `known` tells that it had that event from us.

    `signature` is what its signature is worth, None when nothing here judges signatures.
    """

    device: int
    command: ReportEventStatus
    known: bool
    signature: Verdict | None = None


class EventServer(Service):
    """Answers GetScheduledEvents and takes reports. `verifier` judges signatures, where there is one."""

    cluster_id = DRLC
    client = False
    takes = frozenset({GetScheduledEvents, ReportEventStatus})

    def __init__(
        self, node: Node, scheduled: Scheduled, known: Known, verifier: ReportVerifier | None = None
    ) -> None:
        super().__init__(node)
        self._scheduled = scheduled
        self._known = known
        self._verifier = verifier

    def command(
        self, received: Received, command: Command, request: Request | None, now: float
    ) -> list[Output]:
        """Answer a query, or hand a report up."""
        device = received.frame.source
        if isinstance(command, GetScheduledEvents):
            events = self._scheduled(device, command.start_time, command.number_of_events)
            answers = [send for event in events for send in self.node.answer(received, event)]
            return [*answers] or [*self.node.default_response(received, Status.NOT_FOUND)]
        if not isinstance(command, ReportEventStatus):
            return self.unsupported(received)
        verdict = self._verifier.judge(device, command) if self._verifier else None
        if self._verifier and self._verifier.demand and verdict is not Verdict.GENUINE:
            refused = self.node.default_response(received, Status.NOT_AUTHORIZED)
            return [self.node.drop(received.frame, "signature"), *refused]
        known = self._known(device, command.issuer_event_id)
        status = Status.SUCCESS if known else Status.NOT_FOUND
        indication = EventReported(device, command, known, verdict)
        return [indication, *self.node.default_response(received, status)]
