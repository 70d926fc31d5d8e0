"""Basic and Power Configuration against DeviceInformation and PowerStatus."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from handover.mapping import basic, power
from handover.mapping.context import Context
from handover.mapping.losses import Loss
from handover.mapping.power_source import code_of, raw_of, source_of_code, sources_of
from handover.model.device import Battery, Description, Power, PowerSource
from handover.sep1.general import ReadAttributesResponse
from mapping.conftest import LFDI, Golden

DAY = 86400


def test_g27_basic_attributes(golden: object, context: Context) -> None:
    case: Golden = golden("G27")  # type: ignore[operator]
    body = case.command
    assert isinstance(body, ReadAttributesResponse)
    attributes = {record.attribute_id: record.value for record in body.records}
    described = basic.from_sep1(attributes, serial="000D6F0000ABCDEF")
    (expected,) = case.resources
    assert basic.to_sep2(described, context, lfdi=LFDI) == expected
    assert basic.to_sep1(basic.from_sep2(expected)) == attributes


@pytest.mark.parametrize(
    ("raw", "codes"),
    [
        (0, (5, 0)),
        (1, (1, 0)),
        (2, (1, 0)),
        (3, (2, 0)),
        (4, (5, 0)),
        (5, (4, 0)),
        (6, (4, 0)),
        (0x81, (1, 2)),
    ],
)
def test_sources_of_power(raw: int, codes: tuple[int, int]) -> None:
    assert tuple(map(code_of, sources_of(raw))) == codes


@pytest.mark.parametrize(("code", "raw"), [(0, 0), (1, 1), (2, 3), (3, 0), (4, 5), (5, 0), (9, 0)])
def test_sources_of_power_back(code: int, raw: int) -> None:
    assert raw_of(source_of_code(code), PowerSource.NONE) == raw


@pytest.mark.parametrize(
    ("date", "made", "loss"),
    [
        (b"20110314", 1300060800, None),
        (b"20110314-A7", 1300060800, basic.DATE_REST),
        (b"14.3.2011", 0, basic.DATE_ODD),
        (b"\xff\xff", 0, basic.DATE_ODD),
        (b"", 0, None),
        (None, 0, None),
    ],
)
def test_dates(date: bytes | None, made: int, loss: Loss | None) -> None:
    lost: list[Loss] = []
    assert basic.from_sep1({basic.DATE: date}, lost=lost).made == made
    assert lost == ([] if loss is None else [loss])


descriptions = st.builds(
    Description,
    manufacturer=st.text("abcÄé ", max_size=12),
    model=st.text("PCT-100", max_size=12),
    software=st.integers(0, 254).map(str) | st.just(""),
    hardware=st.integers(0, 254).map(str) | st.just(""),
    serial=st.just(""),
    made=st.integers(1, 40_000).map(lambda day: day * DAY) | st.just(0),
    primary=st.sampled_from([PowerSource.MAINS, PowerSource.BATTERY, PowerSource.UNKNOWN]),
    secondary=st.sampled_from([PowerSource.BATTERY, PowerSource.NONE]),
)


@given(descriptions)
def test_descriptions_come_back(described: Description) -> None:
    assert basic.from_sep1(basic.to_sep1(described)) == described
    context = Context(node=1, pen=1)
    there = basic.to_sep2(described, context, lfdi=LFDI)
    assert basic.from_sep2(there) == described


def test_what_does_not_fit_is_said_to_be_lost() -> None:
    lost: list[Loss] = []
    long = Description(manufacturer="ä" * 20, software="2.1", primary=PowerSource.GENERATION)
    values = basic.to_sep1(long, lost=lost)
    assert set(lost) == {basic.NAMES, basic.VERSIONS, basic.SOURCES}
    assert values[basic.MANUFACTURER] == ("ä" * 16).encode()
    assert basic.APPLICATION not in values


@pytest.mark.parametrize(
    ("values", "source", "battery", "charge"),
    [
        ({0x20: 30, 0x36: 25}, 3, Battery.NORMAL, None),
        ({0x20: 25, 0x36: 25}, 3, Battery.LOW, None),
        ({}, 1, Battery.ABSENT, None),
        ({}, 0x81, Battery.UNKNOWN, None),
        ({0x20: 0xFF, 0x36: 25}, 3, Battery.UNKNOWN, None),
        ({0x21: 150}, 3, Battery.UNKNOWN, 7500),
        ({0x21: 0xFF}, 3, Battery.UNKNOWN, None),
    ],
)
def test_batteries(values: dict[int, int], source: int, battery: Battery, charge: int | None) -> None:
    found = power.from_sep1(values, power_source=source)
    assert (found.battery, found.charge) == (battery, charge)


def test_a_meter_that_tells_of_a_low_battery_is_believed() -> None:
    assert power.from_sep1({0x20: 30, 0x36: 25}, power_source=3, low=True).battery is Battery.LOW


@given(
    st.builds(
        Power,
        source=st.sampled_from([PowerSource.MAINS, PowerSource.BATTERY, PowerSource.EMERGENCY]),
        battery=st.sampled_from([Battery.NORMAL, Battery.LOW]),
        charge=st.none() | st.integers(0, 200).map(lambda half: half * 50),
    )
)
def test_power_comes_back(state: Power) -> None:
    raw = power.to_sep1(state)
    assert power.from_sep1(raw, power_source=raw[power.POWER_SOURCE]) == state
    assert power.from_sep2(power.to_sep2(state, at=5)) == state
