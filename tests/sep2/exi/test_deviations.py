"""Documents that are not as the schema has them: out of order, incomplete, with strange names and values."""

import random
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from lxml import etree

from handover.errors import DecodeError, EncodeError
from handover.sep2 import exi, xml
from handover.sep2.resources import CLASSES
from handover.sep2.resources.end_device import EndDevice, Registration
from handover.sep2.resources.response import DrResponse
from handover.sep2.resources.time import Time
from sep2.documents import anything, minimal

NS = xml.NS_2018
NAMES = ["ext", "Time", "EndDevice", "value", "href"]
TEXTS = [
    "",
    " ",
    "x",
    "0",
    "-1",
    "zz",
    "1704067200",
    "true",
    " 7 ",
    "0g",
    "é\U0001f50c",
    "hello",
    "99999999999",
]


def canonical(root: Any) -> str:
    return etree.canonicalize(etree.tostring(root).decode(), rewrite_prefixes=True)


def mutate(root: Any, draw: random.Random) -> None:
    """Change one thing, anywhere."""
    element = draw.choice(list(root.iter()))
    kind = draw.randrange(7)
    if kind == 0:
        children = list(element)
        draw.shuffle(children)
        element[:] = children
    elif kind == 1 and element.getparent() is not None:
        element.getparent().remove(element)
    elif kind == 2:
        namespace = draw.choice([NS, "urn:vendor", ""])
        child = etree.Element(f"{{{namespace}}}{draw.choice(NAMES)}" if namespace else draw.choice(NAMES))
        child.text = draw.choice(TEXTS)
        child.set("a", draw.choice(TEXTS))
        element.insert(draw.randint(0, len(element)), child)
    elif kind == 3:
        key = draw.choice(["a", "zz", "{urn:vendor}a", "pollRate", "subscribable", "all"])
        element.set(key, draw.choice(TEXTS))
    elif kind == 4 and element.attrib:
        key = draw.choice(list(element.attrib))
        element.set(key, draw.choice(TEXTS)) if "type" not in key else None
    elif kind == 5:
        element.text = draw.choice(TEXTS)
    elif element.getparent() is not None:
        element.tail = draw.choice(TEXTS)


def tidy(root: Any) -> Any:
    """Drop what EXI drops: white space alone between elements, empty text; join the pieces of text."""
    for element in root.iter():
        if len(element) and element.text is not None and not element.text.strip(" \t\r\n"):
            element.text = None
        if element.tail is not None and not element.tail.strip(" \t\r\n"):
            element.tail = None
        element.text = element.text or None
    return root


@settings(max_examples=500, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    st.sampled_from(sorted(CLASSES)).flatmap(lambda name: anything(CLASSES[name])),
    st.integers(0, 2**32),
    st.integers(1, 4),
)
def test_a_mutated_document_is_the_same_after_a_round_trip(instance: Any, seed: int, times: int) -> None:
    root = etree.fromstring(xml.encode(instance))
    draw = random.Random(seed)
    for _ in range(times):
        mutate(root, draw)
    document = etree.tostring(root)
    stream = exi.from_xml(document)
    back = etree.fromstring(exi.to_xml(stream))
    assert _comparable(back) == _comparable(etree.fromstring(document))
    try:
        expected = xml.decode(document)
    except DecodeError:
        with pytest.raises(DecodeError):
            exi.decode(stream)
    else:
        assert exi.decode(stream) == expected


def _comparable(root: Any) -> list[Any]:
    """Return a tree as lists, values of numbers as numbers: EXI keeps a value, not how it was written."""
    tidy(root)

    def value(text: str | None) -> object:
        stripped = (text or "").strip(" \t\r\n")
        if stripped in ("true", "false"):
            return int(stripped == "true")
        try:
            return int(stripped)
        except ValueError:
            return stripped.upper()

    return [
        root.tag,
        sorted((key, value(text)) for key, text in root.attrib.items()),
        value(root.text),
        [(_comparable(child), value(child.tail)) for child in root],
    ]


def test_a_number_that_is_none_is_kept_as_text() -> None:
    document = (
        f'<Registration xmlns="{NS}"><dateTimeRegistered>soon</dateTimeRegistered><pIN>x</pIN></Registration>'
    )
    stream = exi.from_xml(document.encode())
    assert exi.to_xml(stream) == document.encode()
    with pytest.raises(DecodeError, match="dateTimeRegistered: 'soon' is not a whole number"):
        exi.decode(stream)


def test_numbers_sent_as_text_are_numbers() -> None:
    time = minimal(Time)
    document = xml.encode(time).replace(b"<quality>0<", b"<quality>&#65296;<").replace(b"&#65296;", b" 0 ")
    assert exi.decode(exi.from_xml(document)) == time


def test_another_type_is_named() -> None:
    response = DrResponse(endDeviceLFDI=bytes(20), subject=b"\1", status=1)
    document = xml.encode(response).replace(b"DrResponse", b"Response")
    document = document.replace(b'ns"', f'ns" xmlns:x="{xml.XSI}" x:type="DrResponse"'.encode(), 1)
    assert exi.decode(exi.from_xml(document)) == response


@pytest.mark.parametrize(
    ("attribute", "reason"),
    [('x:type="Nothing"', "not a type of SEP 2.0"), ('x:nil="true"', "may be xsi:nil")],
)
def test_types_and_nil_that_mean_nothing_are_refused(attribute: str, reason: str) -> None:
    document = f'<Time xmlns="{NS}" xmlns:x="{xml.XSI}" {attribute}/>'
    with pytest.raises(EncodeError, match=reason):
        exi.from_xml(document.encode())


def test_xsi_within_an_extension_is_refused() -> None:
    document = f'<Time xmlns="{NS}" xmlns:x="{xml.XSI}"><e xmlns="urn:v" x:type="y"/></Time>'
    with pytest.raises(EncodeError, match="knows no type"):
        exi.from_xml(document.encode())


def test_comments_are_left_out_and_text_around_them_is_one() -> None:
    document = (
        f'<Registration xmlns="{NS}"><!-- a --><dateTimeRegistered>1<!-- b -->2</dateTimeRegistered>'
        "<pIN>3</pIN></Registration>"
    )
    assert exi.decode(exi.from_xml(document.encode())) == Registration(dateTimeRegistered=12, pIN=3)


def test_short_hexadecimal_numbers_are_filled_up() -> None:
    document = (
        f'<EndDevice xmlns="{NS}"><lFDI>AB</lFDI><sFDI>1</sFDI><changedTime>1</changedTime></EndDevice>'
    )
    device = exi.decode(exi.from_xml(document.encode()), EndDevice)
    assert device.lFDI == bytes(19) + b"\xab"
