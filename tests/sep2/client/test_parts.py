"""The small parts of the client: links, pages, clocks, pace."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from handover.errors import DecodeError
from handover.sep2.client import links
from handover.sep2.client.clocks import Clocks
from handover.sep2.client.links import local
from handover.sep2.client.pace import LONGEST_WAIT, Pace, retry_after
from handover.sep2.client.paging import MOST_ITEMS, Pages
from handover.sep2.client.tree import MOST_DOCUMENTS, Node, Tree, Wish
from handover.sep2.resources.device_capability import DeviceCapability
from handover.sep2.resources.end_device import EndDevice, EndDeviceList
from handover.sep2.resources.metering import ReadingType
from handover.sep2.resources.time import Time

AUTHORITY = "gateway.local:8443"


@pytest.mark.parametrize(
    ("href", "target"),
    [
        ("/edev", "/edev"),
        (" /edev ", "/edev"),
        ("/edev?s=0", "/edev?s=0"),
        ("rg", "/edev/rg"),
        ("../tm", "/tm"),
        ("https://gateway.local:8443/tm", "/tm"),
        ("HTTPS://Gateway.Local:8443/tm", "/tm"),
        ("//gateway.local:8443/tm", "/tm"),
        ("https://gateway.local/tm", None),
        ("https://elsewhere:8443/tm", None),
        ("//elsewhere/tm", None),
        ("file:///etc/passwd", None),
        ("javascript:alert(1)", None),
        ("https://gateway.local:8443@elsewhere/tm", None),
        ("/t\r\nHost: x", None),
        ("/t m", None),
        ("/ä", None),
        ("http://[", None),
        ("https://gateway.local:99999/", None),
        ("", "/"),
    ],
)
def test_hrefs_lead_to_the_same_server_or_nowhere(href: str, target: str | None) -> None:
    assert local(href, "/edev/1?s=0", AUTHORITY) == target


def test_without_an_authority_only_paths_are_followed() -> None:
    assert local("/tm", "/", None) == "/tm"
    assert local("https://gateway.local:8443/tm", "/", None) is None


@given(st.text())
def test_no_href_leads_astray(href: str) -> None:
    target = local(href, "/dcap", AUTHORITY)
    assert target is None or (target.startswith("/") and target.isascii() and target.isprintable())


def test_every_link_that_is_followed_has_a_target() -> None:
    for cls, rows in links.FOLLOWED.items():
        for name in (name for row in rows for name in row):
            assert name in links.TARGETS
            assert name in cls.__dataclass_fields__


def device(number: int) -> EndDevice:
    return EndDevice(href=f"/edev/{number}", sFDI=number, changedTime=0)


def page(*numbers: int, total: int) -> EndDeviceList:
    return EndDeviceList(all=total, results=len(numbers), EndDevice=[device(n) for n in numbers])


def test_pages_come_together_even_when_the_list_moves_between_them() -> None:
    pages = Pages(3)
    assert pages.query == "s=0&l=3"
    assert not pages.add(page(1, 2, total=4))
    assert pages.query == "s=2&l=3"
    assert not pages.add(page(2, 3, total=5))
    assert pages.add(page(4, total=5))
    whole = pages.whole(page(4, total=5))
    assert [d.sFDI for d in whole.EndDevice] == [1, 2, 3, 4]
    assert whole.all == whole.results == 4


def test_a_server_that_counts_wrongly_does_not_keep_us_asking() -> None:
    pages = Pages(10)
    assert not pages.add(page(1, total=100))
    assert pages.add(page(total=100))


def test_a_list_without_end_is_refused() -> None:
    pages = Pages(MOST_ITEMS)
    with pytest.raises(DecodeError, match="items"):
        pages.add(page(*range(MOST_ITEMS + 1), total=1 << 30))


def test_items_without_href_and_mrid_are_told_apart_by_place() -> None:
    pages = Pages(2)
    nameless = EndDeviceList(all=2, results=2, EndDevice=[EndDevice(sFDI=n, changedTime=0) for n in (1, 2)])
    assert pages.add(nameless)
    assert len(pages.items) == 2


def test_a_server_without_end_is_not_followed_for_ever() -> None:
    root = Node("/dcap", DeviceCapability)
    tree = Tree(root, None)
    tree.grow(root, [Wish(f"/tm/{n}", Time, None, None) for n in range(MOST_DOCUMENTS + 10)], 0.0)
    assert len(tree) == MOST_DOCUMENTS
    assert tree.full
    assert len(tree.grow(root, [], 0.0)) == MOST_DOCUMENTS - 1
    assert not tree.full


def time(now: int) -> Time:
    return Time(currentTime=now, dstEndTime=0, dstOffset=0, dstStartTime=0, quality=7, tzOffset=0)


def test_a_difference_within_the_second_that_is_cut_off_is_none() -> None:
    clocks = Clocks()
    assert clocks.set("/tm", time(1000), 1000.9, 1000.9) == 0.0
    assert clocks.set("/tm", time(1300), 1000.0, 1000.0) == 300.0
    assert clocks.set("/tm", time(1401), 1100.4, 1100.6) == 300.0, "jitter does not move the clock"
    assert clocks.set("/tm", time(5000), 1100.0, 1100.0) == 3900.0


def test_clocks_are_unknown_until_they_are_read() -> None:
    clocks = Clocks()
    assert clocks.offset("/tm") is None
    assert clocks.offset(None) == 0.0
    clocks.assume("/tm")
    assert clocks.offset("/tm") == 0.0
    assert not clocks.stepped_back(100.0)
    assert not clocks.stepped_back(99.5)
    assert clocks.stepped_back(90.0)


def test_waits_grow_and_have_an_end() -> None:
    pace = Pace(5.0, lambda: 1.0)
    assert [pace.wait(n) for n in (1, 2, 3)] == [5.0, 10.0, 20.0]
    assert pace.wait(1000) == LONGEST_WAIT
    assert Pace(5.0, lambda: 0.0).wait(1) == 2.5


def test_one_outage_counts_once() -> None:
    pace = Pace(5.0, lambda: 1.0)
    pace.failed(100.0)
    pace.failed(100.0)
    assert pace.resume == 105.0
    pace.failed(105.0)
    assert pace.resume == 115.0
    pace.answered()
    assert not pace.lost


def test_reading_types_are_not_read_at_the_readings_rate() -> None:
    pace = Pace(1.0, lambda: 1.0)
    node = Node("/rt", ReadingType, inherited=5.0)
    pace.read(node, 0.0)
    assert node.due == 900.0


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({"Retry-After": "12"}, 12.0),
        ({"retry-after": " 12 "}, 12.0),
        ({"Retry-After": "999999999"}, 86_400.0),
        ({"Retry-After": "Wed, 21 Oct 2015 07:28:00 GMT"}, None),
        ({"Retry-After": "-1"}, None),
        ({}, None),
    ],
)
def test_retry_after(headers: dict[str, str], seconds: float | None) -> None:
    assert retry_after(headers) == seconds
