"""Install codes, as people type them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from handover.errors import DecodeError
from handover.sep1.security.install_code import SIZES, crc, parse, suspects, with_crc
from sep1.security.vectors import document

CODES = st.sampled_from(SIZES).flatmap(lambda n: st.binary(min_size=n, max_size=n))
LABEL = "83FE D340 7A93 9738 C552"
LONG = "83FED3407A939723A5C639B26916D505C3B5"
"""The example of the specification with 16 octets; its link key is widely printed."""


def test_vector() -> None:
    row = document()["install_code"]
    code = parse(row["code"] + row["crc"])
    assert code.octets.hex() == row["code"]
    assert code.link_key.hex() == row["link_key"]
    assert code.text == LABEL


def test_the_longest_code_of_the_specification() -> None:
    assert parse(LONG).link_key.hex() == "66b6900981e1ee3ca4206b6b861c02bb"


@pytest.mark.parametrize(
    "text",
    [
        LABEL,
        LABEL.lower(),
        LABEL.replace(" ", "-"),
        "83:FE:D3:40:7A:93:97:38:C5:52",
        " 83fed3407a939738 c552\n",
    ],
)
def test_ways_to_type_it(text: str) -> None:
    assert parse(text).octets.hex() == "83fed3407a939738"


@pytest.mark.parametrize(
    "payload",
    [
        f"Z:F4CE36D88AB8B6FD$I:{LONG}%M:FFFE$D:AABBCCDD",
        f"G$M:69775$S:680S00003915$D:0000000017B2335C%Z$A:F4CE36D88AB8B6FD$I:{LONG}",
        f"f4ce36d88ab8b6fd|{LONG.lower()}",
    ],
)
def test_what_qr_codes_hold(payload: str) -> None:
    code = parse(payload)
    assert code.eui64 == 0xF4CE36D88AB8B6FD
    assert code.text.replace(" ", "") == LONG


@given(CODES)
def test_round_trip(octets: bytes) -> None:
    assert parse(with_crc(octets).text).octets == octets
    assert repr(with_crc(octets)) == "InstallCode(eui64=None)"


def test_check_value_of_the_crc() -> None:
    assert crc(b"123456789") == (0x906E).to_bytes(2, "little")


@given(CODES, st.data())
def test_a_mistyped_digit_is_found(octets: bytes, data: st.DataObject) -> None:
    digits = with_crc(octets).text.replace(" ", "").lower()
    at = data.draw(st.integers(0, len(digits) - 1))
    digit = data.draw(st.sampled_from([d for d in "0123456789abcdef" if d != digits[at]]))
    typed = digits[:at] + digit + digits[at + 1 :]
    assert at // 4 + 1 in suspects(typed)
    with pytest.raises(DecodeError, match=rf"group .*\b{at // 4 + 1}\b.* likely mistyped") as caught:
        parse(typed)
    assert typed not in str(caught.value)


@given(CODES, st.data())
def test_swapped_neighbours_are_found(octets: bytes, data: st.DataObject) -> None:
    digits = with_crc(octets).text.replace(" ", "")
    at = data.draw(st.integers(0, len(digits) - 2))
    typed = digits[:at] + digits[at + 1] + digits[at] + digits[at + 2 :]
    if typed != digits:
        assert {at // 4 + 1, (at + 1) // 4 + 1} <= set(suspects(typed.lower()))


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("83FE D340 7A94 9738 C552", "group 3 is likely mistyped"),
        ("83FE D304 7A93 9738 C552", "group 2 is likely mistyped"),
        ("0000 D340 0000 9738 C552", "compare every group"),
        ("83FE D34O 7A93 9738 C552", "'o' in group 2 is no hexadecimal digit (perhaps 0)"),
        ("83FE D340 7AX3 9738 C552", "'x' in group 3 is no hexadecimal digit;"),
        ("83FE D340 7A9 9738 C552", "19 digits; group 3 has 3 digits instead of 4"),
        ("83FED3407A939738C55", "19 digits; 16, 20, 28 and 36 are possible"),
        (LONG[:-4], "the four digits of the CRC"),
        ("", "0 digits"),
    ],
)
def test_what_is_wrong_is_named(text: str, message: str) -> None:
    with pytest.raises(DecodeError) as caught:
        parse(text)
    assert message in str(caught.value)


@pytest.mark.parametrize("size", [0, 5, 7, 15, 17])
def test_no_code_of_another_size(size: int) -> None:
    with pytest.raises(DecodeError, match=r"6, 8, 12 and 16"):
        with_crc(bytes(size))


@given(st.text(max_size=60))
def test_any_text_gives_a_code_or_decode_error(text: str) -> None:
    try:
        parse(text)
    except DecodeError:
        return
    assert sum(c in "0123456789abcdefABCDEF" for c in text) >= 16
