"""Reading the query, and pages that together are the whole list."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from handover.errors import DecodeError
from handover.sep2 import xml
from handover.sep2.resources.common import DateTimeInterval, EventStatus
from handover.sep2.resources.messaging import TextMessage
from handover.sep2.resources.response import Response
from handover.sep2.security.access import AccessRules, Policy
from handover.sep2.server import Options, Request, Server
from handover.sep2.server.paging import ALL, Page, parse
from handover.sep2.store import Store
from sep2.tree_samples import OWN


@pytest.mark.parametrize(
    ("query", "page"),
    [
        ("", Page(0, 1)),
        ("s=3", Page(3, 1)),
        ("l=50", Page(0, 50)),
        ("s=0&l=50", Page(0, 50)),
        ("l=0", Page(0, 0)),
        ("l=all", Page(0, ALL)),
        ("l=ALL&s=1", Page(1, ALL)),
        ("a=1342548000", Page(0, 1, 1342548000)),
        ("a=-5", Page(0, 1, -5)),
        ("%6c=2&s=%31", Page(1, 2)),
        ("type=00&mfId=1&x&&=", Page(0, 1)),
        ("S=5&L=7", Page(0, 1)),
        ("s=1&s=1", Page(1, 1)),
    ],
)
def test_queries(query: str, page: Page) -> None:
    assert parse(query) == page


@pytest.mark.parametrize(
    "query",
    [
        *("s=-1", "l=-1", "s=", "l=", "l=x", "s=1.5", "s=1&s=2", "l=%", "s=4294967296", "l=4294967296"),
        *("a=", "a=x", "a=--1", "a=9223372036854775808", "s=+1", "s= 1", "s=\u0663", "s=all"),
        "s=" + "9" * 5000,
    ],
)
def test_garbage(query: str) -> None:
    with pytest.raises(DecodeError):
        parse(query)


@given(st.text(max_size=40) | st.text(alphabet="slaALl=&%019-+", max_size=30))
def test_no_query_is_too_odd(query: str) -> None:
    try:
        page = parse(query)
    except DecodeError:
        return
    assert page.start >= 0
    assert page.limit >= 0


def message(number: int, start: int) -> TextMessage:
    return TextMessage(
        mRID=number.to_bytes(16),
        creationTime=start,
        EventStatus=EventStatus(currentStatus=0, dateTime=0, potentiallySuperseded=False),
        interval=DateTimeInterval(duration=60, start=start),
        priority=0,
        textMessage="x",
    )


def server_of(starts: list[int], most: int = 255) -> Server:
    store = Store()
    store.put_list("/msg/0/txt")
    for number, start in enumerate(starts):
        store.put(f"/msg/0/txt/{number}", message(number, start))
    policy = Policy(public=frozenset({"/msg"}))
    return Server(store, AccessRules(store, policy), options=Options(most_items=most))


def page_of(server: Server, query: str) -> tuple[int, list[str]]:
    response = server.handle(Request("GET", "/msg/0/txt", query, peer=OWN), 0)
    assert response.status == 200
    answer = xml.decode(response.body)
    assert answer.results == len(answer.TextMessage)
    return answer.all, [item.href for item in answer.TextMessage]


@settings(max_examples=40)
@given(st.lists(st.integers(0, 9), max_size=12), st.integers(1, 5), st.integers(1, 6))
def test_pages_together_are_the_whole_list_in_order(starts: list[int], size: int, most: int) -> None:
    server = server_of(starts, most)
    whole = [
        f"/msg/0/txt/{number}"
        for number in sorted(range(len(starts)), key=lambda n: (-starts[n], -starts[n], -n))
    ]
    found: list[str] = []
    while True:
        total, page = page_of(server, f"s={len(found)}&l={size}")
        assert total == len(starts)
        assert len(page) <= min(size, most)
        if not page:
            break
        found += page
    assert found == whole


@settings(max_examples=40)
@given(st.lists(st.integers(0, 9), max_size=12), st.integers(-1, 10))
def test_after_leaves_the_later_ones(starts: list[int], after: int) -> None:
    _, page = page_of(server_of(starts), f"l=all&a={after}")
    assert {int(href.rpartition("/")[2]) for href in page} == {
        number for number, start in enumerate(starts) if start > after
    }


def test_after_is_ignored_where_no_time_is_the_key() -> None:
    store = Store()
    for number in range(3):
        store.put(
            f"/rsps/0/rsp/{number}",
            Response(createdDateTime=number, endDeviceLFDI=bytes(20), subject=b"\1"),
        )
    listing = store.listing("/rsps/0/rsp")
    assert listing is not None
    assert len(listing.later(listing.rows(), 1)) == 3


def test_what_clients_ask_for() -> None:
    server = server_of(list(range(300)))
    total, first = page_of(server, "")
    assert (total, len(first)) == (300, 1)
    assert len(page_of(server, f"l={total}")[1]) == 255  # more than one page holds: `results` says so
    assert len(page_of(server, "l=all")[1]) == 255
    assert len(page_of(server, "s=0&l=50")[1]) == 50
    assert page_of(server, "s=300&l=10") == (300, [])
    assert page_of(server, "s=4294967295") == (300, [])
    assert page_of(server, "l=0") == (300, [])
    assert page_of(server, "s=3&l=3")[1] == [f"/msg/0/txt/{n}" for n in (296, 295, 294)]


def test_a_long_list_keeps_its_order_while_it_changes() -> None:
    store = Store()
    starts = [(number * 7919) % 10_000 for number in range(2_000)]
    for number, start in enumerate(starts):
        store.put(f"/msg/0/txt/{number}", message(number, start))
    for number in range(0, 2_000, 3):
        store.delete(f"/msg/0/txt/{number}")
    for number in range(1, 2_000, 3):
        store.put(f"/msg/0/txt/{number}", message(number, -number))
    found = [item.interval.start for item in store.items("/msg/0/txt")]
    assert found == sorted(found, reverse=True)
    assert len(found) == 1333
