"""Small releases of the gateway's software, and a repository that always offers one of them."""

import hashlib
import io
import zipfile

from handover.gateway.selfupdate import bundle, slots
from handover.gateway.selfupdate.disk import Disk
from handover.gateway.selfupdate.record import Slot
from handover.gateway.selfupdate.updater import Offer, Updater

FACTORY = "1.0.0"


def wheel(files: dict[str, str | bytes]) -> bytes:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as archive:
        for name, content in files.items():
            archive.writestr(zipfile.ZipInfo(name), content)
    return made.getvalue()


def release(version: str, size: int = 700) -> bytes:
    """Return a bundle of two wheels, with a file of `size` octets."""
    own = {
        "handover/__init__.py": f'__version__ = "{version}"\n',
        "handover/data/table.bin": hashlib.shake_256(version.encode()).digest(size),
        "sep_handover.dist-info/METADATA": f"Name: sep-handover\nVersion: {version}\n",
        "sep_handover.data/scripts/handover": "#!python\n",
    }
    other = {"lib/__init__.py": "", "lib.data/purelib/lib/part.py": f"# {version}\n"}
    return bundle.build(version, {"handover.whl": wheel(own), "lib.whl": wheel(other)})


def offer(data: bytes, version: str) -> Offer:
    return Offer(version, f"handover-{version}.zip", len(data), hashlib.sha256(data).hexdigest())


class Shelf:
    """A source that offers one bundle, and gives `given` in its place when that is set."""

    def __init__(self, version: str, given: bytes | None = None, size: int = 700) -> None:
        self.bundle = release(version, size)
        self.offered = offer(self.bundle, version)
        self.given = self.bundle if given is None else given

    def newest(self) -> Offer:
        return self.offered

    def fetch(self, offer: Offer) -> bytes:
        return self.given


def test_start(disk: Disk) -> "object":
    """Return a test start that reads the version out of the slot."""

    def start(slot: Slot) -> str:
        return disk.read(f"{slots.site(slot)}/handover/__init__.py").decode().split('"')[1]

    return start


def updater(disk: Disk, source: object, current: str = FACTORY, block: int = 256) -> Updater:
    return Updater(disk, source, current, test_start(disk), block=block)  # type: ignore[arg-type]
