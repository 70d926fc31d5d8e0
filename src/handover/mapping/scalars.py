"""Numbers and texts common to all clusters: markers, scaling, BCD, instants, durations, strings.

Nothing here knows a cluster or a resource. Rounding is half to even throughout.
"""

from handover.errors import Untranslatable
from handover.model.event import OPEN_ENDED

ZIGBEE_EPOCH = 946684800
UTC_INVALID = 0xFFFFFFFF
MINUTES_OPEN = 0xFFFF
INT32_MAX = 2**31 - 1
INT48_MAX = 2**47 - 1


def untranslatable(message: str, *, zcl: int = 0x85, http: int = 400, response: int = 253) -> Untranslatable:
    """Return the error for a message that cannot be carried over, with the status each side is told."""
    error = Untranslatable(message)
    error.zcl_status = zcl
    error.http_status = http
    error.response_status = response
    return error


def from_utc(raw: int | None) -> int | None:
    """Return Unix seconds of a ZigBee UTCTime; None for the invalid marker. 0 is the epoch here."""
    return None if raw is None or raw == UTC_INVALID else raw + ZIGBEE_EPOCH


def to_utc(moment: float) -> int:
    """Return the ZigBee UTCTime of Unix seconds.

    Raises Untranslatable (HTTP 400, response 253) outside 2000-01-01T00:00:01Z .. 0xFFFFFFFE: 0 and
    0xFFFFFFFF are markers, never a time.
    """
    raw = int(moment) - ZIGBEE_EPOCH
    if not 0 < raw < UTC_INVALID:
        raise untranslatable(f"{int(moment)} s cannot be said in ZigBee time: it must lie in 2000..2136")
    return raw


def seconds(minutes: int) -> int:
    """Return a duration in seconds; 0xFFFF minutes means until changed."""
    return OPEN_ENDED if minutes == MINUTES_OPEN else minutes * 60


def minutes_up(duration: int) -> int:
    """Return a duration in minutes, rounded up; 65535 minutes and more mean until changed."""
    return min(MINUTES_OPEN, -(-duration // 60))


def minutes_down(duration: int) -> int:
    """Return a duration in minutes, rounded down but at least 1; 65535 and more mean until changed."""
    return min(MINUTES_OPEN, max(1, duration // 60))


def divide(value: int, divisor: int) -> int:
    """Return value / divisor (> 0) rounded half to even, exactly, for integers of any size."""
    quotient, rest = divmod(value, divisor)
    if 2 * rest > divisor or (2 * rest == divisor and quotient & 1):
        quotient += 1
    return quotient


def fit(value: int, power: int, limit: int) -> tuple[int, int]:
    """Return value and power of ten with |value| <= limit: divided by ten as often as it takes."""
    if -limit <= value <= limit:
        return value, power
    steps = 0
    while not -limit <= divide(value, 10**steps) <= limit:
        steps += 1
    return divide(value, 10**steps), power + steps


def rescale(value: int, power: int, target: int) -> int:
    """Return the value that means the same with 10^target instead of 10^power (rounded if that is
    coarser).
    """
    if target <= power:
        return int(value * 10 ** (power - target))
    return divide(value, 10 ** (target - power))


def bcd(raw: int) -> int | None:
    """Return the number whose decimal digits are the nibbles of `raw`; None when a nibble exceeds 9."""
    digits = f"{raw:x}"
    return int(digits) if digits.isdecimal() else None


def text(raw: bytes | None) -> tuple[str, bool]:
    """Return the text of an octet or character string, and whether it was proper UTF-8.

    The invalid marker (None) is the empty text; anything else that is not UTF-8 is read as Latin-1. Control
    characters that XML cannot hold become spaces.
    """
    if not raw:
        return "", True
    try:
        found, proper = raw.decode("utf-8"), True
    except UnicodeDecodeError:
        found, proper = raw.decode("latin-1"), False
    if not found.isprintable():
        found = "".join(c if _fits_xml(c) else " " for c in found)
    return found, proper


def _fits_xml(character: str) -> bool:
    code = ord(character)
    return code in (0x9, 0xA, 0xD) or 0x20 <= code <= 0xD7FF or 0xE000 <= code <= 0xFFFD or code >= 0x10000


def cut(words: str, octets: int) -> bytes:
    """Return UTF-8 of at most `octets` octets, cut between characters."""
    raw = words.encode("utf-8")
    if len(raw) <= octets:
        return raw
    return raw[:octets].decode("utf-8", "ignore").encode("utf-8")


def octets(number: int, size: int) -> bytes:
    """Return a bit string or number as the big-endian octets of a hexBinary."""
    return number.to_bytes(size, "big")
