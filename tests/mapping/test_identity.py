"""Identities: computed, reversible, injective; LFDIs for devices without certificates."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from handover.errors import EncodeError, Untranslatable
from handover.mapping.context import Context
from handover.mapping.event import key_of
from handover.mapping.mrid import IdentityProfile, Mrid, MridKind, being_created, mrid, pad, parse
from handover.mapping.virtual_lfdi import virtual_lfdi
from handover.model.event import EventKey
from handover.sep2.security.identity import sfdi

from .conftest import ESI, LFDI, PEN

octet = st.integers(0, 255)
word = st.integers(0, 0xFFFFFFFF)
parts = st.builds(Mrid, st.sampled_from(MridKind), octet, octet, octet, word, word, st.integers(0, 99999999))


def build(p: Mrid, profile: IdentityProfile) -> bytes:
    return mrid(
        p.kind,
        generation=p.generation,
        endpoint=p.endpoint,
        sub=p.sub,
        eui64=p.eui64,
        id=p.id,
        pen=p.pen,
        profile=profile,
    )


@pytest.mark.parametrize("profile", IdentityProfile)
@given(one=parts, other=parts)
def test_identities_are_reversible_and_never_collide(
    profile: IdentityProfile, one: Mrid, other: Mrid
) -> None:
    assert parse(build(one, profile), profile) == one
    assert (build(one, profile) == build(other, profile)) == (one == other)
    assert build(one, profile)[:12] != b"\xff" * 12


def test_the_profile_of_csip_aus_ends_in_decimal_digits() -> None:
    made = mrid(MridKind.TEXT_MESSAGE, eui64=ESI, id=7, pen=PEN, profile=IdentityProfile.CSIP_AUS)
    assert made.hex().endswith("00032473")
    assert being_created(PEN).hex() == "f" * 24 + "00007ed9"


@pytest.mark.parametrize(
    "wrong", [{"generation": 256}, {"sub": -1}, {"id": 1 << 32}, {"endpoint": 300}, {"pen": 1 << 32}]
)
def test_a_part_that_does_not_fit_is_our_own_mistake(wrong: dict[str, int]) -> None:
    with pytest.raises(EncodeError):
        mrid(MridKind.USAGE_POINT, **({"eui64": ESI, "id": 1, "pen": PEN} | wrong))


def test_a_pen_beyond_eight_digits_does_not_fit_csip_aus() -> None:
    with pytest.raises(EncodeError):
        mrid(MridKind.USAGE_POINT, eui64=1, id=1, pen=10**8, profile=IdentityProfile.CSIP_AUS)


@pytest.mark.parametrize("foreign", [b"\0" * 16, b"\xee" * 16, bytes(17)])
def test_a_foreign_identity_is_refused_with_400(foreign: bytes) -> None:
    with pytest.raises(Untranslatable) as caught:
        parse(foreign)
    assert caught.value.http_status == 400


def test_short_forms_are_padded_for_comparison() -> None:
    assert pad(bytes.fromhex("0B00006CC8")).hex() == "00" * 11 + "0b00006cc8"


def test_an_event_is_found_again_by_what_a_client_sends_back(context: Context) -> None:
    key = EventKey(ESI, 1, 0, 0x1001, 3)
    named = context.event(MridKind.END_DEVICE_CONTROL, key)
    assert key_of(named, MridKind.END_DEVICE_CONTROL, node=ESI) == key
    with pytest.raises(Untranslatable):
        key_of(named, MridKind.TEXT_MESSAGE, node=ESI)
    with pytest.raises(Untranslatable):
        key_of(named, MridKind.END_DEVICE_CONTROL, node=ESI + 1)


@pytest.mark.parametrize(
    ("profile", "expected"),
    [
        (IdentityProfile.HASH, "432C8C9B8D85FD81C398BBFD024C8216E87E02F0"),
        (IdentityProfile.CSIP_AUS, "432C8C9B8D85FD81C398BBFD024C821600032473"),
    ],
)
def test_virtual_lfdi_vectors(profile: IdentityProfile, expected: str) -> None:
    made = virtual_lfdi(LFDI, 0x000D6F0000ABCDEF, pen=PEN, profile=profile)
    assert made.hex().upper() == expected
    assert sfdi(made) == 180318888249


def test_a_virtual_lfdi_needs_a_gateway() -> None:
    with pytest.raises(EncodeError):
        virtual_lfdi(b"", 1)
