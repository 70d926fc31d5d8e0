"""Premises, and a world of drivers that do what they are told, or fail where they are told to."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from handover.headend.inventory import (
    DeviceRecord,
    GatewayRecord,
    Material,
    MeterRecord,
    Method,
    PremiseRecord,
)
from handover.headend.migration.engine import Migration
from handover.headend.migration.patience import Patience
from handover.headend.migration.rows import Action, Answer, Forget, Keep, Restored, Step, Task
from handover.headend.plan import DAY, Plan
from handover.headend.verification import Check, Evidence, Result
from handover.model.application import Application

NOW = 1_700_000_000.0
METER = 0x000D6F0000123456
DISPLAY, THERMOSTAT, SWITCH = 0x00124B0000000001, 0x00124B0000000002, 0x00124B0000000003


def device(eui64: int = DISPLAY, **fields: object) -> DeviceRecord:
    values: dict[str, object] = {
        "kind": "display",
        "application": Application.SEP_1_1,
        "methods": frozenset(Method),
        "images": frozenset({Application.SEP_1_1, Application.SEP_2_0}),
        "material": Material.ASSIGNED,
    }
    return DeviceRecord(eui64, **(values | fields))  # type: ignore[arg-type]


def premise(*devices: DeviceRecord, gateway: GatewayRecord | None = None, **meter: object) -> PremiseRecord:
    values: dict[str, object] = {"application": Application.SEP_1_1}
    return PremiseRecord(
        "P1",
        MeterRecord(METER, **(values | meter)),  # type: ignore[arg-type]
        devices or (device(), device(THERMOSTAT, kind="thermostat"), device(SWITCH, kind="load switch")),
        gateway=gateway,
    )


def plan(home: PremiseRecord | None = None, **fields: object) -> Plan:
    return Plan(home or premise(), at=NOW + 40 * DAY, **fields)  # type: ignore[arg-type]


GOOD = Evidence(frozenset({Check.VERSION}), {Check.VERSION: Result(True)})
BAD = Evidence(frozenset({Check.VERSION}), {Check.VERSION: Result(False, "it speaks SEP 1.x")})
SILENT = Evidence(frozenset({Check.VERSION, Check.PRICE}), {Check.VERSION: Result(True)})

Behaviour = Callable[[Task], Answer | None]


def obliging(task: Task) -> Answer:
    """Do everything."""
    evidence = GOOD if task.action in {Action.CHECK, Action.RECHECK} else None
    return Answer(task.key, True, evidence=evidence)


def failing(target: int, *actions: Action, silent: bool = False) -> Behaviour:
    """Do everything but this."""

    def behaviour(task: Task) -> Answer | None:
        if task.target != target or task.action not in actions:
            return obliging(task)
        if silent:
            return None
        evidence = BAD if task.action in {Action.CHECK, Action.RECHECK} else None
        return Answer(task.key, evidence is not None, "it would not", evidence)

    return behaviour


@dataclass
class World:
    """Runs a migration in virtual time. `told` are the tasks in the order in which they were told first."""

    plan: Plan
    behaviour: Behaviour = obliging
    patience: Patience = field(default_factory=Patience)
    consent: bool | None = True
    now: float = NOW
    rows: dict[tuple[str, str], object] = field(default_factory=dict)
    told: list[tuple[Action, int]] = field(default_factory=list)
    tellings: list[Task] = field(default_factory=list)
    notes: list[object] = field(default_factory=list)
    steps: int = 0

    def __post_init__(self) -> None:
        self.migration = Migration(self.plan, self.now, patience=self.patience)

    def do(self, step: Step) -> None:
        self.steps += 1
        for change in step.changes:
            if isinstance(change, Keep):
                self.rows[change.kind, change.key] = change.body
            elif isinstance(change, Forget):
                self.rows.pop((change.kind, change.key), None)
            else:
                self.notes.append(change)
        for task in step.tasks:
            self.tellings.append(task)
            if (task.action, task.target) not in self.told:
                self.told.append((task.action, task.target))
            answer = self.behaviour(task)
            if answer is not None:
                self.do(self.migration.handle(answer, self.now))

    def run(self, days: float = 90.0) -> None:
        self.do(self.migration.start(self.now))
        if self.consent is not None:
            self.do(self.migration.consent(self.consent, self.now, channel="page"))
        self.go_on(days)

    def go_on(self, days: float = 90.0) -> None:
        end = self.now + days * DAY
        while (due := self.migration.deadline()) is not None and due <= end:
            self.now = max(self.now + 0.001, due)
            self.do(self.migration.tick(self.now))

    def order(self, *actions: Action) -> list[tuple[Action, int]]:
        return [entry for entry in self.told if entry[0] in actions]


def kept(world: World, kinds: Iterable[str] = ("migration", "part", "task")) -> Restored:
    """Return what a restart would read."""
    found: dict[str, dict[str, object]] = {kind: {} for kind in kinds}
    for (kind, key), body in world.rows.items():
        found[kind][key] = body
    return Restored(
        next(iter(found["migration"].values()), None),  # type: ignore[arg-type]
        found["part"],  # type: ignore[arg-type]
        found["task"],  # type: ignore[arg-type]
    )
