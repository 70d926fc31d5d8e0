"""Which command answers which query, and who may give which command. Tables only."""

from handover.sep1.clusters.drlc import GetScheduledEvents, LoadControlEvent
from handover.sep1.clusters.messaging import DisplayMessage, GetLastMessage
from handover.sep1.clusters.metering import (
    GetProfile,
    GetProfileResponse,
    RequestFastPollMode,
    RequestFastPollModeResponse,
)
from handover.sep1.clusters.price import (
    GetBlockPeriods,
    GetCalorificValue,
    GetConversionFactor,
    GetCurrentPrice,
    GetScheduledPrices,
    PublishBlockPeriod,
    PublishCalorificValue,
    PublishConversionFactor,
    PublishPrice,
)
from handover.sep1.codec import PLACES
from handover.sep1.declaration import Command
from handover.sep1.general import GeneralCommand

ANSWERED_BY: dict[type[Command], type[Command]] = {
    GetScheduledEvents: LoadControlEvent,
    GetCurrentPrice: PublishPrice,
    GetScheduledPrices: PublishPrice,
    GetBlockPeriods: PublishBlockPeriod,
    GetConversionFactor: PublishConversionFactor,
    GetCalorificValue: PublishCalorificValue,
    GetLastMessage: DisplayMessage,
    GetProfile: GetProfileResponse,
    RequestFastPollMode: RequestFastPollModeResponse,
}
"""Queries, and the command that answers each."""

ESI_CLUSTERS = frozenset({0x0700, 0x0701, 0x0703})
"""Clusters whose commands come from an ESI or not at all: Price, DRLC, Messaging."""

METER_ANSWERS = (GetProfileResponse, RequestFastPollModeResponse)
"""Commands that a meter may give as well."""


def answers_to(body: Command | GeneralCommand) -> frozenset[int]:
    """Return the ids of the cluster commands that answer `body`; none for what a Default Response ends."""
    answer = ANSWERED_BY.get(type(body)) if isinstance(body, Command) else None
    return frozenset({PLACES[answer].command_id}) if answer else frozenset()
