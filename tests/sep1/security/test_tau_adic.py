"""Expansions of scalars."""

from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from handover.sep1.security.curve import CURVES, Curve
from handover.sep1.security.tau_adic import Element, Expansion, norm, remainder, times

BOTH = pytest.mark.parametrize("curve", CURVES.values(), ids=lambda curve: curve.name)
WIDTHS = pytest.mark.parametrize("width", range(2, 11))


def expansion(curve: Curve, width: int) -> Expansion:
    return Expansion(curve.field.degree, curve.mu, width)


@BOTH
def test_the_modulus_has_the_order_for_its_norm(curve: Curve) -> None:
    assert norm(expansion(curve, 4).modulus, curve.mu) == curve.order


@BOTH
@WIDTHS
def test_representatives_are_congruent_and_small(curve: Curve, width: int) -> None:
    step: Element = (1, 0)
    for _ in range(width):
        step = times(step, (0, 1), curve.mu)
    for u, element in expansion(curve, width).representatives.items():
        assert remainder((u - element[0], -element[1]), step, curve.mu) == (0, 0)
        assert norm(element, curve.mu) < 1 << width


@BOTH
@WIDTHS
@settings(max_examples=20)
@given(data=st.data())
def test_digits_stand_for_the_scalar(curve: Curve, width: int, data: st.DataObject) -> None:
    scalar = data.draw(st.integers(0, 2 * curve.order))
    made = expansion(curve, width)
    digits = made.digits(scalar)
    c, d = 0, 0
    for digit in reversed(digits):
        c, d = times((c, d), (0, 1), curve.mu)
        if digit:
            x, y = made.representatives[abs(digit)]
            c, d = (c + x, d + y) if digit > 0 else (c - x, d - y)
    assert remainder((scalar - c, -d), made.modulus, curve.mu) == (0, 0)
    assert len(digits) <= curve.field.degree + width + 3
    places = [i for i, digit in enumerate(digits) if digit]
    assert all(later - earlier >= width for earlier, later in pairwise(places))
