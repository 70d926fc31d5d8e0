"""Install codes: the secret on a device's label, its check, and the link key made of it (ZigBee SE 5.4.8).

A code has 6, 8, 12 or 16 octets and a CRC-16/X-25 behind them, least significant octet first. The messages
of errors tell where a code is mistyped, and never what it is. Not here: random codes, which are drawn by
whoever makes one.
"""

import re
from dataclasses import dataclass, field
from typing import Final

from handover.errors import DecodeError
from handover.sep1.security.mmo import mmo

SIZES: Final = (6, 8, 12, 16)
"""Octets of a code without its CRC."""

_CRC: Final = 2
_SEPARATORS: Final = re.compile(r"[\s\-:._]+")
_DIGITS: Final = "0123456789abcdef"

_QR_FORMS: Final = (
    re.compile(r"Z:(?P<eui64>[0-9A-F]{16})\$I:(?P<code>[0-9A-F]+)", re.IGNORECASE),
    re.compile(r"G\$M:.*\$A:(?P<eui64>[0-9A-F]{16})\$I:(?P<code>[0-9A-F]+)", re.IGNORECASE),
    re.compile(r"^\s*(?P<eui64>[0-9A-F]{16})\s*\|\s*(?P<code>[0-9A-F]+)\s*$", re.IGNORECASE),
)
"""What QR codes of labels hold: Z:EUI64$I:CODE%..., G$M:...$A:EUI64$I:CODE, EUI64|CODE."""


@dataclass(frozen=True, slots=True)
class InstallCode:
    """A code whose CRC is right; `octets` are without it. `eui64` is the device's, where the label has it."""

    octets: bytes = field(repr=False)
    eui64: int | None = None

    @property
    def text(self) -> str:
        """The code with its CRC as labels print it: groups of four digits."""
        digits = (self.octets + crc(self.octets)).hex().upper()
        return " ".join(digits[i : i + 4] for i in range(0, len(digits), 4))

    @property
    def link_key(self) -> bytes:
        """The 16 octets of the link key under which the device joins."""
        return mmo(self.octets + crc(self.octets))


def crc(octets: bytes) -> bytes:
    """Return the two octets of the CRC-16/X-25 as they stand behind a code."""
    value = 0xFFFF
    for octet in octets:
        value ^= octet
        for _ in range(8):
            value = value >> 1 ^ (0x8408 if value & 1 else 0)
    return (value ^ 0xFFFF).to_bytes(_CRC, "little")


def parse(text: str) -> InstallCode:
    """Return the code that a person typed or a QR code held; the CRC stands at its end.

    Spaces, dashes, colons and case do not matter. Raises DecodeError that names the group of four digits in
    question, where that can be told.
    """
    for form in _QR_FORMS:
        found = form.search(text)
        if found is not None:
            return InstallCode(_checked(found["code"].lower()), int(found["eui64"], 16))
    groups = [group for group in _SEPARATORS.split(text.lower()) if group]
    digits = "".join(groups)
    for at, character in enumerate(digits):
        if character not in _DIGITS:
            raise DecodeError(
                f"install code: {character!r} in {_group(at)} is no hexadecimal digit{_meant(character)}; "
                f"digits are 0 to 9 and A to F"
            )
    return InstallCode(_checked(digits, groups))


def with_crc(octets: bytes) -> InstallCode:
    """Return the code of these octets, to which the CRC is yet to be added. Raises DecodeError."""
    if len(octets) not in SIZES:
        raise DecodeError(
            f"install code has {len(octets)} octets; without the CRC 6, 8, 12 and 16 are possible"
        )
    return InstallCode(octets)


def suspects(digits: str) -> list[int]:
    """Return the groups of four digits, counted from 1, where one slip would explain a wrong CRC.

    A slip is one digit mistyped, or two neighbours swapped. `digits` are those of the code and the CRC.
    """
    found = set()
    for at in range(len(digits)):
        for digit in _DIGITS:
            if digit != digits[at] and _fits(digits[:at] + digit + digits[at + 1 :]):
                found.add(at // 4 + 1)
        swapped = digits[:at] + digits[at : at + 2][::-1] + digits[at + 2 :]
        if swapped != digits and _fits(swapped):
            found |= {at // 4 + 1, (at + 1) // 4 + 1}
    return sorted(found)


def _checked(digits: str, groups: list[str] | None = None) -> bytes:
    lengths = [2 * (size + _CRC) for size in SIZES]
    if len(digits) not in lengths:
        raise DecodeError(f"install code has {len(digits)} digits; {_length_hint(digits, groups or [])}")
    if not _fits(digits):
        likely = suspects(digits)
        if not likely:
            hint = "more than one digit is wrong; compare every group with the label"
        elif len(likely) == 1:
            hint = f"group {likely[0]} is likely mistyped; compare it with the label"
        else:
            names = " or ".join(map(str, likely))
            hint = f"group {names} is likely mistyped; compare them with the label"
        raise DecodeError(f"install code: the last four digits do not match the others; {hint}")
    return bytes.fromhex(digits)[:-_CRC]


def _fits(digits: str) -> bool:
    octets = bytes.fromhex(digits)
    return crc(octets[:-_CRC]) == octets[-_CRC:]


def _length_hint(digits: str, groups: list[str]) -> str:
    odd = [i for i, group in enumerate(groups, 1) if len(group) != 4]
    if len(groups) > 1 and len(odd) == 1:
        return f"group {odd[0]} has {len(groups[odd[0] - 1])} digits instead of 4"
    if len(digits) in (2 * size for size in SIZES):
        return "the four digits of the CRC at its end are missing"
    return "16, 20, 28 and 36 are possible; compare it with the label, group by group"


def _group(at: int) -> str:
    return f"group {at // 4 + 1}"


def _meant(character: str) -> str:
    """Return what a character was probably read instead of."""
    likely = {"o": "0", "q": "0", "i": "1", "l": "1", "|": "1", "z": "2", "s": "5", "g": "6"}.get(character)
    return f" (perhaps {likely})" if likely else ""
