"""Reads what a person types or scans from labels: which admission it begins, or what exactly is wrong.

Spaces, dashes, colons and case never matter. What belongs to the other kind of device is recognised and said.
No message repeats an install code or a PIN.
"""

import re
from dataclasses import dataclass
from typing import Final

from handover.errors import ConfigError, DecodeError
from handover.gateway.pairing.states import Event
from handover.sep1.security.install_code import InstallCode, parse
from handover.sep2.security.identity import (
    check_digit,
    format_sfdi,
    is_checked,
    parse_lfdi,
    parse_pin,
    parse_sfdi,
    sfdi,
)

_CODE: Final = re.compile(r"\$I:\s*([0-9A-Z \-]+)", re.IGNORECASE)
_ADDRESS: Final = re.compile(r"(?:\$A:|\bZ:)\s*([0-9A-F]{16})(?![0-9A-F])", re.IGNORECASE)
_SEPARATORS: Final = re.compile(r"[\s:.\-_‐-―]+")


class Mistyped(ConfigError):
    """What was typed cannot be right; `event` says which kind of mistake it is."""

    def __init__(self, event: Event, reason: str) -> None:
        super().__init__(reason)
        self.event = event


@dataclass(frozen=True, slots=True)
class Sep1Label:
    """What the label of a SEP 1.x device says."""

    eui64: int
    code: InstallCode


@dataclass(frozen=True, slots=True)
class Sep2Label:
    """What the label of a SEP 2.0 device says; `lfdi` is empty when only the SFDI was given."""

    sfdi: int
    lfdi: bytes
    pin: int


def sep1_label(code: str, eui64: str = "") -> Sep1Label:
    """Read an install code and a MAC address, or a QR code that holds both. Raises Mistyped."""
    scanned, address = _ADDRESS.search(code), eui64.strip()
    found = install_code(code)
    held = int(scanned[1], 16) if scanned else found.eui64
    if held is None and not address:
        raise Mistyped(
            Event.BAD_CODE,
            "the MAC address (EUI-64) is missing: sixteen digits 0-9 and A-F beside the install code",
        )
    typed = _eui64(address) if address else held
    if held is not None and typed != held:
        raise Mistyped(
            Event.BAD_CODE,
            f"the QR code belongs to the device {held:016X}, the MAC address typed is another; "
            "check that both are from the same label",
        )
    assert typed is not None
    return Sep1Label(typed, found)


def install_code(text: str) -> InstallCode:
    """Read an install code, alone or in a QR code. Raises Mistyped, naming the group in question."""
    marked = _CODE.search(text)
    typed = marked[1] if marked else text
    if not typed.strip():
        raise Mistyped(Event.BAD_CODE, "the install code is missing; it is on the device's label")
    if not marked:
        _not_sep2(typed)
    try:
        return parse(typed)
    except DecodeError as error:
        reason = str(error)
        if len(_SEPARATORS.sub("", typed)) == 16:
            reason += "; sixteen digits may also be the MAC address, which belongs into the other field"
        raise Mistyped(Event.BAD_CODE, reason) from None


def sep2_label(sfdi_text: str = "", pin: str = "", lfdi: str = "") -> Sep2Label:
    """Read an SFDI or an LFDI, and a PIN. Raises Mistyped with what exactly is wrong."""
    if not (sfdi_text.strip() or lfdi.strip()):
        raise Mistyped(Event.BAD_SFDI, "the SFDI is missing: twelve digits on the device's label")
    short, long = None, b""
    if lfdi.strip():
        try:
            long = parse_lfdi(lfdi)
        except ConfigError as error:
            raise Mistyped(Event.BAD_SFDI, str(error)) from None
    if sfdi_text.strip():
        short = _sfdi(sfdi_text)
    if long and short not in (None, sfdi(long)):
        raise Mistyped(
            Event.BAD_SFDI, f"this SFDI does not belong to that LFDI, whose SFDI is {format_sfdi(sfdi(long))}"
        )
    if not pin.strip():
        raise Mistyped(Event.BAD_PIN, "the PIN is missing: six digits on the device's label")
    try:
        number = parse_pin(pin)
    except ConfigError as error:
        raise Mistyped(Event.BAD_PIN, str(error)) from None
    return Sep2Label(sfdi(long) if short is None else short, long, number)


def _sfdi(text: str) -> int:
    digits = _SEPARATORS.sub("", text)
    if "$I:" in text.upper() or (re.fullmatch(r"[0-9A-Fa-f]{16,36}", digits) and len(digits) % 4 == 0):
        raise Mistyped(
            Event.WRONG_PROFILE,
            "this looks like the install code or the MAC address of a SEP 1.x device, not like an SFDI",
        )
    groups = [group for group in _SEPARATORS.split(text.strip()) if group]
    odd = [at for at, group in enumerate(groups, 1) if len(group) != 3]
    if digits.isdigit() and len(groups) == 4 and len(odd) == 1:
        has = len(groups[odd[0] - 1])
        raise Mistyped(Event.BAD_SFDI, f"group {odd[0]} of the SFDI has {has} digits instead of 3")
    try:
        return parse_sfdi(text)
    except ConfigError as error:
        if digits.isascii() and digits.isdigit() and len(digits) == 12 and not is_checked(int(digits)):
            raise Mistyped(
                Event.BAD_SFDI,
                f"the last digit of the SFDI is a check digit: behind these eleven digits it would be "
                f"{check_digit(int(digits[:-1]))}, not {digits[-1]}; one of the twelve is mistyped",
            ) from None
        raise Mistyped(Event.BAD_SFDI, str(error)) from None


def _eui64(text: str) -> int:
    digits = _SEPARATORS.sub("", text)
    if not re.fullmatch(r"[0-9A-Fa-f]{16}", digits):
        raise Mistyped(
            Event.BAD_CODE,
            f"the MAC address (EUI-64) has sixteen digits 0-9 and A-F; {len(digits)} characters were typed",
        )
    return int(digits, 16)


def _not_sep2(text: str) -> None:
    """Recognise what is on the label of a SEP 2.0 device."""
    digits = _SEPARATORS.sub("", text)
    if digits.isascii() and digits.isdigit() and len(digits) == 12 and is_checked(int(digits)):
        raise Mistyped(
            Event.WRONG_PROFILE, "this looks like the SFDI of a SEP 2.0 device, not like an install code"
        )
    if re.fullmatch(r"[0-9A-Fa-f]{40}", digits):
        raise Mistyped(
            Event.WRONG_PROFILE, "this looks like the LFDI of a SEP 2.0 device, not like an install code"
        )
