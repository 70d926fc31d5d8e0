"""Inputs that no honest peer sends: octets at random, and honest ones bent in the ways that break parsers."""

import random
from collections.abc import Iterator, Sequence

INTERESTING = (0x00, 0x01, 0x7F, 0x80, 0xFE, 0xFF)
LONGEST_NOISE = 96


def _flip(rng: random.Random, octets: bytearray) -> None:
    if octets:
        octets[rng.randrange(len(octets))] ^= 1 << rng.randrange(8)


def _replace(rng: random.Random, octets: bytearray) -> None:
    if octets:
        octets[rng.randrange(len(octets))] = rng.choice(INTERESTING)


def _cut(rng: random.Random, octets: bytearray) -> None:
    del octets[rng.randrange(len(octets) + 1) :]


def _extend(rng: random.Random, octets: bytearray) -> None:
    octets += rng.randbytes(rng.randrange(1, 9))


def _insert(rng: random.Random, octets: bytearray) -> None:
    octets.insert(rng.randrange(len(octets) + 1), rng.randrange(256))


def _remove(rng: random.Random, octets: bytearray) -> None:
    if octets:
        del octets[rng.randrange(len(octets))]


MUTATIONS = (_flip, _flip, _replace, _replace, _cut, _extend, _insert, _remove)


def inputs(seed: int, corpus: Sequence[bytes], count: int) -> Iterator[bytes]:
    """Yield `count` inputs; the same seed gives the same ones. One in eight is noise, the others are bent."""
    rng = random.Random(seed)
    for number in range(count):
        if not corpus or number % 8 == 0:
            yield rng.randbytes(rng.randrange(LONGEST_NOISE))
            continue
        octets = bytearray(rng.choice(corpus))
        for _ in range(rng.randrange(1, 4)):
            rng.choice(MUTATIONS)(rng, octets)
        if number % 16 == 1:  # two halves of honest ones
            octets[len(octets) // 2 :] = rng.choice(corpus)[len(octets) // 2 :]
        yield bytes(octets)
