"""One spelling for each path; everything that could be read in two ways is refused."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from handover.errors import DecodeError
from handover.sep2.server.target import normalise, split


@pytest.mark.parametrize(
    ("path", "canonical"),
    [
        ("/dcap", "/dcap"),
        ("/edev/0/", "/edev/0"),
        ("/%65dev/0", "/edev/0"),
        ("/edev/%30", "/edev/0"),
        ("https://gateway.local:8443/edev/0", "/edev/0"),
        ("HTTP://[::1]/tm", "/tm"),
        ("https://gateway.local", "/"),
        ("/", "/"),
    ],
)
def test_needless_variety_is_removed(path: str, canonical: str) -> None:
    assert normalise(path) == canonical


@pytest.mark.parametrize(
    "path",
    [
        "",
        "*",
        "dcap",
        "gateway:443",
        "ftp://gateway/dcap",
        "//dcap",
        "/edev//0",
        "/edev/0//",
        "/edev/0/../1",
        "/edev/./0",
        "/edev/%2e%2e/1",
        "/..",
        "/edev%2F0",
        "/edev/%00",
        "/edev/%zz",
        "/edev/%",
        "/edev/0\n",
        "/edev/0 ",
        "/edev\\0",
        "/edev/é",
        "/edev/%C3%A9",
        "/edev#0",
        "/<script>",
    ],
)
def test_ambiguity_is_refused(path: str) -> None:
    with pytest.raises(DecodeError):
        normalise(path)


@given(st.text(alphabet="/.%25eEfF0\\ ?#a:", max_size=20))
def test_what_comes_out_is_stable_and_harmless(path: str) -> None:
    try:
        canonical = normalise(path)
    except DecodeError:
        return
    assert normalise(canonical) == canonical
    assert canonical == "/" or not re.search(r"//|/\.{1,2}(/|$)|/$|[%\\ ?#]", canonical)


def test_split() -> None:
    assert split("/edev?s=0&l=1?") == ("/edev", "s=0&l=1?")
    assert split("/edev") == ("/edev", "")
