"""Whose certificates count for signatures."""

import pytest

from handover.errors import DecodeError, Refused
from handover.sep1.security import ecdsa
from handover.sep1.security.authority import Authority
from handover.sep1.security.certificate import KeyUsage
from handover.sep1.security.ecqv import Credentials, credentials
from handover.sep1.security.trust import Trust, check_signing
from sep1.security.vectors import certificate_sets, drawing

DEVICE = 0x00124B0000ABCD01
HOME = Authority.new(drawing(1))
OTHER = Authority.new(drawing(2))
SUITES = pytest.mark.parametrize("suite", [1, 2])


def issued(suite: int, authority: Authority = HOME, **options: object) -> Credentials:
    return authority.issue(DEVICE, suite, drawing(suite), **options)  # type: ignore[arg-type]


@SUITES
def test_the_key_of_a_certificate_checks_its_owners_signatures(suite: int) -> None:
    own = issued(suite)
    signatory = Trust.of(own).signatory(own.certificate.octets, suite=suite)
    assert signatory.certificate == own.certificate
    assert signatory.key == own.public_key
    digest = bytes(range(16))
    signature = ecdsa.sign(own.curve, own.private_key, digest)
    assert signatory.signed(digest, signature)
    assert not signatory.signed(digest[::-1], signature)


@SUITES
def test_a_certificate_of_another_authority_with_the_same_name_signs_nothing(suite: int) -> None:
    theirs = issued(suite, OTHER)
    assert theirs.certificate.issuer == HOME.issuer
    signatory = Trust.of(issued(suite)).signatory(theirs.certificate.octets, suite=suite)
    signature = ecdsa.sign(theirs.curve, theirs.private_key, bytes(16))
    assert not signatory.signed(bytes(16), signature)


@SUITES
def test_every_changed_octet_of_a_certificate_makes_signatures_void(suite: int) -> None:
    own = issued(suite)
    signature = ecdsa.sign(own.curve, own.private_key, bytes(16))
    for at in range(len(own.certificate.octets)):
        changed = bytearray(own.certificate.octets)
        changed[at] ^= 0x10
        try:
            signatory = Trust.of(own).signatory(bytes(changed), suite=suite)
        except (DecodeError, Refused):
            continue
        assert not signatory.signed(bytes(16), signature)


@SUITES
def test_unknown_issuers_and_other_suites_are_refused(suite: int) -> None:
    own = issued(suite)
    with pytest.raises(Refused, match="not trusted"):
        Trust.of(own).signatory(
            issued(suite, Authority(7, HOME.private_keys)).certificate.octets, suite=suite
        )
    with pytest.raises(Refused, match="no authority"):
        Trust.of(issued(3 - suite)).signatory(own.certificate.octets, suite=suite)
    with pytest.raises(Refused, match="no pair"):
        Trust.of(own).signatory(own.certificate.octets, suite=3 - suite)
    with pytest.raises(DecodeError):
        Trust.of(own).signatory(own.certificate.octets[:-1], suite=suite)


def test_key_usage_and_validity_count() -> None:
    key_agreement = issued(2, key_usage=KeyUsage.KEY_AGREEMENT)
    with pytest.raises(Refused, match="not for signatures"):
        Trust.of(key_agreement).signatory(key_agreement.certificate.octets, suite=2)
    with pytest.raises(Refused, match="not for signatures"):
        check_signing(key_agreement, suites=(1, 2))
    short = issued(2, valid_from=1000, valid_for=100)
    trust = Trust.of(short)
    assert trust.signatory(short.certificate.octets, suite=2, at=1099).certificate.valid_from == 1000
    assert trust.signatory(short.certificate.octets, suite=2).certificate.valid_for == 100
    for at in (999, 1100):
        with pytest.raises(Refused, match="not valid at present"):
            trust.signatory(short.certificate.octets, suite=2, at=at)


def test_credentials_of_another_suite_do_not_sign() -> None:
    check_signing(issued(1), suites=(1,))
    with pytest.raises(Refused, match="of suite 2"):
        check_signing(issued(2), suites=(1,))


@pytest.mark.parametrize("row", certificate_sets(), ids=lambda row: row.name)
def test_the_sets_of_the_test_authority(row: object) -> None:
    """What fits together signs and is verified; what the authority spoilt on purpose never does."""
    from sep1.security.vectors import CertificateSet

    assert isinstance(row, CertificateSet)
    try:
        own = credentials(row.certificate, row.private_key, row.authority)
    except DecodeError:
        assert not (row.private_fits and row.extracts) or row.authority[0] not in (2, 3)
        return
    assert row.private_fits
    assert row.extracts
    trust = Trust.of(own)
    if not own.certificate.key_usage & KeyUsage.SIGNATURE:
        with pytest.raises(Refused, match="not for signatures"):
            trust.signatory(row.certificate, suite=row.suite)
        return
    signatory = trust.signatory(row.certificate, suite=row.suite)
    assert own.curve.encode(signatory.key) == row.public_key
    assert signatory.signed(bytes(16), ecdsa.sign(own.curve, own.private_key, bytes(16)))
