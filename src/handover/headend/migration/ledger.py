"""The rows of one migration, changed only through moves of the tables; every change belongs to a step."""

from handover.headend.inventory import PremiseRecord
from handover.headend.migration import rows
from handover.headend.migration.patience import Patience
from handover.headend.migration.rows import Action, Forget, Keep, PartRow, PremiseRow, Step, Task
from handover.headend.migration.states import PART, PREMISE, Cause, Move, Stand, State
from handover.headend.plan import Plan
from handover.headend.verification import Verdict
from handover.headend.ways import DeviceWay, MeterWay, Order

UNTOUCHED = frozenset({Stand.WAITING, Stand.LEFT, Stand.RESTORED, Stand.TICKET})
_FOLLOW = frozenset({DeviceWay.GATEWAY, DeviceWay.REPLACE})


class Ledger:
    """Who takes part, where they stand, and what they have been asked."""

    def __init__(self, plan: Plan, patience: Patience, now: float) -> None:
        self.plan = plan
        self.patience = patience
        self.row = PremiseRow(State.PLANNED, now)
        self.parts = {part.eui64: part for part in _parts(plan)}
        self.tasks: dict[str, Task] = {}

    def restore(self, restored: rows.Restored) -> None:
        """Take over what the journal holds; every open task is due at once."""
        if restored.premise is not None:
            self.row = restored.premise
        for part in restored.parts.values():
            self.parts[part.eui64] = part
        self.tasks = dict(restored.tasks)
        for task in self.tasks.values():
            task.due = 0.0

    @property
    def premise(self) -> PremiseRecord:
        """The premise as it was planned."""
        return self.plan.premise

    @property
    def meter(self) -> PartRow | None:
        """The meter, if it takes part."""
        return next((part for part in self.parts.values() if part.meter), None)

    @property
    def devices(self) -> list[PartRow]:
        """The devices."""
        return [part for part in self.parts.values() if not part.meter]

    def begin(self, step: Step) -> None:
        """Put the first rows into the journal."""
        self._keep_premise(step)
        for part in self.parts.values():
            self._keep_part(step, part)

    def go(self, step: Step, cause: Cause, reason: str = "") -> None:
        """Move the premise."""
        old, self.row.state = self.row.state, PREMISE.step(self.row.state, cause)
        self.row.since, self.row.reason = step.now, reason or self.row.reason
        self._keep_premise(step)
        step.note("premise", old=old.value, new=self.row.state.value, cause=cause.name, reason=reason)

    def fix(self, step: Step, moment: float) -> None:
        """Say when everybody switches."""
        self.row.moment = moment
        self._keep_premise(step)

    def move(self, step: Step, part: PartRow, move: Move, reason: str = "") -> None:
        """Move one that takes part."""
        old, part.stand = part.stand, PART.step(part.stand, move)
        part.reason = reason or part.reason
        self._keep_part(step, part)
        step.note("part", target=f"{part.eui64:016X}", old=old.value, new=part.stand.value, reason=reason)

    def judge(self, step: Step, part: PartRow, verdict: Verdict, reason: str) -> None:
        """Note what the checks of one came to."""
        part.verdict, part.reason = verdict, reason
        self._keep_part(step, part)

    def ask(self, step: Step, action: Action, part: PartRow | None = None, detail: str = "") -> None:
        """Ask for something to be done: once for each premise, action and target."""
        target, way = (part.eui64, part.way) if part is not None else (0, self.plan.meter.value)
        key = f"{self.premise.id}/{target:016X}/{action.name}"
        if key in self.tasks:
            return
        pace = self.patience.pace(action, way)
        at = self.row.moment if self.row.moment is not None else self.plan.at
        task = Task(key, action, target, way, at, step.now + pace.limit, step.now + pace.again, 1, detail)
        self.tasks[key] = task
        step.changes.append(Keep(rows.TASK, key, task))
        step.tasks.append(task)

    def again(self, step: Step, task: Task) -> None:
        """Tell a task once more."""
        task.due = step.now + self.patience.pace(task.action, task.way).again
        task.tries += 1
        step.changes.append(Keep(rows.TASK, task.key, task))
        step.tasks.append(task)

    def remark(self, step: Step, task: Task, said: str) -> None:
        """Keep what is known of a task that is still open."""
        task.detail = said
        step.changes.append(Keep(rows.TASK, task.key, task))

    def close(self, step: Step, task: Task) -> None:
        """End a task: answered, or given up."""
        del self.tasks[task.key]
        step.changes.append(Forget(rows.TASK, task.key))

    def drop(self, step: Step, *actions: Action) -> None:
        """End every task of these actions: nobody waits for them any more."""
        for task in [task for task in self.tasks.values() if task.action in actions]:
            self.close(step, task)

    def _keep_premise(self, step: Step) -> None:
        step.changes.append(Keep(rows.PREMISE, self.premise.id, self.row))

    def _keep_part(self, step: Step, part: PartRow) -> None:
        step.changes.append(Keep(rows.PART, f"{self.premise.id}/{part.eui64:016X}", part))


def _parts(plan: Plan) -> list[PartRow]:
    premise, together = plan.premise, plan.order is Order.TOGETHER
    found = []
    moves = plan.meter is not MeterWay.KEEP
    if moves:
        found.append(PartRow(premise.meter.eui64, plan.meter.value, meter=True, required=True))
    for device in premise:
        way = plan.way(device.eui64)
        goes = way is not DeviceWay.LEAVE
        follows = goes and moves and way is not DeviceWay.DUAL_MODE and (way in _FOLLOW or not together)
        required = goes and not follows
        found.append(PartRow(device.eui64, way.value, required=required, follows=follows))
    return found
