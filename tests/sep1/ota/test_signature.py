"""Signed images: made here, checked here, and by openssl; taken apart and put together wrongly."""

from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from handover.errors import DecodeError, EncodeError, Refused
from handover.sep1.ota.image import Header, Tag, build, parse
from handover.sep1.ota.signature import signed, verifier
from handover.sep1.ota.verify import Verifier, check_genuine
from handover.sep1.security.authority import Authority
from handover.sep1.security.certificate import KeyUsage
from handover.sep1.security.ecqv import Credentials
from handover.sep1.security.mmo import mmo
from handover.sep1.security.trust import Trust
from sep1.security import openssl
from sep1.security.vectors import drawing

SIGNER, DEVICE = 0x000D6F0000999999, 0x00124B0000ABCD01
HOME = Authority.new(drawing(1))
OWN = {suite: HOME.issue(SIGNER, suite, drawing(suite)) for suite in (1, 2)}
TRUST = Trust.of(*OWN.values())
VERIFIER = verifier(TRUST, [SIGNER])
HEADER = Header(0x1234, 0x5678, 9, 0, text=b"meter".ljust(32, b"\0"), destination=77, hardware=(2, 5))
BODY = [(int(Tag.IMAGE), b"firmware" * 9), (0xF001, b"maker's own")]
SUITES = pytest.mark.parametrize("suite", [1, 2])
FILES = {suite: signed(HEADER, BODY, own) for suite, own in OWN.items()}


def check(octets: bytes, judge: Verifier = VERIFIER) -> None:
    check_genuine(parse(octets), judge, signed=True)


def test_form() -> None:
    image = parse(FILES[1])
    assert [e.tag for e in image.elements] == [0, 0xF001, Tag.CERTIFICATE_1, Tag.SIGNATURE_1]
    assert image.elements[2].data == OWN[1].certificate.octets
    assert image.elements[3].data[:8] == SIGNER.to_bytes(8, "little")
    assert image.header.total_size == len(FILES[1])
    assert [e.tag for e in parse(FILES[2]).elements][2:] == [Tag.CERTIFICATE_2, Tag.SIGNATURE_2]


@SUITES
def test_what_we_sign_is_genuine(suite: int) -> None:
    check(FILES[suite])
    assert signed(HEADER, BODY, OWN[suite]) == FILES[suite]


@SUITES
@settings(max_examples=40, deadline=None)
@given(data=st.data())
def test_no_changed_bit_is_accepted(suite: int, data: st.DataObject) -> None:
    octets = bytearray(FILES[suite])
    bit = data.draw(st.integers(0, len(octets) * 8 - 1))
    octets[bit // 8] ^= 1 << bit % 8
    with pytest.raises((DecodeError, Refused)):
        check(bytes(octets))


def test_a_signature_with_an_integrity_code_inside() -> None:
    bare = build(HEADER, [(0, b"fw"), (Tag.INTEGRITY, bytes(16))])
    total = len(bare) + 6 + 48 + 6 + 50
    covered = bytearray(bare[:-16])
    covered[52:56] = total.to_bytes(4, "little")
    octets = signed(HEADER, [(0, b"fw"), (Tag.INTEGRITY, mmo(bytes(covered)))], OWN[1])
    assert len(octets) == total
    check(octets)


def test_signers_must_be_named() -> None:
    device = HOME.issue(DEVICE, 1, drawing(8))
    octets = signed(HEADER, BODY, device)
    with pytest.raises(Refused, match="none of the signers"):
        check(octets)
    check(octets, verifier(TRUST, None))
    with pytest.raises(Refused, match="none of the signers"):
        check(FILES[1], verifier(TRUST, []))


def test_a_device_cannot_sign_as_somebody_else() -> None:
    """Its own certificate, the signer's EUI-64: the classic way around a list of signers."""
    device = HOME.issue(DEVICE, 1, drawing(8))
    certificate = device.certificate
    pretended = signed(HEADER, BODY, device).replace(
        DEVICE.to_bytes(8, "little"), SIGNER.to_bytes(8, "little")
    )
    assert parse(pretended).elements[2].data == certificate.octets
    with pytest.raises(Refused, match="put together"):
        check(pretended)


def test_certificates_of_other_authorities() -> None:
    stranger = Authority.new(drawing(9), issuer=5).issue(SIGNER, 1, drawing(9))
    with pytest.raises(Refused, match="not trusted"):
        check(signed(HEADER, BODY, stranger))
    namesake = Authority.new(drawing(10)).issue(SIGNER, 1, drawing(9))
    with pytest.raises(Refused, match="not genuine"):
        check(signed(HEADER, BODY, namesake))


def test_a_certificate_that_is_no_point_of_the_curve() -> None:
    image = parse(FILES[1])
    broken = b"\x07" + image.elements[2].data[1:]
    elements = [*BODY, (Tag.CERTIFICATE_1, broken), (Tag.SIGNATURE_1, image.elements[3].data)]
    with pytest.raises(Refused, match="not usable"):
        check(build(HEADER, [(int(t), d) for t, d in elements]))


@SUITES
@settings(max_examples=40, deadline=None)
@given(data=st.data())
def test_any_certificate_and_signature_are_refused(suite: int, data: st.DataObject) -> None:
    """With what stands where it should, so that the arithmetic is reached."""
    of_point = st.integers(2, 3).map(lambda n: bytes((n,)))
    own, size = OWN[suite].certificate.octets, 2 * OWN[suite].curve.octets
    point = OWN[suite].certificate.reconstruction
    replaced = data.draw(of_point) + data.draw(st.binary(min_size=len(point) - 1, max_size=len(point) - 1))
    value = data.draw(st.binary(min_size=size, max_size=size))
    with pytest.raises(Refused):
        check(FILES[suite][:-size].replace(own, own.replace(point, replaced)) + value)


@SUITES
def test_a_signature_over_another_image(suite: int) -> None:
    size = {1: 42, 2: 72}[suite]
    other = signed(HEADER, [(0, b"another" * 9)], OWN[suite])
    with pytest.raises(Refused, match="not genuine"):
        check(FILES[suite][:-size] + other[-size:])


def test_nobody_signs_twice() -> None:
    inner = parse(FILES[1])
    elements = [(e.tag, e.data) for e in inner.elements]
    with pytest.raises(Refused, match="signed already"):
        signed(HEADER, elements, OWN[2])


def test_usage_and_validity_of_suite_2() -> None:
    only_keys = HOME.issue(SIGNER, 2, drawing(3), key_usage=KeyUsage.KEY_AGREEMENT)
    with pytest.raises(Refused, match="not for signatures"):
        signed(HEADER, BODY, only_keys)
    short = HOME.issue(SIGNER, 2, drawing(4), valid_from=100, valid_for=10)
    octets = signed(HEADER, BODY, short)
    check(octets)
    check(octets, verifier(TRUST, None, at=105))
    with pytest.raises(Refused, match="not valid"):
        check(octets, verifier(TRUST, None, at=111))


def test_what_does_not_fit_is_not_signed() -> None:
    with pytest.raises(EncodeError):
        signed(HEADER, [(0x10000, b"")], OWN[1])


@SUITES
def test_openssl_takes_our_signature_and_we_its(
    suite: int, require_program: Callable[[str], str], tmp_path: Path
) -> None:
    program, own = require_program("openssl"), OWN[suite]
    size = 2 * own.curve.octets
    covered, signature = FILES[suite][:-size], FILES[suite][-size:]
    key = openssl.public_key(own.curve, own.public_key)
    assert openssl.verifies(program, tmp_path, key, mmo(covered), signature)
    assert not openssl.verifies(program, tmp_path, key, mmo(covered[:-8]), signature)
    made = openssl.signs(program, tmp_path, private(own), mmo(covered))
    check(covered + openssl.raw(made, own.curve.octets))


def private(own: Credentials) -> bytes:
    return openssl.private_key(own.curve, own.private_key, own.public_key)
