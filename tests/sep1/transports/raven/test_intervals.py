import pytest

from handover.errors import DecodeError
from handover.sep1.clusters.metering import (
    GetProfile,
    GetProfileResponse,
    RequestFastPollMode,
    RequestFastPollModeResponse,
)
from handover.sep1.transports.raven.documents import translate
from handover.sep1.transports.raven.intervals import fast_poll_question, profile_question
from handover.sep1.transports.raven.meaning import Meaning, Publication, Silence
from handover.sep1.transports.raven.prices import PriceMemory
from sep1.transports.raven.samples import STAMP, hexadecimal, make

METERING = 0x0702


def profile(**fields: str) -> Meaning:
    given = {
        "EndTime": hexadecimal(STAMP),
        "Status": "0x00",
        "ProfileIntervalPeriod": "3",
        "NumberOfPeriodsDelivered": "0x03",
        "IntervalData1": "0x000010",
        "IntervalData2": "0xffffff",
        "IntervalData3": "0x000030",
    }
    return translate(make("ProfileData", **(given | fields)), PriceMemory())


def response(meaning: Meaning) -> GetProfileResponse:
    assert isinstance(meaning, Publication)
    assert isinstance(meaning.command, GetProfileResponse)
    assert meaning.cluster_id == METERING
    return meaning.command


def test_intervals_come_newest_first_gaps_included() -> None:
    assert response(profile()) == GetProfileResponse(STAMP, 0, 3, 3, [0x10, 0xFFFFFF, 0x30])


def test_no_more_intervals_than_were_delivered_or_are_there() -> None:
    assert response(profile(NumberOfPeriodsDelivered="0x02")).intervals == [0x10, 0xFFFFFF]
    assert response(profile(NumberOfPeriodsDelivered="0x09")).number_of_periods_delivered == 3
    assert response(profile(NumberOfPeriodsDelivered="")).number_of_periods_delivered == 3
    assert response(profile(IntervalData2="")).intervals == [0x10]
    assert response(profile(IntervalData1="0x01000000")).intervals[0] == 0xFFFFFF


@pytest.mark.parametrize(("status", "told"), [("0x02", 2), ("0x05", 5), ("0x77", 2)])
def test_a_meter_without_intervals_says_why(status: str, told: int) -> None:
    assert response(profile(Status=status)) == GetProfileResponse(0, told, 0, 0, [])


@pytest.mark.parametrize(
    "fields",
    [{"EndTime": "0xffffffff"}, {"EndTime": "0x00000000"}, {"ProfileIntervalPeriod": ""}],
)
def test_intervals_of_no_known_time_are_dropped(fields: dict[str, str]) -> None:
    assert profile(**fields) == Silence("profile without a time", wanting=True)


def test_nonsense_is_an_error_of_the_stick() -> None:
    with pytest.raises(DecodeError):
        profile(IntervalData1="much")


def test_what_is_asked_of_the_stick() -> None:
    assert profile_question(GetProfile(0, STAMP, 4)) == {
        "NumberOfPeriods": "0x04",
        "EndTime": hexadecimal(STAMP),
        "IntervalChannel": "Delivered",
    }
    received = profile_question(GetProfile(1, 0, 200))
    assert received is not None
    assert (received["IntervalChannel"], received["NumberOfPeriods"]) == ("Received", "0x0c")
    assert profile_question(GetProfile(2, 0, 4)) is None


def test_fast_polling() -> None:
    assert fast_poll_question(RequestFastPollMode(4, 15)) == {"Frequency": "0x0004", "Duration": "0x000f"}
    document = make("FastPollStatus", Frequency="0x0004", EndTime=hexadecimal(STAMP))
    granted = Publication(METERING, RequestFastPollModeResponse(4, STAMP), only_asked=True)
    assert translate(document, PriceMemory()) == granted
    document = make("FastPollStatus", Frequency="0x0100", EndTime="0x00000000")
    off = Publication(METERING, RequestFastPollModeResponse(0xFF, 0), only_asked=True)
    assert translate(document, PriceMemory()) == off
    assert translate(make("FastPollStatus"), PriceMemory()) == Silence("no value", wanting=True)
