"""Arithmetic in the fields GF(2^m): elements are integers whose bit i is the coefficient of x^i.

Here: product, square, inverse, trace, and roots of z^2 + z = c. Not here: curves (`curve`).

Nothing here runs in constant time: products look up tables by the bits of an operand, the inverse loops as
long as its operand asks for, and Python's integers take the time of their length.
"""

from collections.abc import Callable
from functools import cached_property
from typing import Final

_SPREAD: Final = 4
"""Reading binary digits as digits of this base puts a zero between two bits: a square, unreduced."""


class BinaryField:
    """GF(2^degree) modulo x^degree + the sum of x^e over `exponents` (1 to `degree` / 2, and 0).

    `multiply` and `square` take and return reduced elements.
    """

    def __init__(self, degree: int, exponents: tuple[int, int, int]) -> None:
        self.degree = degree
        self.octets = (degree + 7) // 8
        self.polynomial = 1 << degree | sum(1 << e for e in exponents) | 1
        self.multiply, self.square = _operations(degree, exponents)

    def inverse(self, element: int) -> int:
        """Return 1 / element, by the extended Euclidean algorithm. Raises ZeroDivisionError for 0."""
        if not element:
            raise ZeroDivisionError("0 has no inverse")
        u, v, g, h = element, self.polynomial, 1, 0
        while u != 1:
            shift = u.bit_length() - v.bit_length()
            if shift < 0:
                u, v, g, h, shift = v, u, h, g, -shift
            u ^= v << shift
            g ^= h << shift
        return g

    def inverses(self, elements: list[int]) -> list[int]:
        """Return the inverses of several elements at the price of one and some products."""
        multiply, products, product = self.multiply, [1], 1
        for element in elements:
            product = multiply(product, element)
            products.append(product)
        rest = self.inverse(product)
        found = []
        for element, before in zip(reversed(elements), reversed(products[:-1]), strict=True):
            found.append(multiply(rest, before))
            rest = multiply(rest, element)
        found.reverse()
        return found

    def trace(self, element: int) -> int:
        """Return the trace of an element: 0 or 1."""
        return (element & self._quadratic[0]).bit_count() & 1

    def root(self, c: int) -> int | None:
        """Return one z with z^2 + z = c (the other is z + 1), or None when there is none."""
        z = 0
        for table, octet in zip(self._quadratic[1], c.to_bytes(self.octets, "little"), strict=True):
            z ^= table[octet]
        return None if self.trace(c) else z

    @cached_property
    def _quadratic(self) -> tuple[int, list[list[int]]]:
        """The trace as a mask, and `root` as a linear map: its value for each octet of c.

        Both come out of bringing z -> z^2 + z, whose image is what has trace 0, to its reduced echelon form.
        """
        rows: dict[int, tuple[int, int]] = {}
        for i in range(1, self.degree):
            image, z = self.square(1 << i) ^ 1 << i, 1 << i
            for pivot, (other, its) in rows.items():
                if image >> pivot & 1:
                    image, z = image ^ other, z ^ its
            lead = image.bit_length() - 1
            for pivot, (other, its) in rows.items():
                if other >> lead & 1:
                    rows[pivot] = other ^ image, its ^ z
            rows[lead] = image, z
        (free,) = set(range(self.degree)) - set(rows)
        mask = 1 << free | sum(1 << pivot for pivot, (image, _) in rows.items() if image >> free & 1)
        tables = []
        for start in range(0, 8 * self.octets, 8):
            table = [0]
            for bit in range(start, start + 8):
                z = rows[bit][1] if bit in rows else 0
                table += [entry ^ z for entry in table]
            tables.append(table)
        return mask, tables


def _operations(
    degree: int, exponents: tuple[int, int, int]
) -> tuple[Callable[[int, int], int], Callable[[int], int]]:
    """Return product and square: functions that find the field's constants without looking them up."""
    first, second, third = exponents
    mask = (1 << degree) - 1

    def multiply(a: int, b: int) -> int:
        # A product by four bits of b at a time; the hexadecimal digits are the cheapest way to walk them.
        a2, a4, a8 = a << 1, a << 2, a << 3
        a3, a6, a12 = a ^ a2, a4 ^ a2, a8 ^ a4
        times = {
            "0": 0, "1": a, "2": a2, "3": a3, "4": a4, "5": a4 ^ a, "6": a6, "7": a6 ^ a,
            "8": a8, "9": a8 ^ a, "a": a8 ^ a2, "b": a8 ^ a3,
            "c": a12, "d": a12 ^ a, "e": a12 ^ a2, "f": a12 ^ a3,
        }  # fmt: skip
        r = 0
        for digit in f"{b:x}":
            r = r << 4 ^ times[digit]
        h = r >> degree
        r = r & mask ^ h ^ h << first ^ h << second ^ h << third
        h = r >> degree
        return r & mask ^ h ^ h << first ^ h << second ^ h << third

    def square(a: int) -> int:
        r = int(f"{a:b}", _SPREAD)
        h = r >> degree
        r = r & mask ^ h ^ h << first ^ h << second ^ h << third
        h = r >> degree
        return r & mask ^ h ^ h << first ^ h << second ^ h << third

    return multiply, square
