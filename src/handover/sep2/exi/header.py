"""What every EXI stream of SEP 2.0 begins with (clause 5.6.3): the schema "S1", all else by default."""

from typing import Final

from handover.errors import DecodeError
from handover.sep2.exi.bits import BitReader

COOKIE: Final = b"$EXI"
HEADER: Final = "10100000" + "001100" + "00000100" + f"{ord('S'):08b}{ord('1'):08b}" + "1"
"""Distinguishing bits, options present, version 1; then the options, which hold the schemaId "S1"."""

NUMBER: Final = int(HEADER, 2)


def body(data: bytes) -> BitReader:
    """Return a reader at the first bit after the header. Raises DecodeError for any other header."""
    if data.startswith(COOKIE):
        data = data[len(COOKIE) :]
    if not data:
        raise DecodeError("the EXI stream is empty")
    if data[0] >> 6 != 0b10:
        raise DecodeError(f"an EXI stream does not begin with the octet {data[0]:02X}")
    stream = BitReader(data)
    if stream.bits(len(HEADER)) != NUMBER:
        raise DecodeError("the EXI header has other options than schemaId S1, which SEP 2.0 demands")
    return stream
