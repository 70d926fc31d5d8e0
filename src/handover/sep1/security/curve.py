"""The Koblitz curves of Smart Energy, sect163k1 and sect283k1: points, their octets, what makes one valid.

The curve is y^2 + x*y = x^3 + a*x^2 + 1. A point is (x, y); None is the point at infinity. Parameters: SEC 2.
Not here: multiples of points (`multiples`), the field (`binary_field`). Nothing here runs in constant time.
"""

from dataclasses import dataclass
from typing import Final

from handover.errors import DecodeError
from handover.sep1.security.binary_field import BinaryField

Affine = tuple[int, int]
Point = Affine | None


@dataclass(frozen=True, eq=False)
class Curve:
    """A curve with its base point (`generator`) of prime order `order`; `cofactor` * `order` points in all.

    `suite` is the number of the key establishment suite that uses it, `mu` its constant in `tau_adic`.
    """

    name: str
    suite: int
    field: BinaryField
    a: int
    order: int
    cofactor: int
    generator: Affine

    @property
    def mu(self) -> int:
        """The sign that belongs to the Frobenius map of this curve."""
        return 1 if self.a else -1

    @property
    def octets(self) -> int:
        """Octets of a field element, and of a scalar: 21 or 36."""
        return self.field.octets

    def contains(self, point: Affine) -> bool:
        """Tell whether a point is on the curve."""
        x, y = point
        if not (0 <= x < 1 << self.field.degree and 0 <= y < 1 << self.field.degree):
            return False
        multiply, square = self.field.multiply, self.field.square
        return square(y) ^ multiply(x, y) == multiply(square(x), x ^ self.a) ^ 1

    def has_prime_order(self, point: Affine) -> bool:
        """Tell whether a point of the curve is in the subgroup of prime order, and not at infinity.

        The group is cyclic, so that holds if it can be halved as often as the cofactor has factors 2: once
        for cofactor 2, twice for 4. A point can be halved if the trace of its x is that of a (Knudsen).
        """
        x, y = point
        field = self.field
        if x == 0 or field.trace(x) != field.trace(self.a):
            return False
        if self.cofactor == 2:
            return True
        slope = field.root(x ^ self.a)
        assert slope is not None  # because of its trace
        # The square of the half's x; a square has the trace of its root.
        return field.trace(y ^ field.multiply(x, slope ^ 1)) == field.trace(self.a)

    def negative(self, point: Affine) -> Affine:
        """Return the point that added to this one gives infinity."""
        return point[0], point[0] ^ point[1]

    def add(self, first: Point, second: Point) -> Point:
        """Return the sum of two points of the curve."""
        if first is None or second is None:
            return second if first is None else first
        (x1, y1), (x2, y2) = first, second
        field = self.field
        if x1 != x2:
            slope = field.multiply(y1 ^ y2, field.inverse(x1 ^ x2))
            x = field.square(slope) ^ slope ^ x1 ^ x2 ^ self.a
        elif y1 == y2 and x1:
            slope = x1 ^ field.multiply(y1, field.inverse(x1))
            x = field.square(slope) ^ slope ^ self.a
        else:
            return None
        return x, field.multiply(slope, x1 ^ x) ^ x ^ y1

    def encode(self, point: Affine) -> bytes:
        """Return the compressed form: 02 or 03, then x (SEC 1, 2.3.3). Any valid point has one."""
        x, y = point
        odd = self.field.multiply(y, self.field.inverse(x)) & 1
        return bytes((2 | odd,)) + x.to_bytes(self.octets, "big")

    def decode(self, octets: bytes) -> Affine:
        """Return the point of prime order whose compressed form is `octets`. Raises DecodeError."""
        name = f"point of {self.name}"
        if len(octets) != 1 + self.octets:
            raise DecodeError(f"{name} has {len(octets)} octets instead of {1 + self.octets}")
        if octets[0] not in (2, 3):
            raise DecodeError(f"{name} begins with 0x{octets[0]:02X}; only 02 and 03 are compressed points")
        x = int.from_bytes(octets[1:], "big")
        if x >> self.field.degree:
            raise DecodeError(f"{name}: x has more than {self.field.degree} bits")
        field = self.field
        if x == 0:
            raise DecodeError(f"{name} has order 2: it would make a key that anybody knows")
        z = field.root(x ^ self.a ^ field.square(field.inverse(x)))
        if z is None:
            raise DecodeError(f"{name}: no point of the curve has this x")
        point = x, field.multiply(x, z ^ (z ^ octets[0]) & 1)
        if not self.has_prime_order(point):
            raise DecodeError(f"{name} is outside the subgroup of prime order: it would weaken the key")
        return point

    def scalar(self, octets: bytes) -> int:
        """Return the private key that `octets` hold, 1 to the order - 1. Raises DecodeError."""
        if len(octets) != self.octets:
            raise DecodeError(f"private key of {self.name} has {len(octets)} octets instead of {self.octets}")
        value = int.from_bytes(octets, "big")
        if not 0 < value < self.order:
            raise DecodeError(f"private key of {self.name} is not between 1 and the order of the curve")
        return value


SECT163K1: Final = Curve(
    name="sect163k1",
    suite=1,
    field=BinaryField(163, (3, 6, 7)),
    a=1,
    order=0x04000000000000000000020108A2E0CC0D99F8A5EF,
    cofactor=2,
    generator=(
        0x02FE13C0537BBC11ACAA07D793DE4E6D5E5C94EEE8,
        0x0289070FB05D38FF58321F2E800536D538CCDAA3D9,
    ),
)
SECT283K1: Final = Curve(
    name="sect283k1",
    suite=2,
    field=BinaryField(283, (5, 7, 12)),
    a=0,
    order=0x01FFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFE9AE2ED07577265DFF7F94451E061E163C61,
    cofactor=4,
    generator=(
        0x0503213F78CA44883F1A3B8162F188E553CD265F23C1567A16876913B0C2AC2458492836,
        0x01CCDA380F1C9E318D90F95D07E5426FE87E45C0E8184698E45962364E34116177DD2259,
    ),
)
CURVES: Final = {curve.suite: curve for curve in (SECT163K1, SECT283K1)}
"""The curve of each key establishment suite."""
