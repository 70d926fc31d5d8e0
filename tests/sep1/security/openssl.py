"""The openssl command as a second opinion on signatures: keys, r and s in the forms that it reads."""

import subprocess
from pathlib import Path

from handover.sep1.security.curve import Affine, Curve

_NAMED = {"sect163k1": 1, "sect283k1": 16}


def der(signature: bytes) -> bytes:
    """r and s as openssl has them."""
    half = len(signature) // 2
    parts = b""
    for number in (signature[:half], signature[half:]):
        stripped = number.lstrip(b"\0")
        stripped = b"\0" + stripped if stripped[0] & 0x80 else stripped
        parts += _tagged(2, stripped)
    return _tagged(0x30, parts)


def raw(signature: bytes, size: int) -> bytes:
    """r and s as openssl gave them, each of `size` octets."""
    at, numbers = 2, b""
    for _ in range(2):
        length = signature[at + 1]
        numbers += int.from_bytes(signature[at + 2 : at + 2 + length], "big").to_bytes(size, "big")
        at += 2 + length
    return numbers


def public_key(curve: Curve, point: Affine) -> bytes:
    """SubjectPublicKeyInfo of a compressed point."""
    kind = _tagged(6, bytes.fromhex("2a8648ce3d0201")) + _curve(curve)
    return _tagged(0x30, _tagged(0x30, kind) + _tagged(3, b"\0" + curve.encode(point)))


def private_key(curve: Curve, private: int, point: Affine) -> bytes:
    """ECPrivateKey (SEC 1)."""
    number = _tagged(4, private.to_bytes(curve.octets, "big"))
    public = _tagged(0xA1, _tagged(3, b"\0" + curve.encode(point)))
    return _tagged(0x30, b"\x02\x01\x01" + number + _tagged(0xA0, _curve(curve)) + public)


def verifies(program: str, folder: Path, key: bytes, digest: bytes, signature: bytes) -> bool:
    """Tell whether openssl takes r and s over a digest, by a public key."""
    for name, octets in (("key", key), ("digest", digest), ("signature", der(signature))):
        (folder / name).write_bytes(octets)
    command = (
        "pkeyutl", "-verify", "-pubin", "-inkey", "key", "-keyform", "DER",
        "-sigfile", "signature", "-in", "digest",
    )  # fmt: skip
    done = subprocess.run([program, *command], cwd=folder, capture_output=True, check=False, timeout=60)
    assert b"Verif" in done.stdout, done.stderr
    return done.returncode == 0


def signs(program: str, folder: Path, key: bytes, digest: bytes) -> bytes:
    """Return openssl's signature over a digest, as it gives it."""
    (folder / "key").write_bytes(key)
    (folder / "digest").write_bytes(digest)
    command = ("pkeyutl", "-sign", "-inkey", "key", "-keyform", "DER", "-in", "digest")
    done = subprocess.run([program, *command], cwd=folder, capture_output=True, check=True, timeout=60)
    return done.stdout


def _curve(curve: Curve) -> bytes:
    return _tagged(6, bytes.fromhex("2b810400") + bytes((_NAMED[curve.name],)))


def _tagged(tag: int, value: bytes) -> bytes:
    length = bytes((len(value),)) if len(value) < 0x80 else bytes((0x81, len(value)))
    return bytes((tag,)) + length + value
