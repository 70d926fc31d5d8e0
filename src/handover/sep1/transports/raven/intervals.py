"""Load profiles and fast polling: the stick's documents as answers of a meter, our questions as its commands.

Pure functions. A stick asks the meter for at most twelve intervals at a time.
"""

from typing import Final

from handover.sep1.clusters.metering import (
    GetProfile,
    GetProfileResponse,
    IntervalChannel,
    ProfileStatus,
    RequestFastPollMode,
    RequestFastPollModeResponse,
)
from handover.sep1.transports.raven.document import Document, hexadecimal
from handover.sep1.transports.raven.meaning import INVALID_U24, METERING, Meaning, Publication, Silence

PERIOD_LIMIT: Final = 12
"""Intervals in one document, IntervalData1 to IntervalData12."""

CHANNELS: Final[dict[int, str]] = {
    IntervalChannel.DELIVERED: "Delivered",
    IntervalChannel.RECEIVED: "Received",
}


def profile_question(question: GetProfile) -> dict[str, str] | None:
    """Return the arguments of get_profile_data, or None for a channel that there is not."""
    channel = CHANNELS.get(question.interval_channel)
    if channel is None:
        return None
    return {
        "NumberOfPeriods": hexadecimal(min(question.number_of_periods, PERIOD_LIMIT), 2),
        "EndTime": hexadecimal(question.end_time, 8),
        "IntervalChannel": channel,
    }


def no_profile(status: ProfileStatus) -> GetProfileResponse:
    """Return the answer that brings no intervals, and says why."""
    return GetProfileResponse(0, status, 0, 0, [])


def profile(document: Document) -> Meaning:
    """ProfileData: consumption of equal intervals, newest first."""
    status = document.number("Status") or 0
    if status != ProfileStatus.SUCCESS:
        known = ProfileStatus(status) if status <= max(ProfileStatus) else ProfileStatus.CHANNEL_NOT_SUPPORTED
        return Publication(METERING, no_profile(known))
    end, period = document.time("EndTime"), document.number("ProfileIntervalPeriod")
    delivered = document.number("NumberOfPeriodsDelivered")
    if end is None or period is None or period > 0xFF:
        return Silence("profile without a time", wanting=True)
    intervals = []
    for number in range(1, PERIOD_LIMIT + 1):
        value = document.number(f"IntervalData{number}")
        if value is None:
            break
        intervals.append(min(value, INVALID_U24))
    intervals = intervals[: PERIOD_LIMIT if delivered is None else delivered]
    response = GetProfileResponse(end, ProfileStatus.SUCCESS, period, len(intervals), intervals)
    return Publication(METERING, response)


def fast_poll_question(question: RequestFastPollMode) -> dict[str, str]:
    """Return the arguments of set_fast_poll: seconds and minutes."""
    return {
        "Frequency": hexadecimal(question.fast_poll_update_period, 4),
        "Duration": hexadecimal(question.duration, 4),
    }


def fast_poll(document: Document) -> Meaning:
    """FastPollStatus: the period that applies, and until when (0: fast polling is off)."""
    period, end = document.number("Frequency"), document.time("EndTime")
    if period is None:
        return Silence("no value", wanting=True)
    applied = min(period, 0xFF)
    return Publication(METERING, RequestFastPollModeResponse(applied, end or 0), only_asked=True)
