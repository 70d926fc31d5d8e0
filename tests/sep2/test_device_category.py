"""Device categories of 2013 and 2018: the same devices under other numbers."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from handover.sep2 import xml
from handover.sep2.device_category import to_2013, to_2018
from handover.sep2.resources.drlc import EndDeviceControl
from sep2.documents import minimal


def bit(number: int) -> bytes:
    return (1 << number).to_bytes(4)


@pytest.mark.parametrize(
    ("old", "new"),
    [(0, 0), (12, 12), (13, 16), (14, 24), (15, 13), (16, 18), (17, 17), (18, 25), (19, 14), (20, 15)],
)
def test_bits(old: int, new: int) -> None:
    assert to_2018(bit(old)) == bit(new)
    assert to_2013(bit(new)) == bit(old)


@pytest.mark.parametrize("new", [19, 20, 21, 22, 23])
def test_kinds_of_generation_are_one_in_2013(new: int) -> None:
    assert to_2013(bit(new)) == bit(14)


@given(st.integers(0, (1 << 21) - 1))
def test_nothing_of_2013_is_lost(bits: int) -> None:
    assert to_2013(to_2018(bits.to_bytes(4))) == bits.to_bytes(4)


@pytest.mark.parametrize("shuffled", [False, True])
def test_documents_are_renumbered_and_those_of_2018_are_not(shuffled: bool) -> None:
    control = minimal(EndDeviceControl)
    control.deviceCategory = bit(16)
    old, new = xml.encode(control, xml.NS_2013), xml.encode(control)
    assert b"<deviceCategory>00002000<" in old
    assert b"<deviceCategory>00010000<" in new
    for document in (old, new):
        if shuffled:  # so that the tolerant reader has it
            document = document.replace(b"<mRID></mRID>", b"").replace(b"</EndDev", b"<mRID></mRID></EndDev")
        assert xml.decode(document).deviceCategory == bit(16)
