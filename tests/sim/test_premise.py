"""The simulated premise and a HAN device, in virtual time: what arrives, and what comes back."""

import random
import subprocess
from collections import Counter
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from conftest import Require
from handover.errors import Refused
from handover.sep1.aps import ApsFrame
from handover.sep1.client import AttributesReceived, Concluded
from handover.sep1.clusters.price import PublishPrice
from handover.sep1.transports.virtual import VirtualHan
from handover.sep1.types import ZIGBEE_EPOCH
from handover.sim.plan import a_summer_day
from handover.sim.premise import ESI_EUI64, Premise
from handover.sim.zone import us_eastern
from sim.house import DEVICE, House

START = 1_342_548_000.0
"""2012-07-17 14:00 in the home."""
HOUR = 3600.0


def begun(**options: object) -> House:
    house = House(Premise(7, START, **options))  # type: ignore[arg-type]
    house.start()
    return house


def test_the_first_minute_brings_clock_prices_and_readings() -> None:
    house = begun()
    house.run(60)
    assert house.client.clock_offset(ESI_EUI64) == 0.0
    shoulder, peak = house.prices.values()
    assert (shoulder.rate_label, shoulder.price, shoulder.generation_price) == (b"SHOULDER", 1134, 500)
    assert shoulder.price_trailing_digit_and_price_tier == 0x42
    assert shoulder.number_of_price_tiers_and_register_tier == 0x32
    assert (peak.rate_label, peak.start_time + ZIGBEE_EPOCH, peak.duration_in_minutes) == (
        b"PEAK",
        START + 2 * HOUR,
        300,
    )
    known = {key: value for values in house.readings for key, value in values.items()}
    assert (known[0x0300], known[0x0301], known[0x0302], known[0x0306]) == (0, 1, 1000, 0)
    assert known[0x0000] == house.premise.meter.registers.delivered
    assert {0x0001, 0x0007, 0x0400, 0x0308} <= known.keys()
    assert house.premise.observed.counters["acknowledgements"] == 2
    reports = [i for i in house.indications if isinstance(i, AttributesReceived) and i.report]
    assert len(reports) > 5, "the meter reports by itself"


def test_the_home_exports_at_noon_and_registers_never_go_back() -> None:
    house = House(Premise(7, START - 2 * HOUR))
    house.start()
    house.run(HOUR)
    demands = [values[0x0400] for values in house.readings if 0x0400 in values]
    assert min(demands) < -500
    for register in (0x0000, 0x0001):
        readings = [values[register] for values in house.readings if register in values]
        assert readings == sorted(readings)
        assert all(isinstance(reading, int) for reading in readings)
    received = [values[0x0001] for values in house.readings if 0x0001 in values]
    assert received[-1] - received[0] > 500


@settings(max_examples=15, deadline=None)
@given(
    seed=st.integers(0, 10**6),
    steps=st.lists(st.floats(-30, 4000), min_size=1, max_size=25),
)
def test_registers_are_monotone_however_time_goes(seed: int, steps: list[float]) -> None:
    premise = Premise(seed, START)
    now = START
    before = (0, 0)
    for step in steps:
        now += step
        premise.step(now)
        after = (premise.esi.meter.table.values[0x0000], premise.esi.meter.table.values[0x0001])
        assert all(isinstance(a, int) and a >= b for a, b in zip(after, before, strict=True))
        before = after  # type: ignore[assignment]


@pytest.mark.req("REQ.GW.1")
def test_a_load_control_event_is_obeyed_and_answered() -> None:
    house = begun()
    premise = house.premise
    event_id = premise.send_load_control(
        house.now, start_in=600, minutes=30, cooling_offset=25, randomize_start=True, randomize_end=True
    )
    house.run(300)
    (_, _, event) = house.events[event_id]
    assert (event.cooling_temperature_offset, event.heating_temperature_offset) == (25, 0xFF)
    assert (event.event_control, event.device_class) == (3, 1)
    assert statuses(premise, event_id) == [1]
    usual = premise.meter.hvac_duty
    house.run(400)
    assert statuses(premise, event_id) == [1, 2]
    assert premise.meter.hvac_duty < usual == 1.0, "the air conditioning is held back"
    house.run(1800)
    assert statuses(premise, event_id) == [1, 2, 3]
    assert premise.meter.hvac_duty == 1.0


def test_a_running_event_is_cancelled() -> None:
    house = begun()
    event_id = house.premise.send_load_control(house.now, minutes=60, cooling_set_point=2600, duty_cycle=50)
    house.run(30)
    assert house.premise.meter.hvac_duty == 0.5
    house.premise.cancel_load_control(house.now, event_id)
    house.run(30)
    assert statuses(house.premise, event_id) == [1, 2, 6]
    assert house.premise.meter.hvac_duty == 1.0
    with pytest.raises(Refused):
        house.premise.cancel_load_control(house.now, event_id)


def test_a_message_is_confirmed_once() -> None:
    house = begun()
    message_id = house.premise.send_message(house.now, "Peak today 16-19h", importance=2)
    house.run(2 * HOUR)
    (confirmed,) = house.premise.observed.confirmations
    assert (confirmed.command.message_id, confirmed.known, confirmed.source) == (message_id, True, DEVICE)
    assert house.messages[message_id].message_control == 0x88
    other = house.premise.send_message(house.now, "no need to confirm", confirm=False)
    house.run(60)
    house.premise.cancel_message(house.now, other)
    house.run(60)
    assert len(house.premise.observed.confirmations) == 1


def test_a_special_price_interrupts_the_tariff_which_goes_on_after_it() -> None:
    house = begun()
    house.run(100)
    special = house.premise.change_price(house.now, price=4100, minutes=150)
    house.run(30)
    assert house.prices[special].price == 4100
    house.run(3 * HOUR)
    in_force = timeline(house)
    assert [(label, round((end - start) / 60)) for label, start, end in in_force[:4]] == [
        (b"SHOULDER", 2),
        (b"CRITICAL", 150),
        (b"PEAK", 268),
        (b"OFF-PEAK", 540),
    ]
    for one, other in pairwise(in_force):
        assert 0 <= other[1] - one[2] < 60


@settings(max_examples=20, deadline=None)
@given(
    offset=st.integers(0, 86400),
    changes=st.lists(st.tuples(st.integers(1, 7000), st.integers(1, 400)), max_size=4),
)
def test_there_is_always_a_price_now_and_a_next_one(offset: int, changes: list[tuple[int, int]]) -> None:
    premise = Premise(3, START + offset)
    now = START + offset
    premise.step(now)
    for wait, minutes in changes:
        now += wait
        premise.step(now)
        premise.change_price(now, price=9999, minutes=minutes)
        premise.step(now)
        held = premise.esi.prices.scheduled(0, 0, premise.esi.utc(now))
        assert premise.esi.prices.current(premise.esi.utc(now)) is not None
        assert len(held) >= 2


def test_the_plan_of_a_summer_day() -> None:
    zone = us_eastern(START)
    house = begun(plan=a_summer_day(START, zone))
    house.run(5 * HOUR)
    observed = house.premise.observed
    assert [m.message for m in house.messages.values()] == [b"Peak today 16-19h"]
    assert observed.counters["confirmations"] == 1
    (event_id,) = house.events
    assert statuses(house.premise, event_id) == [1, 2, 3]
    assert b"CRITICAL" in {price.rate_label for price in house.prices.values()}
    assert observed.counters["undelivered"] == 0
    assert not [i for i in house.indications if isinstance(i, Concluded) and i.status]
    assert Counter(house.client.dropped) == Counter(house.premise.esi.dropped) == Counter()


def test_the_same_seed_and_steps_give_the_same_frames() -> None:
    def captured(seed: int) -> bytes:
        house = House(Premise(seed, START, plan=a_summer_day(START, us_eastern(START)), capture=True))
        house.start()
        house.run(2 * HOUR)
        return house.premise.pcap()

    assert captured(5) == captured(5)
    assert captured(5) != captured(6)


def test_everything_arrives_over_a_bad_network() -> None:
    dice = random.Random(11)

    def decide(frame: ApsFrame) -> int:
        return dice.choices((0, 1, 2), (25, 65, 10))[0]

    house = House(Premise(7, START, han=VirtualHan(decide=decide)))
    house.start()
    premise = house.premise
    message_id = premise.send_message(house.now, "hello")
    event_id = premise.send_load_control(house.now, start_in=1200, minutes=30)
    special = premise.change_price(house.now, price=4100)
    house.run(2 * HOUR)
    assert premise.han.lost > 50
    assert message_id in house.messages
    assert special in house.prices
    assert {1, 2, 3} <= set(statuses(premise, event_id))
    assert {c.command.message_id for c in premise.observed.confirmations} == {message_id}


def test_a_device_that_comes_late_finds_the_running_event_and_the_message() -> None:
    premise = Premise(7, START)
    premise.step(START)
    event_id = premise.send_load_control(START, minutes=60, cooling_offset=20)
    message_id = premise.send_message(START, "already here")
    premise.step(START + 600)
    house = House(premise)
    house.start()
    house.run(10)
    begin, end, event = house.events[event_id]
    assert event.duration_in_minutes == 50, "what is left of it"
    assert (begin, end) == (START + 600, START + 3600)
    assert house.messages[message_id].duration_in_minutes == 80


def test_wireshark_reads_every_frame_without_complaint(require_program: Require, tmp_path: Path) -> None:
    tshark = require_program("tshark")
    house = House(Premise(7, START, plan=a_summer_day(START, us_eastern(START)), capture=True))
    house.start()
    event_id = house.premise.send_load_control(
        house.now, minutes=20, cooling_set_point=2600, cooling_offset=None
    )
    house.run(60)
    house.premise.cancel_load_control(house.now, event_id)
    house.premise.cancel_message(house.now, house.premise.send_message(house.now, "never mind"))
    house.run(4 * HOUR)
    capture = tmp_path / "premise.pcap"
    capture.write_bytes(house.premise.pcap())

    def shown(*options: str) -> list[list[str]]:
        answer = subprocess.run(
            [tshark, "-r", str(capture), *options], capture_output=True, text=True, check=True
        )
        return [line.split("\t") for line in answer.stdout.splitlines()]

    protocols = shown(
        "-T", "fields", "-e", "frame.protocols", "-e", "_ws.malformed", "-e", "_ws.expert.message"
    )
    assert len(protocols) == house.premise.han.carried > 1000
    general = "wpan:zbee_nwk:zbee_aps:zbee_zcl"
    special = {f"{general}:zbee_zcl_se.{cluster}" for cluster in ("drlc", "msg", "price")}
    assert {row[0] for row in protocols} == {general} | special
    assert {"".join(row[1:]) for row in protocols} == {""}
    prices = shown(
        "-Y",
        "zbee_zcl_se.price.cmd.srv_tx.id == 0 && zbee_zcl_se.price.price",
        "-T",
        "fields",
        "-e",
        "zbee_zcl_se.price.issuer_event_id",
        "-e",
        "zbee_zcl_se.price.price",
    )
    told = {int(event_id, 0): int(price, 0) for event_id, price in prices}
    assert told == {event_id: price.price for event_id, price in house.prices.items()}


def statuses(premise: Premise, event_id: int) -> list[int]:
    """Return what devices reported about an event, in order, repeats left out."""
    found = [s.command for s in premise.observed.event_statuses if s.command.issuer_event_id == event_id]
    return list(dict.fromkeys(command.event_status for command in found))


def timeline(house: House) -> list[tuple[bytes | None, float, float]]:
    """Return (label, start, end) as a client sees it: the higher id wins, what was cut is not resumed."""
    placed: list[tuple[PublishPrice, float, float]] = []
    for price in sorted(house.prices.values(), key=lambda p: p.issuer_event_id):
        start = float(price.start_time + ZIGBEE_EPOCH)
        end = start + 60 * price.duration_in_minutes
        issued = float(price.current_time + ZIGBEE_EPOCH)
        kept = []
        for old, begin, until in placed:
            if begin < end and start < until:
                if begin <= issued and begin < start:
                    kept.append((old, begin, start))
            else:
                kept.append((old, begin, until))
        placed = [*kept, (price, start, end)]
    return sorted(((p.rate_label, s, e) for p, s, e in placed), key=lambda row: row[1])
