"""What people type and scan: every common form is read, and what is wrong is said exactly."""

import pytest

from handover.gateway.pairing.states import Event
from handover.gateway.pairing.typed import Mistyped, install_code, sep1_label, sep2_label

pytestmark = pytest.mark.req("REQ.GW.3")

CODE = "83FED3407A939723A5C639B26916D505C3B5"
EUI = "00124B0000ABCD01"
GROUPED = "83FE D340 7A93 9723 A5C6 39B2 6916 D505 C3B5"


@pytest.mark.parametrize(
    "scanned",
    [
        f"Z:{EUI}$I:{CODE}",
        f"Z:{EUI}$I:{CODE}%M:1186$D:0123",
        f"G$M:69775$S:20000012$D:000000001012%Z$A:{EUI}$I:{CODE}",
        f"G$M:69775$D:000000001012%Z$A:{EUI}$S:7$I:{CODE}",
        f"z:{EUI.lower()}$i:{CODE.lower()}",
        f"{EUI}|{CODE}",
    ],
)
def test_qr_codes_hold_everything(scanned: str) -> None:
    label = sep1_label(scanned)
    assert (label.eui64, label.code.octets.hex().upper()) == (int(EUI, 16), CODE[:-4])


@pytest.mark.parametrize(
    "typed", [CODE, GROUPED, GROUPED.lower(), GROUPED.replace(" ", "-"), f"$I:{CODE}", f" {GROUPED}\n"]
)
@pytest.mark.parametrize("eui64", [EUI, EUI.lower(), "00:12:4b:00:00:ab:cd:01", "0012-4B00-00AB-CD01"])
def test_codes_are_typed_in_many_ways(typed: str, eui64: str) -> None:
    label = sep1_label(typed, eui64)
    assert (label.eui64, label.code.octets.hex().upper()) == (int(EUI, 16), CODE[:-4])


@pytest.mark.parametrize(
    ("code", "eui64", "event", "words"),
    [
        (GROUPED.replace("7A93", "7A98"), EUI, Event.BAD_CODE, "group 3 is likely mistyped"),
        (GROUPED.replace("A5C6", "5AC6"), EUI, Event.BAD_CODE, "group 5"),
        (GROUPED.replace("A5C6", "A5C"), EUI, Event.BAD_CODE, "group 5 has 3 digits"),
        (GROUPED.replace("D505", "D5O5"), EUI, Event.BAD_CODE, "'o' in group 8 is no hexadecimal digit"),
        (CODE[:-4], EUI, Event.BAD_CODE, "CRC at its end are missing"),
        (EUI, EUI, Event.BAD_CODE, "may also be the MAC address"),
        ("", EUI, Event.BAD_CODE, "the install code is missing"),
        (CODE, "", Event.BAD_CODE, "MAC address (EUI-64) is missing"),
        (CODE, EUI[:-1], Event.BAD_CODE, "15 characters were typed"),
        (f"Z:{EUI}$I:{CODE}", "00124B0000ABCD02", Event.BAD_CODE, f"belongs to the device {EUI}"),
        ("167-261-211-391", EUI, Event.WRONG_PROFILE, "SFDI of a SEP 2.0 device"),
        ("3E4F45AB31EDFE5B67E343E5E4562E31984E23E5", EUI, Event.WRONG_PROFILE, "LFDI"),
    ],
)
def test_what_is_wrong_with_a_code_is_said(code: str, eui64: str, event: Event, words: str) -> None:
    with pytest.raises(Mistyped) as caught:
        sep1_label(code, eui64)
    assert caught.value.event is event
    assert words in str(caught.value)
    assert "D340" not in str(caught.value), "the code is a secret"


@pytest.mark.parametrize("sfdi", ["167261211391", "167-261-211-391", " 167 261 211 391 "])
@pytest.mark.parametrize("pin", ["111115", "111-115", "111 115"])
def test_sfdi_and_pin(sfdi: str, pin: str) -> None:
    label = sep2_label(sfdi, pin)
    assert (label.sfdi, label.pin, label.lfdi) == (167261211391, 111115, b"")


def test_an_lfdi_tells_the_sfdi() -> None:
    lfdi = "3E4F45AB31EDFE5B67E343E5E4562E31984E23E5"
    assert sep2_label("", "111115", lfdi).sfdi == 167261211391
    with pytest.raises(Mistyped, match="whose SFDI is 167-261-211-391"):
        sep2_label("167261211508", "111115", lfdi)


@pytest.mark.parametrize(
    ("sfdi", "pin", "event", "words"),
    [
        ("167-261-211-392", "111115", Event.BAD_SFDI, "behind these eleven digits it would be 1, not 2"),
        ("167-261-21-391", "111115", Event.BAD_SFDI, "group 3 of the SFDI has 2 digits instead of 3"),
        ("1672612113910", "111115", Event.BAD_SFDI, "at most 12 digits"),
        ("167-261-2l1-391", "111115", Event.BAD_SFDI, "only the digits 0-9"),
        ("", "111115", Event.BAD_SFDI, "the SFDI is missing"),
        ("167261211391", "11115", Event.BAD_PIN, "6 digits, not 5"),
        ("167261211391", "111116", Event.BAD_PIN, "check digit of the PIN is wrong"),
        ("167261211391", "", Event.BAD_PIN, "the PIN is missing"),
        ("167261211391", "12a45", Event.BAD_PIN, "only the digits 0-9"),
        (GROUPED, "111115", Event.WRONG_PROFILE, "install code or the MAC address of a SEP 1.x device"),
        (f"Z:{EUI}$I:{CODE}", "111115", Event.WRONG_PROFILE, "SEP 1.x device"),
    ],
)
def test_what_is_wrong_with_an_sfdi_or_a_pin_is_said(sfdi: str, pin: str, event: Event, words: str) -> None:
    with pytest.raises(Mistyped) as caught:
        sep2_label(sfdi, pin)
    assert caught.value.event is event
    assert words in str(caught.value)
    assert not pin or event is not Event.BAD_PIN or pin not in str(caught.value)


def test_the_gateways_own_code_needs_no_address() -> None:
    assert install_code(GROUPED).octets.hex().upper() == CODE[:-4]
