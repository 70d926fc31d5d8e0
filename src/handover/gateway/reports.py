"""What is told to the ESI about its load control events: each status once, and one word for all devices.

Receipt, cancelling and superseding are reported by the gateway itself; starting, opting and the end follow
from what the devices answer, by the model's rule. Reports go into the outbox.
"""

from dataclasses import dataclass, field

from handover.gateway.book import Held, name_of
from handover.gateway.devices import Devices
from handover.gateway.intake import describe
from handover.gateway.outbox import Outbox
from handover.gateway.outputs import Answer, Forget, Keep
from handover.gateway.step import Step
from handover.mapping import load_answers as mapping
from handover.model.event import LIVE, EventState, Status
from handover.model.load_control import DeviceCategory, LoadControl
from handover.model.participation import GRACE, silent, summary
from handover.model.participation import Answer as Word
from handover.sep1.clusters.drlc import CancelLoadControlEvent, LoadControlEvent, ReportEventStatus
from handover.sep1.codec import encode

RECORD = "participation"
CLUSTER, REPORT = 0x0701, 0x00
ANSWER_TIME = 3600


@dataclass(slots=True)
class Participation:
    """What was reported of one event, and what each device answered, by LFDI in hexadecimal."""

    told: list[Status] = field(default_factory=list)
    answers: dict[str, list[Word]] = field(default_factory=dict)
    closed: bool = False


class Reports:
    """The participation in every event held, by the name of its record."""

    def __init__(self, devices: Devices, outbox: Outbox) -> None:
        self.rows: dict[str, Participation] = {}
        self._devices = devices
        self._outbox = outbox

    def restore(self, rows: dict[str, Participation]) -> None:
        """Take over what the journal holds."""
        self.rows = dict(rows)

    def tell(self, step: Step, held: Held[LoadControl], status: Status) -> None:
        """Report what the gateway itself did with an event, unless that was told before."""
        self._report(step, held, Word(device=b"", status=status, at=int(step.now)))

    def refuse(
        self,
        step: Step,
        source: tuple[int, int],
        command: LoadControlEvent | CancelLoadControlEvent,
        code: int,
    ) -> None:
        """Report that a command is not carried out; `source` is the ESI and its endpoint."""
        report = mapping.refusal(command, code, now=step.now)
        number = command.issuer_event_id
        key = f"refusal/{source[0]:016X}/{number:08X}/{code:02X}"
        self._queue(step, key, source, number, report, step.now + ANSWER_TIME)

    def answered(self, step: Step, held: Held[LoadControl], word: Word) -> None:
        """Take one device's word on an event."""
        row = self._row(held)
        row.answers.setdefault(word.device.hex().upper(), []).append(word)
        self._keep(step, held, row)
        self.review(step, held)

    def inherit(self, step: Step, old: Held[LoadControl], new: Held[LoadControl]) -> None:
        """Let the part of an event that goes on know what was told before it was split."""
        row = self._row(new)
        row.told = list(self._row(old).told)
        self._row(old).closed = True
        self._keep(step, old, self._row(old))
        self._keep(step, new, row)

    def review(self, step: Step, held: Held[LoadControl]) -> None:
        """Report what has become reportable by now."""
        row, event = self._row(held), held.event
        if row.closed:
            return
        histories = self._histories(event, row)
        for word in summary(histories, row.told, start=event.start, end=event.latest_end, now=step.now):
            self._report(step, held, word)
        if event.state not in LIVE and event.state is not EventState.COMPLETED:
            row.closed = True
        elif step.now >= event.latest_end + GRACE:
            row.closed = True
            for device in silent(histories):
                step.log(
                    "warning",
                    "a device never said how an event ended; it is left out of the report",
                    about=describe(event),
                    device=self._devices.label(device),
                )
        if row.closed:
            self._keep(step, held, row)

    def due(self, held: Held[LoadControl], now: float) -> float | None:
        """Return when `review` of this event is next worth calling."""
        row = self.rows.get(name_of(held.event.key, held.event.part))
        if row is None or row.closed:
            return None
        event = held.event
        if now < event.start:
            return event.start
        return event.latest_end + GRACE

    def forget(self, step: Step, held: Held[LoadControl]) -> None:
        """Drop what is known of an event that is forgotten."""
        name = name_of(held.event.key, held.event.part)
        if self.rows.pop(name, None) is not None:
            step.changes.append(Forget(RECORD, name))

    def _histories(self, event: LoadControl, row: Participation) -> dict[bytes, list[Word]]:
        """Return the answers of every device that the event concerns.

        Known categories decide; a device that never named its categories counts from its first answer on, for
        one whose category does not match sends none.
        """
        histories: dict[bytes, list[Word]] = {}
        for device in self._devices.active():
            if device.lfdi and DeviceCategory(device.categories or 0) & event.categories:
                histories[device.lfdi] = []
        for lfdi, words in row.answers.items():
            histories[bytes.fromhex(lfdi)] = words
        return histories

    def _report(self, step: Step, held: Held[LoadControl], word: Word) -> None:
        row = self._row(held)
        if word.status in row.told:
            return
        report = mapping.answer_to_sep1(word, held.event)
        if report is None:
            return
        row.told.append(word.status)
        self._keep(step, held, row)
        key, event = held.event.key, held.event
        self._queue(
            step,
            f"event/{name_of(key, event.part)}/{report.event_status:02X}",
            (key.issuer, key.endpoint),
            key.id,
            report,
            max(event.latest_end, step.now) + ANSWER_TIME,
        )
        step.log("info", f"event status {word.status.name.lower()}", about=describe(event))

    def _queue(
        self,
        step: Step,
        key: str,
        source: tuple[int, int],
        number: int,
        report: ReportEventStatus,
        deadline: float,
    ) -> None:
        answer = Answer(
            key=key,
            subject=f"event/{source[0]:016X}/{number:08X}",
            destination=source[0],
            endpoint=source[1],
            cluster_id=CLUSTER,
            command_id=REPORT,
            payload=encode(report),
            deadline=deadline,
        )
        self._outbox.add(step, answer)

    def _row(self, held: Held[LoadControl]) -> Participation:
        return self.rows.setdefault(name_of(held.event.key, held.event.part), Participation())

    def _keep(self, step: Step, held: Held[LoadControl], row: Participation) -> None:
        step.changes.append(Keep(RECORD, name_of(held.event.key, held.event.part), row))
