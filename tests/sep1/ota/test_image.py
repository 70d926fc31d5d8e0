"""The OTA file, its integrity code and the rules of acceptance."""

import contextlib
import struct

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from handover.errors import DecodeError, EncodeError, Refused
from handover.sep1.ota.image import Header, Tag, build, parse, parse_header
from handover.sep1.ota.verify import Target, check_genuine, check_target
from handover.sep1.security.mmo import MmoHash, mmo

U16, U32 = st.integers(0, 0xFFFF), st.integers(0, 0xFFFFFFFF)
RANGES = st.tuples(U16, U16).map(lambda pair: (min(pair), max(pair)))
HEADERS = st.builds(
    Header,
    manufacturer=U16,
    image_type=U16,
    version=U32,
    total_size=st.just(0),
    stack_version=U16,
    text=st.binary(min_size=32, max_size=32),
    credential_version=st.none() | st.integers(0, 255),
    destination=st.none() | st.integers(0, 2**64 - 1),
    hardware=st.none() | RANGES,
)
ELEMENTS = st.lists(
    st.tuples(st.sampled_from([0, 4, 7, 0xF000, 0xFFFF]), st.binary(max_size=40)), min_size=1, max_size=4
)
HEADER = Header(0x1234, 0x5678, 9, 0, text=b"meter".ljust(32, b"\0"), destination=77, hardware=(2, 5))


def protected(payload: bytes = b"firmware") -> bytes:
    draft = build(HEADER, [(Tag.IMAGE, payload), (Tag.INTEGRITY, bytes(16))])
    return draft[:-16] + mmo(draft[:-16])


def signed(suite: int = 1) -> bytes:
    """A file whose signature is its digest again: the curve itself is tested elsewhere."""
    certificate, signature = (Tag.CERTIFICATE_1, Tag.SIGNATURE_1) if suite == 1 else (Tag(6), Tag(5))
    size = 42 if suite == 1 else 72
    value = (99).to_bytes(8, "little") + bytes(size)
    draft = build(HEADER, [(0, b"fw"), (certificate, bytes(48 if suite == 1 else 74)), (signature, value)])
    return draft[:-size] + mmo(draft[:-size]).ljust(size, b"\0")


def genuine(suite: int, certificate: bytes, signer: int, signature: bytes, digest: bytes) -> bool:
    return (not any(certificate)) and signer == 99 and signature == digest.ljust(len(signature), b"\0")


@pytest.mark.parametrize(
    ("length", "expected"),
    [(1, "ae3a102a28d43ee0d4a09e22788b206c"), (16, "a7977e88bc0b61e8210827109a228f2d")],
)
def test_hash_vectors(length: int, expected: str) -> None:
    assert mmo(bytes(range(0xC0, 0xC0 + length))).hex() == expected


@given(st.lists(st.binary(max_size=50)))
def test_hash_of_pieces_is_hash_of_the_whole(pieces: list[bytes]) -> None:
    running = MmoHash()
    for piece in pieces:
        running.update(piece)
    assert running.digest() == mmo(b"".join(pieces))


@given(HEADERS, ELEMENTS)
def test_round_trip(header: Header, elements: list[tuple[int, bytes]]) -> None:
    image = parse(build(header, elements))
    assert [(e.tag, e.data) for e in image.elements] == elements
    assert build(image.header, elements) == image.octets
    assert image.header.hardware == header.hardware
    assert image.header.total_size == len(image.octets)


@settings(max_examples=300)
@given(st.binary(max_size=120), st.booleans())
def test_any_octets_give_an_image_or_decode_error(tail: bytes, headed: bool) -> None:
    with contextlib.suppress(DecodeError):
        parse(protected()[:56] + tail if headed else tail)


def test_every_cut_is_refused() -> None:
    octets = protected()
    for end in range(len(octets)):
        with pytest.raises(DecodeError):
            parse(octets[:end])
    with pytest.raises(DecodeError):
        parse(octets + b"\0")


@pytest.mark.parametrize(
    ("at", "value"),
    [
        (0, b"\0"),
        (4, b"\1"),
        (6, b"\0"),
        (8, b"\x08"),
        (8, b"\0"),
        (52, b"\0"),
        (55, b"\xff"),
        (64, b"\xff\xff"),
    ],
)
def test_corrupt_header_field_is_refused(at: int, value: bytes) -> None:
    octets = bytearray(protected())
    octets[at : at + len(value)] = value
    with pytest.raises(DecodeError):
        parse(bytes(octets))


@pytest.mark.parametrize("octets", [protected(), signed(1), signed(2)])
def test_no_bit_flip_is_accepted(octets: bytes) -> None:
    check_genuine(parse(octets), genuine)
    for bit in range(len(octets) * 8):
        bent = bytearray(octets)
        bent[bit // 8] ^= 1 << bit % 8
        with pytest.raises((DecodeError, Refused)):
            check_genuine(parse(bytes(bent)), genuine)


def test_unprotected_and_uncovered_images_are_refused() -> None:
    with pytest.raises(Refused, match="does not end"):
        check_genuine(parse(build(HEADER, [(0, b"x")])))
    with pytest.raises(Refused, match="nothing here"):
        check_genuine(parse(signed()))
    with pytest.raises(Refused, match="does not end with a signature"):
        check_genuine(parse(protected()), signed=True)
    with pytest.raises(Refused, match="no certificate"):
        check_genuine(parse(build(HEADER, [(Tag.SIGNATURE_1, bytes(50))])), genuine)


def test_what_follows_a_signature_must_be_signed_too() -> None:
    within = parse(signed())
    elements = [(element.tag, element.data) for element in within.elements]
    body = build(HEADER, [*elements, (0x8000, b"slipped in"), (Tag.INTEGRITY, bytes(16))])
    octets = body[:-16] + mmo(body[:-16])
    check_genuine(parse(octets), lambda *_: True)
    with pytest.raises(Refused, match="signed as a whole"):
        check_genuine(parse(octets), lambda *_: True, signed=True)


@pytest.mark.parametrize(
    "element", [(1, bytes(49)), (2, bytes(47)), (3, b""), (5, bytes(50)), (6, bytes(48)), (0x10000, b"")]
)
def test_build_refuses_what_parse_would_refuse(element: tuple[int, bytes]) -> None:
    with pytest.raises(EncodeError):
        build(HEADER, [element])


def test_protection_occurs_once() -> None:
    with pytest.raises(EncodeError, match="twice"):
        build(HEADER, [(3, bytes(16)), (3, bytes(16))])


@pytest.mark.parametrize(
    "target",
    [
        Target(77, 1, 0x5678, 8, 3),
        Target(77, 0x1234, 1, 8, 3),
        Target(78, 0x1234, 0x5678, 8, 3),
        Target(77, 0x1234, 0x5678, 8, 1),
        Target(77, 0x1234, 0x5678, 8, 6),
        Target(77, 0x1234, 0x5678, 8, None),
        Target(77, 0x1234, 0x5678, 9, 3, downgrade=True),
        Target(77, 0x1234, 0x5678, 10, 3),
    ],
)
def test_image_for_others_is_refused(target: Target) -> None:
    with pytest.raises(Refused):
        check_target(HEADER, target)


def test_image_for_this_device_is_accepted() -> None:
    check_target(HEADER, Target(77, 0x1234, 0x5678, 8, 3))
    check_target(HEADER, Target(77, 0x1234, 0x5678, 10, 5, downgrade=True))


def test_header_from_the_first_octets() -> None:
    assert parse_header(protected()[:69]).destination == 77
    assert struct.unpack_from("<H", protected(), 6) == (68,)
