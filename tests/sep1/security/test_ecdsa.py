"""Signatures, with the openssl command as judge."""

import hashlib
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from handover.sep1.security import ecdsa
from handover.sep1.security.curve import CURVES, SECT163K1, Affine, Curve
from handover.sep1.security.multiples import base, multiple
from sep1.security.vectors import drawing

BOTH = pytest.mark.parametrize("curve", CURVES.values(), ids=lambda curve: curve.name)
Require = Callable[[str], str]


def key_pair(curve: Curve, private: int) -> tuple[int, Affine]:
    public = multiple(private, base(curve))
    assert public is not None
    return private, public


def der(signature: bytes) -> bytes:
    """r and s as openssl has them."""
    half = len(signature) // 2
    parts = b""
    for number in (signature[:half], signature[half:]):
        stripped = number.lstrip(b"\0")
        stripped = b"\0" + stripped if stripped[0] & 0x80 else stripped
        parts += bytes((2, len(stripped))) + stripped
    return bytes((0x30, len(parts))) + parts


def raw(signature: bytes, size: int) -> bytes:
    """r and s as openssl gave them, each of `size` octets."""
    assert signature[0] == 0x30
    assert signature[1] < 0x80
    at, numbers = 2, b""
    for _ in range(2):
        assert signature[at] == 2
        length = signature[at + 1]
        value = int.from_bytes(signature[at + 2 : at + 2 + length], "big")
        numbers += value.to_bytes(size, "big")
        at += 2 + length
    return numbers


@BOTH
class TestOpenssl:
    @pytest.fixture
    def openssl(self, require_program: Require, tmp_path: Path) -> Callable[..., bytes]:
        program = require_program("openssl")

        def run(*arguments: str, data: bytes = b"") -> bytes:
            done = subprocess.run(
                [program, *arguments], cwd=tmp_path, input=data, capture_output=True, check=True, timeout=60
            )
            return done.stdout

        return run

    def private_key_der(self, curve: Curve, private: int, public: Affine) -> bytes:
        """SEC 1 ECPrivateKey with a named curve and a compressed public key."""
        number = {"sect163k1": 1, "sect283k1": 16}[curve.name]
        oid = bytes.fromhex("06052b810400") + bytes((number,))
        point = b"\0" + curve.encode(public)
        body = b"\x02\x01\x01\x04" + bytes((curve.octets,)) + private.to_bytes(curve.octets, "big")
        body += b"\xa0" + bytes((len(oid),)) + oid
        wrapped = b"\x03" + bytes((len(point),)) + point
        body += b"\xa1" + bytes((len(wrapped),)) + wrapped
        return (
            bytes((0x30, len(body))) + body if len(body) < 0x80 else b"\x30\x81" + bytes((len(body),)) + body
        )

    def test_openssl_accepts_ours(self, curve: Curve, openssl: Callable[..., bytes], tmp_path: Path) -> None:
        private, public = key_pair(curve, 0xC0FFEE << 100 | 12345)
        (tmp_path / "key.der").write_bytes(self.private_key_der(curve, private, public))
        (tmp_path / "message").write_bytes(b"load control event 7 started")
        digest = hashlib.sha256(b"load control event 7 started").digest()
        (tmp_path / "signature").write_bytes(der(ecdsa.sign(curve, private, digest)))
        verdict = openssl(
            "dgst", "-sha256", "-prverify", "key.der", "-keyform", "DER", "-signature", "signature", "message"
        )
        assert b"Verified OK" in verdict

    def test_we_accept_openssls(self, curve: Curve, openssl: Callable[..., bytes], tmp_path: Path) -> None:
        private, public = key_pair(curve, 0xBEEF << 90 | 77)
        (tmp_path / "key.der").write_bytes(self.private_key_der(curve, private, public))
        for message in (b"", b"one", b"two" * 100):
            (tmp_path / "message").write_bytes(message)
            made = openssl("dgst", "-sha256", "-sign", "key.der", "-keyform", "DER", "message")
            signature = raw(made, curve.octets)
            digest = hashlib.sha256(message).digest()
            assert ecdsa.verify(curve, public, digest, signature)
            assert not ecdsa.verify(curve, public, hashlib.sha256(message + b"!").digest(), signature)

    def test_openssl_computes_the_same_public_keys(
        self, curve: Curve, openssl: Callable[..., bytes], tmp_path: Path
    ) -> None:
        made = openssl("ecparam", "-name", curve.name, "-genkey", "-noout", "-outform", "DER")
        at = made.index(b"\x04" + bytes((curve.octets,))) + 2
        private = int.from_bytes(made[at : at + curve.octets], "big")
        x, y = key_pair(curve, private)[1]
        assert x.to_bytes(curve.octets, "big") + y.to_bytes(curve.octets, "big") == made[-2 * curve.octets :]


@BOTH
class TestSignatures:
    def test_own(self, curve: Curve) -> None:
        draw = drawing(3)
        private, public = key_pair(curve, int.from_bytes(draw(18), "big"))
        digest = draw(16)
        signature = ecdsa.sign(curve, private, digest)
        assert len(signature) == 2 * curve.octets
        assert ecdsa.verify(curve, public, digest, signature)
        assert signature == ecdsa.sign(curve, private, digest)
        assert signature[: curve.octets] != ecdsa.sign(curve, private, draw(16))[: curve.octets]

    def test_every_changed_octet_is_noticed(self, curve: Curve) -> None:
        private, public = key_pair(curve, 99)
        digest = bytes(range(16))
        signature = ecdsa.sign(curve, private, digest)
        for at in range(0, len(signature), 5):
            changed = bytearray(signature)
            changed[at] ^= 1
            assert not ecdsa.verify(curve, public, digest, bytes(changed))
        assert not ecdsa.verify(curve, key_pair(curve, 98)[1], digest, signature)

    def test_numbers_out_of_range(self, curve: Curve) -> None:
        _, public = key_pair(curve, 99)
        size = curve.octets
        one, zero, order = (n.to_bytes(size, "big") for n in (1, 0, curve.order))
        for signature in (zero + one, one + zero, order + one, one + order, b"", one, one + one + b"\0"):
            assert not ecdsa.verify(curve, public, bytes(16), signature)


def test_the_nonces_of_rfc_6979_for_this_curve() -> None:
    """RFC 6979, A.2.8 (K-163): the message "sample" with SHA-256."""
    private = 0x09A4D6792295A7F730FC3F2B49CBC0F62E862272F
    digest = hashlib.sha256(b"sample").digest()
    assert ecdsa.nonce(SECT163K1, private, digest) == 0x23AF4074C90A02B3FE61D286D5C87F425E6BDD81B
    assert ecdsa.sign(SECT163K1, private, digest).hex().upper() == (
        "0113A63990598A3828C407C0F4D2438D990DF99A7F01313A2E03F5412DDB296A22E2C455335545672D9F"
    )
