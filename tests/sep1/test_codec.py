"""Cluster commands to payloads and back: prefixes, revisions, hostile octets, misfits."""

import contextlib
import dataclasses
import struct

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from handover.errors import DecodeError, EncodeError
from handover.sep1.clusters.drlc import (
    NO_SIGNATURE,
    CancelAllLoadControlEvents,
    GetScheduledEvents,
    LoadControlEvent,
    ReportEventStatus,
)
from handover.sep1.clusters.key_establishment import EphemeralDataRequest, EphemeralDataResponse
from handover.sep1.clusters.messaging import DisplayMessage, GetLastMessage, MessageConfirmation
from handover.sep1.clusters.metering import GetProfileResponse
from handover.sep1.clusters.prepayment import SelectAvailableEmergencyCredit
from handover.sep1.clusters.price import GetBlockPeriods, GetCurrentPrice, PublishBlockPeriod, PublishPrice
from handover.sep1.clusters.tunneling import TransferDataClientToServer, TransferDataServerToClient
from handover.sep1.codec import PLACES, coder, decode, encode
from handover.sep1.declaration import REVISIONS, Command
from handover.sep1.types import DataType
from sep1.samples import COMMANDS, commands, layout_of, open_ended, telling

TRANSFERS = (TransferDataClientToServer, TransferDataServerToClient)
CLOSED = [
    command
    for command in COMMANDS
    # what follows the newest form of the second is read as the octet strings that older senders put there
    if not open_ended(command) and command is not SelectAvailableEmergencyCredit
]


def again(command: Command, payload: bytes) -> Command:
    place = PLACES[type(command)]
    return decode(place.cluster_id, place.to_client, place.command_id, payload)


@pytest.mark.parametrize("command", COMMANDS, ids=lambda c: c.__name__)
def test_a_command_comes_back(command: type[Command]) -> None:
    @settings(max_examples=30, deadline=None)
    @given(commands(command))
    def check(sent: Command) -> None:
        payload = encode(sent)
        received = again(sent, payload)
        assert received == sent
        assert received.fields_present == sent.fields_present
        assert encode(received) == payload

    check()


@pytest.mark.parametrize("command", COMMANDS, ids=lambda c: c.__name__)
def test_a_payload_may_stop_behind_a_field_and_never_inside(command: type[Command]) -> None:
    sent = dataclasses.replace(telling(command), fields_present=None)
    whole = encode(sent, revision="1.1b")
    ends = {len(encode(dataclasses.replace(sent, fields_present=n))) for n in coder(command).counts}
    first = min(ends)
    short = command in (ReportEventStatus, *TRANSFERS)
    sizes = (22, 37) if command in (EphemeralDataRequest, EphemeralDataResponse) else ()
    for size in range(len(whole)):
        if size in ends or size in sizes or (short and size >= (2 if command in TRANSFERS else first)):
            received = again(sent, whole[:size])
            assert encode(received) == whole[:size]
        else:
            with pytest.raises(DecodeError, match=f"{command.__name__}: "):
                again(sent, whole[:size])


@pytest.mark.parametrize("command", CLOSED, ids=lambda c: c.__name__)
def test_octets_behind_the_last_field_are_ignored(command: type[Command]) -> None:
    sent = telling(command)
    newest = encode(sent, revision=REVISIONS[-1])
    received = again(sent, newest + b"\x01\x02\x03")
    assert encode(received) == newest


@pytest.mark.parametrize("command", COMMANDS, ids=lambda c: c.__name__)
def test_any_octets_give_a_command_or_a_decode_error(command: type[Command]) -> None:
    sent = telling(command)
    good = encode(sent, revision=REVISIONS[-1])

    @settings(max_examples=40, deadline=None)
    @given(st.binary(max_size=80), st.integers(0, 80), st.integers(0, 255))
    def check(data: bytes, at: int, octet: int) -> None:
        mutated = good[:at] + bytes([octet]) + good[at + 1 :]
        for payload in (data, mutated, mutated[:at], good + data):
            with contextlib.suppress(DecodeError):
                encode(again(sent, payload))

    check()


@pytest.mark.parametrize("command", COMMANDS, ids=lambda c: c.__name__)
def test_a_value_that_does_not_fit_is_refused_by_name(command: type[Command]) -> None:
    layout = layout_of(command)
    for field in layout.fields:
        bad: list[object] = ["text"]
        if isinstance(field.wire, DataType) and field.is_integer:
            bad += [1 << 8 * field.wire.size, -(1 << 8 * field.wire.size), 1.5]
            bad += [None] if field.when is None else []
        else:
            bad += [7] if command in TRANSFERS else [bytes(300), 7]
        for value in bad:
            wrong = telling(command)
            setattr(wrong, field.name, value)
            wrong.fields_present = layout.fields[-1].number
            with pytest.raises(EncodeError, match=rf"{command.__name__}\.(\w+): .* does not fit"):
                encode(wrong)


def test_a_misfit_names_the_field_the_value_and_the_type() -> None:
    with pytest.raises(EncodeError, match=r"Price GetCurrentPrice\.command_options: 256 does not fit map8"):
        encode(GetCurrentPrice(256))


def test_a_cut_names_cluster_command_field_and_offset() -> None:
    with pytest.raises(DecodeError, match=r"Price PublishPrice: .* 7 octets ends inside rate_label.*octet 4"):
        decode(0x0700, True, 0x00, struct.pack("<IB", 1, 9) + b"ab")
    with pytest.raises(DecodeError, match=r"GetProfileResponse: .* inside intervals.*octet 7 and needs 12"):
        decode(0x0702, True, 0x00, bytes(6) + b"\x04" + bytes(11))


@pytest.mark.parametrize(
    ("cluster_id", "to_client", "command_id"),
    [(0x0700, True, 0x04), (0x0701, False, 0x7F), (0x000A, True, 0x00), (0x0019, True, 0x0A)],
)
def test_a_command_that_is_not_spoken_here(cluster_id: int, to_client: bool, command_id: int) -> None:
    with pytest.raises(
        DecodeError, match=f"0x{cluster_id:04X} .* has no command 0x{command_id:02X}"
    ) as caught:
        decode(cluster_id, to_client, command_id, b"")
    assert caught.value.zcl_status == 0x81


def test_what_is_sent_follows_the_revision() -> None:
    price = telling(PublishPrice)
    sizes = [len(encode(price, revision=revision)) for revision in REVISIONS]
    assert sizes == [46, 48, 48, 48, 53, 53, 53, 53]
    assert len(encode(price)) == 48
    assert len(encode(GetScheduledEvents(0, 0))) == 5
    assert len(encode(GetScheduledEvents(0, 0), revision="1.2b")) == 9
    assert len(encode(GetBlockPeriods(0, 0))) == 5
    with pytest.raises(EncodeError, match=r"revision '2.0' is unknown"):
        encode(price, revision="2.0")


def test_a_price_of_an_old_sender_keeps_its_length() -> None:
    price = telling(PublishPrice)
    price.fields_present = 14
    received = again(price, encode(price))
    assert isinstance(received, PublishPrice)
    assert received.fields_present == 14
    assert received.alternate_cost_delivered == 0xFFFFFFFF
    assert (received.number_of_block_thresholds, received.price_control) == (0xFF, 0)
    assert encode(received) == encode(price)


@pytest.mark.parametrize("present", [0, 13, 25])
def test_a_number_of_fields_that_cannot_be(present: int) -> None:
    price = telling(PublishPrice)
    price.fields_present = present
    with pytest.raises(EncodeError, match="possible are 14, 15, 16"):
        encode(price)


def test_block_periods_have_two_layouts() -> None:
    period = telling(PublishBlockPeriod)
    before, after = encode(period), encode(period, revision="1.2")
    assert (len(before), len(after)) == (17, 19)
    assert before[:15] == after[:15]
    assert before[15:] == bytes(
        [period.number_of_price_tiers_and_number_of_block_thresholds, period.block_period_control]
    )
    assert after[15:] == bytes(
        [
            period.block_period_control,
            period.block_period_duration_type,
            period.tariff_type,
            period.tariff_resolution_period,
        ]
    )
    old, new = again(period, before), again(period, after)
    assert isinstance(old, PublishBlockPeriod)
    assert isinstance(new, PublishBlockPeriod)
    assert (old.fields_present, old.tariff_type) == (6, 0xFF)
    assert (new.fields_present, new.number_of_price_tiers_and_number_of_block_thresholds) == (9, 0)
    assert new.block_period_control == period.block_period_control
    assert encode(old) == before
    assert encode(new) == after
    assert encode(again(period, after[:18])) == after[:18]
    new.fields_present = 7
    with pytest.raises(EncodeError, match="possible are 6, 8, 9"):
        encode(new)


def test_a_signature_may_be_missing_or_cut() -> None:
    report = ReportEventStatus(7, 2, 0x179864A5, 2, -0x8000, 2650, -0x80, 50, 0, 0)
    payload = encode(report)
    assert (len(payload), payload[18:]) == (60, NO_SIGNATURE)
    absent = again(report, payload[:18])
    cut = again(report, payload[:30])
    assert isinstance(absent, ReportEventStatus)
    assert isinstance(cut, ReportEventStatus)
    assert (absent.signature, absent.fields_present) == (NO_SIGNATURE, 10)
    assert (cut.signature, cut.fields_present) == (b"\xff" * 12, 11)
    assert (absent.cooling_temperature_set_point_applied, absent.heating_temperature_set_point_applied) == (
        -0x8000,
        2650,
    )
    assert encode(absent) == payload[:18]
    with pytest.raises(DecodeError, match="inside signature_type"):
        again(report, payload[:17])


def test_texts_may_be_invalid_or_empty() -> None:
    for text, octets in ((None, b"\xff"), (b"", b"\x00"), (bytes(254), b"\xfe" + bytes(254))):
        message = DisplayMessage(1, 0, 0, 0xFFFF, text)
        payload = encode(message)
        assert payload[11:] == octets
        assert again(message, payload) == message
    with pytest.raises(EncodeError, match="255 octets, the limit is 254"):
        encode(DisplayMessage(1, 0, 0, 0xFFFF, bytes(255)))


def test_an_answer_of_a_customer_is_read() -> None:
    received = decode(0x0703, False, 0x01, struct.pack("<IIB", 1, 2, 3) + b"\x02ok")
    assert received == MessageConfirmation(1, 2, 3, b"ok")


def test_a_count_that_does_not_match_is_refused() -> None:
    with pytest.raises(EncodeError, match="2 values, but the count says 3"):
        encode(GetProfileResponse(0, 0, 2, 3, [1, 2]))


def test_commands_without_fields() -> None:
    assert encode(GetLastMessage()) == b""
    assert decode(0x0703, False, 0x00, b"") == GetLastMessage()


def test_equality_looks_at_values_only() -> None:
    event = LoadControlEvent(1, 1, 0, 0, 30, 1, 0xFF, 0xFF, -0x8000, -0x8000, -0x80, 0xFF, 0)
    received = again(event, encode(event))
    assert received == event
    assert received.fields_present == 13
    assert event.fields_present is None
    assert CancelAllLoadControlEvents(0) != CancelAllLoadControlEvents(1)
