"""The migration of one premise: what is done in which order, and how it ends when something fails."""

import copy
import itertools

import pytest

from handover.errors import Refused
from handover.headend.inventory import GatewayRecord
from handover.headend.migration.engine import Migration
from handover.headend.migration.rows import Action, Answer, Task
from handover.headend.migration.states import PART, PREMISE, Stand, State
from handover.headend.plan import DAY
from handover.headend.verification import Verdict
from handover.headend.ways import DeviceWay, MeterWay, Order
from handover.model.application import Application
from headend.homes import (
    DISPLAY,
    METER,
    NOW,
    SILENT,
    SWITCH,
    THERMOSTAT,
    World,
    device,
    failing,
    kept,
    obliging,
    plan,
    premise,
)

ALL = (DISPLAY, THERMOSTAT, SWITCH)
ENDS = {State.MIGRATED, State.RESTORED, State.NEEDS_VISIT, State.KEPT}


def together(way: DeviceWay = DeviceWay.AMI_OTA, **fields: object) -> World:
    return World(plan(devices=dict.fromkeys(ALL, way), order=Order.TOGETHER, **fields))


@pytest.mark.parametrize("machine", [PREMISE, PART])
def test_the_tables_have_no_dead_end(machine: object) -> None:
    assert machine.problems() == []  # type: ignore[attr-defined]


@pytest.mark.req("DISC.4", "OTA.c", "OTA.d")
def test_everybody_stores_before_the_meter_switches() -> None:
    world = together()
    world.run()
    assert world.migration.state is State.MIGRATED
    stored = world.order(Action.STORE, Action.ARM)
    first_arm = next(i for i, (action, _) in enumerate(stored) if action is Action.ARM)
    assert {target for _, target in stored[:first_arm]} == {METER, *ALL}
    assert stored[-1] == (Action.ARM, METER)
    assert {part.verdict for part in world.migration.parts} == {Verdict.VERIFIED}


@pytest.mark.req("OTA.c", "DISC.4")
@pytest.mark.parametrize("silent", [False, True])
def test_a_missing_vote_keeps_the_meter_from_switching(silent: bool) -> None:
    world = together()
    world.behaviour = failing(THERMOSTAT, Action.STORE, silent=silent)
    world.run()
    assert (Action.ARM, METER) not in world.told
    assert world.migration.state is State.RESTORED
    assert {part.stand for part in world.migration.parts} == {Stand.RESTORED}


def test_a_moment_that_comes_before_every_promise_is_called_off() -> None:
    world = together()
    world.behaviour = failing(SWITCH, Action.ARM, silent=True)
    world.run()
    assert (Action.ARM, METER) not in world.told
    assert world.migration.state is State.RESTORED


def test_the_moment_is_the_same_for_all_and_never_too_near() -> None:
    world = together()
    world.run()
    moments = {task.at for task in world.tellings if task.action is Action.ARM}
    assert moments == {world.plan.at}
    late = together()
    late.behaviour = lambda task: (
        None if task.action is Action.STORE and late.now < NOW + 41 * DAY else obliging(task)
    )
    late.run()
    armed = [task for task in late.tellings if task.action is Action.ARM]
    assert len({task.at for task in armed}) == 1
    assert all(task.at - late.patience.margin >= NOW + 41 * DAY for task in armed)


@pytest.mark.req("DISC.9", "KQ.7")
@pytest.mark.parametrize("target", [METER, *ALL])
def test_what_is_not_verified_is_undone_the_meter_first(target: int) -> None:
    world = together()
    world.behaviour = failing(target, Action.CHECK)
    world.run()
    assert world.migration.state is State.RESTORED
    undone = world.order(Action.UNDO, Action.RECHECK)
    assert undone[:2] == [(Action.UNDO, METER), (Action.RECHECK, METER)]
    assert {t for a, t in undone if a is Action.UNDO} == {METER, *ALL}
    assert f"{target:016X} not verified (failed): version: it speaks SEP 1.x" in world.migration.reason


@pytest.mark.req("KQ.7")
def test_unknown_is_asked_again_and_never_a_success() -> None:
    world = together()

    def unknown(task: Task) -> Answer:
        return Answer(task.key, True, evidence=SILENT) if task.action is Action.CHECK else obliging(task)

    world.behaviour = unknown
    world.run()
    checks = [task for task in world.tellings if task.action is Action.CHECK]
    assert {task.target for task in checks} == {METER}
    assert len(checks) > 10
    assert world.migration.state is State.RESTORED
    assert "price: nothing was heard" in world.migration.reason


@pytest.mark.req("OTA.i")
def test_who_cannot_be_undone_gets_a_ticket() -> None:
    world = together()

    def stubborn(task: Task) -> Answer | None:
        if task.target == SWITCH and task.action in {Action.CHECK, Action.UNDO}:
            return failing(SWITCH, Action.CHECK, Action.UNDO)(task)
        return obliging(task)

    world.behaviour = stubborn
    world.run()
    assert world.migration.state is State.NEEDS_VISIT
    assert [t for a, t in world.told if a is Action.TICKET] == [SWITCH]
    stands = {part.eui64: part.stand for part in world.migration.parts}
    assert stands == dict.fromkeys((METER, DISPLAY, THERMOSTAT), Stand.RESTORED) | {SWITCH: Stand.TICKET}


def test_devices_follow_the_meter_where_it_goes_first() -> None:
    home = premise(*(device(eui64) for eui64 in ALL), gateway=GatewayRecord(0xA1))
    world = World(plan(home, devices=dict.fromkeys(ALL, DeviceWay.GATEWAY_OTA)))
    world.run()
    assert world.migration.state is State.MIGRATED
    told = world.told
    assert told.index((Action.CHECK, METER)) < told.index((Action.STORE, DISPLAY))


def test_a_device_that_fails_behind_a_meter_that_moved_is_a_ticket_and_alone() -> None:
    world = World(plan(devices=dict.fromkeys(ALL, DeviceWay.VISIT)))
    world.behaviour = failing(DISPLAY, Action.CHECK)
    world.run(200)
    assert world.migration.state is State.NEEDS_VISIT
    stands = {part.eui64: part.stand for part in world.migration.parts}
    assert stands[DISPLAY] is Stand.TICKET
    assert stands[THERMOSTAT] is stands[SWITCH] is stands[METER] is Stand.VERIFIED


@pytest.mark.req("BP.SEP.8")
@pytest.mark.parametrize("answer", [False, None])
def test_without_agreement_nothing_is_touched(answer: bool | None) -> None:
    world = together()
    world.consent = answer
    world.run()
    assert world.migration.state is State.KEPT
    assert world.told == [(Action.NOTIFY, 0)]


def test_a_customer_may_change_her_mind_until_storing_begins() -> None:
    world = together()
    world.do(world.migration.start(world.now))
    world.do(world.migration.consent(True, world.now))
    assert world.migration.state is State.CONSENTED
    world.do(world.migration.consent(False, world.now))
    assert world.migration.state is State.KEPT


@pytest.mark.req("BP.SEP.8", "BP.UtilCom.3")
def test_stranding_needs_a_reason_that_the_audit_log_keeps() -> None:
    bare = plan(notice=False, consent=False)
    with pytest.raises(Refused, match=r"NO_DEVICE_PLAN.*NO_NOTICE"):
        Migration(bare, NOW).start(NOW)
    world = World(plan(notice=False, consent=False, override="storm damage"))
    world.consent = None
    world.run()
    assert world.migration.state is State.MIGRATED
    assert {part.stand for part in world.migration.parts if not part.meter} == {Stand.LEFT}
    overridden = [note for note in world.notes if note.what == "overridden"]  # type: ignore[attr-defined]
    assert len(overridden) == 4
    assert {note.detail["reason"] for note in overridden} == {"storm damage"}  # type: ignore[attr-defined]


def test_a_premise_keeps_its_meter_and_gets_a_gateway() -> None:
    home = premise(device(application=Application.SEP_2_0), gateway=GatewayRecord(0xA1))
    world = World(plan(home, meter=MeterWay.KEEP, devices={DISPLAY: DeviceWay.GATEWAY}))
    world.run()
    assert world.migration.state is State.MIGRATED
    assert not [t for _, t in world.told if t == METER]


@pytest.mark.req("OTA.i")
@pytest.mark.parametrize("order", list(Order))
def test_every_failure_of_anybody_ends_in_a_known_state(order: Order) -> None:
    way = DeviceWay.AMI_OTA if order is Order.TOGETHER else DeviceWay.MAIL_IN
    actions = [Action.STORE, Action.ARM, Action.CHECK, Action.UNDO, Action.RECHECK]
    for target, first, second, silent in itertools.product((METER, DISPLAY), actions, actions, (False, True)):
        world = World(plan(devices=dict.fromkeys(ALL, way), order=order))
        world.behaviour = failing(target, first, second, silent=silent)
        world.run(400)
        assert world.migration.state in ENDS
        for part in world.migration.parts:
            assert part.stand in {Stand.VERIFIED, Stand.RESTORED, Stand.TICKET, Stand.LEFT}, part
        if world.migration.state is State.RESTORED:
            assert {part.stand for part in world.migration.parts} <= {Stand.RESTORED, Stand.LEFT}
        assert (world.migration.state is State.NEEDS_VISIT) == any(a is Action.TICKET for a, _ in world.told)


@pytest.mark.req("OTA.i")
def test_a_restart_after_every_step_changes_nothing() -> None:
    straight = together()
    straight.run()
    for cut in range(1, straight.steps):
        world = together()
        seen: list[Task] = []

        def counting(
            task: Task, world: World = world, seen: list[Task] = seen, cut: int = cut
        ) -> Answer | None:
            seen.append(task)
            return None if len(seen) == cut else obliging(task)

        world.behaviour = counting
        world.do(world.migration.start(world.now))
        if len(seen) < cut:
            world.do(world.migration.consent(True, world.now))
            while len(seen) < cut and (due := world.migration.deadline()) is not None:
                world.now = max(world.now, due)
                world.do(world.migration.tick(world.now))
        again = Migration(world.plan, world.now)
        restored = copy.deepcopy(kept(world))
        world.migration = again
        world.do(again.restore(restored, world.now))
        if again.state is State.ANNOUNCED:
            world.do(again.consent(True, world.now))
        world.go_on()
        assert again.state is State.MIGRATED, cut
        keys = [(task.key, task.at) for task in world.tellings]
        assert {key for key, _ in keys} == {task.key for task in straight.tellings}
        assert len({at for key, at in keys if key.endswith("ARM")}) == 1


def test_the_deadline_of_what_is_over_is_none() -> None:
    world = together()
    world.run()
    assert world.migration.deadline() is None
    assert world.migration.tasks == []
