import contextlib
import random
import tracemalloc

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from handover.errors import DecodeError
from handover.sep1.transports.raven.framing import MAX_DOCUMENT, Splitter, parse
from sep1.transports.raven.samples import demand, octets

PRICE = octets("PriceCluster", Price="0x0000025b", TrailingDigits="0x04")


def split(*parts: bytes) -> tuple[list[str], list[str]]:
    complaints: list[str] = []
    splitter = Splitter(complaints.append)
    tags = [fragment.element.tag for part in parts for fragment in splitter.feed(part)]
    return tags, complaints


def test_a_burst_of_documents_loses_none() -> None:
    tags, complaints = split(demand() * 50 + PRICE)
    assert tags == ["InstantaneousDemand"] * 50 + ["PriceCluster"]
    assert not complaints


def test_octet_by_octet() -> None:
    tags, complaints = split(*(bytes([octet]) for octet in demand() + PRICE))
    assert (tags, complaints) == (["InstantaneousDemand", "PriceCluster"], [])


def test_the_octets_come_as_they_were() -> None:
    [fragment] = Splitter(print).feed(b"\r\n" + demand())
    assert fragment.octets == demand().strip()


@pytest.mark.parametrize(
    "garbage",
    [
        b"\x00\xff\xfe garbage \x80",
        demand()[:100],
        demand()[100:],
        b"<InstantaneousDemand><Demand>0x1</Wrong></InstantaneousDemand>",
        b"<unknown><never closed>",
        b"</InstantaneousDemand>",
        b"<" * 1000,
        b"<?xml version='1.0'?><!DOCTYPE a [<!ENTITY x SYSTEM 'file:///etc/passwd'>]>",
        b"<InstantaneousDemand>" + b"A" * (2 * MAX_DOCUMENT) + b"</InstantaneousDemand>",
        b"<MessageCluster><Text>" + b"A" * (5 * MAX_DOCUMENT),
        b"B" * (3 * MAX_DOCUMENT),
    ],
    ids=lambda garbage: ascii(garbage[:24]),
)
def test_garbage_costs_a_line_of_log_and_nothing_after_it(garbage: bytes) -> None:
    for size in (1, 7, 1024, 1 << 20):
        stream = PRICE + garbage + demand() + PRICE
        tags, complaints = split(*(stream[i : i + size] for i in range(0, len(stream), size)))
        assert tags[0] == "PriceCluster"
        assert tags[-2:] == ["InstantaneousDemand", "PriceCluster"]
        assert complaints


def test_the_wrapper_of_an_eagle_is_no_complaint() -> None:
    wrapped = (
        b'<?xml version="1.0"?>\n<rainforest macId="0xab" timestamp="1504803337s">\n'
        + PRICE
        + b"</rainforest>\n"
    )
    tags, complaints = split(wrapped[22:] * 2)
    assert (tags, complaints) == (["PriceCluster", "PriceCluster"], [])


def test_entities_are_never_expanded() -> None:
    [fragment] = Splitter(print).feed(
        octets("MessageCluster", Text="{}").replace(b"{}", b"&xxe; &lol; &#65; &amp;gt; A&B")
    )
    assert fragment.element.findtext("Text") == "&xxe; &lol; A &gt; A&B"


@pytest.mark.parametrize(
    "inside",
    [
        b"<!DOCTYPE a [<!ENTITY x 'y'>]>",
        b"<!ENTITY x 'y'>",
        b"<a" + b"></a" * 3,
        b"&#0;",
        b"<a x=1></a>",
        b"<a:b></a:b>",
    ],
)
def test_hostile_documents_are_refused_alone(inside: bytes) -> None:
    tags, complaints = split(b"<PriceCluster>" + inside + b"</PriceCluster>" + demand())
    assert tags == ["InstantaneousDemand"]
    assert complaints


def test_deep_nesting_is_harmless() -> None:
    depth = 2000
    tags, _ = split(b"<MessageCluster>" + b"<a>" * depth + b"</a>" * depth + b"</MessageCluster>" + PRICE)
    assert tags[-1] == "PriceCluster"


def test_texts_of_older_firmware() -> None:
    assert parse("<T><Text>caf\u00e9 5 \u20ac</Text></T>".encode()).findtext("Text") == "caf\u00e9 5 \u20ac"
    assert (
        parse("<T><Text>caf\u00e9 5 \u20ac</Text></T>".encode("windows-1252")).findtext("Text")
        == "caf\u00e9 5 \u20ac"
    )


def test_memory_does_not_grow() -> None:
    splitter = Splitter(lambda _: None)
    stream = (demand() * 20 + b"garbage" + demand()[:90]) * 2
    tracemalloc.start()
    try:
        grown = []
        for _ in range(3):  # the first round fills caches
            before = tracemalloc.get_traced_memory()[0]
            for _ in range(100):
                splitter.feed(stream)
            grown.append(tracemalloc.get_traced_memory()[0] - before)
    finally:
        tracemalloc.stop()
    assert grown[-1] < 100_000  # octets, for 4000 documents; what is kept of each would be thousands


@given(
    st.lists(
        st.binary(max_size=200)
        | st.sampled_from([demand(), demand()[:50], PRICE, b"<", b">", b"<PriceCluster>"])
    )
)
@settings(max_examples=300)
def test_any_octets_are_taken_and_the_next_documents_found(parts: list[bytes]) -> None:
    tags, _ = split(*parts, demand(), PRICE, demand())
    assert tags[-2:] == ["PriceCluster", "InstantaneousDemand"]


@given(st.binary(max_size=400))
@settings(max_examples=300)
def test_parsing_gives_an_element_or_a_decode_error(fragment: bytes) -> None:
    with contextlib.suppress(DecodeError):
        parse(b"<A>" + fragment + b"</A>")


def test_cuts_at_random_places() -> None:
    draw = random.Random(20305)
    stream = (demand() + PRICE) * 40
    for _ in range(20):
        cuts = sorted(draw.sample(range(len(stream)), 60))
        parts = [stream[a:b] for a, b in zip([0, *cuts], [*cuts, len(stream)], strict=True)]
        assert len(split(*parts)[0]) == 80
