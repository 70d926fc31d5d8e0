"""Every class, and anything that fits it: both encoders agree, both decoders agree, nothing is lost."""

from typing import Any
from unittest import mock

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from lxml import etree

from handover.errors import DecodeError, EncodeError
from handover.sep2 import exi, xml
from handover.sep2.exi import codec, tree_decoder
from handover.sep2.exi.names import GLOBALS
from handover.sep2.resources import CLASSES
from handover.sep2.resources.common import ListLink
from handover.sep2.resources.der import CurveData, DERCurve
from handover.sep2.resources.device_capability import DeviceCapability
from handover.sep2.resources.end_device import EndDevice, Registration
from handover.sep2.resources.subscription import Notification
from handover.sep2.resources.time import Time
from sep2 import schema_tables
from sep2.documents import anything, maximal, minimal

MANY = settings(max_examples=400, deadline=None, suppress_health_check=[HealthCheck.too_slow])


def check(instance: Any) -> None:
    """Encode and decode in every way there is."""
    stream, document = exi.encode(instance), xml.encode(instance)
    assert exi.from_xml(document) == stream
    assert exi.decode(stream) == instance
    assert xml.read(tree_decoder.decode(stream)) == instance
    again = exi.to_xml(stream)
    assert etree.canonicalize(again.decode()) == etree.canonicalize(document.decode())
    validator = schema_tables.validator()
    assert validator.validate(etree.fromstring(again)), validator.error_log


@pytest.mark.parametrize("name", CLASSES)
@pytest.mark.parametrize("make", [minimal, maximal], ids=["minimal", "maximal"])
def test_every_class_survives(name: str, make: Any) -> None:
    check(make(CLASSES[name]))


@MANY
@given(st.sampled_from(sorted(CLASSES)).flatmap(lambda name: anything(CLASSES[name])))
def test_anything_survives(instance: Any) -> None:
    check(instance)


@pytest.mark.parametrize("name", CLASSES)
def test_the_fast_way_reads_what_is_as_the_schema_has_it(name: str) -> None:
    instance = maximal(CLASSES[name])
    with mock.patch.object(tree_decoder, "decode", side_effect=AssertionError("the slow way")):
        assert exi.decode(exi.encode(instance)) == instance


VALUES = sorted(set(GLOBALS) - set(CLASSES))


@pytest.mark.parametrize("name", VALUES)
def test_documents_of_links_and_plain_values_survive(name: str) -> None:
    content = GLOBALS[name]
    link = isinstance(content, type)
    text = f">{1:0{2 if 'Hex' in repr(content) else 1}}</{name}>" if not link else ' href="/a"/>'
    document = f'<{name} xmlns="{xml.NS_2018}"{text}'.encode()
    assert schema_tables.validator().validate(etree.fromstring(document))
    assert etree.canonicalize(exi.to_xml(exi.from_xml(document)).decode()) == etree.canonicalize(
        document.decode()
    )
    with pytest.raises(DecodeError, match="not a resource"):
        exi.decode(exi.from_xml(document))


@pytest.mark.parametrize("points", [1, 2, 9, 10])
def test_a_curve_of_any_length_survives(points: int) -> None:
    curve = minimal(DERCurve)
    curve.CurveData = [CurveData(xvalue=i, yvalue=-i, excitation=bool(i % 2)) for i in range(points)]
    check(curve)
    curve.autonomousVRefEnable = True
    check(curve)


@pytest.mark.parametrize("points", [0, 11])
def test_a_curve_has_one_to_ten_points(points: int) -> None:
    curve = minimal(DERCurve)
    curve.CurveData = [CurveData(xvalue=0, yvalue=0)] * points
    with pytest.raises(EncodeError, match=rf"DERCurve/CurveData: has {points} items"):
        exi.encode(curve)


def test_an_expected_class_is_demanded() -> None:
    stream = exi.encode(minimal(Time))
    assert isinstance(exi.decode(stream, Time), Time)
    with pytest.raises(DecodeError, match="a Time where a Registration is expected"):
        exi.decode(stream, Registration)


@pytest.mark.parametrize(
    ("resource", "reason"),
    [
        (EndDevice(sFDI=-1, changedTime=1), "EndDevice/sFDI: -1 is out of range"),
        (EndDevice(sFDI=1, changedTime=None), "EndDevice/changedTime: is mandatory"),  # type: ignore[arg-type]
        (EndDevice(sFDI=1, changedTime=1, lFDI=bytes(21)), "EndDevice/lFDI: 21 octets"),
        (EndDevice(sFDI=1, changedTime=1, enabled=1), "EndDevice/enabled: must be True"),  # type: ignore[arg-type]
        (EndDevice(sFDI=True, changedTime=1.5), "EndDevice/changedTime: must be a whole"),  # type: ignore[arg-type]
        (DeviceCapability(EndDeviceListLink=ListLink(href="\0")), "href: contains '.x00'"),
        (object(), "object is not a SEP 2.0 resource"),
    ],
)
def test_what_cannot_be_encoded_is_named(resource: object, reason: str) -> None:
    with pytest.raises(EncodeError, match=reason):
        exi.encode(resource)


def test_notifications_within_notifications_have_an_end() -> None:
    def nested(depth: int) -> Notification:
        inner: Any = minimal(Time)
        for _ in range(depth):
            outer = minimal(Notification)
            outer.Resource = inner
            inner = outer
        assert isinstance(inner, Notification)
        return inner

    check(nested(20))
    with pytest.raises(DecodeError, match="deep"):
        exi.decode(exi.encode(nested(40)))


def test_the_two_ways_share_one_limit_of_pieces() -> None:
    stream = exi.encode(maximal(EndDevice))
    with pytest.raises(DecodeError, match="more elements and attributes"):
        exi.decode(stream, limits=exi.Limits(pieces=10))
    assert codec.LIMITS.pieces == 20_000
