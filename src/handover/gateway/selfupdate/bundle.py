"""A bundle: one zip with the wheels of a release, and a manifest that names them.

`manifest.json` stands first; the wheels lie in `wheels/`. What makes a bundle trusted is not in it: the
repository's signed metadata gives its length and SHA-256. The manifest is checked besides, so that a bundle
that was put together wrongly is found before anything is installed.
"""

import hashlib
import io
import zipfile
from collections.abc import Iterator, Mapping
from typing import Final

import msgspec

from handover.errors import DecodeError
from handover.gateway.selfupdate.versions import parse

NAME: Final = "sep-handover"
MANIFEST: Final = "manifest.json"
_WHEELS: Final = "wheels/"
_EPOCH: Final = (1980, 1, 1, 0, 0, 0)
LARGEST: Final = 512 << 20
"""Octets that all files of a bundle may have when unpacked."""
MOST_FILES: Final = 50_000


class Wheel(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One wheel: its file name, length in octets and SHA-256 (hex)."""

    name: str
    length: int
    sha256: str


class Manifest(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What a bundle says about itself."""

    name: str
    version: str
    wheels: tuple[Wheel, ...]


def build(version: str, wheels: Mapping[str, bytes]) -> bytes:
    """Return the bundle of `wheels` (file name to octets), the same octets for the same input."""
    parse(version)
    listed = tuple(
        Wheel(name, len(data), hashlib.sha256(data).hexdigest()) for name, data in sorted(wheels.items())
    )
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_STORED) as archive:
        manifest = msgspec.json.format(msgspec.json.encode(Manifest(NAME, version, listed)))
        archive.writestr(zipfile.ZipInfo(MANIFEST, _EPOCH), manifest)
        for name, data in sorted(wheels.items()):
            archive.writestr(zipfile.ZipInfo(_WHEELS + name, _EPOCH), data)
    return made.getvalue()


def read(data: bytes) -> tuple[Manifest, dict[str, bytes]]:
    """Return manifest and wheels of a bundle. Raises DecodeError when anything in it does not fit."""
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            found = {info.filename: _member(archive, info, LARGEST) for info in archive.infolist()}
        manifest = msgspec.json.decode(found.pop(MANIFEST), type=Manifest)
    except DecodeError:
        raise
    except KeyError:
        raise DecodeError(f"the bundle has no {MANIFEST}") from None
    except Exception as error:
        raise DecodeError(f"the bundle cannot be read: {str(error)[:100]}") from None
    if manifest.name != NAME:
        raise DecodeError(f"the bundle is for {manifest.name[:40]!r}, not for {NAME}")
    parse(manifest.version)
    wheels = {}
    for wheel in manifest.wheels:
        octets = found.pop(_WHEELS + wheel.name, None)
        if (
            octets is None
            or len(octets) != wheel.length
            or hashlib.sha256(octets).hexdigest() != wheel.sha256
        ):
            raise DecodeError(f"the bundle's {wheel.name[:80]!r} is missing or not what its manifest says")
        wheels[wheel.name] = octets
    if found:
        raise DecodeError(f"the bundle holds {min(found)[:80]!r}, which its manifest does not name")
    return manifest, wheels


def unpacked(wheels: Mapping[str, bytes]) -> Iterator[tuple[str, bytes]]:
    """Give every file of the wheels with its path on the import path, relative. Raises DecodeError.

    Scripts, headers and data files are left out: a slot is started as a module.
    """
    room, seen = LARGEST, set()
    for name, data in wheels.items():
        try:
            with zipfile.ZipFile(io.BytesIO(data)) as archive:
                for info in archive.infolist():
                    path = _place(info.filename)
                    if path is None or info.is_dir():
                        continue
                    if path in seen:
                        raise DecodeError(f"two wheels of the bundle hold {path[:80]!r}")
                    seen.add(path)
                    content = _member(archive, info, room)
                    room -= len(content)
                    if len(seen) > MOST_FILES:
                        raise DecodeError(f"the bundle holds more than {MOST_FILES} files")
                    yield path, content
        except DecodeError:
            raise
        except Exception as error:
            raise DecodeError(f"the wheel {name[:80]!r} cannot be read: {str(error)[:100]}") from None


def _place(name: str) -> str | None:
    """Return where a file of a wheel belongs on the import path; None when it does not belong there."""
    parts = name.split("/")
    if parts[0].endswith(".data"):
        if len(parts) < 3 or parts[1] not in ("purelib", "platlib"):
            return None
        parts = parts[2:]
    if (
        "\\" in name
        or "\0" in name
        or any(part in ("", ".", "..") for part in parts[:-1])
        or parts[-1] in (".", "..")
    ):
        raise DecodeError(f"a wheel of the bundle holds the path {name[:80]!r}, which leads out of its slot")
    return "/".join(parts)


def _member(archive: zipfile.ZipFile, info: zipfile.ZipInfo, room: int) -> bytes:
    with archive.open(info) as file:
        content = file.read(room + 1)
    if len(content) > room:
        raise DecodeError(f"the bundle is larger than {LARGEST >> 20} MiB when unpacked")
    return content
