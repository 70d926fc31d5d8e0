"""LFDI, SFDI and PIN: the published vectors, and what people type."""

import hashlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from handover.errors import ConfigError
from handover.sep2.security import identity

LFDI = bytes.fromhex("3E4F45AB31EDFE5B67E343E5E4562E31984E23E5")
SFDI = 167261211391


def test_the_published_vector() -> None:
    assert identity.sfdi(LFDI) == SFDI


def test_the_vector_of_a_virtual_device() -> None:
    assert identity.sfdi(bytes.fromhex("432C8C9B8D85FD81C398BBFD024C8216E87E02F0")) == 180318888249


def test_the_lfdi_is_the_start_of_the_hash() -> None:
    assert identity.lfdi(b"certificate") == hashlib.sha256(b"certificate").digest()[:20]


@pytest.mark.parametrize("octets", [b"", bytes(19), bytes(21)])
def test_an_sfdi_needs_a_whole_lfdi(octets: bytes) -> None:
    with pytest.raises(ConfigError, match="20 octets"):
        identity.sfdi(octets)


@given(st.binary(min_size=20, max_size=20))
def test_the_digits_of_an_sfdi_add_up_to_tens(lfdi: bytes) -> None:
    number = identity.sfdi(lfdi)
    assert sum(map(int, str(number))) % 10 == 0
    assert number // 10 == int(lfdi.hex()[:9], 16)
    assert identity.is_checked(number)
    assert not identity.is_checked(number + 1)
    assert identity.parse_sfdi(identity.format_sfdi(number)) == number
    assert identity.parse_lfdi(identity.format_lfdi(lfdi)) == lfdi


@pytest.mark.parametrize(
    "text",
    [
        "3E4F45AB31EDFE5B67E343E5E4562E31984E23E5",
        "3e4f45ab31edfe5b67e343e5e4562e31984e23e5",
        " 3E4F-45AB-31ED-FE5B-67E3-43E5-E456-2E31-984E-23E5\n",
        "3E4F 45AB 31ED FE5B 67E3 43E5 E456 2E31 984E 23E5",
        "3E:4F:45:AB:31:ED:FE:5B:67:E3:43:E5:E4:56:2E:31:98:4E:23:E5",
        "3E4F45AB31ED\u2013FE5B67E343E5\u2014E4562E31984E23E5",
    ],
)
def test_an_lfdi_may_be_typed_in_many_ways(text: str) -> None:
    assert identity.parse_lfdi(text) == LFDI


@pytest.mark.parametrize("text", ["167261211391", "167-261-211-391", " 167 261 211 391 ", "167.261.211.391"])
def test_an_sfdi_may_be_typed_in_many_ways(text: str) -> None:
    assert identity.parse_sfdi(text) == SFDI


@pytest.mark.parametrize("text", ["111115", "111-115", " 111 115"])
def test_a_pin_may_be_typed_in_many_ways(text: str) -> None:
    assert identity.parse_pin(text) == 111115


def test_leading_zeros_of_a_pin_are_lost_on_the_wire_and_shown_to_people() -> None:
    assert identity.parse_pin("000109") == 109
    assert identity.format_pin(109) == "000109"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "0 digits instead of 40"),
        ("3E4F", "4 digits instead of 40"),
        ("167261211391", "is the SFDI"),
        ("3E4F45AB31EDFE5B67E343E5E4562E31984E23E5AA", "42 digits"),
        ("GE4F45AB31EDFE5B67E343E5E4562E31984E23E5", "letters A-F"),
        ("\u0663" * 40, "letters A-F"),
    ],
)
def test_a_bad_lfdi_is_explained(text: str, message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        identity.parse_lfdi(text)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "only the digits"),
        ("16726121139O", "only the digits"),
        ("167261211390", "check digit"),
        ("176261211392", "check digit"),
        ("1672612113911", "at most 12 digits"),
        ("687194767360", "at most 12 digits"),
        ("9" * 5000, "at most 12 digits"),
        ("\u0661\u0662", "only the digits"),
    ],
)
def test_a_bad_sfdi_is_explained(text: str, message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        identity.parse_sfdi(text)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("11111", "6 digits, not 5"),
        ("1111150", "not 7"),
        ("111116", "check digit"),
        ("11111S", "0-9"),
        ("", "0-9"),
    ],
)
def test_a_bad_pin_is_explained_without_repeating_it(text: str, message: str) -> None:
    with pytest.raises(ConfigError, match=message) as refusal:
        identity.parse_pin(text)
    assert not text or text not in str(refusal.value).replace("111115", "")


def test_pins_are_compared_whole() -> None:
    assert identity.same_pin(111115, 111115)
    assert not identity.same_pin(111115, 111124)


@given(st.integers(0, 99999))
def test_every_pin_has_one_check_digit(number: int) -> None:
    pin = identity.with_check_digit(number)
    assert identity.parse_pin(f"{pin:06d}") == pin
    good = [digit for digit in range(10) if identity.is_checked(number * 10 + digit)]
    assert good == [identity.check_digit(number)]
