"""The one message that an ESI holds for its displays; a new one takes the place of the old."""

from dataclasses import dataclass, replace

from handover.errors import Refused
from handover.sep1.clusters.messaging import DisplayMessage
from handover.sep1.timing import place, remaining_minutes

LONGEST_TEXT = 254
MEMORY = 86400
"""Seconds for which a confirmation is still welcome after the message has ended or was replaced."""


@dataclass(slots=True)
class HeldMessage:
    """A message with its place in time, in ZigBee seconds."""

    command: DisplayMessage
    start: int
    end: int

    def served(self, utc: int) -> DisplayMessage:
        """Return the command as it is sent at `utc`: the rest of a message that began "now"."""
        if self.command.start_time == 0 and utc > self.start:
            return replace(self.command, duration_in_minutes=remaining_minutes(self.end, utc))
        return self.command


class MessageSlot:
    """The message held, and the ids issued lately."""

    def __init__(self) -> None:
        self._held: HeldMessage | None = None
        self._known: dict[int, int] = {}

    def put(self, command: DisplayMessage, utc: int) -> HeldMessage:
        """Hold a message instead of the one before. Raises Refused when it is too long or has ended."""
        if command.message is None or len(command.message) > LONGEST_TEXT:
            raise Refused(f"a message has a text of at most {LONGEST_TEXT} octets; shorten it")
        start, end = place(command.start_time, command.duration_in_minutes, utc)
        if end <= utc:
            raise Refused(f"message {command.message_id:#010x} has ended already; give it a later end")
        self._known = {known: until for known, until in self._known.items() if until > utc}
        if self._held is not None:
            self._known[self._held.command.message_id] = min(self._held.end, utc) + MEMORY
        self._known[command.message_id] = end + MEMORY
        self._held = HeldMessage(command, start, end)
        return self._held

    def current(self, utc: int) -> HeldMessage | None:
        """Return the message that has not ended at `utc`."""
        if self._held is not None and self._held.end <= utc:
            self._held = None
        return self._held

    def cancel(self, message_id: int, utc: int) -> None:
        """Drop the message. Raises Refused when it is not the one held."""
        held = self.current(utc)
        if held is None or held.command.message_id != message_id:
            raise Refused(f"message {message_id:#010x} is not on display; nothing to cancel")
        self._known[message_id] = utc + MEMORY
        self._held = None

    def knows(self, message_id: int) -> bool:
        """Tell whether this message was issued here not long ago."""
        return message_id in self._known
