"""Field arithmetic against its definition: polynomials over GF(2), bit by bit."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from handover.sep1.security.binary_field import BinaryField
from handover.sep1.security.curve import CURVES

FIELDS = [curve.field for curve in CURVES.values()]
ELEMENTS = st.integers(0, (1 << 283) - 1)


def product(field: BinaryField, a: int, b: int) -> int:
    result = 0
    while b:
        if b & 1:
            result ^= a
        a <<= 1
        if a >> field.degree:
            a ^= field.polynomial
        b >>= 1
    return result


def element(field: BinaryField, number: int) -> int:
    return number & (1 << field.degree) - 1


@pytest.mark.parametrize("field", FIELDS, ids=lambda field: str(field.degree))
class TestField:
    @given(a=ELEMENTS, b=ELEMENTS)
    def test_product_and_square(self, field: BinaryField, a: int, b: int) -> None:
        a, b = element(field, a), element(field, b)
        assert field.multiply(a, b) == product(field, a, b)
        assert field.square(a) == product(field, a, a)

    @given(a=ELEMENTS)
    def test_inverse(self, field: BinaryField, a: int) -> None:
        a = element(field, a) or 1
        assert product(field, a, field.inverse(a)) == 1

    def test_extremes(self, field: BinaryField) -> None:
        ones = (1 << field.degree) - 1
        for a in (0, 1, 2, ones, ones ^ 1):
            assert field.multiply(a, ones) == product(field, a, ones)
            assert field.square(a) == product(field, a, a)
        assert field.inverse(1) == 1
        with pytest.raises(ZeroDivisionError):
            field.inverse(0)

    @settings(max_examples=20)
    @given(numbers=st.lists(ELEMENTS, min_size=1, max_size=6))
    def test_inverses_of_several(self, field: BinaryField, numbers: list[int]) -> None:
        elements = [element(field, number) or 1 for number in numbers]
        assert field.inverses(elements) == [field.inverse(e) for e in elements]

    @settings(max_examples=20)
    @given(a=ELEMENTS)
    def test_trace_is_the_sum_of_conjugates(self, field: BinaryField, a: int) -> None:
        a = power = element(field, a)
        total = 0
        for _ in range(field.degree):
            total ^= power
            power = field.square(power)
        assert power == a
        assert field.trace(a) == total

    @given(a=ELEMENTS)
    def test_roots(self, field: BinaryField, a: int) -> None:
        a = element(field, a)
        z = field.root(a)
        assert (z is None) == (field.trace(a) == 1)
        if z is not None:
            assert field.square(z) ^ z == a
