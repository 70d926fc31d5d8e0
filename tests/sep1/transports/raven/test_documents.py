from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from handover.errors import DecodeError
from handover.sep1.clusters.messaging import CancelMessage, DisplayMessage
from handover.sep1.clusters.price import PublishPrice
from handover.sep1.transports.raven import recording
from handover.sep1.transports.raven.document import KNOWN_TAGS, Document, signed, unsigned
from handover.sep1.transports.raven.documents import clip, translate
from handover.sep1.transports.raven.framing import parse
from handover.sep1.transports.raven.meaning import Publication, Report, Silence
from handover.sep1.transports.raven.prices import PriceMemory
from sep1.transports.raven.samples import STAMP, make, octets

STAMPED = {"TimeStamp": f"0x{STAMP:08x}"}
SCALE = {"Multiplier": "0x00000001", "Divisor": "0x000003e8"}
SAMPLES = Path(__file__).parents[5] / "shared" / "data" / "rainforest" / "rainforest_samples.xml.txt"


def report(tag: str, **fields: str) -> dict[int, int]:
    meaning = translate(make(tag, **fields), PriceMemory())
    assert isinstance(meaning, Report), meaning
    return meaning.values


def silence(tag: str, **fields: str) -> Silence:
    meaning = translate(make(tag, **fields), PriceMemory())
    assert isinstance(meaning, Silence), meaning
    return meaning


def price(memory: PriceMemory | None = None, **fields: str) -> PublishPrice:
    given = {"Price": "0x0000025b", "Currency": "0x0348", "TrailingDigits": "0x04", **STAMPED}
    meaning = translate(make("PriceCluster", **(given | fields)), memory or PriceMemory())
    assert isinstance(meaning, Publication)
    assert isinstance(meaning.command, PublishPrice)
    return meaning.command


def message(**fields: str) -> DisplayMessage:
    meaning = translate(
        make("MessageCluster", **({"Id": "0x000001b1", "Text": "Hello"} | fields)), PriceMemory()
    )
    assert isinstance(meaning, Publication)
    assert isinstance(meaning.command, DisplayMessage)
    return meaning.command


def test_demand_goes_over_with_its_own_time_and_scale() -> None:
    shape = {"DigitsRight": "0x03", "DigitsLeft": "0x0f", "SuppressLeadingZero": "Y"}
    assert report("InstantaneousDemand", Demand="0x00014d", **STAMPED, **SCALE, **shape) == {
        0x0400: 333,
        0x0007: STAMP,
        0x0300: 0,
        0x0301: 1,
        0x0302: 1000,
        0x0304: 0x80 | 15 << 3 | 3,
    }


def test_summation_goes_over_with_its_own_time_and_scale() -> None:
    registers = {"SummationDelivered": "0x00000000061cbd97", "SummationReceived": "0x0000000000000054"}
    shape = {"DigitsRight": "0x01", "DigitsLeft": "0x06", "SuppressLeadingZero": "N"}
    expected = {0: 102546839, 1: 84, 7: STAMP, 0x0300: 0, 0x0301: 1, 0x0302: 1000, 0x0303: 6 << 3 | 1}
    assert report("CurrentSummationDelivered", **registers, **STAMPED, **SCALE, **shape) == expected
    assert report("CurrentSummation", **registers, **STAMPED, **SCALE, **shape) == expected


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("0xfffe0c", -500),
        ("0xFFFFFE0C", -500),
        ("0xfffffffffffffe0c", -500),
        ("-500", -500),
        ("0x000000", 0),
        ("0x7fffff", 0x7FFFFF),
        ("0x800001", -0x7FFFFF),
        ("0x800000", -0x800000),
        ("0x80000000", -0x800000),
        ("0x00fffe0c", -0x800000),
        ("0x7fffffff", -0x800000),
    ],
)
def test_demand_is_signed_as_wide_as_its_digits(text: str, value: int) -> None:
    assert report("InstantaneousDemand", Demand=text, **STAMPED)[0x0400] == value


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("0x00000001fffff060", 0x1FFFFF060),
        ("0x0000fffffffffffe", 0xFFFFFFFFFFFE),
        ("0x0000ffffffffffff", 0xFFFFFFFFFFFF),
        ("0x0001000000000001", 0xFFFFFFFFFFFF),
        ("0xffffffffffffffff", 0xFFFFFFFFFFFF),
        ("0xffffffff", 0xFFFFFFFFFFFF),
        ("0x00000000ffffffff", 0xFFFFFFFF),
    ],
)
def test_registers_beyond_48_bits_are_invalid(text: str, value: int) -> None:
    assert report("CurrentSummationDelivered", SummationDelivered=text, **STAMPED)[0] == value


@pytest.mark.parametrize("stamp", ["0x00000000", "0xffffffff", "0xFFFFFFFF", "0xffffff", "", "0x1ffffffff"])
def test_a_reading_without_a_time_is_dropped(stamp: str) -> None:
    assert (
        silence("InstantaneousDemand", Demand="0x00014d", TimeStamp=stamp).reason == "reading without a time"
    )
    assert silence("CurrentSummationDelivered", SummationDelivered="0x1", TimeStamp=stamp).wanting
    assert silence("InstantaneousDemand", Demand="0x00014d").reason == "reading without a time"


def test_multiplier_and_divisor_of_zero_stay_zero_and_absent_ones_absent() -> None:
    values = report("InstantaneousDemand", Demand="0x1", Multiplier="0x0", Divisor="0x00000000", **STAMPED)
    assert (values[0x0301], values[0x0302]) == (0, 0)
    assert not {0x0301, 0x0302, 0x0304} & report("InstantaneousDemand", Demand="0x1", **STAMPED).keys()
    assert silence("InstantaneousDemand", Demand="0x1", Divisor="0xffffff", **STAMPED).wanting


def test_a_price_keeps_all_its_digits() -> None:
    command = price(Tier="0x02", StartTime="0x234da0d0", Duration="0x05a0", RateLabel="Block 2")
    assert (command.price, command.price_trailing_digit_and_price_tier, command.currency) == (603, 0x42, 840)
    assert (command.issuer_event_id, command.start_time, command.duration_in_minutes) == (
        0x234DA0D0,
        0x234DA0D0,
        1440,
    )
    assert (command.provider_id, command.current_time, command.unit_of_measure) == (0, STAMP, 0)
    assert (command.rate_label, command.generation_price, command.price_ratio) == (
        b"Block 2",
        0xFFFFFFFF,
        0xFF,
    )
    assert command.price_control == 0


@pytest.mark.parametrize("start", ["0xffffffff", "0x00000000", ""])
def test_a_price_without_a_start_holds_since_it_was_first_seen(start: str) -> None:
    memory = PriceMemory()
    first = price(memory, StartTime=start)
    again = price(memory, StartTime=start, TimeStamp=f"0x{STAMP + 3600:08x}")
    assert (first.issuer_event_id, first.start_time, first.duration_in_minutes) == (STAMP, STAMP, 0xFFFF)
    assert (again.issuer_event_id, again.start_time, again.current_time) == (STAMP, STAMP, STAMP + 3600)


def test_no_price_is_no_price() -> None:
    assert silence("PriceCluster", Price="0xffffffff", **STAMPED).reason == "no price"
    assert silence("PriceCluster", **STAMPED).reason == "no price"
    assert (
        silence("PriceCluster", Price="0x1", TimeStamp="0x0", StartTime="0xffffffff").reason
        == "price without a time"
    )
    assert silence("PriceCluster", Price="0x1", TrailingDigits="0x10", **STAMPED).wanting


def test_a_price_with_a_start_and_no_stamp_is_good() -> None:
    command = price(TimeStamp="0x00000000", StartTime="0x234da0d0")
    assert (command.issuer_event_id, command.current_time) == (0x234DA0D0, 0xFFFFFFFF)


def test_labels() -> None:
    assert price(TierLabel="Night").rate_label == b"Night"
    assert price(RateLabel="Grundpreis f\u00fcr alle").rate_label == b"Grundpreis f"
    assert price(RateLabel="12345678901\u00e9").rate_label == b"12345678901"
    assert price(Tier="0x11").price_trailing_digit_and_price_tier == 0x40


@pytest.mark.parametrize(
    ("fields", "control"),
    [
        ({"Priority": "Low"}, 0x00),
        ({"Priority": "Medium"}, 0x04),
        ({}, 0x04),
        ({"Priority": "high", "ConfirmationRequired": "Y"}, 0x88),
        ({"Priority": "Critical", "ConfirmationRequired": "Y", "Confirmed": "N"}, 0x8C),
        ({"Priority": "Critical", "ConfirmationRequired": "Y", "Confirmed": "Y"}, 0x0C),
    ],
)
def test_message_control(fields: dict[str, str], control: int) -> None:
    assert message(**fields).message_control == control


def test_message_times_and_text() -> None:
    command = message(StartTime="0x1b878fa1", Duration="0x545e", Text="A > B & <C>")
    assert (command.message_id, command.start_time, command.duration_in_minutes) == (
        0x1B1,
        0x1B878FA1,
        0x545E,
    )
    assert command.message == b"A > B & <C>"
    assert message(StartTime="0xffffffff", Duration="0xffff").start_time == 0
    assert message().duration_in_minutes == 0xFFFF
    assert message(Text="\u00e9" * 200).message == ("\u00e9" * 127).encode()


def test_no_message_and_a_message_taken_back() -> None:
    assert silence("MessageCluster", Id="", Text="").wanting
    assert silence("MessageCluster", Id="0x00000001", Text="").wanting
    assert silence("MessageCluster", Id="0xffffffff", Text="x").wanting
    taken = translate(make("MessageCluster", Id="0x7", Text="x", Queue="Cancel Pending"), PriceMemory())
    assert taken == Publication(0x0703, CancelMessage(7, 0))


def test_time_with_its_zone() -> None:
    assert report("TimeCluster", UTCTime="0x21444738", LocalTime="0x2143d6b8") == {
        0: 0x21444738,
        1: 1,
        2: -28800,
        7: 0x2143D6B8,
    }
    assert report("TimeCluster", UTCTime="0x21444738", LocalTime="0x21444739")[2] == 0
    for local in ("0xffffffff", "0x00000000", "", "0x21444a00", "0x31444738"):
        assert report("TimeCluster", UTCTime="0x21444738", LocalTime=local).keys() == {0, 1}


@pytest.mark.parametrize("utc", ["0x00000000", "0xffffffff", ""])
def test_no_time_is_no_time(utc: str) -> None:
    assert silence("TimeCluster", UTCTime=utc, LocalTime="0x2143d6b8").reason == "no time"


@pytest.mark.parametrize("tag", ["DeviceInfo", "ScheduleInfo", "ConnectionStatus", "Whatever"])
def test_documents_that_no_frame_carries(tag: str) -> None:
    assert not silence(tag, TimeStamp="0x1").wanting


@pytest.mark.parametrize("text", ["0x", "x", "0xzz", "12a", "--5", "0x" + "f" * 40, "\u0661", "1_0"])
def test_what_is_no_number_is_refused(text: str) -> None:
    with pytest.raises(DecodeError):
        unsigned(text, "Demand")
    with pytest.raises(DecodeError):
        translate(make("InstantaneousDemand", Demand=text, **STAMPED), PriceMemory())


def test_a_demand_wider_than_its_type_is_refused() -> None:
    with pytest.raises(DecodeError, match="does not fit"):
        signed("0x1ffffffffffffffff", "Demand")


@pytest.mark.skipif(not SAMPLES.exists(), reason="the folder of recorded Rainforest documents is not here")
def test_documents_of_real_devices() -> None:
    entries = recording.load(SAMPLES).entries
    meanings = [translate(entry.document, PriceMemory()) for entry in entries]
    values = [m.values for m in meanings if isinstance(m, Report)]
    prices = [
        m.command for m in meanings if isinstance(m, Publication) and isinstance(m.command, PublishPrice)
    ]
    assert [(p.price, p.price_trailing_digit_and_price_tier >> 4, p.currency) for p in prices] == [
        (0x31D, 4, 124),
        (0x507, 4, 124),
        (603, 4, 840),
    ]
    assert [v[0x0400] for v in values if 0x0400 in v] == [3311, 333]
    assert [(v[0], v[1], v[0x0302]) for v in values if 0x0303 in v] == [
        (102546839, 84, 1000),
        (46873298, 0, 1000),
    ]
    assert [v[7] + 946684800 for v in values if 0x0300 in v][-2:] == [
        1539022451,
        1539022549,
    ]  # 18:14:11, 18:15:49


FIELDS = [
    *("TimeStamp", "StartTime", "Duration", "UTCTime", "LocalTime", "Multiplier", "Divisor", "DigitsRight"),
    *("Price", "Currency", "TrailingDigits", "Tier", "RateLabel", "Id", "Text", "Priority", "Queue"),
    *("Demand", "SummationDelivered", "SummationReceived", "DigitsLeft"),
]


@given(
    st.sampled_from(sorted(KNOWN_TAGS)),
    st.dictionaries(st.sampled_from(FIELDS), st.text(max_size=12) | st.integers(0, 1 << 70).map(hex)),
)
@settings(max_examples=400, deadline=None)
def test_any_document_has_a_meaning_or_is_refused(tag: str, fields: dict[str, str]) -> None:
    try:
        document = Document.of(parse(octets(tag, **fields)))
        assert isinstance(translate(document, PriceMemory()), Report | Publication | Silence)
    except DecodeError:
        pass


def test_clip_cuts_between_characters() -> None:
    assert clip("a\u00e9", 2) == b"a"
    assert clip("a\u00e9", 3) == "a\u00e9".encode()
