"""Alarms against log events."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from handover.errors import Untranslatable
from handover.mapping import alarms
from handover.model.alarm import Notice
from handover.sep1.clusters.alarms import Alarm, GetAlarmResponse
from handover.sep2.resources.log_event import LogEvent

PEN = 32473
T = 1_342_548_000


@given(
    st.builds(Notice, cluster_id=st.integers(0, 0xFFFF), code=st.integers(0, 0xFF), at=st.integers(1, 2**31))
)
def test_notices_come_back(notice: Notice) -> None:
    assert alarms.from_sep2(alarms.to_sep2(notice, pen=PEN, number=70_000)) == notice
    assert alarms.from_sep1(alarms.to_sep1(notice), received=notice.at) == notice


def test_a_tamper_alarm_of_a_meter() -> None:
    notice = alarms.from_sep1(Alarm(0x02, 0x0702), received=T + 0.5)
    assert notice is not None
    event = alarms.to_sep2(notice, pen=PEN, number=7)
    assert (event.functionSet, event.logEventCode, event.extendedData) == (6, 2, 0x070202)
    assert (event.profileID, event.logEventPEN, event.logEventID, event.createdDateTime) == (1, PEN, 7, T)


def test_the_log_of_a_device_has_its_own_times() -> None:
    assert alarms.from_sep1(GetAlarmResponse(0x8B), received=T) is None
    stamped = GetAlarmResponse(0, 3, 0x0001, 0x179864A0)
    assert alarms.from_sep1(stamped, received=T + 99) == Notice(1, 3, T)
    without = GetAlarmResponse(0, 3, 0x0001, 0xFFFFFFFF)
    assert alarms.from_sep1(without, received=T + 99) == Notice(1, 3, T + 99)


@pytest.mark.parametrize("changes", [{"profileID": 2}, {"extendedData": None}, {"extendedData": 0x07020300}])
def test_other_entries_are_no_alarms(changes: dict[str, int | None]) -> None:
    fields = {"functionSet": 6, "logEventCode": 2, "logEventID": 1, "logEventPEN": PEN, "profileID": 1}
    event = LogEvent(createdDateTime=T, **{**fields, "extendedData": 0x070202, **changes})
    with pytest.raises(Untranslatable):
        alarms.from_sep2(event)


def test_each_rising_bit_of_a_meters_status_is_told_once() -> None:
    assert [n.code for n in alarms.from_status(0b0010, 0b0110, T)] == [2]
    assert list(alarms.from_status(0b0110, 0b0010, T)) == []
