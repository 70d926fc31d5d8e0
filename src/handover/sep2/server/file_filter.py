"""The filters of a FileList's query (Table C.20): which files a device is told of."""

from collections.abc import Callable
from urllib.parse import parse_qsl

from handover.errors import DecodeError
from handover.sep2.resources.file_download import File
from handover.sep2.versions import version_key

Matches = Callable[[File], bool]

_SPELLINGS = {"mfID": "mfId"}


def parse(query: str) -> Matches | None:
    """Return what tells the files that a query asks for; None when it asks for all of them.

    `type` (hexadecimal), `mfId` (decimal) and `mfModel` must be equal; `mfVer` selects newer versions only.
    Raises DecodeError for a type or an enterprise number that is none.
    """
    wanted = {_SPELLINGS.get(name, name): value for name, value in parse_qsl(query, keep_blank_values=True)}
    tests: list[Matches] = []
    if "type" in wanted:
        kind = _number("type", wanted["type"], 16)
        tests.append(lambda file: int.from_bytes(file.type) == kind)
    if "mfId" in wanted:
        maker = _number("mfId", wanted["mfId"], 10)
        tests.append(lambda file: file.mfID == maker)
    if "mfModel" in wanted:
        tests.append(lambda file: file.mfModel == wanted["mfModel"])
    if "mfVer" in wanted:
        version = version_key(wanted["mfVer"])
        tests.append(lambda file: version_key(file.mfVer) > version)
    return (lambda file: all(test(file) for test in tests)) if tests else None


def _number(name: str, text: str, base: int) -> int:
    try:
        if not text.isascii() or not text.isalnum() or len(text) > 10:
            raise ValueError
        return int(text, base)
    except ValueError:
        kind = "hexadecimal" if base == 16 else "decimal"
        raise DecodeError(f"the query parameter {name!r} must be a {kind} number") from None
