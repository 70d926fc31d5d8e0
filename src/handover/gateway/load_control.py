"""The DRLC service: load control events in, EndDeviceControls out. What is reported back is in `reports`."""

from dataclasses import replace

from handover.errors import Untranslatable
from handover.gateway import intake
from handover.gateway.book import Book, Held, name_of
from handover.gateway.devices import Devices
from handover.gateway.events import Cause, State
from handover.gateway.identities import Identities
from handover.gateway.outbox import Outbox
from handover.gateway.reports import Reports
from handover.gateway.step import Step
from handover.mapping import load_control as mapping
from handover.mapping.context import Context
from handover.mapping.device_class import class_of_categories
from handover.mapping.losses import Loss
from handover.mapping.mrid import MridKind
from handover.mapping.status import EXPIRED, REJECTED
from handover.model import load_control as rules
from handover.model.event import Change, Status, Verdict, next_created
from handover.model.load_control import DeviceCategory, LoadControl
from handover.model.participation import Answer as Word
from handover.sep1.client.outputs import CommandReceived
from handover.sep1.clusters.drlc import (
    CancelAllLoadControlEvents,
    CancelLoadControlEvent,
    LoadControlEvent,
)
from handover.sep2.store import Store

SUCCESS = 0x00
ANY = DeviceCategory((1 << 27) - 1)
MOST_REFUSED = 256


class LoadControls:
    """The load control events of the ESI."""

    def __init__(self, store: Store, identities: Identities, outbox: Outbox, devices: Devices) -> None:
        self.book: Book[LoadControl] = Book("event", self._moved, self._forgotten)
        self.reports = Reports(devices, outbox)
        self.context = Context(node=0, pen=0)
        self._store = store
        self._identities = identities
        self._devices = devices
        self._refused: dict[str, None] = {}

    def restore(self, records: dict[str, Held[LoadControl]]) -> None:
        """Take over what the journal holds, and publish it."""
        self.book.restore(records)
        for held in self.book:
            if held.listed and held.state is not State.COMPLETED:
                self._publish(held.event)

    def publish_program(self, group: int = 0) -> None:
        """Publish the program of an enrolment group; group 0 holds what is for everybody."""
        resource = mapping.program(group, self.context, count=0, active=0)
        self._store.put(str(resource.href), resource)

    def device_class(self) -> int:
        """Return the SEP 1.x device classes that stand behind the gateway: the union over its devices."""
        return class_of_categories(self._categories()) & 0x0FFF

    def receive(self, step: Step, indication: CommandReceived, command: LoadControlEvent) -> int:
        """Take a LoadControlEvent and return the ZCL status to conclude it with."""
        number = command.issuer_event_id
        arrival = intake.arrive(self._identities, self.book, indication, provider=0, id_=number)
        if arrival.known is not None:
            return SUCCESS
        context = self._of(indication)
        source = (indication.source, indication.endpoint)
        lost: list[Loss] = []
        try:
            event = mapping.from_sep1(
                command,
                context,
                received=step.now,
                created=next_created(intake.last_created(self.book, indication.source), step.now),
                generation=arrival.key.generation,
                lost=lost,
            )
        except Untranslatable as error:
            self._refuse(step, arrival, indication, command, str(error))
            return SUCCESS
        if not rules.concerns(event, context.group, self._categories()):
            step.log("info", "an event is for devices or groups that are not here", about=number)
            return SUCCESS
        placed = rules.place(self.book.events(), event, step.now, superseding=context.marks_superseded)
        if placed.verdict is Verdict.EXPIRED:
            if not indication.answer:
                self.book.refuse(step, arrival.key, Cause.LATE)
                self.reports.refuse(step, source, command, EXPIRED)
                step.log("info", "an event came after its end", about=number)
            return SUCCESS
        if placed.verdict is not Verdict.ACCEPTED:
            return SUCCESS
        intake.accept(step, self._identities, self.book, indication, arrival, event)
        held = self.book.get(event.key, event.part)
        if held is not None:
            self.reports.tell(step, held, Status.RECEIVED)
        self.book.change(step, placed.changes, by=name_of(event.key, event.part))
        self._report(step, "LoadControlEvent", event, lost)
        return SUCCESS

    def cancel(
        self,
        step: Step,
        indication: CommandReceived,
        command: CancelLoadControlEvent | CancelAllLoadControlEvents,
    ) -> int:
        """Take a cancellation of one event or of all, and return the ZCL status to conclude it with."""
        context, generation = self._of(indication), 0
        if isinstance(command, CancelLoadControlEvent):
            latest = self._identities.latest(
                self.book.kind, indication.source, indication.endpoint, 0, command.issuer_event_id
            )
            generation = latest[0] if latest else 0
        order = mapping.cancel_from_sep1(command, context, received=step.now, generation=generation)
        if isinstance(command, CancelLoadControlEvent):
            code = mapping.cancel_refusal(command, order, self.book.events(), step.now)
            if code is not None:
                self.reports.refuse(step, (indication.source, indication.endpoint), command, code)
                step.log(
                    "info", "a cancellation cannot be carried out", about=command.issuer_event_id, code=code
                )
                return SUCCESS
        for change in rules.cancel(self.book.events(), order, step.now):
            event = change.event
            assert isinstance(event, LoadControl)
            self._cancel(step, event, change, order)
            self._report(step, type(command).__name__, event, [])
        return SUCCESS

    def advance(self, step: Step) -> None:
        """Do what time asks for."""
        self.book.advance(step)
        for held in list(self.book):
            self.reports.review(step, held)

    def deadline(self, now: float) -> float | None:
        """Return when `advance` is next worth calling (upstream clock)."""
        moments = [due for held in self.book if (due := self.reports.due(held, now)) is not None]
        book = self.book.deadline()
        return min([*moments, book] if book is not None else moments, default=None)

    def subject(self, mrid: bytes) -> Held[LoadControl] | None:
        """Return the event whose control has this mRID."""
        for held in self.book:
            event = held.event
            context = self._for(event)
            if context.event(MridKind.END_DEVICE_CONTROL, event.key, sub=event.part) == mrid:
                return held
        return None

    def answered(self, step: Step, held: Held[LoadControl], word: Word) -> None:
        """Take a device's word on an event."""
        self.reports.answered(step, held, word)

    def _cancel(self, step: Step, event: LoadControl, change: Change, order: rules.Cancellation) -> None:
        """End an event; categories that the order leaves out go on as the event's next part."""
        old = self.book.get(event.key, event.part)
        created = next_created(intake.last_created(self.book, event.key.issuer), step.now)
        rest = rules.remainder(event, order, step.now, created=created)
        if rest is None or old is None:
            self.book.change(step, [change])
            return
        self.book.change(step, [replace(change, report=None)])
        self.book.add(step, rest, old.received)
        new = self.book.get(rest.key, rest.part)
        if new is not None:
            self.reports.inherit(step, old, new)

    def _refuse(
        self,
        step: Step,
        arrival: intake.Arrival[LoadControl],
        indication: CommandReceived,
        command: LoadControlEvent,
        reason: str,
    ) -> None:
        """Reject an event; one that comes again as the answer to a query is not rejected twice."""
        name = f"{arrival.key.issuer:016X}/{arrival.key.id:08X}/{arrival.content}"
        if indication.answer and name in self._refused:
            return
        if len(self._refused) >= MOST_REFUSED:
            self._refused.pop(next(iter(self._refused)))
        self._refused[name] = None
        self.book.refuse(step, arrival.key, Cause.UNUSABLE)
        self.reports.refuse(step, (indication.source, indication.endpoint), command, REJECTED)
        step.audit("refused", command="LoadControlEvent", sep1=name, reason=reason)
        step.log("warning", f"an event was rejected: {reason}", about=command.issuer_event_id)

    def _categories(self) -> DeviceCategory:
        """Return the categories behind the gateway; a device that names none may be anything."""
        found = DeviceCategory.NONE
        for device in self._devices.active():
            found |= ANY if device.categories is None else DeviceCategory(device.categories)
        return found

    def _of(self, indication: CommandReceived) -> Context:
        return replace(self.context, node=indication.source, endpoint=indication.endpoint)

    def _for(self, event: LoadControl) -> Context:
        return replace(self.context, node=event.key.issuer, endpoint=event.key.endpoint)

    def _report(self, step: Step, command: str, event: LoadControl, lost: list[Loss]) -> None:
        name = intake.describe(event)
        mrid = self._for(event).event(MridKind.END_DEVICE_CONTROL, event.key, sub=event.part)
        for loss in lost:
            step.log("info", f"not carried over: {loss.field}: {loss.reason}", about=name)
        step.audit("translated", command=command, sep1=name, sep2=mrid.hex().upper(), lost=len(lost))
        step.log("info", f"{command} has been translated", about=name)

    def _moved(self, step: Step, held: Held[LoadControl], report: Status | None) -> None:
        if held.listed and held.state is not State.COMPLETED:
            self._publish(held.event)
        else:
            self._store.delete(self.context.hrefs.control(held.event.group, held.event))
        if report is not None:
            self.reports.tell(step, held, report)

    def _forgotten(self, step: Step, held: Held[LoadControl]) -> None:
        self.reports.forget(step, held)

    def _publish(self, event: LoadControl) -> None:
        if self.context.hrefs.program(event.group) not in self._store:
            self.publish_program(event.group)
        resource = mapping.to_sep2(event, self._for(event))
        self._store.put(str(resource.href), resource)
