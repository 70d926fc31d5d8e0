"""SEP 1.x devices behind a SEP 2.0 server: what they get, what they do, and what the server hears of it."""

from dataclasses import replace
from pathlib import Path

import pytest

from gateway.downward.premise import (
    DISPLAY,
    GATEWAY,
    LFDI,
    SWITCH,
    THERMOSTAT,
    Premise,
    hashed,
    mrid,
)
from handover.sep1.clusters.drlc import CancelLoadControlEvent, LoadControlEvent
from handover.sep1.frame import parse
from handover.sep2.resources.drlc import ApplianceLoadReduction, DutyCycle, TargetReduction


def sent(home: Premise, kind: type, to: int = THERMOSTAT) -> list[object]:
    """Return the commands of a kind that went to a device."""
    found = []
    for frame in home.frames:
        if frame.source == GATEWAY and frame.destination == to and frame.cluster_id == 0x0701:
            body = parse(frame.cluster_id, frame.payload).body
            found += [body] if isinstance(body, kind) else []
    return found


@pytest.fixture
def home() -> Premise:
    made = Premise()
    made.start()
    made.add(THERMOSTAT, device_class=1)
    made.passes(120)
    return made


def test_a_thermostat_obeys_and_its_word_goes_up(home: Premise) -> None:
    home.utility.control(1, home.now, start=600, duration=1800)
    home.passes(120)
    (event,) = home.appliances[THERMOSTAT].controller.events
    assert event.command.cooling_temperature_set_point == 2650
    home.passes(3600)
    assert [what for what, _ in home.ran(THERMOSTAT)] == ["started", "ended"]
    assert home.utility.statuses(1, home.lfdi(THERMOSTAT)) == [1, 2, 3]


def test_a_display_has_time_price_reading_and_message() -> None:
    home = Premise()
    home.utility.price(10, home.now, value=1134)
    home.utility.message(20, home.now)
    home.start()
    display = home.add(DISPLAY)
    home.passes(300)
    price = display.prices.current(GATEWAY, home.now)
    assert price is not None
    assert (price.price, price.price_trailing_digit_and_price_tier, price.currency) == (1134, 0x42, 840)
    assert display.board.shown is not None
    assert display.board.shown.text == "Peak today 16-19h"
    home.does(DISPLAY, display.board.confirm(display.board.shown.command.message_id, home.now))
    home.passes(60)
    assert home.utility.statuses(20, home.lfdi(DISPLAY)) == [1, 11]
    assert home.utility.statuses(10, home.lfdi(DISPLAY)) == [1]
    assert home.gateway.esi.meter.table.values[0x0000] == 98_765_432


def test_an_opt_out_goes_up_at_once_and_the_end_says_so(home: Premise) -> None:
    home.utility.control(1, home.now, start=60, duration=1800)
    home.passes(600)
    controller = home.appliances[THERMOSTAT].controller
    (event,) = controller.events
    home.does(THERMOSTAT, controller.opt_out(event.command.issuer_event_id, home.now))
    home.passes(1)
    assert home.utility.statuses(1) == [1, 2, 4]
    home.passes(3600)
    assert home.utility.statuses(1) == [1, 2, 4, 8]


def test_out_for_longer_than_the_event_allows_is_no_participation(home: Premise) -> None:
    home.utility.control(1, home.now, start=60, duration=1800, overrideDuration=600)
    home.passes(600)
    controller = home.appliances[THERMOSTAT].controller
    home.does(THERMOSTAT, controller.opt_out(controller.events[0].command.issuer_event_id, home.now))
    home.passes(3600)
    assert home.utility.statuses(1) == [1, 2, 4, 10]
    (last,) = [r for r in home.utility.got if r.status == 10]
    assert 600 < last.overrideDuration <= 1800


@pytest.mark.parametrize("randomised", [False, True])
def test_a_cancelled_event_is_taken_back(home: Premise, randomised: bool) -> None:
    path = home.utility.control(1, home.now, start=600, randomizeStart=60 if randomised else None)
    home.passes(120)
    home.utility.cancel(path, home.now, randomised=randomised)
    home.passes(120)
    assert home.appliances[THERMOSTAT].controller.events == []
    (cancel,) = sent(home, CancelLoadControlEvent)
    assert isinstance(cancel, CancelLoadControlEvent)
    assert (cancel.cancel_control, cancel.effective_time) == (0, 0)
    home.passes(3600)
    assert home.utility.statuses(1) == [1, 6]


def test_a_running_event_ends_spread_over_the_devices() -> None:
    home = Premise(draw=hashed)
    home.start()
    for eui64 in (THERMOSTAT, SWITCH):
        home.add(eui64, device_class=1)
    home.passes(120)
    path = home.utility.control(1, home.now, start=60, duration=7200, randomizeDuration=900)
    home.passes(600)
    home.utility.cancel(path, home.now, randomised=True)
    home.passes(1200)
    ends = {r.endDeviceLFDI: r.createdDateTime for r in home.utility.got if r.status == 6}
    assert set(ends) == {home.lfdi(THERMOSTAT), home.lfdi(SWITCH)}
    assert len(set(ends.values())) == 2


def test_a_newer_event_inside_an_older_one(home: Premise) -> None:
    """The map's fourth case: the older one's first hour must be executed."""
    home.utility.control(1, home.now, start=3600, duration=7200)
    home.passes(120)
    home.utility.control(2, home.now, start=7200 - 120, duration=1800, DutyCycle=DutyCycle(normalValue=30))
    home.passes(4 * 3600)
    starts = [
        (e.command.duration_in_minutes, e.command.duty_cycle)
        for e in (told.event for told in home.appliances[THERMOSTAT].told if hasattr(told, "event"))
    ]
    assert (60, 0xFF) in starts
    assert home.utility.statuses(1) == [1, 2, 7]
    assert home.utility.statuses(2) == [1, 2, 3]
    assert [what for what, _ in home.ran(THERMOSTAT)].count("started") == 2


def test_an_event_of_another_program_wins_by_primacy(home: Premise) -> None:
    home.utility.control(1, home.now, start=600, duration=3600)
    home.passes(120)
    home.utility.control(2, home.now, start=1200, duration=600, program=1)
    home.passes(2 * 3600)
    assert home.utility.statuses(1) == [1, 2, 14]
    assert home.utility.statuses(2) == [1, 2, 3]


def test_an_event_of_more_than_a_day_goes_in_parts_and_counts_as_one(home: Premise) -> None:
    home.utility.control(1, home.now, start=60, duration=25 * 3600)
    home.passes(300)
    assert [e.command.duration_in_minutes for e in home.appliances[THERMOSTAT].controller.events] == [
        1440,
        60,
    ]
    home.passes(26 * 3600)
    assert home.utility.statuses(1) == [1, 2, 3]


@pytest.mark.parametrize(
    ("fields", "status"),
    [
        ({"SetPoint": None, "TargetReduction": TargetReduction(type=0, value=5)}, 252),
        ({"loadShiftForward": True}, 252),
        ({"SetPoint": None, "DutyCycle": DutyCycle(normalValue=101)}, 253),
    ],
)
def test_what_the_device_cannot_do_is_refused_for_it(
    home: Premise, fields: dict[str, object], status: int
) -> None:
    home.utility.control(1, home.now, **fields)
    home.passes(120)
    assert home.utility.statuses(1, home.lfdi(THERMOSTAT)) == [status]
    assert sent(home, LoadControlEvent) == []


def test_a_device_of_another_kind_is_silent(home: Premise) -> None:
    home.utility.control(1, home.now, deviceCategory=(8).to_bytes(4, "big"))
    home.passes(7200)
    assert home.utility.got == []


def test_an_urgent_reduction_is_an_emergency(home: Premise) -> None:
    home.utility.control(
        1, home.now, ApplianceLoadReduction=ApplianceLoadReduction(type=1), drProgramMandatory=True
    )
    home.passes(120)
    (event,) = sent(home, LoadControlEvent)
    assert isinstance(event, LoadControlEvent)
    assert event.criticality_level == 7


def test_every_device_draws_for_itself_and_once() -> None:
    home = Premise(draw=hashed)
    home.start()
    for eui64 in (THERMOSTAT, SWITCH):
        home.add(eui64, device_class=1)
    home.passes(120)
    home.utility.control(1, home.now, start=1800, randomizeStart=900, randomizeDuration=300)
    home.passes(600)
    events = {eui64: home.appliances[eui64].controller.events[0].command for eui64 in (THERMOSTAT, SWITCH)}
    assert len({event.start_time for event in events.values()}) == 2
    assert all(event.event_control == 0 for event in events.values())
    home.passes(2 * 3600)
    assert home.utility.statuses(1, home.lfdi(THERMOSTAT)) == [1, 2, 3]


def test_where_the_server_has_no_place_for_them_devices_go_under_the_gateway() -> None:
    home = Premise(proxies=False, assigned=False)
    home.start()
    home.add(THERMOSTAT, device_class=1)
    home.passes(120)
    home.utility.control(1, home.now)
    home.passes(3600)
    assert home.utility.statuses(1, LFDI) == [1, 2, 3]


def test_an_introduced_device_gets_nothing_until_the_utility_admits_it() -> None:
    home = Premise(assigned=False)
    home.start()
    home.add(THERMOSTAT, device_class=1)
    home.passes(120)
    home.utility.control(1, home.now, start=3600)
    home.passes(600)
    assert sent(home, LoadControlEvent) == []
    home.assign(THERMOSTAT)
    home.passes(1000)
    assert len(sent(home, LoadControlEvent)) == 1


def test_the_server_rules_the_clock() -> None:
    home = Premise(ahead=5000)
    home.start()
    thermostat = home.add(THERMOSTAT, device_class=1)
    home.passes(120)
    assert home.gateway.esi.clock_offset == pytest.approx(5000, abs=2)
    home.utility.control(1, home.now, start=600, duration=600)
    home.passes(590)
    assert thermostat.controller.obeyed == []
    home.passes(60)
    assert len(thermostat.controller.obeyed) == 1
    home.passes(1200)
    (started,) = [r for r in home.utility.got if r.status == 2]
    assert started.createdDateTime == pytest.approx(home.now + 5000 - 1200 - 50, abs=30)


def test_prices_never_overlap_and_their_ids_grow(home: Premise) -> None:
    for number, start in ((10, 0), (11, 3600), (12, 7200)):
        home.utility.price(number, home.now, start=start, value=1000 + number)
    home.passes(120)
    prices = home.appliances[THERMOSTAT].prices
    assert prices.current(GATEWAY, home.now).price == 1010
    assert [held.command.price for held in prices.coming(GATEWAY, home.now)] == [1011]
    home.utility.price(13, home.now, start=600, duration=600, value=9999)
    home.passes(700)
    assert prices.current(GATEWAY, home.now).price == 9999
    home.passes(600)
    ids = [published.id for published in home.gateway.prices.all()]
    assert ids == sorted(ids)
    home.passes(3600)
    assert prices.current(GATEWAY, home.now).price == 1011


def test_a_cancelled_price_gives_way_to_the_one_that_is_valid(home: Premise) -> None:
    home.utility.price(10, home.now, duration=7200, value=1000)
    home.passes(120)
    dear = home.utility.price(11, home.now, start=600, duration=600, value=9999)
    home.passes(120)
    home.utility.cancel(dear, home.now)
    home.passes(660)
    price = home.appliances[THERMOSTAT].prices.current(GATEWAY, home.now)
    assert price is not None
    assert price.price == 1000


def test_the_most_important_message_is_shown_and_the_next_after_it(home: Premise) -> None:
    board = home.appliances[THERMOSTAT].board
    home.utility.message(20, home.now, priority=1, textMessage="less", responseRequired=b"\x04")
    home.passes(120)
    home.utility.message(21, home.now, priority=3, textMessage="more", responseRequired=b"\x04")
    home.passes(120)
    assert board.shown.text == "more"
    number = board.shown.command.message_id
    home.does(THERMOSTAT, board.confirm(number, home.now))
    home.passes(60)
    assert board.shown.text == "less"
    assert board.shown.command.message_id < number


def test_a_message_that_is_taken_back_disappears(home: Premise) -> None:
    path = home.utility.message(20, home.now)
    home.passes(120)
    home.utility.cancel(path, home.now)
    home.passes(120)
    assert home.appliances[THERMOSTAT].board.shown is None


def test_readings_follow_the_server(home: Premise) -> None:
    home.passes(120)
    home.utility.reading(0, 98_766_000)
    home.utility.reading(1, 2500)
    home.passes(1000)
    values = home.gateway.esi.meter.table.values
    assert (values[0x0000], values[0x0400], values[0x0302]) == (98_766_000, 2500, 1000)


def test_a_killed_gateway_loses_and_repeats_nothing(tmp_path: Path) -> None:
    home = Premise(journal=tmp_path / "journal.db", draw=hashed)
    home.start()
    home.add(THERMOSTAT, device_class=1)
    home.passes(120)
    home.utility.control(1, home.now, start=1800, duration=1800, randomizeStart=300)
    home.utility.price(10, home.now)
    home.utility.message(20, home.now)
    home.passes(120)
    before = sent(home, LoadControlEvent)
    for _ in range(3):
        home.killed()
        home.passes(300)
    assert sent(home, LoadControlEvent) == before
    home.passes(3 * 3600)
    assert home.utility.statuses(1) == [1, 2, 3]
    assert home.utility.statuses(20) == [1]
    assert home.utility.statuses(10) == [1]


def test_an_id_is_journalled_before_it_is_sent(tmp_path: Path) -> None:
    home = Premise(journal=tmp_path / "journal.db")
    home.start()
    home.add(THERMOSTAT, device_class=1)
    home.passes(120)
    home.utility.control(1, home.now, start=1800)
    home.reachable = True
    home.lost = lambda frame, now: frame.destination == THERMOSTAT
    home.passes(120)
    (order,) = home.gateway.loads.all()
    assert [part.told for part in order.parts] == [False]
    home.lost = lambda frame, now: False
    home.killed()
    home.passes(60)
    assert [e.command.issuer_event_id for e in home.appliances[THERMOSTAT].controller.events] == [
        order.parts[0].id
    ]


def test_without_the_server_the_devices_go_on(home: Premise) -> None:
    home.utility.control(1, home.now, start=1200, duration=1800)
    home.passes(120)
    home.reachable = False
    home.passes(3600)
    assert [what for what, _ in home.ran(THERMOSTAT)] == ["started", "ended"]
    assert home.utility.statuses(1) == [1]
    home.reachable = True
    home.passes(1800)
    assert home.utility.statuses(1) == [1, 2, 3]


def test_a_response_is_given_up_an_hour_after_the_event(home: Premise) -> None:
    home.utility.control(1, home.now, start=60, duration=600)
    home.passes(120)
    home.reachable = False
    home.passes(3 * 3600)
    home.reachable = True
    home.passes(1800)
    assert home.utility.statuses(1) == [1, 2]
    assert len(home.gateway.mail.waiting()) == 0


def test_a_sleepy_device_finds_its_events_when_it_asks(home: Premise) -> None:
    home.lost = lambda frame, now: frame.destination == THERMOSTAT
    home.utility.control(1, home.now, start=7200, duration=1800)
    home.passes(1000)
    assert home.appliances[THERMOSTAT].controller.events == []
    home.lost = lambda frame, now: False
    home.passes(4000)
    assert len(home.appliances[THERMOSTAT].controller.events) == 1
    home.passes(2 * 3600)
    assert home.utility.statuses(1) == [1, 2, 3]


def test_a_frame_without_the_link_key_counts_for_nothing(home: Premise) -> None:
    home.utility.control(1, home.now, start=600)
    home.passes(120)
    report = next(f for f in home.frames if f.source == THERMOSTAT and f.cluster_id == 0x0701)
    before = len(home.utility.got)
    home.do(home.gateway.handle(replace(report, secured=False), home.now))
    home.do(home.gateway.handle(replace(report, source=DISPLAY), home.now))
    home.passes(10)
    assert len(home.utility.got) == before


def test_an_expelled_device_is_told_and_believed_nothing(home: Premise) -> None:
    home.utility.control(1, home.now, start=600)
    home.passes(120)
    home.do(home.gateway.expel(THERMOSTAT, home.now))
    before, frames = len(home.utility.got), len(sent(home, LoadControlEvent))
    home.passes(2 * 3600)
    assert len(home.utility.got) == before
    assert len(sent(home, LoadControlEvent)) == frames
    assert mrid(1)[-4:] == (32473).to_bytes(4, "big")
