"""The MMO hash and its HMAC."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from handover.sep1.security.mmo import SHORT_LIMIT, MmoHash, hmac_mmo, mmo


@pytest.mark.parametrize(
    ("length", "expected"),
    [(1, "ae3a102a28d43ee0d4a09e22788b206c"), (16, "a7977e88bc0b61e8210827109a228f2d")],
)
def test_vectors(length: int, expected: str) -> None:
    assert mmo(bytes(range(0xC0, 0xC0 + length))).hex() == expected


def test_hash_of_nothing_pads_one_block() -> None:
    assert mmo(b"") == MmoHash().digest()
    assert mmo(b"") != mmo(b"\x80")


def by_the_book(message: bytes) -> bytes:
    """The construction spelled out, block by block, with the padding as one string of bits."""
    from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

    bits = len(message) * 8
    tail = bits.to_bytes(2, "big") if bits < 1 << 16 else bits.to_bytes(4, "big") + b"\0\0"
    padded = message + b"\x80"
    while (len(padded) + len(tail)) % 16:
        padded += b"\0"
    padded += tail
    state = bytes(16)
    for start in range(0, len(padded), 16):
        block = padded[start : start + 16]
        encrypted = Cipher(algorithms.AES(state), modes.ECB()).encryptor().update(block)
        state = bytes(a ^ b for a, b in zip(encrypted, block, strict=True))
    return state


@pytest.mark.parametrize("extra", range(-17, 18))
def test_padding_around_the_longest_short_message(extra: int) -> None:
    message = bytes(i * 7 & 0xFF for i in range(SHORT_LIMIT + extra))
    assert mmo(message) == by_the_book(message)


@given(st.binary(max_size=80), st.integers(0, 80))
def test_a_digest_may_be_taken_on_the_way(data: bytes, cut: int) -> None:
    running = MmoHash()
    running.update(data[:cut])
    assert running.digest() == mmo(data[:cut])
    running.update(data[cut:])
    assert running.digest() == mmo(data)


def test_hmac_needs_a_whole_key() -> None:
    assert len(hmac_mmo(bytes(16), b"x")) == 16
    with pytest.raises(ValueError, match="16 octets"):
        hmac_mmo(bytes(15), b"x")
