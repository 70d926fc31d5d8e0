"""Orientation B under loss, delay, repetition and reordering, partitions, and clocks that are set."""

import random
from dataclasses import dataclass

import pytest

from gateway.downward.premise import GATEWAY, SWITCH, THERMOSTAT, Premise, hashed
from handover.sep1.aps import ApsFrame
from handover.sep1.client.load_control.outputs import EventEnded, EventStarted
from handover.sep2.client.outputs import Answer, Failure

HOUR = 3600.0
DAY = 24 * HOUR


@dataclass
class Weather:
    """How bad the ways are: shares of what is lost, doubled and late, on the HAN and to the server."""

    lost: float = 0.3
    doubled: float = 0.2
    late: float = 0.2


class Stormy(Premise):
    """A premise in bad weather, out of one seed."""

    def __init__(self, seed: int, weather: Weather, **options: object) -> None:
        self.dice = random.Random(seed)
        self.weather: Weather | None = None
        self._late: list[tuple[float, ApsFrame]] = []
        super().__init__(draw=hashed, **options)  # type: ignore[arg-type]
        self._bad = weather

    def storm(self) -> None:
        self.weather = self._bad

    def _arrive(self, frame: ApsFrame) -> None:
        weather = self.weather
        if weather is None:
            super()._arrive(frame)
            return
        self._deliver_late()
        if self.dice.random() < weather.lost:
            return
        if self.dice.random() < weather.late:
            self._late.append((self.now + self.dice.uniform(0.1, 5.0), frame))
            return
        super()._arrive(frame)
        if self.dice.random() < weather.doubled:
            super()._arrive(frame)

    def _deliver_late(self) -> None:
        due = [frame for at, frame in self._late if at <= self.now]
        self._late = [(at, frame) for at, frame in self._late if at > self.now]
        for frame in due:
            super()._arrive(frame)

    def _ask(self, ask: object) -> Answer | Failure:
        weather = self.weather
        if weather is not None and self.dice.random() < weather.lost:
            if self.dice.random() < 0.5:  # the server has taken it, only its answer is lost
                super()._ask(ask)  # type: ignore[arg-type]
            return Failure(ask, "lost on the way")  # type: ignore[arg-type]
        return super()._ask(ask)  # type: ignore[arg-type]


def effects(home: Premise, eui64: int) -> list[str]:
    """Return what a device has done, without what it only knew of."""
    kinds = {EventStarted: "started", EventEnded: "ended"}
    return [kinds[type(t)] for t in home.appliances[eui64].told if type(t) in kinds]


@pytest.mark.parametrize("seed", range(6))
def test_in_the_worst_weather_an_event_has_its_effect_exactly_once(seed: int) -> None:
    home = Stormy(seed, Weather())
    home.start()
    for eui64 in (THERMOSTAT, SWITCH):
        home.add(eui64, device_class=1)
    home.passes(300)
    home.storm()
    home.utility.control(1, home.now, start=2 * int(HOUR), duration=1800)
    home.passes(4 * HOUR)
    for eui64 in (THERMOSTAT, SWITCH):
        assert effects(home, eui64) == ["started", "ended"]
        given = home.utility.statuses(1, home.lfdi(eui64))
        assert len(given) == len(set(given)), "a response was taken twice for another one"
        assert set(given) <= {1, 2, 3}
        assert given == sorted(given), "responses of one device keep their order"


@pytest.mark.parametrize("seconds", [1.0, 60.0, HOUR, DAY])
def test_after_a_partition_everything_is_as_the_server_has_it(seconds: float) -> None:
    home = Premise()
    home.start()
    home.add(THERMOSTAT, device_class=1)
    home.passes(300)
    home.reachable = False
    end = home.now + seconds
    home.utility.control(1, home.now, start=int(seconds) + 3600, duration=1800)
    home.utility.price(10, home.now, duration=int(seconds) + 7200, value=4711)
    home.passes(end - home.now)
    home.reachable = True
    home.passes(2 * HOUR)
    price = home.appliances[THERMOSTAT].prices.current(GATEWAY, home.now - HOUR)
    assert price is not None
    assert price.price == 4711
    assert effects(home, THERMOSTAT) == ["started", "ended"]
    assert home.utility.statuses(1) == [1, 2, 3]
    assert home.gateway.online


@pytest.mark.parametrize("step", [1, -1, 3600, -3600, 86400, -86400])
@pytest.mark.parametrize("when", [-600.0, 600.0])
def test_when_the_servers_clock_is_set_an_event_is_neither_missed_nor_repeated(
    step: int, when: float
) -> None:
    """The server's clock is set before the event begins, or while it runs; the event goes by that clock."""
    home = Premise()
    home.start()
    home.add(THERMOSTAT, device_class=1)
    home.passes(300)
    home.utility.control(1, home.now, start=1800, duration=3600)
    home.passes(1800 + when)
    home.utility.ahead += step
    home.passes(3 * HOUR + max(0, -step))
    done = effects(home, THERMOSTAT)
    assert done.count("started") <= 1
    given = home.utility.statuses(1)
    assert len(given) == len(set(given))
    if abs(step) == 1:
        assert done == ["started", "ended"]
        assert given == [1, 2, 3]


@pytest.mark.parametrize("kill", range(1, 15))
def test_a_kill_at_any_step_loses_and_repeats_nothing(
    kill: int, tmp_path_factory: pytest.TempPathFactory
) -> None:
    home = Killed(kill, journal=tmp_path_factory.mktemp("home") / "journal.db", draw=hashed)
    home.start()
    home.add(THERMOSTAT, device_class=1)
    home.passes(300)
    home.utility.control(1, home.now, start=1200, duration=1200, randomizeStart=300)
    home.utility.message(20, home.now)
    home.utility.price(10, home.now)
    home.armed = True
    home.passes(2 * HOUR)
    assert home.kills == 1
    assert effects(home, THERMOSTAT) == ["started", "ended"]
    given = home.utility.statuses(1)
    assert sorted(set(given)) == [1, 2, 3]
    ids = [part.id for order in home.gateway.loads.all() for part in order.parts]
    assert len(ids) == len(set(ids))


class Killed(Premise):
    """A premise whose gateway dies once, after its n-th written step: what follows from the step is lost."""

    def __init__(self, after: int, **options: object) -> None:
        self.left = after
        self.kills = 0
        self.armed = False
        super().__init__(**options)  # type: ignore[arg-type]

    def do(self, step: object) -> None:
        changes = step.changes  # type: ignore[attr-defined]
        if self.armed and not self.kills and changes:
            self.left -= 1
            if self.left == 0:
                self.kills = 1
                assert self.journal is not None
                self.journal.commit(changes)
                self._waiting.clear()
                self.killed()
                return
        super().do(step)  # type: ignore[arg-type]
