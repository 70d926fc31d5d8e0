"""Who a device is: LFDI and SFDI from its certificate, and the PIN that its owner types (clause 6.3).

Everything is a pure function. The readers of typed text raise ConfigError with what is wrong and what the
right form looks like; they never guess a missing digit.
"""

import hashlib
import hmac
import re

from handover.errors import ConfigError

LFDI_OCTETS = 20
SFDI_BITS = 36
PIN_DIGITS = 6

_SEPARATORS = re.compile(r"[\s:.\-_\u2010-\u2015]+")


def lfdi(der: bytes) -> bytes:
    """Return the long form device identifier: the first 160 bits of SHA-256 over the DER certificate."""
    return hashlib.sha256(der).digest()[:LFDI_OCTETS]


def sfdi(lfdi: bytes) -> int:
    """Return the short form: the first 36 bits of an LFDI in decimal, and a check digit.

    Raises ConfigError when `lfdi` has not 20 octets.
    """
    if len(lfdi) != LFDI_OCTETS:
        raise ConfigError(f"an LFDI has {LFDI_OCTETS} octets, not {len(lfdi)}")
    return with_check_digit(int.from_bytes(lfdi[:5], "big") >> 4)


def check_digit(number: int) -> int:
    """Return the digit that, appended to `number`, makes the sum of all digits divisible by 10."""
    return -sum(map(int, str(number))) % 10


def with_check_digit(number: int) -> int:
    """Return `number` followed by its check digit."""
    return number * 10 + check_digit(number)


def is_checked(number: int) -> bool:
    """Tell whether the last digit of `number` is the right check digit."""
    return number >= 0 and sum(map(int, str(number))) % 10 == 0


def same_pin(one: int, other: int) -> bool:
    """Compare two PINs in a time that does not tell how much of them agrees."""
    return hmac.compare_digest(f"{one:06d}", f"{other:06d}")


def parse_lfdi(text: str) -> bytes:
    """Read an LFDI typed by a person: 40 hexadecimal digits, any case, spaces, colons and dashes ignored."""
    digits = _SEPARATORS.sub("", text)
    if not re.fullmatch(r"[0-9A-Fa-f]*", digits):
        raise ConfigError(
            f"{_shown(text)} is not an LFDI: it may hold only the digits 0-9 and the letters A-F; "
            "`handover pki show FILE` prints the LFDI of a certificate"
        )
    if len(digits) != 2 * LFDI_OCTETS:
        hint = " (a short number with 12 digits is the SFDI)" if digits.isdigit() and len(digits) < 13 else ""
        raise ConfigError(
            f"{_shown(text)} is not an LFDI: it has {len(digits)} digits instead of {2 * LFDI_OCTETS}{hint}; "
            "`handover pki show FILE` prints the LFDI of a certificate"
        )
    return bytes.fromhex(digits)


def parse_sfdi(text: str) -> int:
    """Read an SFDI typed by a person: up to 12 decimal digits, spaces and dashes ignored."""
    digits = _digits(text, "an SFDI", "167-261-211-391")
    value = int(digits) if len(digits) <= 12 else -1
    if not 0 <= value // 10 < 1 << SFDI_BITS:
        raise ConfigError(
            f"{_shown(text)} is not an SFDI: it has at most 12 digits and ends at 687194767359, "
            "such as 167-261-211-391"
        )
    if not is_checked(value):
        raise ConfigError(
            f"{_shown(text)} is not an SFDI: its check digit is wrong, so at least one digit is mistyped; "
            "compare it with the label of the device"
        )
    return value


def parse_pin(text: str) -> int:
    """Read a registration PIN typed by a person: six digits, spaces and dashes ignored.

    The message of an error does not repeat the PIN, which is a secret.
    """
    digits = _digits(text, "a PIN", "111115", secret=True)
    if len(digits) != PIN_DIGITS:
        raise ConfigError(f"a PIN has {PIN_DIGITS} digits, not {len(digits)}; leading zeros count")
    value = int(digits)
    if not is_checked(value):
        raise ConfigError(
            "the check digit of the PIN is wrong, so at least one digit is mistyped; "
            "compare it with the label of the device"
        )
    return value


def format_lfdi(lfdi: bytes) -> str:
    """Return an LFDI for people: upper case, in groups of four digits, as on a label."""
    digits = lfdi.hex().upper()
    return "-".join(digits[i : i + 4] for i in range(0, len(digits), 4))


def format_sfdi(sfdi: int) -> str:
    """Return an SFDI for people: twelve digits in groups of three, as on a label."""
    digits = f"{sfdi:012d}"
    return "-".join(digits[i : i + 3] for i in range(0, 12, 3))


def format_pin(pin: int) -> str:
    """Return a PIN for people: six digits, with the leading zeros that the wire form lacks."""
    return f"{pin:06d}"


def _digits(text: str, what: str, example: str, *, secret: bool = False) -> str:
    digits = _SEPARATORS.sub("", text)
    if digits.isascii() and digits.isdigit():
        return digits
    shown = "what was typed" if secret else _shown(text)
    raise ConfigError(f"{shown} is not {what}: it may hold only the digits 0-9, such as {example}")


def _shown(text: str) -> str:
    return repr(text if len(text) <= 60 else text[:57] + "...")
