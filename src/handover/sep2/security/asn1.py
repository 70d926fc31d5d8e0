"""The little DER that certificates of this application need and the X.509 library leaves to us."""

_SEQUENCE, _OCTET_STRING, _OBJECT_IDENTIFIER = 0x30, 0x04, 0x06
_ENTERPRISES = bytes((0x2B, 6, 1, 4, 1))


def hardware_module_name(pen: int, serial: bytes) -> bytes:
    """Return HardwareModuleName (RFC 4108): type 1.3.6.1.4.1.`pen`.1, and the serial number."""
    kind = _element(_OBJECT_IDENTIFIER, _ENTERPRISES + _arc(pen) + _arc(1))
    return _element(_SEQUENCE, kind + _element(_OCTET_STRING, serial))


def serial_of(name: bytes) -> bytes | None:
    """Return the serial number of a HardwareModuleName, or None for anything else."""
    if len(name) < 4 or name[0] != _SEQUENCE or name[1] != len(name) - 2 or name[2] != _OBJECT_IDENTIFIER:
        return None
    rest = name[4 + name[3] :]
    if len(rest) < 2 or rest[0] != _OCTET_STRING or rest[1] != len(rest) - 2:
        return None
    return rest[2:]


def _element(tag: int, content: bytes) -> bytes:
    """Return one element. Everything here is shorter than 128 octets, so one octet holds the length."""
    return bytes((tag, len(content))) + content


def _arc(number: int) -> bytes:
    """Return one arc of an object identifier: seven bits an octet, the last one without the top bit."""
    octets = [number & 0x7F]
    while number := number >> 7:
        octets.append(number & 0x7F | 0x80)
    return bytes(reversed(octets))
