"""Whatever octets arrive, a parser returns a value or raises DecodeError, and nothing else.

200 000 inputs for every parser here; the long run is
`HANDOVER_FUZZ_INPUTS=10000000 .venv/bin/pytest tests/fuzz -n auto`.
"""

import os
import zlib

import pytest

from fuzz.mutation import inputs
from fuzz.parsers import PARSERS
from handover.errors import DecodeError

COUNT = int(os.environ.get("HANDOVER_FUZZ_INPUTS", "200000"))


@pytest.mark.timeout(max(120, COUNT // 1000))
@pytest.mark.parametrize("name", PARSERS)
def test_only_decode_errors_leave_a_parser(name: str) -> None:
    parser = PARSERS[name]
    accepted = refused = 0
    for octets in inputs(zlib.crc32(name.encode()), parser.corpus, COUNT):
        try:
            parser.parse(octets)
            accepted += 1
        except DecodeError:
            refused += 1
        except Exception as error:
            pytest.fail(f"{name}: {octets.hex()} raised {error!r}")
    assert accepted, "nothing that was tried is acceptable: the inputs do not reach the parser"
    assert refused, "everything that was tried is acceptable: nothing is checked"


@pytest.mark.parametrize("name", PARSERS)
def test_the_inputs_that_are_bent_are_honest(name: str) -> None:
    parser = PARSERS[name]
    for octets in parser.corpus:
        parser.parse(octets)
