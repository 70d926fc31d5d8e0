"""Messaging (clause 10.6): texts for people."""

from dataclasses import field

from handover.sep2.declaration import resource
from handover.sep2.resources.common import (
    Event,
    ListLink,
    PollRate,
    SubscribableIdentifiedObject,
    SubscribableList,
)
from handover.sep2.types import LocaleType, PrimacyType, PriorityType, String20


@resource
class MessagingProgram(SubscribableIdentifiedObject):
    """A source of messages in one locale; a lower `primacy` wins."""

    ActiveTextMessageListLink: ListLink | None = None
    locale: LocaleType
    primacy: PrimacyType
    TextMessageListLink: ListLink | None = None


MessagingProgram_ = MessagingProgram


@resource
class MessagingProgramList(SubscribableList):
    """A page of messaging programmes. `pollRate` in seconds."""

    pollRate: PollRate = None
    MessagingProgram: list[MessagingProgram_] = field(default_factory=list)


@resource
class TextMessage(Event):
    """A text to show during its interval. `priority`: 0 low, 1 normal, 2 high, 3 critical."""

    originator: String20 | None = None
    priority: PriorityType
    textMessage: str


TextMessage_ = TextMessage


@resource
class TextMessageList(SubscribableList):
    """A page of messages."""

    TextMessage: list[TextMessage_] = field(default_factory=list)
