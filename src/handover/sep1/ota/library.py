"""The images that a server offers: to whom, and when they are to be used."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from handover.errors import Refused
from handover.sep1.ota.image import Header, Image, parse

Key = tuple[int, int, int]
"""Manufacturer, image type and version of an image."""


def key_of(header: Header) -> Key:
    """Return the key of an image."""
    return header.manufacturer, header.image_type, header.version


@dataclass(slots=True, kw_only=True)
class Offer:
    """An image on offer. `devices` limits it to those EUI-64s; None is everybody whom it fits.

    `upgrade_at` (Unix seconds) is when it is to be used, None at once; `hold` until `OtaServer.release`.
    `downgrade` offers it to devices that have a newer one, too.
    """

    image: Image = field(repr=False)
    devices: frozenset[int] | None = None
    upgrade_at: float | None = None
    hold: bool = False
    downgrade: bool = False

    @property
    def header(self) -> Header:
        """What the image says of itself."""
        return self.image.header

    def fits(self, device: int, current: int, hardware: int | None) -> bool:
        """Tell whether a device with this version and hardware is to have it."""
        header = self.header
        if self.devices is not None and device not in self.devices:
            return False
        if header.destination not in (None, device):
            return False
        if header.hardware is not None:
            low, high = header.hardware
            if hardware is None or not low <= hardware <= high:
                return False
        return header.version > current or (self.downgrade and header.version != current)


class Library:
    """Offers by manufacturer, image type and version."""

    def __init__(self) -> None:
        self._offers: dict[Key, Offer] = {}

    def __iter__(self) -> Iterator[Offer]:
        return iter(self._offers.values())

    def add(self, octets: bytes, **terms: Any) -> Offer:
        """Offer an image; the terms are the fields of `Offer`. The same image again changes the terms.

        Raises DecodeError for a damaged image, Refused for another one under the same version.
        """
        offer = Offer(image=parse(octets), **terms)
        held = self._offers.get(key_of(offer.header))
        if held is not None and held.image.octets != offer.image.octets:
            raise Refused(
                f"another image of version 0x{offer.header.version:08X} is on offer; "
                f"give the new one a version of its own"
            )
        self._offers[key_of(offer.header)] = offer
        return offer

    def remove(self, key: Key) -> None:
        """Offer an image no more; harmless when it was not offered."""
        self._offers.pop(key, None)

    def find(self, key: Key) -> Offer | None:
        """Return one image."""
        return self._offers.get(key)

    def knows(self, manufacturer: int, image_type: int) -> bool:
        """Tell whether there is any image of a kind."""
        return any(key[:2] == (manufacturer, image_type) for key in self._offers)

    def next(
        self, device: int, manufacturer: int, image_type: int, current: int, hardware: int | None
    ) -> Offer | None:
        """Return the newest image that a device is to have."""
        found = [
            offer
            for (maker, kind, _), offer in self._offers.items()
            if (maker, kind) == (manufacturer, image_type) and offer.fits(device, current, hardware)
        ]
        return max(found, key=lambda offer: offer.header.version, default=None)
