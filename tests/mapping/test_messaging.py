import pytest
from hypothesis import given
from hypothesis import strategies as st

from handover.errors import Untranslatable
from handover.mapping import messaging
from handover.mapping.context import Context
from handover.mapping.losses import Loss
from handover.model.event import OPEN_ENDED, Status
from handover.model.message import Importance
from handover.model.participation import Answer
from handover.sep1.clusters.messaging import CancelMessage, DisplayMessage, MessageConfirmation
from handover.sep2.resources.response import TextResponse

from .conftest import ESI, LFDI, NOW, PEN

ZNOW = NOW - 946684800
CONTEXT = Context(node=ESI, pen=PEN, esi_name="Utility of a long name indeed")


def display(
    control: int = 0, start: int = 0, duration: int = 90, text: bytes | None = b"hi"
) -> DisplayMessage:
    return DisplayMessage(
        message_id=7, message_control=control, start_time=start, duration_in_minutes=duration, message=text
    )


@pytest.mark.parametrize("importance", Importance)
def test_importance_is_priority(importance: Importance) -> None:
    message = messaging.from_sep1(display(importance << 2), CONTEXT, received=NOW)
    assert messaging.to_sep2(message, CONTEXT).priority == importance


@pytest.mark.parametrize(("control", "required"), [(0, b"\0"), (0x80, b"\4"), (0x20, b"\4"), (0x0C, b"\0")])
def test_confirmation_is_bit_two(control: int, required: bytes) -> None:
    message = messaging.from_sep1(display(control), CONTEXT, received=NOW)
    assert messaging.to_sep2(message, CONTEXT).responseRequired == required


def test_inter_pan_only_is_refused() -> None:
    with pytest.raises(Untranslatable) as caught:
        messaging.from_sep1(display(2), CONTEXT, received=NOW)
    assert caught.value.zcl_status == 0x85
    lost: list[Loss] = []
    messaging.from_sep1(display(1), CONTEXT, received=NOW, lost=lost)
    assert lost == [messaging.TRANSMISSION]


@pytest.mark.parametrize("wrong", [{"duration": 0}, {"start": 0xFFFFFFFF}])
def test_an_interval_without_a_value_is_refused(wrong: dict[str, int]) -> None:
    with pytest.raises(Untranslatable):
        messaging.from_sep1(display(**wrong), CONTEXT, received=NOW)


def test_start_now_until_changed() -> None:
    first = messaging.from_sep1(display(duration=0xFFFF), CONTEXT, received=NOW)
    assert (first.start, first.duration) == (NOW, OPEN_ENDED)
    again = messaging.from_sep1(display(duration=0xFFFF), CONTEXT, received=NOW + 60, known=first)
    assert again == first


def test_texts_that_are_not_utf8() -> None:
    lost: list[Loss] = []
    message = messaging.from_sep1(display(text=b"d\xe9j\xe0 vu"), CONTEXT, received=NOW, lost=lost)
    assert (message.text, lost) == ("déjà vu", [messaging.NOT_UTF8])
    assert messaging.from_sep1(display(text=None), CONTEXT, received=NOW).text == ""


def test_the_originator_is_the_configured_name() -> None:
    message = messaging.from_sep1(display(), CONTEXT, received=NOW)
    assert messaging.to_sep2(message, CONTEXT).originator == "Utility of a long na"


def test_the_program_names_its_lists() -> None:
    made = messaging.program(CONTEXT, count=3, active=1)
    assert made.TextMessageListLink is not None
    assert (made.TextMessageListLink.all, made.locale) == (3, "en-US")


@pytest.mark.parametrize("status", [1, 2, 3, 7, 12, 13, 14, 254])
def test_only_a_persons_acknowledgement_is_a_confirmation(status: int) -> None:
    message = messaging.from_sep1(display(0x80), CONTEXT, received=NOW)
    answer = messaging.answer_from_sep2(
        TextResponse(endDeviceLFDI=LFDI, status=status, subject=bytes(16)), received=NOW
    )
    assert answer.at == NOW
    lost: list[Loss] = []
    assert messaging.answer_to_sep1(answer, message, lost=lost) is None
    assert lost == [messaging.NOT_SENT]


@pytest.mark.parametrize("status", [None, 0, 4, 6, 99, 252])
def test_statuses_that_mean_nothing_for_a_text_are_400(status: int | None) -> None:
    response = TextResponse(endDeviceLFDI=LFDI, status=status, subject=bytes(16))
    with pytest.raises(Untranslatable) as caught:
        messaging.answer_from_sep2(response, received=NOW)
    assert caught.value.http_status == 400


def test_a_refusal_to_confirm_is_eleven_with_a_note() -> None:
    lost: list[Loss] = []
    command = MessageConfirmation(7, ZNOW, message_confirmation_control=1)
    answer = messaging.answer_from_sep1(command, device=LFDI, lost=lost)
    assert (answer, lost) == (
        Answer(device=LFDI, status=Status.ACKNOWLEDGED, at=NOW),
        [messaging.DECLINED],
    )


def test_cancelling() -> None:
    message = messaging.from_sep1(display(), CONTEXT, received=NOW)
    assert messaging.cancel_from_sep1(CancelMessage(7, 0), CONTEXT) == message.key
    assert messaging.cancel_to_sep1(message) == CancelMessage(7, 0)


def test_a_priority_nobody_knows_is_refused() -> None:
    text = messaging.to_sep2(messaging.from_sep1(display(), CONTEXT, received=NOW), CONTEXT)
    text.priority = 9
    with pytest.raises(Untranslatable):
        messaging.from_sep2(text, messaging.from_sep1(display(), CONTEXT, received=NOW).key)


def test_long_texts_are_cut_at_a_character() -> None:
    message = messaging.from_sep1(display(), CONTEXT, received=NOW)
    message.text, message.duration, message.originator = "€" * 100, 61, "x"
    lost: list[Loss] = []
    sent = messaging.to_sep1(message, longest=59, lost=lost)
    assert sent.message == ("€" * 19).encode()
    assert sent.duration_in_minutes == 2
    assert lost == [messaging.LENGTH, messaging.ORIGINATOR, messaging.MINUTES]


printable = st.text(st.characters(codec="utf-8", exclude_categories=["C"]), max_size=60)


@given(
    text=printable,
    importance=st.integers(0, 3),
    confirm=st.booleans(),
    start=st.integers(1, 0xFFFFFFFE),
    duration=st.integers(1, 0xFFFF),
)
def test_there_and_back(text: str, importance: int, confirm: bool, start: int, duration: int) -> None:
    command = display(importance << 2 | confirm << 7, start, duration, text.encode())
    context = Context(node=ESI, pen=PEN)
    message = messaging.from_sep1(command, context, received=NOW)
    back = messaging.from_sep2(messaging.to_sep2(message, context), message.key)
    assert back == message
    assert messaging.to_sep1(back) == command
