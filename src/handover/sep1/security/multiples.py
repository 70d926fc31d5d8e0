"""Multiples of points of a Koblitz curve, and sums of them: the costly part of every operation with keys.

A table holds the few multiples that digits of a scalar stand for; doubling is replaced by the Frobenius map,
which only squares coordinates. Sums run in Lopez-Dahab coordinates: (X, Y, Z) is x = X/Z, y = Y/Z^2.

Nothing here runs in constant time: additions happen where the scalar has digits, so that somebody who can
measure this process closely learns about private keys. A peer on the radio sees at most one total time per
exchange, of a scalar that no other exchange uses.
"""

from dataclasses import dataclass
from functools import cache

from handover.sep1.security.curve import Affine, Curve, Point
from handover.sep1.security.tau_adic import Element, Expansion

WIDTH = 4
"""Width of expansions for a point that is used once: a wider table would cost more than it saves."""

FIXED_WIDTH = 8
"""Width for the base point, whose table is made once."""

Projective = tuple[int, int, int]
INFINITY: Projective = (1, 0, 0)


@dataclass(frozen=True, eq=False)
class Table:
    """The multiples of one point of prime order; `points` holds them by digit, negative ones included."""

    curve: Curve
    expansion: Expansion
    points: dict[int, Affine]


def table(curve: Curve, point: Affine, width: int = WIDTH) -> Table:
    """Return the table of a point of prime order."""
    expansion = _expansion(curve, width)
    made: dict[Element, Projective] = {(1, 0): (*point, 1)}
    found = {u: _reach(curve, point, e, made) for u, e in expansion.representatives.items()}
    points: dict[int, Affine] = {}
    for u, affine in zip(found, _normalise(curve, list(found.values())), strict=True):
        points[u], points[-u] = affine, curve.negative(affine)
    return Table(curve, expansion, points)


@cache
def base(curve: Curve) -> Table:
    """Return the table of the curve's base point."""
    return table(curve, curve.generator, FIXED_WIDTH)


def multiple(scalar: int, of: Table) -> Point:
    """Return scalar * point."""
    return combination([(scalar, of)])


def combination(terms: list[tuple[int, Table]]) -> Point:
    """Return the sum of scalar * point over `terms`, all of one curve."""
    curve = terms[0][1].curve
    square = curve.field.square
    columns: dict[int, list[Affine]] = {}
    for scalar, of in terms:
        for i, digit in enumerate(of.expansion.digits(scalar)):
            if digit:
                columns.setdefault(i, []).append(of.points[digit])
    total = INFINITY
    for i in range(max(columns, default=-1), -1, -1):
        if total[2]:
            total = square(total[0]), square(total[1]), square(total[2])
        for point in columns.get(i, ()):
            total = _add(curve, total, point)
    return affine(curve, total)


def affine(curve: Curve, point: Projective) -> Point:
    """Return a point in plain coordinates."""
    return _normalise(curve, [point])[0] if point[2] else None


@cache
def _expansion(curve: Curve, width: int) -> Expansion:
    return Expansion(curve.field.degree, curve.mu, width)


def _add(curve: Curve, first: Projective, second: Affine) -> Projective:
    """Add a point in plain coordinates (Al-Daoud et al.: 8 products, 5 squares)."""
    x1, y1, z1 = first
    if not z1:
        return (*second, 1)
    x2, y2 = second
    multiply, square = curve.field.multiply, curve.field.square
    a = y1 ^ multiply(y2, square(z1))
    b = x1 ^ multiply(x2, z1)
    if not b:
        doubled = curve.add(second, second) if not a else None
        return (*doubled, 1) if doubled else INFINITY
    c = multiply(b, z1)
    z = square(c)
    d = multiply(x2, z)
    x = square(a) ^ multiply(c, a ^ square(b) ^ (c if curve.a else 0))
    y = multiply(d ^ x, multiply(a, c) ^ z) ^ multiply(x2 ^ y2, square(z))
    return x, y, z


def _reach(curve: Curve, point: Affine, element: Element, made: dict[Element, Projective]) -> Projective:
    """Return element * point, by way of elements that are `made` already where that can be."""
    known = made.get(element)
    if known is not None:
        return known
    c, d = element
    mu, square = curve.mu, curve.field.square
    if (-c, -d) in made:
        x, y, z = made[-c, -d]
        result = x, curve.field.multiply(x, z) ^ y, z
    elif c & 1:
        # Of the two neighbours that tau divides, the one that it divides twice leaves less to do.
        sign = 1 if (c - 1 + 2 * d) % 4 == 0 else -1
        rest = _reach(curve, point, (c - sign, d), made)
        result = _add(curve, rest, point if sign == 1 else curve.negative(point))
    elif (c, d) == (0, 0):
        result = INFINITY
    else:
        x, y, z = _reach(curve, point, (d + mu * (c >> 1), -(c >> 1)), made)
        result = square(x), square(y), square(z)
    made[element] = result
    return result


def _normalise(curve: Curve, points: list[Projective]) -> list[Affine]:
    multiply, square = curve.field.multiply, curve.field.square
    inverses = curve.field.inverses([z for _, _, z in points])
    return [(multiply(x, i), multiply(y, square(i))) for (x, y, _), i in zip(points, inverses, strict=True)]
