import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from handover.errors import ConfigError, DecodeError
from handover.sep2.transports.discovery import SUBTYPES, Advertisement
from handover.sep2.transports.discovery.records import Text, is_path, label, read_text, understand


def said(**fields: object) -> Advertisement:
    return Advertisement("Kitchen", "gw", ("192.0.2.1",), **({"port": 80} | fields))  # type: ignore[arg-type]


def strings(octets: bytes) -> list[bytes]:
    found = []
    while octets:
        found.append(octets[1 : 1 + octets[0]])
        octets = octets[1 + octets[0] :]
    return found


def test_txtvers_is_first_and_path_only_for_a_subtype() -> None:
    assert strings(said().text()) == [b"txtvers=1", b"dcap=/dcap", b"level=-S1"]
    assert strings(said().text("/edev"))[:3] == [b"txtvers=1", b"dcap=/dcap", b"path=/edev"]


@pytest.mark.parametrize(
    ("port", "https_port", "srv", "https"),
    [
        (80, None, 80, []),
        (80, 443, 80, [b"https"]),
        (8080, 8443, 8080, [b"https=8443"]),
        (None, 8443, 8443, [b"https=8443"]),
        (None, 443, 443, [b"https"]),
    ],
)
def test_ports(port: int | None, https_port: int | None, srv: int, https: list[bytes]) -> None:
    advertisement = said(port=port, https_port=https_port)
    assert advertisement.srv_port == srv
    assert [s for s in strings(advertisement.text()) if s.startswith(b"https")] == https
    assert understand(advertisement.text("/tm")) == Text("/dcap", https_port, "-S1", "/tm")


def test_what_cannot_be_advertised() -> None:
    for wrong in (
        {"port": None},
        {"dcap": "dcap"},
        {"dcap": "//evil/dcap"},
        {"dcap": "/" + "x" * 250},
        {"function_sets": {"edev": "edev"}},
        {"function_sets": {"Not One": "/x"}},
    ):
        with pytest.raises(ConfigError):
            said(**wrong)
    assert said(function_sets=dict.fromkeys((*SUBTYPES, "edev-167261211391"), "/x")).function_sets


@pytest.mark.parametrize(
    "record",
    [
        [],
        ["dcap=/dcap", "txtvers=1", "level=-S1"],
        ["txtvers=2", "dcap=/dcap", "level=-S1"],
        ["txtvers", "dcap=/dcap", "level=-S1"],
        ["txtvers=1", "level=-S1"],
        ["txtvers=1", "dcap=", "level=-S1"],
        ["txtvers=1", "dcap=http://evil/", "level=-S1"],
        ["txtvers=1", "dcap=//evil", "level=-S1"],
        ["txtvers=1", "dcap=/a b", "level=-S1"],
        ["txtvers=1", "dcap=/dcap"],
        ["txtvers=1", "dcap=/dcap", "level=-S1", "https=0"],
        ["txtvers=1", "dcap=/dcap", "level=-S1", "https=65536"],
        ["txtvers=1", "dcap=/dcap", "level=-S1", "https=99999999999999999999"],
        ["txtvers=1", "dcap=/dcap", "level=-S1", "https=x"],
    ],
)
def test_records_that_a_client_ignores(record: list[str]) -> None:
    octets = b"".join(bytes([len(s)]) + s.encode() for s in record)
    with pytest.raises(DecodeError):
        understand(octets)


def test_three_states_of_https() -> None:
    head = b"\x09txtvers=1\x0adcap=/dcap\x09level=-S1"
    assert understand(head).https_port is None
    assert understand(head + b"\x05https").https_port == 443
    assert understand(head + b"\x06https=").https_port == 443
    assert understand(head + b"\x0aHTTPS=8443").https_port == 8443
    assert understand(head + b"\x0ahttps=8443\x0ahttps=9999").https_port == 8443


def test_a_path_that_names_another_server_is_left_out() -> None:
    assert understand(b"\x09txtvers=1\x0adcap=/dcap\x09level=-S1\x0dpath=//evil/x").path is None
    assert not is_path("/a\nb")


def test_labels() -> None:
    assert label("Kitchen v1.0") == "Kitchen v1-0"
    assert label("") == label(".").replace("-", "server") == "server"
    assert len(label("\u00e9" * 60).encode()) <= 63
    assert label("a\x00\nb") == "a b"


@given(st.binary(max_size=300))
def test_any_octets(octets: bytes) -> None:
    with contextlib.suppress(DecodeError):
        read_text(octets)
    with contextlib.suppress(DecodeError):
        understand(octets)
