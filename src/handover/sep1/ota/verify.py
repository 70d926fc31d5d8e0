"""Whether an image is genuine and meant for a device. The curve arithmetic comes from outside.

Each integrity code covers all octets before its own value, each signature all before r and s, the signer's
EUI-64 included. The last sub-element must be one of them: nothing stands uncovered behind it.
"""

from collections.abc import Callable
from dataclasses import dataclass

from handover.errors import Refused
from handover.sep1.ota.image import Header, Image, Tag
from handover.sep1.security.mmo import mmo

Verifier = Callable[[int, bytes, int, bytes, bytes], bool]
"""(suite 1 or 2, certificate, signer's EUI-64, r and s, MMO hash of the signed octets) -> genuine.

May raise Refused to say why not.
"""

_SIGNER = 8
"""Octets of the signer's EUI-64, with which a signature begins."""

_SUITES = {
    Tag.SIGNATURE_1: (1, Tag.CERTIFICATE_1),
    Tag.SIGNATURE_2: (2, Tag.CERTIFICATE_2),
}


@dataclass(frozen=True, slots=True)
class Target:
    """The device to be upgraded; `hardware` None means that it does not know its hardware version.

    Such a device takes no image that names hardware.
    """

    eui64: int
    manufacturer: int
    image_type: int
    version: int
    hardware: int | None = None
    downgrade: bool = False


def check_genuine(image: Image, verifier: Verifier | None = None, *, signed: bool = False) -> None:
    """Return when every integrity code and signature holds; `signed` asks for a signature over all of it.

    Raises Refused, also for an image that has neither, and for a signature without a `verifier`.
    """
    protections = (Tag.INTEGRITY, *_SUITES)
    last = image.elements[-1].tag
    if image.tail:
        raise Refused(
            f"the OTA image has {len(image.tail)} octets behind its last part, which nothing covers; "
            f"it is not trusted"
        )
    if last not in protections:
        raise Refused("the OTA image does not end with an integrity code or signature; it is not trusted")
    if signed and last not in _SUITES:
        raise Refused(
            "the OTA image does not end with a signature; only images signed as a whole are accepted"
        )
    certificates = {element.tag: element.data for element in image.elements}
    for element in image.elements:
        if element.tag not in protections:
            continue
        if element.tag == Tag.INTEGRITY:
            if mmo(image.octets[: element.start]) != element.data:
                raise Refused("the integrity code of the OTA image does not match; fetch the image again")
            continue
        suite, needed = _SUITES[Tag(element.tag)]
        certificate = certificates.get(needed)
        if certificate is None:
            raise Refused(f"the OTA image is signed with suite {suite} but carries no certificate for it")
        if verifier is None:
            raise Refused(f"nothing here can check the suite {suite} signature of the OTA image")
        signer = int.from_bytes(element.data[:_SIGNER], "little")
        digest = mmo(image.octets[: element.start + _SIGNER])
        if not verifier(suite, certificate, signer, element.data[_SIGNER:], digest):
            raise Refused(f"the suite {suite} signature of the OTA image is not genuine")


def check_target(header: Header, target: Target) -> None:
    """Return when the image is meant for `target` and is newer. Raises Refused with the reason."""
    if (header.manufacturer, header.image_type) != (target.manufacturer, target.image_type):
        raise Refused("the OTA image is for another manufacturer or image type")
    if header.destination is not None and header.destination != target.eui64:
        raise Refused("the OTA image is for another device")
    if header.hardware is not None:
        low, high = header.hardware
        if target.hardware is None or not low <= target.hardware <= high:
            raise Refused(
                f"the OTA image is for hardware 0x{low:04X}..0x{high:04X}, which this device is not"
            )
    if header.version == target.version or (header.version < target.version and not target.downgrade):
        raise Refused(f"OTA version 0x{header.version:08X} is not newer than 0x{target.version:08X}")
