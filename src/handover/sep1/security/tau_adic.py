"""Scalars of a Koblitz curve as sums of powers of the Frobenius map: width-w tau-adic non-adjacent forms.

An element (c, d) of the ring Z[tau] stands for c + d*tau, where tau^2 = mu*tau - 2 (Solinas, "Efficient
arithmetic on Koblitz curves"). `mu` is 1 on a curve with a = 1 and -1 with a = 0. Not here: points.
"""

from dataclasses import dataclass
from functools import cached_property

Element = tuple[int, int]


def times(x: Element, y: Element, mu: int) -> Element:
    """Return the product of two ring elements."""
    high = x[1] * y[1]
    return x[0] * y[0] - 2 * high, x[0] * y[1] + x[1] * y[0] + mu * high


def conjugate(x: Element, mu: int) -> Element:
    """Return the conjugate: x times it is the norm, an integer."""
    return x[0] + mu * x[1], -x[1]


def norm(x: Element, mu: int) -> int:
    """Return the norm of a ring element."""
    return x[0] * x[0] + mu * x[0] * x[1] + 2 * x[1] * x[1]


def power(exponent: int, mu: int) -> Element:
    """Return tau ** exponent."""
    result = (1, 0)
    for _ in range(exponent):
        result = -2 * result[1], result[0] + mu * result[1]
    return result


def remainder(x: Element, modulus: Element, mu: int) -> Element:
    """Return x minus the multiple of `modulus` nearest to it: a small element that is congruent to x."""
    size = norm(modulus, mu)
    exact = times(x, conjugate(modulus, mu), mu)
    quotient = (2 * exact[0] + size) // (2 * size), (2 * exact[1] + size) // (2 * size)
    product = times(quotient, modulus, mu)
    return x[0] - product[0], x[1] - product[1]


@dataclass(frozen=True)
class Expansion:
    """Expansions of width `width` (2 to 10) for the curve over GF(2^degree) with this `mu`."""

    degree: int
    mu: int
    width: int

    @cached_property
    def modulus(self) -> Element:
        """(tau^degree - 1) / (tau - 1), which takes every point of the prime-order subgroup to infinity."""
        first, second = power(self.degree, self.mu)
        one_less = (-1, 1)
        exact = times((first - 1, second), conjugate(one_less, self.mu), self.mu)
        size = norm(one_less, self.mu)
        return exact[0] // size, exact[1] // size

    @cached_property
    def tau_as_integer(self) -> int:
        """The even integer that stands for tau modulo 2^width."""
        whole = 1 << self.width
        return next(t for t in range(0, whole, 2) if (t * t - self.mu * t + 2) % whole == 0 and t % 4 == 2)

    @cached_property
    def representatives(self) -> dict[int, Element]:
        """What a digit stands for: the odd u below 2^(width-1), and the small element congruent to it."""
        step = power(self.width, self.mu)
        return {u: remainder((u, 0), step, self.mu) for u in range(1, 1 << self.width - 1, 2)}

    def digits(self, scalar: int) -> list[int]:
        """Return the digits of `scalar`, lowest first: 0, or an odd u or -u of `representatives`.

        The sum of digit * tau^i acts on points of the prime-order subgroup as the scalar does.
        """
        c, d = remainder((scalar, 0), self.modulus, self.mu)
        mu, tau, half, whole = self.mu, self.tau_as_integer, 1 << self.width - 1, 1 << self.width
        representatives = self.representatives
        found = []
        while c or d:
            if c & 1:
                u = (c + d * tau) % whole
                if u < half:
                    x, y = representatives[u]
                else:
                    u -= whole
                    x, y = representatives[-u]
                    x, y = -x, -y
                c, d = c - x, d - y
            else:
                u = 0
            found.append(u)
            c, d = d + mu * (c >> 1), -(c >> 1)
        return found
