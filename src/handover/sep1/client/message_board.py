"""`MessageBoard`: the client side of Messaging on a display. It holds one message, as the standard has it.

A new message takes the place of the one before; it is shown at its start on the ESI's clock and ends by
itself. What the customer confirms is told to the ESI until it has answered.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from handover.errors import Refused
from handover.sep1.clusters.messaging import (
    CancelMessage,
    DisplayMessage,
    MessageConfirmation,
    MessageControl,
    Transmission,
)
from handover.sep1.declaration import Command
from handover.sep1.exchange import Request, Retry
from handover.sep1.node import Node, Received
from handover.sep1.services import Indication, Output, Service, Ticket
from handover.sep1.timing import FOREVER, place
from handover.sep1.types import Status

AGAIN: Final = 300.0
"""Seconds until a confirmation that nobody answered is tried again."""

TRIES: Final = 12
"""Rounds of tries for one confirmation before it is given up."""


@dataclass(slots=True)
class Notice:
    """A message on the board: `start` and `end` (exclusive) in ZigBee seconds of the ESI that sent it."""

    esi: int
    endpoint: int
    command: DisplayMessage
    start: int
    end: int
    shown: bool = False
    confirmed: bool = False

    @property
    def text(self) -> str:
        """The text for people. Octets that are no UTF-8 are read as Latin-1, which some ESIs send."""
        octets = self.command.message or b""
        try:
            return octets.decode()
        except UnicodeDecodeError:
            return octets.decode("latin-1")

    @property
    def wants_confirmation(self) -> bool:
        """Whether the ESI asks for a confirmation that it has not been given."""
        return (
            bool(self.command.message_control & MessageControl.CONFIRMATION_REQUIRED) and not self.confirmed
        )


@dataclass(slots=True)
class MessageShown(Indication):
    """A message is to be shown from now on."""

    notice: Notice


@dataclass(slots=True)
class MessageGone(Indication):
    """A message is not to be shown any more: it ended, was cancelled, or another took its place."""

    notice: Notice


@dataclass(slots=True)
class _Confirmation:
    """A confirmation on its way."""

    esi: int
    endpoint: int
    body: MessageConfirmation
    tries: int = TRIES
    due: float | None = None


class MessageBoard(Service):
    """One display. `utc(esi, now)` gives an ESI's clock in ZigBee seconds."""

    cluster_id = 0x0703
    client = True

    def __init__(self, node: Node, *, utc: Callable[[int, float], int], retry: Retry | None = None) -> None:
        super().__init__(node)
        self._utc = utc
        self._retry = retry or Retry()
        self._notice: Notice | None = None
        self._confirmations: list[_Confirmation] = []
        self._due: float | None = None

    @property
    def shown(self) -> Notice | None:
        """The message on display."""
        return self._notice if self._notice is not None and self._notice.shown else None

    def confirm(self, message_id: int, now: float) -> list[Output]:
        """Tell the ESI that the customer has read the message. Raises Refused when it is not on display."""
        notice = self.shown
        if notice is None or notice.command.message_id != message_id:
            raise Refused(f"message {message_id:#010x} is not on display; there is nothing to confirm")
        if not notice.wants_confirmation:
            return []
        notice.confirmed = True
        body = MessageConfirmation(message_id, self._utc(notice.esi, now))
        confirmation = _Confirmation(notice.esi, notice.endpoint, body)
        self._confirmations.append(confirmation)
        return self._send(confirmation, now)

    def command(
        self, received: Received, command: Command, request: Request | None, now: float
    ) -> list[Output]:
        """Take a message, or its cancellation."""
        frame = received.frame
        if isinstance(command, DisplayMessage):
            if command.message_control & int(MessageControl.TRANSMISSION) == Transmission.INTER_PAN:
                return [*self.node.default_response(received, Status.INVALID_FIELD)]
            outputs = self._display(frame.source, frame.source_endpoint, command, now)
            return [*outputs, *self.node.default_response(received, Status.SUCCESS)]
        if isinstance(command, CancelMessage):
            held = self._notice
            if held is None or (held.esi, held.command.message_id) != (frame.source, command.message_id):
                return [*self.node.default_response(received, Status.NOT_FOUND)]
            return [*self._take_down(), *self.node.default_response(received, Status.SUCCESS)]
        return self.unsupported(received)

    def answered(self, request: Request, received: Received | None, now: float) -> list[Output]:
        """Take the end of a confirmation; one that nobody answered is tried again later."""
        confirmation = request.token.token if isinstance(request.token, Ticket) else None
        if isinstance(confirmation, _Confirmation) and confirmation in self._confirmations:
            if received is not None or confirmation.tries <= 0:
                self._confirmations.remove(confirmation)
            else:
                confirmation.due = now + AGAIN
        return []

    def tick(self, now: float) -> list[Output]:
        """Show and take down what is due, and repeat confirmations."""
        outputs = self._advance(now)
        for confirmation in self._confirmations:
            if confirmation.due is not None and confirmation.due <= now:
                outputs += self._send(confirmation, now)
        return outputs

    def deadline(self) -> float | None:
        """Return when `tick` is next worth calling."""
        times = [c.due for c in self._confirmations if c.due is not None]
        return min(times if self._due is None else [*times, self._due], default=None)

    def forget(self, peer: int) -> None:
        """Forget an ESI: its message goes with it."""
        self._confirmations = [c for c in self._confirmations if c.esi != peer]
        if self._notice is not None and self._notice.esi == peer:
            self._notice = None

    def _display(self, esi: int, endpoint: int, command: DisplayMessage, now: float) -> list[Output]:
        utc = self._utc(esi, now)
        held = self._notice
        if held is not None and (held.esi, held.command.message_id) == (esi, command.message_id):
            return []
        start, end = place(command.start_time, command.duration_in_minutes, utc)
        if end <= utc:
            return []
        gone = self._take_down()
        self._notice = Notice(esi, endpoint, command, start, end)
        return gone + self._advance(now)

    def _take_down(self) -> list[Output]:
        notice, self._notice, self._due = self._notice, None, None
        return [MessageGone(notice)] if notice is not None and notice.shown else []

    def _advance(self, now: float) -> list[Output]:
        outputs: list[Output] = []
        notice = self._notice
        if notice is None:
            return outputs
        utc = self._utc(notice.esi, now)
        if utc >= notice.end:
            return self._take_down()
        if utc >= notice.start and not notice.shown:
            notice.shown = True
            outputs.append(MessageShown(notice))
        due = notice.end if notice.shown else notice.start
        self._due = now + (due - utc) if due < FOREVER else None
        return outputs

    def _send(self, confirmation: _Confirmation, now: float) -> list[Output]:
        confirmation.tries -= 1
        confirmation.due = None
        return [
            self.request(
                confirmation.body,
                destination=confirmation.esi,
                endpoint=confirmation.endpoint,
                now=now,
                retry=self._retry,
                token=confirmation,
            )
        ]
