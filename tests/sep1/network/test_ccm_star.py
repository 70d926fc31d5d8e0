"""The protection of frames against AES-CCM* as the standard spells it out, block by block."""

import pytest
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from hypothesis import given
from hypothesis import strategies as st

from handover.errors import DecodeError, EncodeError
from handover.sep1.network import security
from handover.sep1.network.security import Auxiliary, FrameKey


def by_the_book(key: bytes, nonce: bytes, header: bytes, payload: bytes, size: int) -> bytes:
    """Return what CCM* with a length field of 2 octets and a code of `size` makes (ZigBee PRO, annex A)."""
    aes = Cipher(algorithms.AES(key), modes.ECB()).encryptor().update

    def padded(octets: bytes) -> bytes:
        return octets + bytes(-len(octets) % 16)

    def mixed(left: bytes, right: bytes) -> bytes:
        return bytes(a ^ b for a, b in zip(left, right, strict=False))

    flags = (0x40 if header else 0) | (size - 2) // 2 << 3 | 1
    blocks = bytes((flags,)) + nonce + len(payload).to_bytes(2, "big")
    if header:
        blocks += padded(len(header).to_bytes(2, "big") + header)
    blocks += padded(payload)
    state = bytes(16)
    for start in range(0, len(blocks), 16):
        state = aes(mixed(state, blocks[start : start + 16]))
    stream = b"".join(
        aes(b"\x01" + nonce + count.to_bytes(2, "big")) for count in range(1 + (len(payload) + 15) // 16)
    )
    return mixed(payload, stream[16:]) + mixed(state[:size], stream)


def test_the_book_is_read_rightly() -> None:
    """The worked example of annex C.3: 23 octets, a code of 8."""
    sealed = by_the_book(
        bytes(range(0xC0, 0xD0)),
        bytes.fromhex("a0a1a2a3a4a5a6a703020100") + b"\x06",
        bytes(range(8)),
        bytes(range(0x08, 0x1F)),
        8,
    )
    assert sealed.hex() == "1a55a36abb6c610d066b3375649cef10d4664ecad854a8" + "0a895cc1d8ff9469"


@given(
    st.binary(min_size=16, max_size=16),
    st.binary(min_size=1, max_size=30),
    st.binary(max_size=100),
    st.integers(0, 2**64 - 1),
    st.integers(0, security.COUNTER_LIMIT - 1),
    st.sampled_from([security.LINK, security.NETWORK, security.KEY_TRANSPORT, security.KEY_LOAD]),
    st.booleans(),
)
def test_frames_are_sealed_by_the_book(
    key: bytes, header: bytes, payload: bytes, source: int, counter: int, key_id: int, extended: bool
) -> None:
    sequence = 3 if key_id == security.NETWORK else None
    auxiliary = Auxiliary(key_id, counter, source if extended else None, sequence)
    octets = FrameKey(key).seal(header, auxiliary, source, payload)
    shown = key_id << 3 | (0x20 if extended else 0)
    rest = counter.to_bytes(4, "little") + (source.to_bytes(8, "little") if extended else b"")
    rest += b"" if sequence is None else bytes((sequence,))
    control = bytes((shown | 5,))
    nonce = source.to_bytes(8, "little") + counter.to_bytes(4, "little") + control
    assert octets == header + bytes((shown,)) + rest + by_the_book(
        key, nonce, header + control + rest, payload, 4
    )
    found, start = security.parse(octets, len(header))
    assert found == auxiliary
    assert FrameKey(key).open(octets, len(header), found, start, source) == payload


@pytest.mark.parametrize(
    "auxiliary",
    [
        Auxiliary(security.NETWORK, 1, 2),
        Auxiliary(security.LINK, 1, 2, 3),
        Auxiliary(security.KEY_LOAD, 1, 2, 0),
    ],
)
def test_a_sequence_number_belongs_to_network_keys_alone(auxiliary: Auxiliary) -> None:
    with pytest.raises(EncodeError, match="a network key has a sequence number, others have none"):
        security.build(auxiliary)


@pytest.mark.parametrize(
    "auxiliary",
    [
        Auxiliary(security.LINK, 0x01020304, 0x11),
        Auxiliary(security.LINK, 0x01020304),
        Auxiliary(security.NETWORK, 0x01020304, 0x11, 7),
        Auxiliary(security.KEY_TRANSPORT, 0x01020304, 0x11),
        Auxiliary(security.KEY_LOAD, 0x01020304, 0x11),
    ],
    ids=["link", "link, short nonce", "network", "key-transport", "key-load"],
)
def test_no_damage_of_any_kind_opens(auxiliary: Auxiliary) -> None:
    key, header = FrameKey(bytes(range(16))), b"\x21\x05"
    octets = key.seal(header, auxiliary, 0x11, b"a key")

    def opened(data: bytes) -> bytes | None:
        try:
            found, start = security.parse(data, len(header))
            return key.open(data, len(header), found, start, 0x11)
        except DecodeError:
            return None

    assert opened(octets) == b"a key"
    assert [opened(octets[:end]) for end in range(len(octets))] == [None] * len(octets)
    passed = []
    for bit in range(8 * len(octets)):
        changed = bytearray(octets)
        changed[bit // 8] ^= 1 << bit % 8
        if opened(bytes(changed)) is not None:
            passed.append(bit)
    level_bits = [8 * len(header) + bit for bit in range(3)]
    assert passed == level_bits, "only the level bits, which are 5 whatever is sent, may differ"
