"""Load control on its way down: EndDeviceControls become events for each device, reports become Responses.

For every device the orders of its programs are drawn for once, laid on a timeline without overlaps, and told
as parts (`orders`). What its reports mean is in `answers`. Every id is journalled before it is sent.
"""

import itertools
from collections.abc import Callable, Iterable
from dataclasses import replace

from handover.errors import NotNow, Untranslatable
from handover.gateway.downward.answers import FINAL, heard, out_for
from handover.gateway.downward.devices import HanDevice
from handover.gateway.downward.event_server import DRLC, EventReported
from handover.gateway.downward.numbers import Numbers
from handover.gateway.downward.orders import MINUTE, Order, Part, Piece, revise
from handover.gateway.events import EVENT, LIVE, Cause, State, Transition
from handover.gateway.outputs import Forget, Keep
from handover.gateway.step import Step
from handover.mapping import load_answers, load_control
from handover.mapping.device_class import categories_of_bits
from handover.mapping.event import state_from_sep2
from handover.model.event import EventKey, Status
from handover.model.load_control import Controls, Criticality, LoadControl
from handover.model.participation import Answer
from handover.model.timeline import Segment, segments, superseders
from handover.sep1.clusters.drlc import CancelLoadControlEvent, LoadControlEvent
from handover.sep1.server import Esi, Output
from handover.sep1.server.pushes import Push
from handover.sep1.types import ZIGBEE_EPOCH
from handover.sep2.client.schedule import Draw
from handover.sep2.client.sightings import Listed
from handover.sep2.declaration import Edition
from handover.sep2.resources.drlc import EndDeviceControl

RECORD = "down.order"
RETENTION = 86400.0
SCHEDULED, ACTIVE, CANCELLED, CANCELLED_RANDOM, SUPERSEDED = range(5)

Respond = Callable[[Step, HanDevice, Order, Answer], None]
"""Sends the Response of an order up, if the server asks for it."""

_CAUSES = {Status.CANCELLED: Cause.CANCELLED, Status.SUPERSEDED: Cause.SUPERSEDED}
_CAUSES |= {Status.ABORTED_PROGRAM: Cause.SUPERSEDED}
_PASSING = frozenset({Status.RECEIVED, Status.STARTED, Status.OPT_OUT, Status.OPT_IN})
_OVERRIDES = frozenset({Status.PARTIAL_OPT_OUT, Status.PARTIAL_OPT_IN, Status.NO_PARTICIPATION})


class LoadControls:
    """All orders. Times are Unix seconds of the HAN's clock, which is `step.now`."""

    def __init__(self, esi: Esi, numbers: Numbers, respond: Respond, draw: Callable[[bytes], Draw]) -> None:
        self._esi = esi
        self._numbers = numbers
        self._respond = respond
        self._draw = draw
        self._orders: dict[str, Order] = {}
        self._unsent: set[int] = set()
        self._due: dict[int, float] = {}
        self.edition = Edition.E2018

    def restore(self, records: dict[str, Order]) -> None:
        """Take over what the journal holds; `resume` tells the devices what they may have missed."""
        self._orders = dict(records)

    def resume(self, step: Step, device: HanDevice) -> list[Output]:
        """Tell a device again every part that it has not answered yet: under the same id it is the same."""
        outputs: list[Output] = []
        for order in self.of(device.eui64):
            for part in order.parts:
                if part.live(step.now) and not part.told:
                    outputs += self._push(step, device, order, part)
        return outputs

    def of(self, device: int) -> list[Order]:
        """Return the orders of a device."""
        return [order for order in self._orders.values() if order.device == device]

    def all(self) -> list[Order]:
        """Return every order."""
        return list(self._orders.values())

    # What the server wants

    def observe(self, step: Step, device: HanDevice, listed: Iterable[tuple[Listed, int]]) -> list[Output]:
        """Take in the controls that the server has for a device, each with its clock's distance to ours."""
        for one, skew in listed:
            control = one.seen.event
            name = f"{device.eui64:016X}/{control.mRID.hex().upper().zfill(32)}"
            known = self._orders.get(name)
            if known is None:
                self._admit(step, device, one, control, skew)
            else:
                self._renew(step, device, known, one, control)
        return self.plan(step, device)

    def withdraw(self, step: Step, device: HanDevice, kept: set[str]) -> list[Output]:
        """End the orders that are not the device's any more: all but those whose padded mRID is in `kept`."""
        changed = False
        for order in self.of(device.eui64):
            if order.key not in kept and order.ended is None and order.state in LIVE:
                changed = True
                self._end(step, order, step.now)
        return self.plan(step, device) if changed else []

    def _admit(
        self, step: Step, device: HanDevice, one: Listed, control: EndDeviceControl, skew: int
    ) -> None:
        bits = int.from_bytes(control.deviceCategory, "big")
        if not categories_of_bits(bits, self.edition) & device.category:
            return
        over = one.latest_end + skew <= step.now
        if one.gone or control.EventStatus.currentStatus > ACTIVE or (over and one.history):
            return
        verdict: Status | None = Status.EXPIRED if over else None
        key = EventKey(0, self._esi.node.endpoint, 0, 0)
        try:
            event = load_control.from_sep2(control, key, self.edition)
            event = replace(event, start=event.start + skew)
            load_control.to_sep1(replace(event, duration=MINUTE))
        except Untranslatable as error:
            event = _husk(control, key, skew, device)
            verdict = verdict or Status(error.response_status)
            step.log("warning", f"a control cannot be translated: {error}", device=device.id)
        draw, padded = self._draw(device.lfdi), control.mRID.hex().upper().zfill(32)
        order = Order(
            device=device.eui64,
            subject=control.mRID.hex().upper(),
            event=event,
            program=one.seen.program_path,
            primacy=one.seen.primacy,
            reply_to=control.replyTo,
            required=control.responseRequired[-1] if control.responseRequired else 0,
            shift=draw(f"{padded} start", event.randomize_start) if event.randomize_start else 0,
            stretch=draw(f"{padded} duration", event.randomize_duration) if event.randomize_duration else 0,
            skew=skew,
        )
        self._orders[order.name] = order
        if verdict is None:
            self._move(step, order, Cause.STORED)
            self._move(step, order, Cause.PLANNED)
        else:
            order.refused = True
            self._move(step, order, Cause.LATE if verdict is Status.EXPIRED else Cause.UNUSABLE)
            self._answer(step, device, order, verdict)
        self._keep(step, order)
        step.audit(
            "control taken" if verdict is None else "control refused",
            device=device.id,
            subject=order.subject,
            status=None if verdict is None else int(verdict),
        )

    def _renew(
        self, step: Step, device: HanDevice, order: Order, one: Listed, control: EndDeviceControl
    ) -> None:
        if order.state not in LIVE or order.refused:
            return
        status = control.EventStatus.currentStatus
        begun = step.now >= order.event.start + order.shift
        if one.gone or status == CANCELLED:
            self._end(step, order, step.now)
        elif status == CANCELLED_RANDOM and order.ended is None:
            spread = max(abs(order.event.randomize_start), abs(order.event.randomize_duration))
            wait = self._draw(device.lfdi)(f"{order.key} cancel", spread) if begun and spread else 0
            self._end(step, order, control.EventStatus.dateTime + order.skew + wait if begun else step.now)
        elif status == SUPERSEDED and order.beaten is None:
            order.beaten = Status.SUPERSEDED
            self._end(step, order, step.now)
        elif not begun:
            self._edit(step, order, one, control)

    def _edit(self, step: Step, order: Order, one: Listed, control: EndDeviceControl) -> None:
        """Follow a change of an event that has not begun: the standard allows none, but servers make some."""
        try:
            event = load_control.from_sep2(control, order.event.key, self.edition)
        except Untranslatable:
            return
        event = replace(event, start=event.start + order.skew, state=order.event.state)
        event.changed, event.version = order.event.changed, order.event.version
        order.event.potentially_superseded = event.potentially_superseded
        order.event.potentially_superseded_at = event.potentially_superseded_at
        if event != order.event or one.seen.primacy != order.primacy:
            order.event, order.primacy = event, one.seen.primacy
            self._keep(step, order)

    def _end(self, step: Step, order: Order, at: float) -> None:
        if order.ended is None or at < order.ended:
            order.ended = int(at)
            self._keep(step, order)

    # What the device is told

    def plan(self, step: Step, device: HanDevice) -> list[Output]:
        """Bring what a device was told in line with its timeline."""
        live = [o for o in self.of(device.eui64) if o.state in LIVE]
        claims = [order.claim() for order in live]
        found = segments(claims)
        following = {one.name: after.start for one, after in itertools.pairwise(found)}
        by_name = {s.name: s for s in found}
        revisions = {o.name: (o, revise(o, by_name.get(o.key), following.get(o.key), step.now)) for o in live}
        outputs: list[Output] = []
        due: list[float] = []
        for order, revision in revisions.values():
            for part in revision.withdraw:
                outputs += self._take_back(step, device, order, part)
            if revision.again is not None:
                due.append(revision.again)
        told = [(piece, order) for order, revision in revisions.values() for piece in revision.tell]
        for piece, order in sorted(told, key=lambda pair: pair[0].start):
            outputs += self._tell(step, device, order, piece)
        winners = superseders(claims)
        for order in live:
            due += self._beaten(step, device, order, winners.get(order.key), by_name)
        self._due[device.eui64] = min(due, default=float("inf"))
        return outputs

    def _beaten(
        self,
        step: Step,
        device: HanDevice,
        order: Order,
        winner: str | None,
        found: dict[str, Segment],
    ) -> list[float]:
        """Note that an order has given way once its winner runs; return when to look again."""
        due = [order.latest_end + 1.0]
        if order.ended is not None:
            if order.ended <= step.now and not any(part.told for part in order.parts):
                self._over(step, device, order)
            return [*due, float(order.ended)] if order.ended > step.now else due
        segment = found.get(winner) if winner is not None else None
        if order.beaten is not None or winner is None or segment is None:
            return due
        if segment.start > step.now:
            return [*due, float(segment.start)]
        order.beaten = _beaten_by(self._orders[f"{device.eui64:016X}/{winner}"], order)
        self._keep(step, order)
        if not any(part.live(step.now) and part.told for part in order.parts):
            self._over(step, device, order)
        return due

    def _cut(self, device: HanDevice, order: Order) -> Status | None:
        """Return how an order gives way that another one cuts off; None when it may run to its end."""
        live = [o for o in self.of(device.eui64) if o.state in LIVE]
        segment = next((s for s in segments([o.claim() for o in live]) if s.name == order.key), None)
        winner = next((o for o in live if segment is not None and o.key == segment.cut_by), None)
        return None if winner is None else _beaten_by(winner, order)

    def _over(self, step: Step, device: HanDevice, order: Order) -> None:
        """End an order about which the device has nothing more to say."""
        status = order.beaten or Status.CANCELLED
        if Status.RECEIVED in order.given and int(status) not in order.given:
            order.given.append(int(status))
            self._answer(step, device, order, status)
        self._move(step, order, _CAUSES[status])
        self._keep(step, order)

    def _tell(self, step: Step, device: HanDevice, order: Order, piece: Piece) -> list[Output]:
        part = Part(
            number=len(order.parts),
            id=self._numbers.next(step),
            start=piece.start,
            minutes=piece.minutes,
            content=order.content(),
        )
        order.parts.append(part)
        self._keep(step, order)
        step.audit("event sent", device=device.id, subject=order.subject, id=f"{part.id:08X}")
        return self._push(step, device, order, part)

    def _push(self, step: Step, device: HanDevice, order: Order, part: Part) -> list[Output]:
        self._unsent.add(part.id)

        def make(utc: int) -> LoadControlEvent | None:
            if not part.live(utc + ZIGBEE_EPOCH):
                return None
            self._unsent.discard(part.id)
            return command_of(order, part)

        return self._to(step, device, make)

    def _take_back(self, step: Step, device: HanDevice, order: Order, part: Part) -> list[Output]:
        part.withdrawn = True
        self._keep(step, order)

        def make(utc: int) -> CancelLoadControlEvent | None:
            never_sent = part.id in self._unsent
            self._unsent.discard(part.id)
            event = replace(order.event, key=order.event.key._replace(id=part.id))
            return None if never_sent else load_control.cancel_to_sep1(event)

        step.audit("event taken back", device=device.id, subject=order.subject, id=f"{part.id:08X}")
        return self._to(step, device, make)

    def _to(self, step: Step, device: HanDevice, make: Push) -> list[Output]:
        try:
            return self._esi.push(DRLC, make, step.wall, to=device.eui64)
        except NotNow:
            return []  # it is not there: it will ask when it comes back

    def scheduled(self, device: int, start: int, count: int, now: float) -> list[LoadControlEvent]:
        """Return the events that a device is to have and that end at `start` (ZigBee time) or later."""
        parts = [
            (part, order)
            for order in self.of(device)
            for part in order.parts
            if part.live(now) and part.end - ZIGBEE_EPOCH >= start
        ]
        parts.sort(key=lambda pair: pair[0].start)
        return [command_of(order, part) for part, order in (parts[:count] if count else parts)]

    def knows(self, device: int, event_id: int) -> bool:
        """Tell whether a device was given an event under this id."""
        return self._find(device, event_id) is not None

    # What the device says

    def reported(self, step: Step, device: HanDevice, report: EventReported) -> list[Output]:
        """Take in a report of a device."""
        found = self._find(device.eui64, report.command.issuer_event_id)
        answer = load_answers.answer_from_sep1(report.command, device=device.lfdi)
        step.audit(
            "report",
            device=device.id,
            id=f"{report.command.issuer_event_id:08X}",
            status=report.command.event_status,
        )
        if found is None or answer is None:
            return []
        order, part = found
        if order.refused:
            return []
        cut = self._cut(device, order) if answer.status in FINAL else None
        status = heard(order, part, answer.status, answer.at, step.now, cut)
        if status is not None:
            override = round(out_for(order, answer.at)) if status in _OVERRIDES else None
            self._respond(step, device, order, replace(answer, status=status, override=override))
            self._follow(step, order, status)
        self._keep(step, order)
        return self.plan(step, device)

    def _follow(self, step: Step, order: Order, status: Status) -> None:
        """Let the order's own state follow what was answered."""
        if status is Status.STARTED and order.state is State.SCHEDULED:
            self._move(step, order, Cause.STARTED)
        elif (
            status in (Status.EXPIRED, Status.INVALID) or status > Status.OPT_IN or status is Status.COMPLETED
        ):
            if order.state is State.SCHEDULED and status not in _CAUSES:
                self._move(step, order, Cause.STARTED)
            if order.state in LIVE:
                self._move(step, order, _CAUSES.get(status, Cause.ENDED))

    def _answer(self, step: Step, device: HanDevice, order: Order, status: Status) -> None:
        self._respond(step, device, order, Answer(device=device.lfdi, status=status, at=int(step.now)))

    def _find(self, device: int, event_id: int) -> tuple[Order, Part] | None:
        for order in self.of(device):
            for part in order.parts:
                if part.id == event_id:
                    return order, part
        return None

    # Time

    def advance(self, step: Step, devices: Iterable[HanDevice]) -> list[Output]:
        """Do what has become due, and forget what ended a day ago."""
        outputs: list[Output] = []
        for device in devices:
            if self._due.get(device.eui64, float("-inf")) <= step.now:
                self._expire(step, device)
                outputs += self.plan(step, device)
        for name, order in list(self._orders.items()):
            if order.latest_end + RETENTION <= step.now:
                del self._orders[name]
                step.changes.append(Forget(RECORD, name))
        return outputs

    def _expire(self, step: Step, device: HanDevice) -> None:
        """End the orders whose time is over, whether or not the device has said how they ended."""
        for order in self.of(device.eui64):
            if order.state in LIVE and order.latest_end + 1 <= step.now:
                if order.state is State.SCHEDULED:
                    self._move(step, order, Cause.STARTED)
                self._move(step, order, Cause.ENDED)
                self._keep(step, order)

    def deadline(self) -> float | None:
        """Return when `advance` is next worth calling (the HAN's clock)."""
        times = [*self._due.values(), *(o.latest_end + RETENTION for o in self._orders.values())]
        soonest = min(times, default=float("inf"))
        return None if soonest == float("inf") else soonest

    def forget(self, step: Step, device: int) -> None:
        """Drop everything about a device that has left."""
        self._due.pop(device, None)
        for order in self.of(device):
            del self._orders[order.name]
            step.changes.append(Forget(RECORD, order.name))

    def _move(self, step: Step, order: Order, cause: Cause) -> None:
        old, order.state = order.state, EVENT.step(order.state, cause)
        step.changes.append(
            Transition(f"{RECORD}/{order.name}", old, order.state, cause, step.now, step.wall)
        )

    def _keep(self, step: Step, order: Order) -> None:
        step.changes.append(Keep(RECORD, order.name, order))


def command_of(order: Order, part: Part) -> LoadControlEvent:
    """Return the command that tells a part; nothing is left to randomise, it was drawn here."""
    event = replace(
        order.event,
        key=order.event.key._replace(id=part.id),
        start=part.start,
        duration=part.minutes * MINUTE,
    )
    return load_control.to_sep1(event, drawn=(0, 0))


def _beaten_by(winner: Order, loser: Order) -> Status:
    return Status.SUPERSEDED if winner.program == loser.program else Status.ABORTED_PROGRAM


def _husk(control: EndDeviceControl, key: EventKey, skew: int, device: HanDevice) -> LoadControl:
    """Return what can be kept of a control without a translation: enough to answer it."""
    return LoadControl(
        key=key,
        start=control.interval.start + skew,
        duration=control.interval.duration,
        created=control.creationTime,
        state=state_from_sep2(control.EventStatus),
        changed=control.EventStatus.dateTime,
        categories=device.category,
        group=0,
        criticality=Criticality.LEVEL_1,
        controls=Controls(),
    )
