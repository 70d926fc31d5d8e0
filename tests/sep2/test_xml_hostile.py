"""Documents from a careless or hostile peer: a resource or a DecodeError that says where, nothing else."""

import inspect
import random
import sys
from contextlib import suppress
from typing import Annotated

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from handover.errors import DecodeError
from handover.sep2 import xml
from handover.sep2.declaration import Edition, Occurs, resource
from handover.sep2.lexical import Flaw
from handover.sep2.resources import CLASSES
from handover.sep2.resources.end_device import EndDevice, EndDeviceList
from handover.sep2.resources.metering import Reading
from handover.sep2.types import UInt8
from handover.sep2.xml_reader import Readers
from sep2.documents import maximal

NS = f'xmlns="{xml.NS_2018}"'
XSI = f'xmlns:xsi="{xml.XSI}"'
DEVICE = "<EndDevice><sFDI>1</sFDI><changedTime>1</changedTime></EndDevice>"
BOMB = "".join(f'<!ENTITY a{i} "{f"&a{i - 1};" * 10}">' for i in range(1, 9))
Points = Annotated[list[UInt8], Occurs(1, 2)]
SAMPLES = [xml.encode(maximal(cls)) for cls in CLASSES.values()]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "not well-formed"),
        ("EndDevice", "not well-formed"),
        (f"<Time {NS}>", "not well-formed"),
        (f"<Time {NS}></time>", "not well-formed"),
        (f"<Time {NS}/><Time/>", "not well-formed"),
        (f"<Time {NS}>&nbsp;</Time>", "not well-formed"),
        (f"<Time {NS}>&#0;</Time>", "not well-formed"),
        (f"<Time {NS} a='1' a='2'/>", "not well-formed"),
        (f"<!DOCTYPE Time><Time {NS}/>", "DOCTYPE"),
        (f'<!DOCTYPE t [<!ENTITY a0 "ha">{BOMB}]><Time {NS}>&a8;</Time>', "DOCTYPE"),
        (f'<!DOCTYPE t SYSTEM "file:///etc/passwd"><Time {NS}/>', "DOCTYPE"),
        (f'<?xml version="1.0" encoding="UTF-7"?><Time {NS}/>', "UTF-8"),
        (f"\n <?xml version='1.0' encoding='latin-1' ?><Time {NS}/>", "UTF-8"),
        ("<Time/>", "the namespace ''"),
        ('<Time xmlns="urn:other"/>', "the namespace 'urn:other'"),
        ('<x:Time xmlns:x="urn:other"/>', "the namespace 'urn:other'"),
        (f"<Tim {NS}/>", "root element 'Tim'"),
        (f"<DERPlan {NS}/>", "root element 'DERPlan'"),
        (f"<EndDeviceListLink {NS}/>", "root element 'EndDeviceListLink'"),
        (f"<Time {NS}/>", "Time/currentTime: is mandatory but missing"),
        (f"<EndDeviceList {NS}/>", "EndDeviceList/@all: is mandatory but missing"),
        (f'<EndDeviceList {NS} all="1" results="x"/>', "EndDeviceList/@results: 'x' is not a whole number"),
        (f'<EndDeviceList {NS} all="4294967296" results="0"/>', "EndDeviceList/@all: 4294967296 is out of"),
        (
            f'<EndDeviceList {NS} all="2" results="2">{DEVICE}<EndDevice><sFDI>1</sFDI></EndDevice>'
            "</EndDeviceList>",
            r"EndDeviceList/EndDevice\[1\]/changedTime: is mandatory but missing",
        ),
        (
            f"<EndDevice {NS}><sFDI>1</sFDI><changedTime>1</changedTime><RegistrationLink/></EndDevice>",
            "EndDevice/RegistrationLink/@href: is mandatory but missing",
        ),
        (f"<Reading {NS}><value>1</value><value>2</value></Reading>", "Reading/value: stands there twice"),
        (f"<Reading {NS}><value><x/>1</value></Reading>", "Reading/value: contains elements"),
        (f"<Reading {NS}><value>1<x/></value></Reading>", "Reading/value: contains elements"),
        (f"<Reading {NS}><value/></Reading>", "Reading/value: '' is not a whole number"),
        (f"<Reading {NS}><value>1.0</value></Reading>", "Reading/value: '1.0' is not"),
        (f"<Reading {NS}><value>1_0</value></Reading>", "Reading/value: '1_0' is not"),
        (f"<Reading {NS}><value>0x1</value></Reading>", "Reading/value: '0x1' is not"),
        (f"<Reading {NS}><value>\u0663</value></Reading>", "Reading/value: '\u0663' is not"),
        (f"<Reading {NS}><value>\xb2</value></Reading>", "Reading/value: '\xb2' is not"),
        (f"<Reading {NS}><value>{'9' * 9999}</value></Reading>", "Reading/value: '9{40,}.* is not"),
        (f"<Reading {NS}><value>140737488355329</value></Reading>", "Reading/value: .* out of range"),
        (f"<Reading {NS}><touTier>256</touTier></Reading>", "Reading/touTier: 256 is out of range"),
        (f"<Reading {NS}><touTier>-1</touTier></Reading>", "Reading/touTier: -1 is out of range"),
        (f"<Reading {NS}><localID>1</localID></Reading>", "Reading/localID: '1' is not an even number"),
        (f"<Reading {NS}><localID>0g</localID></Reading>", "Reading/localID: '0g' is not"),
        (f"<Reading {NS}><localID>00 01</localID></Reading>", "Reading/localID: '00 01' is not"),
        (f"<Reading {NS}><localID>000001</localID></Reading>", "Reading/localID: '000001' is longer than 2"),
        (
            f"<UsagePoint {NS}><mRID>01</mRID><description>{'x' * 33}</description></UsagePoint>",
            "UsagePoint/description: 33 characters are longer than 32",
        ),
        (
            f"<EndDevice {NS}><enabled>yes</enabled></EndDevice>",
            "EndDevice/enabled: 'yes' is neither true nor false",
        ),
        (
            f'<ResponseList {NS} {XSI} all="1" results="1"><Response xsi:type="Time"/></ResponseList>',
            r"ResponseList/Response\[0\]: xsi:type 'Time' is not a kind of Response",
        ),
        (f'<Response {NS} {XSI} xsi:type="&lt;script>"/>', "Response: xsi:type '<script>' is not a kind"),
        (f"<Time {NS}>{'<a>' * 300}{'</a>' * 300}</Time>", "not well-formed"),
    ],
)
def test_what_is_wrong_is_refused_with_its_place(text: str, message: str) -> None:
    with pytest.raises(DecodeError, match=message) as refusal:
        xml.decode(text.encode())
    assert len(str(refusal.value)) < 300
    assert "\n" not in str(refusal.value)


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-32", "utf-7", "cp037"])
def test_other_encodings_are_refused(encoding: str) -> None:
    with pytest.raises(DecodeError):
        xml.decode(f"<!DOCTYPE Time><Time {NS}/>".encode(encoding))


def test_the_word_doctype_inside_a_document_is_refused_too() -> None:
    # The test runs before the parser sees anything, so it cannot know a CDATA section.
    with pytest.raises(DecodeError, match="DOCTYPE"):
        xml.decode(f"<Time {NS}><![CDATA[<!DOCTYPE]]></Time>".encode())


@pytest.mark.parametrize("data", [b"\xff", b"<Time xmlns='urn:x'>\xc3\x28</Time>", b"\0", b"\xef\xbb\xbf"])
def test_broken_octets_are_refused(data: bytes) -> None:
    with pytest.raises(DecodeError):
        xml.decode(data)


def test_a_document_is_limited_in_octets() -> None:
    text = f"<Time {NS}>{' ' * 1024 * 1024}</Time>"
    with pytest.raises(DecodeError, match="at most 1048576"):
        xml.decode(text.encode())
    with pytest.raises(DecodeError, match="Time/currentTime"):
        xml.decode(text.encode(), limits=xml.Limits(octets=2 * 1024 * 1024))


def test_a_document_is_limited_in_elements_and_attributes() -> None:
    with pytest.raises(DecodeError, match="more than 20000 tags"):
        xml.decode(f"<Time {NS}>{'<a/>' * 20_000}</Time>".encode())
    many = " ".join(f"a{i}=''" for i in range(20_000))
    with pytest.raises(DecodeError, match="more than 20000 tags"):
        xml.decode(f"<Time {NS} {many}/>".encode())
    with pytest.raises(DecodeError, match="more than 10 tags"):
        xml.decode(SAMPLES[0] + b"<a/>" * 10, limits=xml.Limits(pieces=10))


def test_notifications_within_notifications_end() -> None:
    start, end = "<Resource xsi:type='Notification'>", "</Resource>"
    for depth in (200, 300):
        text = f"<Notification {NS} {XSI}>{start * depth}{end * depth}</Notification>"
        with pytest.raises(DecodeError) as refusal:
            xml.decode(text.encode())
        assert len(str(refusal.value)) < 300


def test_a_stack_that_is_nearly_full_gives_a_decode_error() -> None:
    start, end = "<Resource xsi:type='Notification'>", "</Resource>"
    data = f"<Notification {NS} {XSI}>{start * 200}{end * 200}</Notification>".encode()

    def deeper(levels: int) -> None:
        if levels:
            deeper(levels - 1)
        else:
            xml.decode(data)

    with pytest.raises(DecodeError, match="too many to follow"):
        deeper(sys.getrecursionlimit() - len(inspect.stack(0)) - 100)


def test_elements_of_foreign_namespaces_are_skipped_even_when_their_names_are_known() -> None:
    text = f'<Reading {NS} xmlns:v="urn:v"><v:value>x</v:value><value>5</value><value xmlns=""/></Reading>'
    assert xml.decode(text.encode()) == Reading(value=5)
    mixed = f'<Reading {NS}><value xmlns="{xml.NS_2013}">x</value></Reading>'
    assert xml.decode(mixed.encode()) == Reading()


def test_a_bounded_repetition_is_counted() -> None:
    @resource
    class Curve:
        Point: Points

    readers = Readers("urn:x", (Edition.E2018,), {})
    for count, fits in ((0, False), (1, True), (2, True), (3, False)):
        root = xml.etree.fromstring(f"<Curve xmlns='urn:x'>{'<Point>1</Point>' * count}</Curve>")
        for read in (readers.reader(Curve), readers.quick.reader(Curve)):
            if fits:
                assert read(root).Point == [1] * count
            else:
                with pytest.raises(Flaw):
                    read(root)


@settings(max_examples=600, deadline=None)
@given(st.binary(max_size=200) | st.text(max_size=200).map(str.encode))
def test_any_octets_give_a_resource_or_a_decode_error(data: bytes) -> None:
    for text in (data, b"<Time " + NS.encode() + b">" + data + b"</Time>"):
        with suppress(DecodeError):
            xml.decode(text)
        with suppress(DecodeError):
            xml.namespace_of(text)


@settings(max_examples=1500, deadline=None)
@given(st.integers(0, 2**32))
def test_damaged_documents_give_a_resource_or_a_decode_error(seed: int) -> None:
    draw = random.Random(seed)
    data = bytearray(draw.choice(SAMPLES))
    for _ in range(draw.randint(1, 4)):
        start = draw.randrange(len(data))
        match draw.randrange(5):
            case 0:
                data[start] = draw.randrange(256)
            case 1:
                del data[start : start + draw.randint(1, 40)]
            case 2:
                data[start:start] = draw.choice(SAMPLES)[: draw.randint(1, 60)]
            case 3:
                end = data.find(b">", start) + 1
                data[start:start] = data[start:end]
            case 4:
                data[start:start] = draw.choice(
                    (b"-", b"99999999999", b"&#x1F50C;", b"<![CDATA[", b"00", b" ")
                )
        data = data or bytearray(b"<")
    with suppress(DecodeError):
        xml.decode(bytes(data))
    assert xml.decode(xml.encode(EndDeviceList(all=1, results=0))).EndDevice == []


def test_a_good_document_after_a_bad_one_is_read() -> None:
    with pytest.raises(DecodeError):
        xml.decode(b"<a")
    assert xml.decode(xml.encode(EndDevice(sFDI=1, changedTime=1))).sFDI == 1
