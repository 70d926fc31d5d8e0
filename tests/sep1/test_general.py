"""General commands: known octets, round trips, hostile octets."""

import contextlib
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from handover.errors import DecodeError, EncodeError
from handover.sep1.general import (
    GENERAL,
    AttributeInfo,
    AttributeRecord,
    ConfigureReporting,
    ConfigureReportingResponse,
    DefaultResponse,
    DiscoverAttributes,
    DiscoverAttributesResponse,
    GeneralCommand,
    ReadAttributes,
    ReadAttributesResponse,
    ReadReportingConfiguration,
    ReadReportingConfigurationResponse,
    ReportAttributes,
    ReportingRecord,
    ReportingStatus,
    StatusRecord,
    WriteAttributes,
    WriteAttributesNoResponse,
    WriteAttributesResponse,
    WriteAttributesUndivided,
)
from handover.sep1.general.reporting import RECEIVE, is_analog
from handover.sep1.types import DATA_TYPES, Kind
from sep1.samples import integers

KNOWN: list[tuple[GeneralCommand, str]] = [
    (ReadAttributes([0x0000, 0x0301]), "0000 0103"),
    (ReadAttributes([]), ""),
    (
        ReadAttributesResponse([AttributeRecord(0, 0x20, 5), AttributeRecord(0x0301, status=0x86)]),
        "0000 00 20 05 0103 86",
    ),
    (WriteAttributes([AttributeRecord(0, 0x20, 7)]), "0000 20 07"),
    (WriteAttributesUndivided([AttributeRecord(1, 0x41, None)]), "0100 41 ff"),
    (WriteAttributesNoResponse([AttributeRecord(2, 0x2B, -1)]), "0200 2b ffffffff"),
    (WriteAttributesResponse([]), "00"),
    (WriteAttributesResponse([StatusRecord(0x0201, 0x88)]), "88 0102"),
    (
        ConfigureReporting(
            [
                ReportingRecord(0x0000, 0, 0x25, 1, 0x0384, 1000),
                ReportingRecord(0x0200, 0, 0x18, 1, 0xFFFF),
                ReportingRecord(0x0400, RECEIVE, timeout=0x1234),
            ]
        ),
        "00 0000 25 0100 8403 e80300000000 00 0002 18 0100 ffff 01 0004 3412",
    ),
    (ConfigureReportingResponse([]), "00"),
    (ConfigureReportingResponse([ReportingStatus(0x0400, 0, 0x8C)]), "8c 00 0004"),
    (ReadReportingConfiguration([(0, 0x0000), (1, 0x0400)]), "00 0000 01 0004"),
    (
        ReadReportingConfigurationResponse(
            [ReportingRecord(0x0000, status=0x8B), ReportingRecord(0x0400, 0, 0x2A, 2, 30, -5)]
        ),
        "8b 00 0000 00 00 0004 2a 0200 1e00 fbffff",
    ),
    (ReportAttributes([AttributeRecord(7, 0xE2, 0x179864A0)]), "0700 e2 a0649817"),
    (DefaultResponse(0x01, 0x8B), "01 8b"),
    (DiscoverAttributes(0x0300, 16), "0003 10"),
    (DiscoverAttributesResponse(True, [AttributeInfo(0, 0x25)]), "01 0000 25"),
    (DiscoverAttributesResponse(False, []), "00"),
]


@pytest.mark.parametrize(
    ("command", "octets"), KNOWN, ids=lambda v: v if isinstance(v, str) else type(v).__name__
)
def test_known_octets(command: GeneralCommand, octets: str) -> None:
    raw = bytes.fromhex(octets)
    assert command.encode() == raw
    assert type(command).decode(raw) == command
    assert GENERAL[command.code] is type(command)


def test_every_command_of_the_table_has_a_case() -> None:
    assert {type(command) for command, _ in KNOWN} == set(GENERAL.values())


@pytest.mark.parametrize(
    ("command", "octets"), KNOWN, ids=lambda v: v if isinstance(v, str) else type(v).__name__
)
def test_a_payload_that_is_cut_is_refused_or_shorter(command: GeneralCommand, octets: str) -> None:
    raw = bytes.fromhex(octets)
    refused = 0
    for size in range(len(raw)):
        try:
            assert type(command).decode(raw[:size]).encode() == raw[:size]
        except DecodeError:
            refused += 1
    assert refused or len(raw) < 2


ids = st.integers(0, 0xFFFF)
octet = st.integers(0, 255)
numbers = st.sampled_from([t for t in DATA_TYPES.values() if t.kind in (Kind.UNSIGNED, Kind.SIGNED)])
records = st.builds(
    lambda i, typed: AttributeRecord(i, *typed),
    ids,
    numbers.flatmap(lambda t: st.tuples(st.just(t.code), integers(t))),
)
refusals = st.builds(AttributeRecord, ids, status=st.integers(1, 255))


@st.composite
def reporting(draw: st.DrawFn, answered: bool) -> ReportingRecord:
    record = ReportingRecord(draw(ids), draw(st.integers(0, 1)), status=draw(octet) if answered else 0)
    if record.status:
        return record
    if record.direction == RECEIVE:
        record.timeout = draw(ids)
        return record
    known = draw(numbers)
    record.data_type, record.minimum, record.maximum = known.code, draw(ids), draw(ids)
    if is_analog(known.code):
        record.change = draw(integers(known))
    return record


def some(strategy: st.SearchStrategy[Any]) -> st.SearchStrategy[list[Any]]:
    return st.lists(strategy, min_size=1, max_size=5)


COMMANDS = st.one_of(
    st.builds(ReadAttributes, some(ids)),
    st.builds(ReadAttributesResponse, some(records | refusals)),
    st.builds(WriteAttributes, some(records)),
    st.builds(WriteAttributesUndivided, some(records)),
    st.builds(WriteAttributesNoResponse, some(records)),
    st.builds(WriteAttributesResponse, some(st.builds(StatusRecord, ids, octet))),
    st.builds(ConfigureReporting, some(reporting(False))),
    st.builds(ConfigureReportingResponse, some(st.builds(ReportingStatus, ids, st.integers(0, 1), octet))),
    st.builds(ReadReportingConfiguration, some(st.tuples(st.integers(0, 1), ids))),
    st.builds(ReadReportingConfigurationResponse, some(reporting(True))),
    st.builds(ReportAttributes, some(records)),
    st.builds(DefaultResponse, octet, octet),
    st.builds(DiscoverAttributes, ids, octet),
    st.builds(DiscoverAttributesResponse, st.booleans(), some(st.builds(AttributeInfo, ids, octet))),
)


@settings(max_examples=300, deadline=None)
@given(COMMANDS)
def test_a_command_comes_back(command: GeneralCommand) -> None:
    assert type(command).decode(command.encode()) == command


@pytest.mark.parametrize("command", GENERAL.values(), ids=lambda c: c.__name__)
def test_any_octets_give_a_command_or_a_decode_error(command: type[GeneralCommand]) -> None:
    @settings(max_examples=60, deadline=None)
    @given(st.binary(max_size=50))
    def check(data: bytes) -> None:
        with contextlib.suppress(DecodeError):
            command.decode(data)

    check()


@pytest.mark.parametrize(
    "command",
    [
        ReadAttributes([0x10000]),
        ReadAttributesResponse([AttributeRecord(0, 0x20, 256)]),
        WriteAttributes([AttributeRecord(0, 0x77, 0)]),
        WriteAttributesResponse([StatusRecord(0, 256)]),
        ConfigureReporting([ReportingRecord(0, 0, 0x20, 1, 2, None)]),
        DefaultResponse(256, 0),
        DiscoverAttributes(-1, 0),
    ],
    ids=lambda c: type(c).__name__,
)
def test_a_value_that_does_not_fit_is_refused(command: GeneralCommand) -> None:
    with pytest.raises(EncodeError):
        command.encode()


def test_directions_and_types_that_do_not_exist() -> None:
    with pytest.raises(DecodeError, match="direction 2 at octet 0"):
        ConfigureReporting.decode(bytes.fromhex("02 0000 25 0100 8403"))
    with pytest.raises(DecodeError, match="data type 0x77"):
        ConfigureReporting.decode(bytes.fromhex("00 0000 77 0100 8403"))
    with pytest.raises(DecodeError, match="data type 0x77"):
        ReportAttributes.decode(bytes.fromhex("0000 77 01"))


def test_only_types_with_a_size_of_change_are_analog() -> None:
    assert all(is_analog(t) for t in (0x20, 0x25, 0x2A, 0x39, 0xE0, 0xE1, 0xE2))
    assert not any(is_analog(t) for t in (0x00, 0x10, 0x18, 0x30, 0x41, 0x48, 0xE8, 0xF0, 0x77))
