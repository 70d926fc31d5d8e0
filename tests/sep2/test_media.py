"""Content negotiation, with the Accept headers that real clients send."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from handover.sep2.media import judge_body, negotiate

MINUS, PLUS = "application/sep+xml; level=-S1", "application/sep+xml; level=+S1"
EXI = "application/sep-exi; level=-S1"


@pytest.mark.parametrize(
    ("accept", "content_type"),
    [
        (None, MINUS),
        ("", MINUS),
        ("*/*", MINUS),
        ("application/*", MINUS),
        ("application/sep+xml", MINUS),
        ("Application/SEP+XML", MINUS),
        ("application/sep+xml; level=-S1", MINUS),
        ("application/sep+xml;level=-S1", MINUS),
        ('application/sep+xml; level="-s1"', MINUS),
        ("application/sep+xml; level=+S1", PLUS),
        ("application/sep+xml; level=-S1; q=0.5, application/sep+xml; level=+S1; q=0.9", PLUS),
        ("application/sep-exi; level=-S1, application/sep+xml; level=-S1; q=0.5", EXI),
        ("application/sep-exi; level=-S1, application/sep+xml; level=-S1", MINUS),
        ("application/sep-exi, */*; q=0.1", EXI),
        ("application/sep-exi", EXI),
        ("application/sep-exi; level=+S1", "application/sep-exi; level=+S1"),
        ("text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8", MINUS),
        ("application/sep+xml; q=oops", MINUS),
        (" , ;;, application/sep+xml", MINUS),
        ("application/sep+xml; level=-S2", None),
        ("application/sep+xml; q=0", None),
        ("application/sep+xml; q=0, */*", EXI),
        ("text/html", None),
        ("application/xml", None),
        ("application/sep-exi; level=-S9", None),
        ("application/sep-exi; q=0", None),
    ],
)
def test_accept(accept: str | None, content_type: str | None) -> None:
    negotiated = negotiate(accept)
    assert negotiated.content_type == content_type
    assert bool(negotiated.reason) is (content_type is None)
    assert negotiated.is_exi is ("exi" in str(content_type))


@pytest.mark.parametrize(
    ("content_type", "readable"),
    [
        ("application/sep+xml", True),
        ("application/sep+xml; level=-S1", True),
        ("application/sep+xml;level=+S1", True),
        ("APPLICATION/sep+xml; charset=UTF-8", True),
        ("application/sep+xml; level=-S9", False),
        ("application/sep+xml; charset=utf-16", False),
        ("application/xml", False),
        ("text/xml", False),
        ("application/x-www-form-urlencoded", False),
        ("application/sep-exi; level=-S1", True),
        ("application/sep-exi; level=-S2", False),
        ("", False),
        (None, False),
    ],
)
def test_body_types(content_type: str | None, readable: bool) -> None:
    judged = judge_body(content_type)
    assert (judged.content_type is not None) is readable
    assert bool(judged.reason) is not readable


@given(st.text(max_size=80))
def test_no_header_is_too_odd(text: str) -> None:
    negotiate(text)
    judge_body(text)
