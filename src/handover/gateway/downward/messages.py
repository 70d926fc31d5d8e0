"""Messages on their way down: a SEP 1.x display holds one text, a server has a list of them.

Shown is the most important of those that run, then the newest; when it ends, is taken back or is confirmed,
the next one is shown, under the id that it has had from the beginning.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace

from handover.errors import Untranslatable
from handover.gateway.downward.devices import HanDevice
from handover.gateway.downward.numbers import Numbers
from handover.gateway.outputs import Forget, Keep
from handover.gateway.step import Step
from handover.mapping import messaging as mapping
from handover.model.event import EventKey, Status
from handover.model.message import Message
from handover.model.participation import Answer
from handover.sep1.server import Esi, MessageConfirmed, Output, PushConcluded
from handover.sep2.client.sightings import Listed
from handover.sep2.resources.messaging import TextMessage

RECORD = "down.message"
MESSAGING, DISPLAY = 0x0703, 0x00
RETENTION = 86400.0
CANCELLED = 2

Respond = Callable[[Step, HanDevice, "Text", Answer], None]
"""Sends the Response of a device up, if the server asks for it."""


@dataclass(slots=True)
class Text:
    """A message under the id that our HAN knows it by. Times are Unix seconds of the HAN's clock.

    `confirmed` and `received` are the devices whose word has gone up; `gone`: it is not to be shown any more.
    """

    id: int
    subject: str
    reply_to: str | None
    required: int
    message: Message
    skew: int = 0
    gone: bool = False
    confirmed: list[int] = field(default_factory=list)
    received: list[int] = field(default_factory=list)

    def running(self, now: float) -> bool:
        """Tell whether it may be shown."""
        done = self.message.confirm and self.confirmed
        return not self.gone and not done and self.message.start <= now < self.message.end


class Messages:
    """The messages of our HAN. Times are Unix seconds of the HAN's clock, which is `step.now`."""

    def __init__(self, esi: Esi, numbers: Numbers, respond: Respond) -> None:
        self._esi = esi
        self._numbers = numbers
        self._respond = respond
        self._texts: dict[str, Text] = {}
        self._shown: int | None = None

    def restore(self, records: dict[str, Text]) -> None:
        """Take over what the journal holds; what is to be shown is told again, under its id."""
        self._texts = dict(records)

    def all(self) -> list[Text]:
        """Return every message that was given an id."""
        return list(self._texts.values())

    @property
    def shown(self) -> Text | None:
        """The message on display."""
        return next((text for text in self._texts.values() if text.id == self._shown), None)

    def observe(self, step: Step, listed: Iterable[tuple[Listed, int]]) -> list[Output]:
        """Take in the texts that the server has, each with its clock's distance to ours."""
        for one, skew in listed:
            text: TextMessage = one.seen.event
            name = text.mRID.hex().upper().zfill(32)
            known = self._texts.get(name)
            if known is None:
                self._admit(step, name, one, text, skew)
            elif not known.gone and (one.gone or text.EventStatus.currentStatus >= CANCELLED):
                known.gone = True
                step.changes.append(Keep(RECORD, name, known))
        return self.show(step)

    def _admit(self, step: Step, name: str, one: Listed, text: TextMessage, skew: int) -> None:
        over = text.interval.start + text.interval.duration + skew <= step.now
        if one.gone or over or text.EventStatus.currentStatus >= CANCELLED:
            return
        try:
            message = mapping.from_sep2(text, EventKey(0, 1, 0, 0))
            mapping.to_sep1(message)
        except Untranslatable as error:
            step.log("warning", f"a message cannot be translated: {error}", subject=text.mRID.hex().upper())
            return
        number = self._numbers.next(step)
        made = Text(
            id=number,
            subject=text.mRID.hex().upper(),
            reply_to=text.replyTo,
            required=text.responseRequired[-1] if text.responseRequired else 0,
            message=replace(message, key=EventKey(0, 1, 0, number), start=message.start + skew),
            skew=skew,
        )
        self._texts[name] = made
        step.changes.append(Keep(RECORD, name, made))
        step.audit("message taken", subject=made.subject, id=f"{number:08X}")

    def show(self, step: Step) -> list[Output]:
        """Bring the display in line with what runs."""
        running = [text for text in self._texts.values() if text.running(step.now)]
        best = max(running, key=_rank, default=None)
        before = self.shown
        if best is not None and best.id != self._shown:
            self._shown = best.id
            return self._esi.display(mapping.to_sep1(best.message), step.wall)
        if best is None and before is not None:
            self._shown = None
            current = self._esi.message.current(self._esi.utc(step.wall))
            if before.gone and current is not None and current.command.message_id == before.id:
                return self._esi.cancel_message(before.id, step.wall)
        return []

    def concluded(self, step: Step, device: HanDevice, output: PushConcluded) -> None:
        """Take note that a device has the message on display."""
        shown = self.shown
        fits = output.cluster_id == MESSAGING and output.command_id == DISPLAY and output.status == 0
        if shown is None or not fits or device.eui64 in shown.received:
            return
        self._received(step, device, shown)
        step.changes.append(Keep(RECORD, shown.subject.zfill(32), shown))

    def _received(self, step: Step, device: HanDevice, text: Text) -> None:
        text.received.append(device.eui64)
        answer = Answer(device=device.lfdi, status=Status.RECEIVED, at=int(step.now))
        self._respond(step, device, text, answer)

    def confirmed(self, step: Step, device: HanDevice, output: MessageConfirmed) -> list[Output]:
        """Take in that somebody has confirmed a message at a device."""
        text = next((t for t in self._texts.values() if t.id == output.command.message_id), None)
        if text is None or device.eui64 in text.confirmed:
            return []
        if device.eui64 not in text.received:
            self._received(step, device, text)  # it asked for the message itself
        text.confirmed.append(device.eui64)
        step.changes.append(Keep(RECORD, text.subject.zfill(32), text))
        answer = mapping.answer_from_sep1(output.command, device=device.lfdi)
        step.audit("message confirmed", device=device.id, subject=text.subject)
        self._respond(step, device, text, answer)
        return self.show(step)

    def advance(self, step: Step) -> list[Output]:
        """Do what has become due, and forget what ended a day ago."""
        for name, text in list(self._texts.items()):
            if text.message.end + RETENTION <= step.now:
                del self._texts[name]
                step.changes.append(Forget(RECORD, name))
        return self.show(step)

    def deadline(self, now: float) -> float | None:
        """Return when `advance` is next worth calling (the HAN's clock)."""
        edges = [e for t in self._texts.values() if not t.gone for e in (t.message.start, t.message.end)]
        return min((edge for edge in edges if edge > now), default=None)


def _rank(text: Text) -> tuple[int, int, int]:
    return (text.message.importance, text.message.created, text.id)
