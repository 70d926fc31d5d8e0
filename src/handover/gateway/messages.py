"""The Messaging service: texts in, TextMessages out, the first person's confirmation back."""

from dataclasses import dataclass, replace

from handover.errors import Untranslatable
from handover.gateway import intake
from handover.gateway.book import Book, Held, name_of
from handover.gateway.events import Cause, State
from handover.gateway.identities import Identities
from handover.gateway.outbox import Outbox
from handover.gateway.outputs import Answer, Forget, Keep
from handover.gateway.step import Step
from handover.mapping import messaging as mapping
from handover.mapping.context import Context
from handover.mapping.losses import Loss
from handover.mapping.mrid import MridKind
from handover.model import message as rules
from handover.model.event import Status, Verdict, next_created
from handover.model.message import Message
from handover.model.participation import Answer as Word
from handover.sep1.client.outputs import CommandReceived
from handover.sep1.clusters.messaging import CancelMessage, DisplayMessage
from handover.sep1.codec import encode
from handover.sep2.store import Store

CLUSTER = 0x0703
CONFIRMED = "confirmed"
CONFIRMATION = 0x01
SUCCESS, NOT_FOUND = 0x00, 0x8B
ANSWER_TIME = 3600


@dataclass(slots=True)
class Confirmed:
    """Which device's user confirmed a message first, and when (Unix seconds)."""

    device: bytes
    at: int


class Messages:
    """The messages of the ESI: one at a time, a new one replaces the one before."""

    def __init__(self, store: Store, identities: Identities, outbox: Outbox) -> None:
        self.book: Book[Message] = Book("message", self._moved, self._forgotten)
        self.context = Context(node=0, pen=0)
        self.confirmed: dict[str, Confirmed] = {}
        self._store = store
        self._identities = identities
        self._outbox = outbox

    def restore(self, records: dict[str, Held[Message]], confirmed: dict[str, Confirmed]) -> None:
        """Take over what the journal holds, and publish it."""
        self.book.restore(records)
        self.confirmed = dict(confirmed)
        for held in self.book:
            if held.listed:
                self._publish(held.event)

    def publish_program(self) -> None:
        """Publish the one program that all messages stand in."""
        self._store.put(self.context.hrefs.messages, mapping.program(self.context, count=0, active=0))

    def receive(self, step: Step, indication: CommandReceived, command: DisplayMessage) -> int:
        """Take a DisplayMessage and return the ZCL status to conclude it with."""
        arrival = intake.arrive(self._identities, self.book, indication, provider=0, id_=command.message_id)
        if arrival.known is not None:
            return SUCCESS
        context = self._of(indication)
        lost: list[Loss] = []
        try:
            message = mapping.from_sep1(
                command,
                context,
                received=step.now,
                created=next_created(intake.last_created(self.book, indication.source), step.now),
                generation=arrival.key.generation,
                lost=lost,
            )
        except Untranslatable as error:
            self.book.refuse(step, arrival.key, Cause.UNUSABLE)
            step.log("warning", f"a message was refused: {error}", about=command.message_id)
            return error.zcl_status
        placed = rules.place(self.book.events(), message, step.now)
        if placed.verdict is not Verdict.ACCEPTED:
            if not indication.answer:
                self.book.refuse(step, arrival.key, Cause.LATE)
                step.log("info", "a message came after its end and is left out", about=command.message_id)
            return SUCCESS
        self.book.change(step, placed.changes)
        intake.accept(step, self._identities, self.book, indication, arrival, message)
        name, mrid = intake.describe(message), context.event(MridKind.TEXT_MESSAGE, message.key)
        for loss in lost:
            step.log("info", f"not carried over: {loss.field}: {loss.reason}", about=name)
        step.audit("translated", command="DisplayMessage", sep1=name, sep2=mrid.hex().upper(), lost=len(lost))
        step.log("info", "a message has come", about=name, characters=len(message.text))
        return SUCCESS

    def cancel(self, step: Step, indication: CommandReceived, command: CancelMessage) -> int:
        """Take a CancelMessage and return the ZCL status to conclude it with."""
        latest = self._identities.latest(
            self.book.kind, indication.source, indication.endpoint, 0, command.message_id
        )
        key = mapping.cancel_from_sep1(command, self._of(indication), generation=latest[0] if latest else 0)
        held = self.book.get(key)
        if held is None:
            return NOT_FOUND
        change = rules.cancel(held.event, step.now)
        if change is not None:
            self.book.change(step, [change])
            mrid = self._of(indication).event(MridKind.TEXT_MESSAGE, key)
            step.audit(
                "translated",
                command="CancelMessage",
                sep1=intake.describe(held.event),
                sep2=mrid.hex().upper(),
            )
            step.log("info", "a message was cancelled", about=intake.describe(held.event))
        return SUCCESS

    def subject(self, mrid: bytes) -> Held[Message] | None:
        """Return the message with this mRID."""
        for held in self.book:
            if self._for(held.event).event(MridKind.TEXT_MESSAGE, held.event.key) == mrid:
                return held
        return None

    def answered(self, step: Step, held: Held[Message], word: Word) -> None:
        """Take a device's word on a message: the first confirmation goes to the ESI, others to the log."""
        name = name_of(held.event.key)
        confirmation = mapping.answer_to_sep1(word, held.event)
        if confirmation is None or not held.event.confirm:
            return
        if name in self.confirmed:
            step.log("info", "a message was confirmed once more", about=intake.describe(held.event))
            return
        self.confirmed[name] = Confirmed(word.device, word.at)
        step.changes.append(Keep(CONFIRMED, name, self.confirmed[name]))
        self._outbox.add(
            step,
            Answer(
                key=f"{name}/confirmed",
                subject=f"message/{name}",
                destination=held.event.key.issuer,
                endpoint=held.event.key.endpoint,
                cluster_id=CLUSTER,
                command_id=CONFIRMATION,
                payload=encode(confirmation),
                deadline=min(held.event.end, step.now + 86400) + ANSWER_TIME,
            ),
        )

    def _of(self, indication: CommandReceived) -> Context:
        return replace(self.context, node=indication.source, endpoint=indication.endpoint)

    def _for(self, message: Message) -> Context:
        return replace(self.context, node=message.key.issuer, endpoint=message.key.endpoint)

    def _moved(self, step: Step, held: Held[Message], report: Status | None) -> None:
        if held.listed and held.state is not State.COMPLETED:
            self._publish(held.event)
        else:
            self._store.delete(self.context.hrefs.message(held.event.key))

    def _forgotten(self, step: Step, held: Held[Message]) -> None:
        if self.confirmed.pop(name_of(held.event.key), None) is not None:
            step.changes.append(Forget(CONFIRMED, name_of(held.event.key)))

    def _publish(self, message: Message) -> None:
        resource = mapping.to_sep2(message, self._for(message))
        self._store.put(str(resource.href), resource)
