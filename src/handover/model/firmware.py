"""Files for devices, and how a device fares with one. Their content is opaque."""

from dataclasses import dataclass
from enum import Enum
from typing import NamedTuple


class Purpose(Enum):
    """What a file is for."""

    SOFTWARE = "software"
    CREDENTIAL = "security credential"
    CONFIGURATION = "configuration"
    LOG = "log"


class Product(NamedTuple):
    """One kind of device as both standards name it: manufacturer code and image type; PEN and model."""

    manufacturer: int
    image_type: int
    pen: int
    model: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Image:
    """A file on offer, `size` in octets; `device` is the EUI-64 of the only one that may have it.

    `activate` is when devices begin to use it (Unix s); None: not before they are told to.
    """

    product: Product
    version: int
    size: int
    purpose: Purpose = Purpose.SOFTWARE
    device: int | None = None
    activate: int | None = None


class Stage(Enum):
    """How far a device has got with a file."""

    IDLE = "nothing to do"
    LOADING = "loading"
    FAILED = "loading failed"
    LOADED = "loaded, to be verified"
    FALSE = "not genuine, or not for this device"
    WAITING = "verified, waits for its activation"
    NOT_ACTIVATED = "activation failed"
    ACTIVATING = "being activated"
    ACTIVE = "active"


@dataclass(frozen=True, slots=True)
class Progress:
    """A device's stage, and how much of the file it has in per cent."""

    stage: Stage
    percent: int = 0
