"""Responses: which are due, what they say, and their way to the server."""

from dataclasses import replace
from typing import Any

import pytest

from handover.errors import NotNow, Refused
from handover.sep2 import xml
from handover.sep2.client import responses
from handover.sep2.client.engine import Client, Settings
from handover.sep2.client.letters import Letters
from handover.sep2.client.outbox import MemoryOutbox, Pending
from handover.sep2.client.outputs import Answer, Post, Responded, ResponseLost
from handover.sep2.client.pace import Pace
from handover.sep2.resources.common import DateTimeInterval, EventStatus
from handover.sep2.resources.messaging import TextMessage
from handover.sep2.resources.pricing import TimeTariffInterval
from handover.sep2.resources.response import DrResponse, PriceResponse, TextResponse
from handover.sep2.server import Response
from sep2.client.test_playbook import SETTINGS, Bench, middle
from sep2.client.test_schedule import T, event
from sep2.utility import LFDI, NOW, Utility, mrid

STATUS = EventStatus(currentStatus=0, dateTime=0, potentiallySuperseded=False)
COMMON = {
    "mRID": b"\x0b\x00\x00\x6c\xc8",
    "creationTime": 0,
    "EventStatus": STATUS,
    "interval": DateTimeInterval(start=0, duration=60),
    "replyTo": "/rsps/1/rsp",
}
CONTROL = event(1, 0, 60, replyTo="/rsps/1/rsp")
PRICE = TimeTariffInterval(touTier=0, **COMMON)  # type: ignore[arg-type]
MESSAGE = TextMessage(priority=0, textMessage="", **COMMON)  # type: ignore[arg-type]

ALL = {*range(1, 15), 252, 253, 254}


@pytest.mark.parametrize(
    ("sample", "bits", "allowed"),
    [
        (CONTROL, b"\x00", set()),
        (CONTROL, b"\x01", {1}),
        (CONTROL, b"\x02", {*range(2, 11), 13, 14, 252, 253, 254}),
        (CONTROL, b"\x04", {11}),
        (CONTROL, b"\x07", ALL - {12}),
        (PRICE, b"\x01", {1}),
        (PRICE, b"\x02", {2, 3, 7, 13, 14, 254}),
        (PRICE, b"\x04", {11}),
        (MESSAGE, b"\x01", {1}),
        (MESSAGE, b"\x02", {2, 3, 7, 12, 13, 14, 254}),
        (MESSAGE, b"\x04", {11}),
    ],
)
def test_the_gates_of_response_required(sample: Any, bits: bytes, allowed: set[int]) -> None:
    asking = replace(sample, responseRequired=bits)
    assert {status for status in ALL if responses.wanted(asking, status)} == allowed
    assert not any(responses.wanted(replace(asking, replyTo=None), status) for status in ALL)


def test_without_response_required_nothing_is_sent() -> None:
    assert not any(responses.wanted(CONTROL, status) for status in ALL)


async def test_the_life_of_a_control_is_reported_and_the_subject_is_as_it_was_sent() -> None:
    utility = Utility()
    utility.control(start=100, duration=60, mRID=bytes.fromhex("0B00006CC8"))
    async with Bench(utility) as bench:
        bench.until(300)
        assert [r.status for r in utility.got] == [1, 2, 3]
        assert {type(r) for r in utility.got} == {DrResponse}
        assert {r.subject for r in utility.got} == {bytes.fromhex("0B00006CC8")}
        assert {r.endDeviceLFDI for r in utility.got} == {LFDI}
        assert [r.createdDateTime - NOW for r in utility.got] == [0, 100, 160]


async def test_prices_and_messages_have_responses_of_their_own() -> None:
    utility = Utility()
    asking = {"replyTo": "/rsps/1/rsp", "responseRequired": b"\x03"}
    utility.price(20, 0, 100, 603, **asking)
    utility.message(50, 0, 100, **asking)
    async with Bench(utility) as bench:
        bench.until(200)
        assert [r.status for r in utility.got if type(r) is PriceResponse] == [1, 2, 3]
        assert [r.status for r in utility.got if type(r) is TextResponse] == [1, 2, 3]


async def test_a_cancelled_price_is_not_reported_because_pricing_knows_no_such_status() -> None:
    utility = Utility(poll=60)
    asking = {"replyTo": "/rsps/1/rsp", "responseRequired": b"\x03"}
    path = utility.price(20, 0, 1000, 603, **asking)
    async with Bench(utility) as bench:
        utility.mark(path, 2)
        bench.until(100)
        assert utility.statuses(20) == [1, 2]


async def test_the_loser_says_whether_its_own_or_another_program_won() -> None:
    utility = Utility()
    utility.program(1, primacy=1)
    utility.program(2, primacy=0)
    utility.control(1, start=100, duration=600)
    utility.control(2, start=200, duration=100)
    utility.control(3, start=800, duration=600)
    utility.control(4, start=900, duration=100, program=2)
    async with Bench(utility) as bench:
        bench.until(3000)
        assert utility.statuses(1) == [1, 2, 7]
        assert utility.statuses(2) == [1, 2, 3]
        assert utility.statuses(3) == [1, 2, 14]
        assert utility.statuses(4) == [1, 2, 3]


@pytest.mark.parametrize(
    ("actions", "allowed", "statuses", "overridden"),
    [
        ([(50, "out")], None, [1, 4, 10], 60),
        ([(120, "out")], None, [1, 2, 4, 8], 40),
        ([(120, "out")], 30, [1, 2, 4, 10], 40),
        ([(120, "out")], 40, [1, 2, 4, 8], 40),
        ([(120, "out"), (140, "in")], None, [1, 2, 4, 5, 9], 20),
        ([(50, "out"), (130, "in")], None, [1, 4, 5, 9], 30),
        ([(50, "out"), (60, "in")], None, [1, 4, 5, 2, 3], None),
        ([(110, "out"), (120, "in"), (130, "out"), (140, "in")], None, [1, 2, 4, 5, 9], 20),
    ],
)
async def test_what_the_user_does(
    actions: list[tuple[int, str]], allowed: int | None, statuses: list[int], overridden: int | None
) -> None:
    utility = Utility()
    utility.control(start=100, duration=60, overrideDuration=allowed)
    async with Bench(utility) as bench:
        (control,) = bench.client.schedule
        for at, action in actions:
            bench.until(at)
            act = bench.client.opt_out if action == "out" else bench.client.opt_in
            bench.lockstep.settle(act(control, NOW + at), NOW + at)
        bench.until(400)
        assert utility.statuses() == statuses
        assert utility.got[-1].overrideDuration == overridden


async def test_mandatory_events_cannot_be_left_nor_can_those_that_are_over() -> None:
    utility = Utility()
    utility.control(1, start=100, duration=60, drProgramMandatory=True)
    utility.control(2, start=0, duration=60)
    async with Bench(utility) as bench:
        over, mandatory = sorted(bench.client.schedule, key=lambda e: e.start)
        bench.until(110)
        with pytest.raises(Refused, match="mandatory"):
            bench.client.opt_out(mandatory, NOW + 110)
        with pytest.raises(NotNow, match="completed"):
            bench.client.opt_out(over, NOW + 110)
        with pytest.raises(NotNow, match="completed"):
            bench.client.opt_in(over, NOW + 110)


async def test_what_the_device_cannot_do_is_answered_and_not_started() -> None:
    utility = Utility()
    utility.control(start=100, duration=60)
    bench = Bench(utility)
    bench.client = Client(SETTINGS, middle, judge=lambda control: 252)
    bench.lockstep.device = bench.client  # type: ignore[assignment]
    async with bench:
        bench.until(400)
        assert utility.statuses() == [252]


async def test_a_refused_response_is_given_up_and_a_delayed_one_is_not() -> None:
    utility = Utility()
    utility.control(start=100, duration=60)
    utility.refuse["/rsps/1/rsp"] = Response(503, {"Retry-After": "30"})
    async with Bench(utility) as bench:
        bench.until(29)
        assert bench.asked("/rsps/1/rsp") == 1
        utility.refuse["/rsps/1/rsp"] = Response(400, {})
        bench.until(31)
        (lost,) = bench.said(ResponseLost)
        assert (int(lost.subject[:24], 16), lost.status) == (1, 1)
        del utility.refuse["/rsps/1/rsp"]
        bench.until(400)
        assert utility.statuses() == [2, 3]


async def test_a_restart_with_the_same_outbox_repeats_nothing() -> None:
    utility = Utility()
    utility.control(start=100, duration=600)
    outbox = MemoryOutbox()
    for restart in range(3):
        bench = Bench(utility)
        bench.client = Client(SETTINGS, middle, outbox=outbox)
        bench.lockstep.device = bench.client  # type: ignore[assignment]
        async with bench:
            bench.until(150 + restart)
    assert utility.statuses() == [1, 2]


def letters(outbox: MemoryOutbox) -> Letters:
    return Letters(LFDI, outbox, Pace(1, lambda: 1.0), None)


def pending(key: str, subject: str, made: float = 0.0) -> Pending:
    return Pending(key, subject, 1, f"/rsps/1/rsp?{key}", b"<x/>", made, made + 100, made)


def test_one_event_keeps_its_order_and_does_not_hold_up_the_others() -> None:
    outbox = MemoryOutbox()
    for entry in (pending("a1", "a"), pending("a2", "a"), pending("b1", "b")):
        assert outbox.add(entry)
    sender = letters(outbox)
    post, _ = sender.next(0)
    assert isinstance(post, Post)
    assert (post.key, post.path, post.query) == ("a1", "/rsps/1/rsp", "a1")
    assert sender.next(0) == (None, [])
    assert sender.answered(Answer(post, 503), 0) == []
    second, _ = sender.next(0)
    assert second is not None
    assert second.key == "b1"
    assert sender.answered(Answer(second, 201), 0) == [Responded("b", 1)]
    assert sender.next(1)[0] is None
    assert sender.deadline() == 5.0
    third, _ = sender.next(5.0)
    assert third is not None
    assert third.key == "a1"


def test_a_response_is_given_up_when_its_time_is_over() -> None:
    outbox = MemoryOutbox()
    outbox.add(pending("a1", "a"))
    post, lost = letters(outbox).next(101)
    assert post is None
    assert [type(one) for one in lost] == [ResponseLost]
    assert outbox.waiting() == []


def test_an_outbox_keeps_a_key_once_and_for_all() -> None:
    outbox = MemoryOutbox(keys=2)
    assert outbox.add(pending("a", "a"))
    assert not outbox.add(pending("a", "a"))
    outbox.remove("a")
    outbox.remove("a")
    assert not outbox.add(pending("a", "a"))
    assert outbox.add(pending("b", "b"))
    assert outbox.add(pending("c", "c"))
    assert outbox.add(pending("a", "a")), "only the latest keys are remembered"


def test_a_response_validates() -> None:
    settings = Settings(LFDI, 1)
    client = Client(settings, middle)
    assert client.deadline() is None
    made = DrResponse(createdDateTime=T, endDeviceLFDI=LFDI, status=2, subject=mrid(1))
    assert xml.decode(xml.encode(made), DrResponse) == made
