"""Playbooks of messages: shown, replaced, cancelled, confirmed by the first who does."""

import json
from pathlib import Path
from typing import Any

import pytest

from gateway.home import DISPLAY, NOW, THERMOSTAT, Home
from handover.sep1 import frame as zcl
from handover.sep1.clusters.messaging import CancelMessage, DisplayMessage, MessageConfirmation
from handover.sep1.types import ZIGBEE_EPOCH
from handover.sep2 import xml
from handover.sep2.peer import Peer
from handover.sep2.resources.response import TextResponse

pytestmark = pytest.mark.req("REQ.GW.1")

CASES = {
    row["n"].split()[0]: row
    for row in json.loads((Path(__file__).parents[1] / "data" / "golden.json").read_text())
}


def message(
    number: int = 1, text: bytes = b"hello", minutes: int = 90, control: int = 0x88
) -> DisplayMessage:
    return DisplayMessage(number, control, 0, minutes, text)


def texts(home: Home) -> dict[int, Any]:
    return {int.from_bytes(t.mRID[8:12], "big"): t for t in home.gets("/msg/0/txt?l=255").TextMessage}


def confirm(home: Home, number: int, status: int = 11, peer: Peer = DISPLAY) -> int:
    text = texts(home)[number]
    word = TextResponse(
        createdDateTime=int(home.now), endDeviceLFDI=peer.lfdi, status=status, subject=text.mRID
    )
    return home.asks(text.replyTo, peer, "POST", word).status


def test_the_golden_message_is_served_and_confirmed_as_golden(home: Home) -> None:
    home.carries(bytes.fromhex(CASES["G19"]["zcl"]), 0x0703)
    (text,) = texts(home).values()
    golden = xml.decode(CASES["G19"]["xml"][0].encode())
    golden.href = text.href
    assert text == golden
    home.told()
    home.passes(120)
    assert confirm(home, 0x17985101) == 201
    (word,) = home.told(MessageConfirmation)
    golden_frame = bytes.fromhex(CASES["G21"]["zcl"])
    assert zcl.parse(0x0703, golden_frame).body == word


def test_only_the_first_confirmation_is_forwarded(home: Home) -> None:
    home.says(message())
    home.told()
    assert confirm(home, 1, peer=DISPLAY) == 201
    assert confirm(home, 1, peer=THERMOSTAT) == 201
    (word,) = home.told(MessageConfirmation)
    assert word.confirmation_time == NOW - ZIGBEE_EPOCH
    home.restart()
    assert home.told(MessageConfirmation) == []


@pytest.mark.parametrize("status", [1, 2, 3, 7, 12, 13, 14, 254])
def test_other_answers_are_kept_and_go_nowhere(home: Home, status: int) -> None:
    home.says(message())
    assert confirm(home, 1, status) == 201
    assert home.told(MessageConfirmation) == []


@pytest.mark.parametrize("status", [4, 5, 6, 8, 9, 10, 252, 253])
def test_answers_that_messages_do_not_know_are_refused(home: Home, status: int) -> None:
    home.says(message())
    assert confirm(home, 1, status) == 400


def test_a_message_that_wants_no_confirmation_gets_none(home: Home) -> None:
    home.says(message(control=0x04))
    assert texts(home)[1].responseRequired in (None, b"\x00")
    assert confirm(home, 1) == 201
    assert home.told(MessageConfirmation) == []


def test_a_new_message_replaces_the_one_before(home: Home) -> None:
    home.says(message(1))
    home.passes(10)
    home.says(message(2))
    found = texts(home)
    assert (found[1].EventStatus.currentStatus, found[1].version) == (2, 1)
    assert found[2].EventStatus.currentStatus == 1
    assert home.gets("/msg/0").ActiveTextMessageListLink.all == 1
    home.passes(5400)
    assert texts(home) == {}


def test_a_message_can_be_cancelled_once_it_is_known(home: Home) -> None:
    home.says(CancelMessage(1, 0))
    assert home.verdict() == 0x8B
    home.says(message(1, minutes=0xFFFF))
    home.passes(60)
    home.says(CancelMessage(1, 0))
    assert texts(home)[1].EventStatus.currentStatus == 2
    home.passes(86399)
    assert list(texts(home)) == [1]
    home.passes(1)
    assert texts(home) == {}


def test_a_repeat_is_the_same_message(home: Home) -> None:
    home.says(message(1, minutes=30))
    home.passes(600)
    home.told()
    home.says(message(1, minutes=20))
    assert home.verdict() == 0
    assert texts(home)[1].interval.duration == 1800


def test_a_message_for_inter_pan_only_is_refused(home: Home) -> None:
    home.says(message(control=0x8A))
    assert home.verdict() == 0x85
    assert texts(home) == {}


def test_text_that_is_no_utf8_is_shown_all_the_same(home: Home) -> None:
    home.says(message(text="Grüße".encode("latin-1")))
    assert texts(home)[1].textMessage == "Grüße"


@pytest.mark.parametrize("text", [b"<script>alert(1)</script>", b"a\x00b\x1b[2J", b"]]>&amp;", b""])
def test_hostile_text_comes_through_as_text(home: Home, text: bytes) -> None:
    home.says(message(text=text))
    response = home.asks("/msg/0/txt/00000001")
    assert response.status == 200
    assert b"<script>" not in response.body
    assert b"\x00" not in response.body


def test_messages_are_the_same_after_a_kill(home: Home) -> None:
    home.says(message(1))
    home.passes(10)
    home.says(message(2))
    before = {k: xml.encode(v) for k, v in texts(home).items()}
    home.restart()
    assert {k: xml.encode(v) for k, v in texts(home).items()} == before
    home.says(message(2))
    assert {k: xml.encode(v) for k, v in texts(home).items()} == before
