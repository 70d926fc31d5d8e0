"""The key establishment vectors, as octets."""

import json
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from handover.sep1.security.authority import Draw

PATH = Path(__file__).parents[2] / "data" / "cbke_vectors.json"


@cache
def document() -> Any:
    return json.loads(PATH.read_text())


@cache
def exchange(suite: int) -> dict[str, bytes]:
    """The printed exchange of a suite, by the names of its rows."""
    return {name: bytes.fromhex(text) for name, text in document()["suites"][str(suite)].items()}


@dataclass(frozen=True)
class CertificateSet:
    name: str
    suite: int
    authority: bytes
    certificate: bytes
    private_key: bytes
    public_key: bytes
    private_fits: bool
    extracts: bool


@cache
def certificate_sets() -> list[CertificateSet]:
    octets = ("authority", "certificate", "private_key", "public_key")
    return [
        CertificateSet(**{k: bytes.fromhex(v) if k in octets else v for k, v in row.items()})
        for row in document()["sets"]
    ]


def drawing(seed: int) -> Draw:
    """A source of octets that is the same in every run."""
    import random

    return random.Random(seed).randbytes
