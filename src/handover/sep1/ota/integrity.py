"""The integrity code of an OTA image: the MMO hash of everything before it, as the last sub-element.

It finds damage, not forgery: anybody can compute one. `signature` is for that.
"""

from handover.sep1.ota.image import FIXED_LENGTHS, Header, Tag, build
from handover.sep1.security.mmo import mmo


def with_integrity(header: Header, elements: list[tuple[int, bytes]]) -> bytes:
    """Return the file of `elements` (tag, data) with an integrity code behind them. Raises EncodeError."""
    size = FIXED_LENGTHS[Tag.INTEGRITY]
    whole = build(header, [*elements, (int(Tag.INTEGRITY), bytes(size))])
    return whole[:-size] + mmo(whole[:-size])
