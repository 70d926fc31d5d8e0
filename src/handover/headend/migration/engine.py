"""The migration of one premise, as an engine. No I/O.

Answers of drivers and people, the customer's choice and the time go in; steps come out. Everything that is
required has stored and voted before a moment is fixed; devices promise to keep it before the meter is told;
what is not verified after it is undone, the meter first, so that devices find the network they knew. Who is
in no known state after that gets a ticket: there is no other end.
"""

from handover.headend.migration.ledger import UNTOUCHED, Ledger
from handover.headend.migration.patience import Patience
from handover.headend.migration.rows import Action, Answer, PartRow, Restored, Step, Task
from handover.headend.migration.states import Cause, Move, Stand, State
from handover.headend.plan import Finding, Plan, Policy, gate
from handover.headend.verification import Verdict
from handover.headend.ways import MeterWay

_DONE = frozenset({Stand.VERIFIED, Stand.LEFT, Stand.TICKET, Stand.RESTORED})
_SILENT = "no answer"


class Migration:
    """One premise on its way. `start` once, or `restore`; then `handle`, `consent`, `tick`."""

    def __init__(
        self, plan: Plan, now: float, *, policy: Policy | None = None, patience: Patience | None = None
    ) -> None:
        self.plan = plan
        self.policy = policy or Policy()
        self.patience = patience or Patience()
        self._books = Ledger(plan, self.patience, now)

    @property
    def state(self) -> State:
        """Where the premise stands."""
        return self._books.row.state

    @property
    def reason(self) -> str:
        """Why it stands there, if there is more to say."""
        return self._books.row.reason

    @property
    def moment(self) -> float | None:
        """When everybody switches, once that is fixed."""
        return self._books.row.moment

    @property
    def parts(self) -> list[PartRow]:
        """Those who take part: the meter, then the devices."""
        return list(self._books.parts.values())

    @property
    def tasks(self) -> list[Task]:
        """What has been asked and is not answered."""
        return list(self._books.tasks.values())

    # Life

    def start(self, now: float) -> Step:
        """Begin. Raises Refused, with every reason, when the plan may not be carried out."""
        overridden = gate(self.plan, self.policy, now)
        step = Step(now)
        self._books.begin(step)
        for finding in overridden:
            self._note_override(step, finding)
        if self.plan.notice:
            self._books.ask(step, Action.NOTIFY)
        else:
            self._books.go(step, Cause.OVERRIDDEN, self.plan.override)
        return self._settle(step)

    def restore(self, restored: Restored, now: float) -> Step:
        """Take over what the journal holds and go on: what was asked is asked again, under the same keys."""
        self._books.restore(restored)
        return self.tick(now)

    # Inputs

    def consent(self, agreed: bool, now: float, *, channel: str = "") -> Step:
        """Take the customer's choice. A change of mind counts until storing begins."""
        step = Step(now)
        step.note("choice", agreed=agreed, channel=channel)
        if self.state is State.ANNOUNCED:
            self._books.go(step, Cause.AGREED if agreed else Cause.DECLINED, "" if agreed else "declined")
        elif self.state in {State.PLANNED, State.CONSENTED} and not agreed:
            self._books.go(step, Cause.DECLINED, "declined")
            self._books.drop(step, Action.NOTIFY)
        return self._settle(step)

    def handle(self, answer: Answer, now: float) -> Step:
        """Take the outcome of a task; one that nobody waits for is ignored."""
        step = Step(now)
        task = self._books.tasks.get(answer.key)
        if task is None:
            return step
        evidence = answer.evidence
        if evidence is not None and evidence.verdict is Verdict.UNKNOWN:
            self._books.remark(step, task, "; ".join(evidence.reasons))
            return step  # asked again until it is known or given up
        self._books.close(step, task)
        self._answered(step, task, answer)
        return self._settle(step)

    def tick(self, now: float) -> Step:
        """Tell again what is not answered, give up what never was, and go on when a moment has come."""
        step = Step(now)
        for task in list(self._books.tasks.values()):
            if task.until <= now:
                self._books.close(step, task)
                step.note("given up", task=task.key, tries=task.tries)
                self._answered(step, task, Answer(task.key, False, task.detail or _SILENT))
            elif task.due <= now and task.key in self._books.tasks:
                self._books.again(step, task)
        return self._settle(step)

    def deadline(self) -> float | None:
        """Return when `tick` is next worth calling, or None when all is over."""
        times = [min(task.due, task.until) for task in self._books.tasks.values()]
        if self.state in {State.ANNOUNCED, State.CONSENTED}:
            times.append(self.plan.at - self.patience.ahead)
        elif self.state is State.SWITCHING and self.moment is not None:
            times.append(self.moment + self.patience.settling)
        return min(times, default=None)

    # Answers

    def _answered(self, step: Step, task: Task, answer: Answer) -> None:
        part = self._books.parts.get(task.target)
        match task.action:
            case Action.NOTIFY if self.state is State.PLANNED:
                if answer.done:
                    self._books.go(step, Cause.NOTIFIED)
                    self._choose(step)
                else:
                    self._books.go(step, Cause.DECLINED, f"the notice did not reach anybody: {answer.reason}")
            case Action.STORE | Action.ARM if part is not None:
                self._prepared(step, task.action, part, answer)
            case Action.CHECK if part is not None:
                self._checked(step, part, answer)
            case Action.UNDO if part is not None and part.stand is Stand.UNDOING:
                if answer.done:
                    self._books.move(step, part, Move.BACK)
                    self._books.ask(step, Action.RECHECK, part)
                else:
                    self._ticket(step, part, f"could not be undone: {answer.reason}")
            case Action.RECHECK if part is not None and part.stand is Stand.RECHECKED:
                self._rechecked(step, part, answer)
            case _:
                if not answer.done:
                    step.note("not done", task=task.key, reason=answer.reason)

    def _choose(self, step: Step) -> None:
        """Go on without a choice where none is due."""
        if not (self.plan.consent and self.policy.consent and self.plan.premise.registered):
            self._books.go(step, Cause.AGREED)

    def _prepared(self, step: Step, action: Action, part: PartRow, answer: Answer) -> None:
        expected = Stand.STORING if action is Action.STORE else Stand.ARMING
        if part.stand is not expected:
            return
        if answer.done:
            self._books.move(step, part, Move.VOTED if action is Action.STORE else Move.PROMISED)
            return
        what = "did not store" if action is Action.STORE else "did not promise"
        self._failed(step, part, f"{what}: {answer.reason}")

    def _checked(self, step: Step, part: PartRow, answer: Answer) -> None:
        if part.stand is not Stand.CHECKED:
            return
        evidence = answer.evidence
        verdict = evidence.verdict if evidence is not None else Verdict.UNKNOWN
        reason = "; ".join(evidence.reasons) if evidence is not None else answer.reason
        self._books.judge(step, part, verdict, reason)
        if verdict is Verdict.VERIFIED:
            self._books.move(step, part, Move.PASSED)
        else:
            self._failed(step, part, f"not verified ({verdict}): {reason}")

    def _rechecked(self, step: Step, part: PartRow, answer: Answer) -> None:
        evidence = answer.evidence
        verdict = evidence.verdict if evidence is not None else Verdict.UNKNOWN
        # A device that went back to SEP 1.x below a meter that did not has gone back to nothing.
        alone = not part.meter and self._meter_moved()
        if verdict is Verdict.VERIFIED and not alone:
            self._books.judge(step, part, verdict, "")
            self._books.move(step, part, Move.PASSED)
        else:
            reason = "; ".join(evidence.reasons) if evidence is not None else answer.reason
            self._ticket(step, part, f"not verified after going back: {reason or 'the meter speaks SEP 2.0'}")

    # Failures

    def _failed(self, step: Step, part: PartRow, reason: str) -> None:
        """Undo what has failed: alone where it follows the meter, else the whole premise."""
        if part.follows and self.state is State.FOLLOWING:
            self._undo(step, part, reason)
        elif self.state is not State.ROLLING_BACK:
            self._roll_back(step, f"{part.eui64:016X} {reason}")

    def _roll_back(self, step: Step, reason: str) -> None:
        self._books.go(step, Cause.FAILED, reason)
        self._books.drop(step, Action.STORE, Action.ARM, Action.CHECK, Action.REGISTER, Action.TURN_ON)
        for part in self._books.devices:
            if part.stand is Stand.WAITING:
                self._books.move(step, part, Move.LEAVE)

    def _undo(self, step: Step, part: PartRow, reason: str) -> None:
        self._books.move(step, part, Move.UNDO, reason)
        self._books.ask(step, Action.UNDO, part, reason)

    def _ticket(self, step: Step, part: PartRow, reason: str) -> None:
        self._books.move(step, part, Move.STUCK, reason)
        self._books.ask(step, Action.TICKET, part, reason)

    def _meter_moved(self) -> bool:
        meter = self._books.meter
        return meter is not None and meter.stand is Stand.VERIFIED

    def _note_override(self, step: Step, finding: Finding) -> None:
        step.note("overridden", obstacle=finding.obstacle.value, reason=self.plan.override, text=finding.text)

    # Going on

    def _settle(self, step: Step) -> Step:
        """Go on as far as it goes without another answer."""
        while (before := self._standing()) is not None:
            self._advance(step)
            if self._standing() == before:
                break
        return step

    def _standing(self) -> tuple[State, tuple[Stand, ...]]:
        return self.state, tuple(part.stand for part in self._books.parts.values())

    def _advance(self, step: Step) -> None:
        match self.state:
            case State.ANNOUNCED if step.now >= self.plan.at - self.patience.ahead:
                self._books.go(step, Cause.DECLINED, "the customer was not heard in time")
            case State.CONSENTED if step.now >= self.plan.at - self.patience.ahead:
                self._begin_storing(step)
            case State.STAGING:
                if all(part.stand is Stand.PREPARED for part in self._required()):
                    self._books.go(step, Cause.READY)
            case State.STAGED:
                self._commit(step)
            case State.SWITCHING:
                self._switching(step)
            case State.VERIFYING:
                self._verifying(step)
            case State.FOLLOWING:
                self._following(step)
            case State.ROLLING_BACK:
                self._rolling_back(step)

    def _required(self) -> list[PartRow]:
        return [part for part in self._books.parts.values() if part.required]

    def _begin_storing(self, step: Step) -> None:
        self._books.go(step, Cause.BEGUN)
        for part in self._books.parts.values():
            if part.required:
                self._store(step, part)
            elif not part.follows:
                self._books.move(step, part, Move.LEAVE)

    def _store(self, step: Step, part: PartRow) -> None:
        self._books.move(step, part, Move.STORE)
        self._books.ask(step, Action.STORE, part)

    def _commit(self, step: Step) -> None:
        """Fix the moment, and tell it to the devices that switch with the meter."""
        self._books.fix(step, max(self.plan.at, step.now + self.patience.margin))
        self._books.go(step, Cause.COMMITTED)
        for part in self._required():
            if not part.meter:
                self._arm(step, part)

    def _arm(self, step: Step, part: PartRow) -> None:
        self._books.move(step, part, Move.ARM)
        self._books.ask(step, Action.ARM, part)

    def _switching(self, step: Step) -> None:
        """Tell the meter once every device has promised; look around after the moment."""
        meter, devices = self._books.meter, [part for part in self._required() if not part.meter]
        moment = self.moment or step.now
        promised = all(part.stand is Stand.ARMED for part in devices)
        if meter is not None and meter.stand is Stand.PREPARED and promised:
            self._arm(step, meter)
        everybody = promised and (meter is None or meter.stand is Stand.ARMED)
        by_hand = meter is not None and meter.way == MeterWay.EXCHANGE
        if step.now < moment + self.patience.settling:
            return
        if everybody:
            self._books.go(step, Cause.SWITCHED)
            if meter is not None:
                self._books.ask(step, Action.REGISTER, meter)
                self._check(step, meter)
        elif not by_hand:
            late = next(part for part in self._required() if part.stand is not Stand.ARMED)
            self._roll_back(step, f"{late.eui64:016X} had not promised when the moment came")

    def _check(self, step: Step, part: PartRow) -> None:
        self._books.move(step, part, Move.CHECK)
        self._books.ask(step, Action.CHECK, part)

    def _verifying(self, step: Step) -> None:
        meter = self._books.meter
        if meter is not None and meter.stand is not Stand.VERIFIED:
            return
        self._books.go(step, Cause.VERIFIED)
        if self.plan.turn_on:
            self._books.ask(step, Action.TURN_ON, meter)
        for part in self._required():
            if not part.meter:
                self._check(step, part)
        for part in self._books.devices:
            if part.follows:
                self._store(step, part)

    def _following(self, step: Step) -> None:
        for part in self._books.devices:
            if part.follows and part.stand is Stand.PREPARED:
                self._arm(step, part)
            elif part.follows and part.stand is Stand.ARMED:
                self._check(step, part)
        if any(part.stand not in _DONE for part in self._books.devices):
            return
        tickets = [part for part in self._books.devices if part.stand is Stand.TICKET]
        reason = "; ".join(f"{part.eui64:016X} {part.reason}" for part in tickets)
        self._books.go(step, Cause.STUCK if tickets else Cause.SETTLED, reason)
        self._books.ask(step, Action.CONCLUDE, detail=self.state.value)

    def _rolling_back(self, step: Step) -> None:
        """Undo the meter first, then the devices, and see that everybody is as before."""
        meter = self._books.meter
        if meter is not None and meter.stand not in UNTOUCHED | {Stand.UNDOING, Stand.RECHECKED}:
            self._undo(step, meter, "")
        if meter is not None and meter.stand in {Stand.UNDOING, Stand.RECHECKED}:
            return
        for part in self._books.devices:
            if part.stand not in UNTOUCHED | {Stand.UNDOING, Stand.RECHECKED}:
                self._undo(step, part, "")
        if any(part.stand in {Stand.UNDOING, Stand.RECHECKED} for part in self._books.devices):
            return
        stuck = any(part.stand is Stand.TICKET for part in self._books.parts.values())
        self._books.go(step, Cause.STUCK if stuck else Cause.UNDONE)
        self._books.ask(step, Action.CONCLUDE, detail=self.state.value)
