"""Whole ZCL frames: worked cases octet by octet, the header, and what is refused with which status."""

import contextlib
import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from handover.errors import DecodeError, EncodeError
from handover.sep1 import frame
from handover.sep1.clusters import CLUSTERS
from handover.sep1.clusters.drlc import (
    NO_SIGNATURE,
    CancelLoadControlEvent,
    LoadControlEvent,
    ReportEventStatus,
)
from handover.sep1.clusters.messaging import DisplayMessage, GetLastMessage, MessageConfirmation
from handover.sep1.clusters.metering import GetProfileResponse
from handover.sep1.clusters.price import PriceAcknowledgement, PublishBlockPeriod, PublishPrice
from handover.sep1.general import AttributeRecord, DefaultResponse, ReadAttributesResponse, ReportAttributes

GOLDEN: dict[str, dict[str, Any]] = {
    case["n"][:3]: case
    for case in json.loads((Path(__file__).parents[1] / "data/golden.json").read_text())
    if "zcl" in case
}
NONE8, NONE16, NONE32 = 0xFF, -0x8000, 0xFFFFFFFF


def values(*rows: tuple[int, int, Any]) -> list[AttributeRecord]:
    return [AttributeRecord(*row) for row in rows]


EXPECTED = {
    "G01": LoadControlEvent(0x1001, 1, 0, 0x179872B0, 120, 4, 30, 20, NONE16, NONE16, -0x80, NONE8, 3),
    "G02": LoadControlEvent(0x1002, 4, 0, 0, 30, 2, NONE8, NONE8, NONE16, NONE16, -0x80, 50, 0),
    "G05": CancelLoadControlEvent(0x1001, 1, 0, 1, 0),
    "G06": ReportEventStatus(0x1002, 2, 0x179864A5, 2, NONE16, NONE16, -0x80, 50, 0, 0, NO_SIGNATURE),
    "G07": LoadControlEvent(0x179864A4, 1, 0, 0x17987451, 46, 2, NONE8, NONE8, 2650, NONE16, -0x80, NONE8, 0),
    "G09": PublishPrice(
        provider_id=0x99,
        rate_label=b"TOU-1",
        issuer_event_id=0x17985001,
        current_time=0x179864A0,
        unit_of_measure=0,
        currency=840,
        price_trailing_digit_and_price_tier=0x42,
        number_of_price_tiers_and_register_tier=0x32,
        start_time=0x179872B0,
        duration_in_minutes=60,
        price=1134,
        price_ratio=NONE8,
        generation_price=500,
        generation_price_ratio=NONE8,
    ),
    "G11": PriceAcknowledgement(0x99, 0x17985002, 0x179864A3, 1),
    "G13": ReadAttributesResponse(
        values(
            (0x0000, 0x25, 123456789),
            (0x0300, 0x30, 0),
            (0x0301, 0x22, 1),
            (0x0302, 0x22, 1000),
            (0x0303, 0x18, 0x2B),
            (0x0306, 0x18, 0),
            (0x0200, 0x18, 0),
        )
    ),
    "G14": ReadAttributesResponse(
        values((0x0000, 0x25, 0x12345678), (0x0300, 0x30, 0x82), (0x0303, 0x18, 0x32), (0x0306, 0x18, 1))
    ),
    "G16": GetProfileResponse(0x179864A0, 0, 2, 4, [400, 300, 0xFFFFFF, 100]),
    "G18": ReportAttributes(values((0x0000, 0x25, 98765432), (0x0400, 0x2A, 1500))),
    "G19": DisplayMessage(0x17985101, 0x88, 0, 90, b"Peak today 16-19h"),
    "G21": MessageConfirmation(0x17985101, 0x17986518),
    "G23": ReadAttributesResponse(
        values(
            (0x0000, 0xE2, 0x179864A0),
            (0x0001, 0x18, 0x0D),
            (0x0002, 0x2B, -18000),
            (0x0003, 0x23, 1331449200 - 946684800),
            (0x0004, 0x23, 1352008800 - 946684800),
            (0x0005, 0x2B, 3600),
            (0x0007, 0x23, 0x179864A0 - 18000 + 3600),
        )
    ),
    "G24": ReadAttributesResponse(
        values((0x0000, 0x19, 3), (0x0001, 0x2B, -250), (0x0002, 0x2B, 1000), (0x0003, 0x18, 0x62))
    ),
    "G25": PublishBlockPeriod(0x99, 0x17985010, 0x179864A0, 43200, 0x32, 0),
    "G27": ReadAttributesResponse(
        values(
            (0x0001, 0x20, 5),
            (0x0003, 0x20, 2),
            (0x0004, 0x42, b"Acme"),
            (0x0005, 0x42, b"PCT-100"),
            (0x0006, 0x42, b"20110314"),
            (0x0007, 0x30, 0x81),
        )
    ),
}


def test_every_worked_case_of_these_clusters_is_held_here() -> None:
    """Firmware and tunnel commands are of clusters that are not declared."""
    assert set(GOLDEN) - set(EXPECTED) == {"G28", "G29"}


@pytest.mark.parametrize("name", EXPECTED)
def test_a_worked_case_is_read_and_written_octet_by_octet(name: str) -> None:
    case = GOLDEN[name]
    octets = bytes.fromhex(case["zcl"])
    zcl = frame.parse(case["cluster"], octets)
    assert zcl.body == EXPECTED[name]
    header = zcl.header
    for body in (zcl.body, EXPECTED[name]):
        revision = "1.0" if name == "G09" else "1.1b"
        if name == "G09" and body is not zcl.body:
            body.fields_present = 14
        built = frame.build(
            case["cluster"],
            body,
            sequence=header.sequence,
            to_client=header.to_client,
            disable_default_response=header.disable_default_response,
            revision=revision,
        )
        assert built == octets


headers = st.builds(
    frame.Header,
    frame_type=st.sampled_from([frame.GLOBAL, frame.CLUSTER]),
    to_client=st.booleans(),
    disable_default_response=st.booleans(),
    manufacturer=st.none() | st.integers(0, 0xFFFF),
    sequence=st.integers(0, 255),
    command_id=st.just(0x0B),
)


@given(headers)
def test_a_header_comes_back(header: frame.Header) -> None:
    header.frame_type = frame.GLOBAL
    octets = frame.build(
        0x0702,
        DefaultResponse(1, 2),
        sequence=header.sequence,
        to_client=header.to_client,
        disable_default_response=header.disable_default_response,
        manufacturer=header.manufacturer,
    )
    assert frame.parse(0x0702, octets) == frame.Zcl(header, DefaultResponse(1, 2))


def test_a_header_octet_by_octet() -> None:
    assert frame.parse_header(bytes.fromhex("1d34120a05")) == (
        frame.Header(1, True, True, 0x1234, 0x0A, 0x05),
        5,
    )
    assert frame.parse_header(bytes.fromhex("000b0c99")) == (
        frame.Header(0, False, False, None, 0x0B, 0x0C),
        3,
    )


@pytest.mark.parametrize(
    ("octets", "message"),
    [
        ("", "it is empty"),
        ("01 02", "needs 3 octets, there are 2"),
        ("05 02 03 04", "needs 5 octets, there are 4"),
        ("02 01 00", "frame type 2 is reserved"),
        ("03 01 00", "frame type 3 is reserved"),
    ],
)
def test_a_header_that_cannot_be_read(octets: str, message: str) -> None:
    with pytest.raises(DecodeError, match=message) as caught:
        frame.parse(0x0700, bytes.fromhex(octets))
    assert caught.value.zcl_status == 0x80


@pytest.mark.parametrize(
    ("octets", "status"),
    [
        ("01 01 7f", 0x81),
        ("00 01 16", 0x82),
        ("05 34 12 01 00 01", 0x83),
        ("04 34 12 01 16", 0x84),
        ("01 01 00", 0x80),
        ("00 01 0b 01", 0x80),
    ],
)
def test_the_status_that_a_peer_is_told(octets: str, status: int) -> None:
    with pytest.raises(DecodeError) as caught:
        frame.parse(0x0700, bytes.fromhex(octets))
    assert caught.value.zcl_status == status


@pytest.mark.parametrize(("cluster_id", "to_client"), [(0x0700, False), (0x0703, True), (0x0999, False)])
def test_a_command_is_built_for_its_own_cluster_and_direction(cluster_id: int, to_client: bool) -> None:
    with pytest.raises(EncodeError, match="GetLastMessage is no command of cluster"):
        frame.build(cluster_id, GetLastMessage(), sequence=1, to_client=to_client)


def test_header_fields_that_do_not_fit() -> None:
    with pytest.raises(EncodeError, match="sequence 256"):
        frame.build(0x0703, GetLastMessage(), sequence=256, to_client=False)
    with pytest.raises(EncodeError, match="manufacturer code 65536"):
        frame.build(0x0703, DefaultResponse(0, 0), sequence=1, to_client=False, manufacturer=0x10000)
    with pytest.raises(EncodeError, match="manufacturer code 1 is for general commands"):
        frame.build(0x0703, GetLastMessage(), sequence=1, to_client=False, manufacturer=1)


@settings(max_examples=400, deadline=None)
@given(st.sampled_from([*CLUSTERS, 0x0019]), st.binary(max_size=60))
def test_any_octets_give_a_frame_or_a_decode_error(cluster_id: int, data: bytes) -> None:
    with contextlib.suppress(DecodeError):
        frame.parse(cluster_id, data)


@settings(max_examples=400, deadline=None)
@given(st.sampled_from(sorted(EXPECTED)), st.integers(0, 80), st.binary(max_size=4), st.integers(0, 80))
def test_a_worked_case_with_changed_octets(name: str, at: int, octets: bytes, size: int) -> None:
    good = bytes.fromhex(GOLDEN[name]["zcl"])
    for data in (good[:at] + octets + good[at + len(octets) :], good[:at] + octets + good[at:], good[:size]):
        with contextlib.suppress(DecodeError):
            zcl = frame.parse(GOLDEN[name]["cluster"], data)
            header = zcl.header
            frame.build(
                GOLDEN[name]["cluster"],
                zcl.body,
                sequence=header.sequence,
                to_client=header.to_client,
                manufacturer=header.manufacturer,
            )
