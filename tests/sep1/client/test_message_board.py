"""A display that holds one message: shown at its time, replaced, cancelled, confirmed until answered."""

from typing import Any

import pytest

from handover.errors import Refused
from handover.sep1.client import HanClient
from handover.sep1.client.message_board import MessageBoard, MessageGone, MessageShown
from handover.sep1.clusters.messaging import CancelMessage, DisplayMessage, MessageConfirmation
from handover.sep1.general import DefaultResponse
from handover.sep1.types import ZIGBEE_EPOCH
from sep1.dialogue import ESI, NOW, OURS, STRANGER, ZIGBEE_NOW, AnsweringEsi, Dialogue

CONFIRM = 0x80


def message(message_id: int = 7, text: bytes = b"Peak today", **changes: int) -> DisplayMessage:
    values = {"control": CONFIRM, "start": 0, "minutes": 60} | changes
    return DisplayMessage(message_id, values["control"], values["start"], values["minutes"], text)


class Display:
    def __init__(self) -> None:
        self.client = HanClient(OURS)
        self.board = MessageBoard(self.client.node, utc=lambda esi, now: int(now) - ZIGBEE_EPOCH)
        self.client.add(self.board)
        self.d = Dialogue(self.client)
        self.answering = AnsweringEsi(self.d)
        self.d.take(self.client.start(ESI, NOW))
        self.answering.answers()
        self.d.indications.clear()

    def until(self, second: float) -> list[Any]:
        before = len(self.d.indications)
        self.d.passes_until(second)
        return [i for i in self.d.indications[before:] if isinstance(i, MessageShown | MessageGone)]


@pytest.fixture
def display() -> Display:
    return Display()


def test_a_message_is_shown_at_once_and_ends_by_itself(display: Display) -> None:
    (shown,) = display.d.receives(message(minutes=10))
    assert isinstance(shown, MessageShown)
    assert shown.notice.text == "Peak today"
    assert display.d.bodies() == [DefaultResponse(0x00, 0x00)]
    assert display.until(599) == []
    assert [type(i) for i in display.until(600)] == [MessageGone]
    assert display.board.shown is None


def test_a_message_for_later_waits(display: Display) -> None:
    assert display.d.receives(message(start=ZIGBEE_NOW + 300)) == []
    assert display.until(299) == []
    assert [type(i) for i in display.until(300)] == [MessageShown]


def test_a_message_until_changed_stays(display: Display) -> None:
    display.d.receives(message(minutes=0xFFFF))
    assert display.until(90000) == []
    assert display.board.shown is not None


def test_a_new_message_takes_the_place_of_the_old(display: Display) -> None:
    display.d.receives(message())
    gone, shown = display.d.receives(message(8, b"Later"))
    assert (gone.notice.command.message_id, shown.notice.command.message_id) == (7, 8)


def test_a_repeat_changes_nothing(display: Display) -> None:
    display.d.receives(message())
    assert display.d.receives(message(minutes=30)) == []
    assert [type(i) for i in display.until(3600)] == [MessageGone]


def test_what_has_ended_is_not_shown(display: Display) -> None:
    assert display.d.receives(message(start=ZIGBEE_NOW - 7200)) == []
    assert display.board.shown is None


def test_a_message_for_inter_pan_only_is_refused(display: Display) -> None:
    display.d.receives(message(control=CONFIRM | 2))
    assert display.d.bodies() == [DefaultResponse(0x00, 0x85)]


def test_a_stranger_shows_nothing(display: Display) -> None:
    display.d.receives(message(), source=STRANGER)
    assert display.board.shown is None


@pytest.mark.parametrize(("message_id", "status"), [(7, 0x00), (9, 0x8B)])
def test_cancelling(display: Display, message_id: int, status: int) -> None:
    display.d.receives(message())
    display.d.sent()
    display.d.receives(CancelMessage(message_id, 0))
    assert display.d.bodies() == [DefaultResponse(0x01, status)]
    assert (display.board.shown is None) == (status == 0)


def test_a_confirmation_is_sent_once_and_until_it_is_answered(display: Display) -> None:
    display.d.receives(message(minutes=0xFFFF))
    display.answering.answers()
    display.answering.silent_on = (MessageConfirmation,)
    display.d.take(display.board.confirm(7, NOW))
    assert display.board.confirm(7, NOW) == []
    assert display.answering.answers() == [MessageConfirmation(7, ZIGBEE_NOW)]
    sent: list[Any] = []
    while display.d.now < NOW + 1500:
        display.d.now = max(display.d.now, display.client.deadline() or 0)
        display.d.take(display.client.tick(display.d.now))
        sent += [b for b in display.answering.answers() if isinstance(b, MessageConfirmation)]
        if len(sent) == 5:
            display.answering.silent_on = ()
    assert set(map(repr, sent)) == {repr(MessageConfirmation(7, ZIGBEE_NOW))}
    assert len(sent) == 6  # the answered one is the last


def test_only_what_is_shown_can_be_confirmed(display: Display) -> None:
    with pytest.raises(Refused, match="nothing to confirm"):
        display.board.confirm(7, NOW)


def test_a_message_without_confirmation_sends_none(display: Display) -> None:
    display.d.receives(message(control=0))
    display.d.sent()
    assert display.board.confirm(7, NOW) == []


def test_octets_that_are_no_utf_8_are_shown_all_the_same(display: Display) -> None:
    (shown,) = display.d.receives(message(text=b"20 \xb0C"))
    assert shown.notice.text == "20 °C"


def test_a_forgotten_esi_takes_its_message_along(display: Display) -> None:
    display.d.receives(message())
    display.board.forget(ESI)
    assert display.board.shown is None
