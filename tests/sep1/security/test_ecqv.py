"""Implicit certificates: every published set, the authority, the files."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from handover.errors import DecodeError
from handover.sep1.security import certicom
from handover.sep1.security.authority import TEST_ISSUER, Authority
from handover.sep1.security.certificate import SIZES, KeyUsage, parse
from handover.sep1.security.curve import CURVES
from handover.sep1.security.ecqv import Credentials, credentials, public_key
from handover.sep1.security.multiples import base, multiple
from sep1.security.vectors import CertificateSet, certificate_sets, drawing, exchange

SETS = pytest.mark.parametrize("given_set", certificate_sets(), ids=lambda s: s.name)
SUITES = pytest.mark.parametrize("suite", [1, 2])


@SETS
class TestSets:
    def test_private_key(self, given_set: CertificateSet) -> None:
        curve = CURVES[given_set.suite]
        point = multiple(curve.scalar(given_set.private_key), base(curve))
        assert point is not None
        assert (curve.encode(point) == given_set.public_key) == given_set.private_fits

    def test_certificate(self, given_set: CertificateSet) -> None:
        curve = CURVES[given_set.suite]
        certificate = parse(given_set.certificate)
        assert certificate.suite == given_set.suite
        if given_set.authority[0] not in (2, 3):
            with pytest.raises(DecodeError, match="only 02 and 03"):
                curve.decode(given_set.authority)
            return
        try:
            found = curve.encode(public_key(certificate, curve.decode(given_set.authority)))
        except DecodeError:
            found = b""
        assert (found == given_set.public_key) == given_set.extracts

    @pytest.mark.req("S5")
    def test_whole_sets_are_taken_and_broken_ones_refused(self, given_set: CertificateSet) -> None:
        parts = given_set.certificate, given_set.private_key, given_set.authority
        if given_set.private_fits and given_set.extracts and given_set.authority[0] in (2, 3):
            made = credentials(*parts)
            assert made.curve.encode(made.public_key) == given_set.public_key
        else:
            with pytest.raises(DecodeError):
                credentials(*parts)


@SUITES
@pytest.mark.parametrize("role", ["initiator_u", "responder_v"])
def test_printed_exchange(suite: int, role: str) -> None:
    row = exchange(suite)
    made = credentials(row[f"{role}_certificate"], row[f"{role}_private_key"], row["ca_public_key"])
    assert made.curve.encode(made.public_key) == row[f"{role}_public_key"]
    assert made.certificate.subject.to_bytes(8, "big") == row[f"{role}_id"]


def test_fields_of_suite_1() -> None:
    certificate = parse(certificate_sets()[0].certificate)
    assert certificate.subject == 0xAAAAAAAAAAAAAAAA
    assert certificate.issuer == TEST_ISSUER
    assert certificate.attributes.hex() == "0109108301234567890a"
    assert certificate.key_usage == KeyUsage.KEY_AGREEMENT | KeyUsage.SIGNATURE
    assert certificate.is_valid_at(0)


def test_fields_of_suite_2() -> None:
    certificate = parse(exchange(2)["responder_v_certificate"])
    assert certificate.serial == 0x2622A505E8938F27
    assert certificate.issuer == 0x1112131415161718
    assert certificate.subject == 0x0A0B0C0D0E0F1011
    assert certificate.valid_from == 0x5292A35B
    assert certificate.valid_for is None
    assert certificate.key_usage == 0x88
    assert not certificate.is_valid_at(0x5292A35A)
    assert certificate.is_valid_at(1 << 39)


@given(st.one_of(st.binary(max_size=80), *(st.binary(min_size=n, max_size=n) for n in SIZES.values())))
def test_any_octets_give_a_certificate_or_decode_error(octets: bytes) -> None:
    try:
        certificate = parse(octets)
    except DecodeError:
        return
    assert certificate.octets == octets


@pytest.mark.parametrize("at", [0, 9, 10])
def test_suite_2_of_another_kind(at: int) -> None:
    octets = bytearray(exchange(2)["responder_v_certificate"])
    octets[at] ^= 1
    with pytest.raises(DecodeError, match="suite 2 has"):
        parse(bytes(octets))


@SUITES
class TestAuthority:
    def test_what_it_issues_holds(self, suite: int) -> None:
        draw = drawing(1)
        authority = Authority.new(draw, issuer=77)
        made = authority.issue(0x000D6F0000ABCDEF, suite, draw)
        assert made.certificate.subject == 0x000D6F0000ABCDEF
        assert made.certificate.issuer == 77
        assert len(made.certificate.octets) == SIZES[suite]
        assert public_key(made.certificate, authority.public_key(suite)) == made.public_key

    def test_no_two_alike(self, suite: int) -> None:
        draw = drawing(2)
        authority = Authority.new(draw)
        first, second = (authority.issue(5, suite, draw) for _ in range(2))
        assert first.private_key != second.private_key
        assert first.certificate.octets != second.certificate.octets

    def test_a_changed_certificate_stands_for_another_key(self, suite: int) -> None:
        draw = drawing(4)
        made = Authority.new(draw).issue(5, suite, draw)
        for at in (0, 30, SIZES[suite] - 1):
            octets = bytearray(made.certificate.octets)
            octets[at] ^= 1
            try:
                found = public_key(parse(bytes(octets)), made.authority)
            except DecodeError:
                continue
            assert found != made.public_key

    def test_secrets_are_not_shown(self, suite: int) -> None:
        draw = drawing(5)
        authority = Authority.new(draw)
        made = authority.issue(5, suite, draw)
        assert str(made.private_key) not in repr(made)
        assert str(authority.private_keys[suite]) not in repr(authority)


class TestFile:
    @pytest.fixture
    def made(self) -> Credentials:
        draw = drawing(6)
        return Authority.new(draw).issue(0x000D6F0000ABCDEF, 1, draw)

    def test_round_trip(self, made: Credentials) -> None:
        read = certicom.read(certicom.write(made))
        assert (read.certificate, read.private_key) == (made.certificate, made.private_key)

    @pytest.mark.parametrize("suite", [1, 2])
    def test_a_file_as_the_authority_writes_it(self, suite: int) -> None:
        row = exchange(suite)
        text = (
            "Certicom test certificate for 0000000000000001\r\n\r\n"
            f"CA Pub Key:\r\n{row['ca_public_key'].hex().upper()}\r\n"
            f"Device Implicit Cert:{row['responder_v_certificate'].hex()}\r\n"
            f"Private Key Reconstruction Data:   {row['responder_v_private_key'].hex(' ')}\r\n"
            f"Device Public Key:{row['responder_v_public_key'].hex()}\r\n"
        )
        assert certicom.read(text).certificate.octets == row["responder_v_certificate"]

    def test_missing_part(self, made: Credentials) -> None:
        lines = certicom.write(made).splitlines()
        with pytest.raises(DecodeError, match="no 'Device Implicit Cert'"):
            certicom.read("\n".join(line for line in lines if "Cert" not in line))

    def test_parts_of_another_set(self, made: Credentials) -> None:
        draw = drawing(7)
        other = certicom.write(Authority.new(draw).issue(1, 1, draw)).splitlines()
        lines = certicom.write(made).splitlines()
        for at in range(4):
            mixed = [*lines[:at], other[at], *lines[at + 1 :]]
            with pytest.raises(DecodeError) as caught:
                certicom.read("\n".join(mixed))
            assert not any(line.split()[-1] in str(caught.value) for line in mixed)

    def test_no_hexadecimal(self, made: Credentials) -> None:
        text = certicom.write(made).replace("Device Implicit Cert: ", "Device Implicit Cert: xy")
        with pytest.raises(DecodeError, match="not hexadecimal"):
            certicom.read(text)

    @given(st.text(alphabet="0123456789abcdefCA Pub Key:\n", max_size=200))
    def test_any_text_gives_decode_error(self, text: str) -> None:
        with pytest.raises(DecodeError):
            certicom.read(text)
