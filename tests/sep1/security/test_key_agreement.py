"""The arithmetic of CBKE against the printed exchanges."""

import pytest

from handover.errors import DecodeError
from handover.sep1.security.authority import Authority, draw_scalar
from handover.sep1.security.curve import CURVES
from handover.sep1.security.ecqv import Credentials, credentials
from handover.sep1.security.key_agreement import (
    INITIATOR,
    RESPONDER,
    Ephemeral,
    confirmation,
    derive,
    ephemeral,
    ephemeral_of,
    shared_secret,
)
from sep1.security.vectors import drawing, exchange

SUITES = pytest.mark.parametrize("suite", [1, 2])


def side(suite: int, role: str) -> tuple[Credentials, Ephemeral]:
    row = exchange(suite)
    own = credentials(row[f"{role}_certificate"], row[f"{role}_private_key"], row["ca_public_key"])
    printed = int.from_bytes(row[f"{role}_ephemeral_private"], "big")
    mine = ephemeral_of(own.curve, printed % own.curve.order)  # that of suite 2 is longer than the order
    assert mine.octets == row[f"{role}_ephemeral_public"]
    return own, mine


@SUITES
def test_printed_exchange(suite: int) -> None:
    row = exchange(suite)
    u, qu = side(suite, "initiator_u")
    v, qv = side(suite, "responder_v")
    secret = shared_secret(u, qu, v.public_key, qv.point)
    assert secret == shared_secret(v, qv, u.public_key, qu.point) == row["z"]
    keys = derive(secret)
    assert (keys.mac_key, keys.link_key) == (row["mackey"], row["keydata_link_key"])
    ids = u.certificate.subject, v.certificate.subject
    assert confirmation(keys.mac_key, INITIATOR, *ids, qu.octets, qv.octets) == row["macu"]
    assert confirmation(keys.mac_key, RESPONDER, *reversed(ids), qv.octets, qu.octets) == row["macv"]


@SUITES
def test_another_ephemeral_or_static_key_gives_another_secret(suite: int) -> None:
    u, qu = side(suite, "initiator_u")
    v, qv = side(suite, "responder_v")
    draw = drawing(8)
    secret = shared_secret(u, qu, v.public_key, qv.point)
    assert shared_secret(u, ephemeral(u.curve, draw), v.public_key, qv.point) != secret
    assert shared_secret(u, qu, u.public_key, qv.point) != secret


@SUITES
@pytest.mark.req("S5")
def test_keys_that_cancel_out(suite: int) -> None:
    curve = CURVES[suite]
    draw = drawing(9)
    own = Authority.new(draw).issue(1, suite, draw)
    mine, theirs = ephemeral(curve, draw), ephemeral(curve, draw)
    half = theirs.point[0] & (1 << (82 if suite == 1 else 141)) - 1 | 1 << (82 if suite == 1 else 141)
    from handover.sep1.security.multiples import base, multiple

    fatal = multiple(-theirs.private_key * pow(half, -1, curve.order) % curve.order, base(curve))
    assert fatal is not None
    with pytest.raises(DecodeError, match="cancel out"):
        shared_secret(own, mine, fatal, theirs.point)


@SUITES
def test_drawn_keys_are_in_range(suite: int) -> None:
    curve = CURVES[suite]
    assert draw_scalar(curve, lambda n: bytes(n)) == 1
    assert 0 < draw_scalar(curve, lambda n: b"\xff" * n) < curve.order


def test_keys_are_not_shown() -> None:
    keys = derive(bytes(21))
    assert repr(keys) == "Keys()"
    assert str(ephemeral_of(CURVES[1], 12345).private_key) not in repr(ephemeral_of(CURVES[1], 12345))
