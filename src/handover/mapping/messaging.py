"""Messaging 0x0703 <-> Messaging: texts, their cancellation, and a person's confirmation.

That a new message replaces the one before is a rule of `model.message`.
"""

from handover.mapping.context import Context
from handover.mapping.event import arrival, event_status, interval, state_from_sep2
from handover.mapping.losses import Loss, Lost, Orientation, note
from handover.mapping.mrid import MridKind
from handover.mapping.scalars import ZIGBEE_EPOCH, cut, minutes_up, text, to_utc, untranslatable
from handover.mapping.status import Service, response_status
from handover.model.event import EventKey, Status
from handover.model.message import Importance, Message
from handover.model.participation import Answer
from handover.sep1.clusters.messaging import (
    CancelMessage,
    DisplayMessage,
    MessageConfirmation,
    MessageControl,
    Transmission,
)
from handover.sep2.resources.common import ListLink
from handover.sep2.resources.messaging import MessagingProgram, TextMessage
from handover.sep2.resources.response import Response, TextResponse

LONGEST = 254
"""Octets of a text that the length octet can count."""
EVERY_PEER = 100
"""Octets of a text that every SEP 2.0 peer supports."""
_USER = b"\x04"
_NOTHING = b"\x00"
_RECEIPT = 0x01
_DECLINED = 0x01

TRANSMISSION = Loss("messageControl: transmission", Orientation.A, "SEP 2.0 has no inter-PAN")
INTER_PAN_ONLY = Loss("inter-PAN only message", Orientation.A, "anonymous data are not forwarded", "0x85")
ENHANCED = Loss("enhanced confirmation", Orientation.A, "a confirmation, but the answer has no element")
NOT_UTF8 = Loss("message", Orientation.A, "not UTF-8: read as Latin-1")
LENGTH = Loss("textMessage", Orientation.B, "cut to what a SEP 1.x device takes")
ORIGINATOR = Loss("originator, locale", Orientation.B, "no field")
MINUTES = Loss("interval.duration", Orientation.B, "whole minutes, rounded up")
DECLINED = Loss("messageConfirmationControl NO", Orientation.B, "no code for a refusal: 11, and a log entry")
NOT_SENT = Loss("TextResponse other than 11", Orientation.A, "SEP 1.x knows the confirmation only")
LOSSES = (
    TRANSMISSION,
    INTER_PAN_ONLY,
    ENHANCED,
    NOT_UTF8,
    LENGTH,
    ORIGINATOR,
    MINUTES,
    DECLINED,
    NOT_SENT,
    Loss("DisplayProtectedMessage", Orientation.A, "texts behind a PIN have no equal", "0x81"),
    Loss("several messages", Orientation.B, "one at a time: the most important, then the newest"),
)


def from_sep1(
    command: DisplayMessage,
    context: Context,
    *,
    received: float,
    created: int | None = None,
    known: Message | None = None,
    generation: int = 0,
    lost: Lost = None,
) -> Message:
    """Return the message that a DisplayMessage received at `received` (Unix s) states.

    `known` is the same message received before: its frozen interval and state are kept. Raises Untranslatable
    (0x85) for an inter-PAN only message, and for a start or duration without a value.
    """
    control = command.message_control
    transmission = control & int(MessageControl.TRANSMISSION)
    if transmission == Transmission.INTER_PAN:
        note(lost, INTER_PAN_ONLY)
        raise untranslatable(f"message {command.message_id:#x} is for inter-PAN only: it is not forwarded")
    if transmission:
        note(lost, TRANSMISSION)
    if control & MessageControl.ENHANCED_CONFIRMATION:
        note(lost, ENHANCED)
    words, proper = text(command.message)
    if not proper:
        note(lost, NOT_UTF8)
    common = arrival(
        EventKey(context.node, context.endpoint, 0, command.message_id, generation),
        command.start_time,
        command.duration_in_minutes,
        received=received,
        created=created,
        known=known,
    )
    return Message(
        **common,
        text=words,
        importance=Importance((control & int(MessageControl.IMPORTANCE)) >> 2),
        confirm=bool(control & (MessageControl.CONFIRMATION_REQUIRED | MessageControl.ENHANCED_CONFIRMATION)),
    )


def to_sep1(message: Message, *, longest: int = LONGEST, lost: Lost = None) -> DisplayMessage:
    """Return the DisplayMessage of a message, with its true start; `longest` is the device's limit in octets.

    Raises Untranslatable when the start cannot be said in ZigBee time.
    """
    words = cut(message.text, min(longest, LONGEST))
    if len(words) < len(message.text.encode()):
        note(lost, LENGTH)
    if message.originator:
        note(lost, ORIGINATOR)
    if message.duration % 60 and not message.open_ended:
        note(lost, MINUTES)
    control = message.importance << 2
    if message.confirm:
        control |= MessageControl.CONFIRMATION_REQUIRED
    return DisplayMessage(
        message_id=message.key.id,
        message_control=int(control),
        start_time=to_utc(message.start),
        duration_in_minutes=minutes_up(message.duration),
        message=words,
    )


def to_sep2(message: Message, context: Context) -> TextMessage:
    """Return the TextMessage of a message."""
    return TextMessage(
        href=context.hrefs.message(message.key),
        replyTo=context.hrefs.responses,
        responseRequired=_USER if message.confirm else _NOTHING,
        mRID=context.event(MridKind.TEXT_MESSAGE, message.key),
        version=message.version,
        creationTime=message.created,
        EventStatus=event_status(message, context),
        interval=interval(message),
        originator=(message.originator or context.esi_name)[:20] or None,
        priority=message.importance,
        textMessage=message.text,
    )


def program(context: Context, *, count: int, active: int) -> MessagingProgram:
    """Return the MessagingProgram that holds `count` messages, `active` of them running."""
    path = context.hrefs.messages
    return MessagingProgram(
        href=path,
        mRID=context.structure(MridKind.MESSAGING_PROGRAM, 0),
        description=context.esi_name[:32] or None,
        ActiveTextMessageListLink=ListLink(href=f"{path}/actxt", all=active),
        locale=context.locale,
        primacy=context.primacy,
        TextMessageListLink=ListLink(href=f"{path}/txt", all=count),
    )


def from_sep2(message: TextMessage, key: EventKey) -> Message:
    """Return the message of a TextMessage, under the SEP 1.x identity `key`.

    Raises Untranslatable (HTTP 400) for an unknown status or priority.
    """
    try:
        importance = Importance(message.priority)
    except ValueError:
        raise untranslatable(f"priority {message.priority} has no meaning: use 0 to 3") from None
    return Message(
        key=key,
        start=message.interval.start,
        duration=message.interval.duration,
        created=message.creationTime,
        state=state_from_sep2(message.EventStatus),
        changed=message.EventStatus.dateTime,
        version=message.version or 0,
        text=message.textMessage,
        importance=importance,
        confirm=bool((message.responseRequired or _NOTHING)[-1] & _USER[0]),
        originator=message.originator or "",
    )


def cancel_from_sep1(command: CancelMessage, context: Context, *, generation: int = 0) -> EventKey:
    """Return which message a CancelMessage ends; it has no other content that still means something."""
    return EventKey(context.node, context.endpoint, 0, command.message_id, generation)


def cancel_to_sep1(message: Message) -> CancelMessage:
    """Return the order to take a message back."""
    return CancelMessage(message_id=message.key.id, message_control=0)


def answer_from_sep2(response: Response, *, received: float) -> Answer:
    """Return what a device answered. Raises Untranslatable (HTTP 400) for a status without meaning here."""
    status = response_status(response.status, Service.MESSAGE)
    at = response.createdDateTime
    return Answer(device=response.endDeviceLFDI, status=status, at=int(received) if at is None else at)


def answer_to_sep1(answer: Answer, message: Message, *, lost: Lost = None) -> MessageConfirmation | None:
    """Return the confirmation an answer stands for; None when it is no person's confirmation."""
    if answer.status is not Status.ACKNOWLEDGED:
        note(lost, NOT_SENT)
        return None
    return MessageConfirmation(message_id=message.key.id, confirmation_time=to_utc(answer.at))


def answer_from_sep1(command: MessageConfirmation, *, device: bytes, lost: Lost = None) -> Answer:
    """Return what the device with LFDI `device` answered by a MessageConfirmation."""
    if command.message_confirmation_control & _DECLINED:
        note(lost, DECLINED)
    return Answer(device=device, status=Status.ACKNOWLEDGED, at=command.confirmation_time + ZIGBEE_EPOCH)


def answer_to_sep2(answer: Answer, *, subject: bytes) -> TextResponse:
    """Return the TextResponse of an answer; `subject` is the mRID exactly as the server sent it."""
    return TextResponse(
        createdDateTime=answer.at, endDeviceLFDI=answer.device, status=answer.status, subject=subject
    )
