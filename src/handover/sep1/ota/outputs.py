"""What the two sides of an upgrade tell whoever owns them."""

from dataclasses import dataclass

from handover.sep1.ota.library import Key
from handover.sep1.services import Indication


@dataclass(slots=True)
class ImageReady(Indication):
    """An image is whole and genuine; its octets are in the slot."""

    image: Key


@dataclass(slots=True)
class UpgradeNow(Indication):
    """The server's time to use the image has come."""

    image: Key


@dataclass(slots=True)
class DownloadFailed(Indication):
    """A download came to nothing; `kept` octets lie in the slot for the next attempt."""

    image: Key
    reason: str
    kept: int


@dataclass(slots=True)
class NoImage(Indication):
    """The server has nothing for us; `status` is None when it did not answer."""

    server: int
    status: int | None


@dataclass(slots=True)
class DownloadBegan(Indication):
    """A device has asked for the first block that it lacks."""

    device: int
    image: Key


@dataclass(slots=True)
class DownloadProgress(Indication):
    """A device has come so far: `offset` of `size` octets. Told for every tenth of the image."""

    device: int
    image: Key
    offset: int
    size: int


@dataclass(slots=True)
class DownloadEnded(Indication):
    """A device has said how its download ended: SUCCESS, INVALID_IMAGE, ABORT or REQUIRE_MORE_IMAGE."""

    device: int
    image: Key
    status: int
