"""An in-home display: readings, the price now and next, messages that the user confirms. Sans-IO."""

from dataclasses import asdict
from typing import Any

from handover.device import base
from handover.device.prices import prices
from handover.device.readings import readings
from handover.errors import NotNow
from handover.sep2.client import responses
from handover.sep2.client.engine import Client
from handover.sep2.client.events import State, Tracked
from handover.sep2.client.outputs import Input, Output, Responded
from handover.sep2.client.responses import Status
from handover.sep2.resources.messaging import TextMessage

_PRIORITIES = ("low", "normal", "high", "critical")


class Display:
    """The engine of one display over `client` (whose settings follow `base.DISPLAY_FOLLOWS`)."""

    def __init__(self, client: Client, name: str = "display") -> None:
        self.client = client
        self.name = name
        self._counts: dict[str, int] = {}
        self._confirmed: set[str] = set()
        self._taken: set[str] = set()

    def start(self, now: float) -> list[Output]:
        """Begin. Raises NotNow when called twice."""
        return self._noted(self.client.start(now))

    def handle(self, event: Input, now: float) -> list[Output]:
        """Take in the outcome of a request."""
        return self._noted(self.client.handle(event, now))

    def tick(self, now: float) -> list[Output]:
        """Do what has become due."""
        return self._noted(self.client.tick(now))

    def deadline(self) -> float | None:
        """Return when `tick` is next worth calling (Unix seconds)."""
        return self.client.deadline()

    def messages(self) -> list[Tracked]:
        """Return the messages to show, the most urgent and then the newest first."""
        shown = [
            e for e in self.client.schedule if isinstance(e.event, TextMessage) and e.state is State.ACTIVE
        ]
        return sorted(shown, key=lambda e: (-e.event.priority, -e.event.creationTime, -e.key))

    def awaiting(self) -> list[Tracked]:
        """Return the shown messages that the user still has to confirm."""
        return [
            message
            for message in self.messages()
            if responses.wanted(message.event, Status.ACKNOWLEDGED) and message.subject not in self._confirmed
        ]

    def confirm(self, now: float, subject: str | None = None) -> list[Output]:
        """The user confirms a message: the one with mRID `subject`, or the first that waits for it.

        Raises NotNow when no shown message waits for a confirmation.
        """
        for message in self.awaiting():
            if subject is None or message.subject == subject:
                self._confirmed.add(message.subject)
                return self._noted(self.client.respond(message, Status.ACKNOWLEDGED, now))
        which = "no message" if subject is None else f"no message {subject}"
        raise NotNow(f"{which} is shown that asks for a confirmation")

    def snapshot(self, now: float) -> dict[str, Any]:
        """Return the state: `readings`, `prices` {now, next}, `messages`, and how the server stands to us."""
        current, coming = prices(self.client)
        return {
            "name": self.name,
            "kind": "display",
            **base.common(self.client, self._counts),
            "readings": [asdict(reading) for reading in readings(self.client.tree)],
            "prices": {"now": [asdict(p) for p in current], "next": [asdict(p) for p in coming]},
            "messages": [self._message(message) for message in self.messages()],
        }

    def _message(self, message: Tracked) -> dict[str, Any]:
        text: TextMessage = message.event
        subject = message.subject
        return {
            "subject": subject,
            "text": text.textMessage,
            "originator": text.originator or "",
            "priority": _PRIORITIES[min(text.priority, 3)],
            "start": message.start,
            "end": message.end,
            "confirm": responses.wanted(text, Status.ACKNOWLEDGED),
            "confirmed": subject in self._confirmed,
            "delivered": subject in self._taken,
        }

    def _noted(self, outputs: list[Output]) -> list[Output]:
        base.posted(outputs, self._counts)
        for output in outputs:
            if isinstance(output, Responded) and output.status == Status.ACKNOWLEDGED:
                self._taken.add(output.subject)
        return outputs
