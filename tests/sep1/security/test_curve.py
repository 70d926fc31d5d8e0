"""Points: the group law, the codec, and every kind of point that must be refused."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from handover.errors import DecodeError
from handover.sep1.security.curve import CURVES, Affine, Curve, Point
from handover.sep1.security.multiples import INFINITY, affine, base, combination, multiple, table

BOTH = pytest.mark.parametrize("curve", CURVES.values(), ids=lambda curve: curve.name)
SCALARS = st.integers(0, (1 << 283) - 1)


def doubled_and_added(curve: Curve, scalar: int, point: Point) -> Point:
    """The multiple by the plain method, in plain coordinates."""
    total: Point = None
    for bit in f"{scalar:b}":
        total = curve.add(total, total)
        if bit == "1":
            total = curve.add(total, point)
    return total


def point_of_x(curve: Curve, x: int) -> Affine | None:
    """A point of the curve, of whatever order, with this x."""
    field = curve.field
    z = field.root(x ^ curve.a ^ field.square(field.inverse(x)))
    return None if z is None else (x, field.multiply(x, z))


@BOTH
class TestGroup:
    def test_base_point(self, curve: Curve) -> None:
        assert curve.contains(curve.generator)
        assert curve.has_prime_order(curve.generator)
        assert doubled_and_added(curve, curve.order, curve.generator) is None

    @settings(max_examples=10)
    @given(scalar=SCALARS)
    def test_multiples(self, curve: Curve, scalar: int) -> None:
        expected = doubled_and_added(curve, scalar, curve.generator)
        assert multiple(scalar, base(curve)) == expected
        assert multiple(scalar, table(curve, curve.generator)) == expected

    @pytest.mark.parametrize("width", [2, 3, 5, 7])
    def test_other_widths(self, curve: Curve, width: int) -> None:
        scalar = curve.order // 3
        expected = doubled_and_added(curve, scalar, curve.generator)
        assert multiple(scalar, table(curve, curve.generator, width)) == expected

    def test_small_and_border_scalars(self, curve: Curve) -> None:
        for scalar in (0, 1, 2, 3, 4, curve.order - 1, curve.order, curve.order + 1):
            assert multiple(scalar, base(curve)) == doubled_and_added(curve, scalar, curve.generator)

    @settings(max_examples=10)
    @given(a=SCALARS, b=SCALARS, k=st.integers(1, 1 << 40))
    def test_combinations(self, curve: Curve, a: int, b: int, k: int) -> None:
        other = multiple(k, base(curve))
        assert other is not None
        found = combination([(a, table(curve, curve.generator)), (b, table(curve, other))])
        assert found == multiple((a + b * k) % curve.order, base(curve))

    def test_sums_that_cancel_or_double(self, curve: Curve) -> None:
        once, point = table(curve, curve.generator), curve.generator
        opposite = table(curve, curve.negative(point))
        assert combination([(5, once), (5, opposite)]) is None
        assert combination([(1, once), (1, once)]) == curve.add(point, point)
        assert curve.add(point, curve.negative(point)) is None
        assert affine(curve, INFINITY) is None

    @settings(max_examples=20)
    @given(x=SCALARS)
    def test_prime_order_is_what_the_order_takes_to_infinity(self, curve: Curve, x: int) -> None:
        point = point_of_x(curve, x & (1 << curve.field.degree) - 1 or 1)
        if point is not None:
            assert curve.contains(point)
            assert curve.has_prime_order(point) == (doubled_and_added(curve, curve.order, point) is None)


@BOTH
class TestCodec:
    @settings(max_examples=20)
    @given(scalar=st.integers(1, 1 << 160))
    def test_round_trip(self, curve: Curve, scalar: int) -> None:
        point = multiple(scalar, base(curve))
        assert point is not None
        assert curve.decode(curve.encode(point)) == point
        assert curve.decode(curve.encode(curve.negative(point))) == curve.negative(point)

    @given(octets=st.binary(max_size=40))
    def test_any_octets_give_a_point_or_decode_error(self, curve: Curve, octets: bytes) -> None:
        for candidate in (octets, bytes((2 + len(octets) % 2,)) + octets.ljust(curve.octets, b"\0")):
            try:
                point = curve.decode(candidate)
            except DecodeError:
                continue
            assert curve.contains(point)
            assert curve.encode(point) == candidate

    @pytest.mark.parametrize("prefix", [p for p in range(256) if p not in (2, 3)])
    def test_other_prefixes(self, curve: Curve, prefix: int) -> None:
        octets = bytes((prefix,)) + curve.encode(curve.generator)[1:]
        with pytest.raises(DecodeError, match="only 02 and 03"):
            curve.decode(octets)

    @pytest.mark.req("S5")
    def test_points_of_small_order(self, curve: Curve) -> None:
        second_order: Affine = (0, 1)
        assert curve.contains(second_order)
        assert curve.add(second_order, second_order) is None
        assert not curve.has_prime_order(second_order)
        for prefix in (2, 3):
            with pytest.raises(DecodeError, match="order 2"):
                curve.decode(bytes((prefix,)) + bytes(curve.octets))
        if curve.cofactor == 4:
            for y in (0, 1):
                assert curve.contains((1, y))
                assert curve.add((1, y), (1, y)) == second_order
            for prefix in (2, 3):
                with pytest.raises(DecodeError, match="prime order"):
                    curve.decode(bytes((prefix,)) + (1).to_bytes(curve.octets, "big"))

    @pytest.mark.req("S5")
    def test_points_outside_the_subgroup(self, curve: Curve) -> None:
        mixed = curve.add(curve.generator, (0, 1))
        assert mixed is not None
        with pytest.raises(DecodeError, match="prime order"):
            curve.decode(curve.encode(mixed))
        if curve.cofactor == 4:
            quarter = curve.add(curve.generator, (1, 0))
            assert quarter is not None
            with pytest.raises(DecodeError, match="prime order"):
                curve.decode(curve.encode(quarter))

    @pytest.mark.req("S5")
    def test_infinity_and_points_off_the_curve(self, curve: Curve) -> None:
        with pytest.raises(DecodeError, match="octets instead of"):
            curve.decode(b"\0")
        off = next(x for x in range(2, 1000) if point_of_x(curve, x) is None)
        with pytest.raises(DecodeError, match="no point of the curve"):
            curve.decode(b"\x02" + off.to_bytes(curve.octets, "big"))
        with pytest.raises(DecodeError, match="bits"):
            curve.decode(b"\x02" + b"\xff" * curve.octets)
        x, y = curve.generator
        assert not curve.contains((x, y ^ 1))
        assert not curve.contains((x | 1 << curve.field.degree, y))

    def test_private_keys(self, curve: Curve) -> None:
        assert curve.scalar((curve.order - 1).to_bytes(curve.octets, "big")) == curve.order - 1
        for value in (0, curve.order):
            with pytest.raises(DecodeError, match="not between"):
                curve.scalar(value.to_bytes(curve.octets, "big"))
        with pytest.raises(DecodeError, match="octets"):
            curve.scalar(b"\1")
