"""The text file in which the Smart Energy authority hands out a device's certificate: labels and hexadecimal.

"Private Key Reconstruction Data" holds the private key itself. The file is secret: keep it at mode 0600.
"""

import re
from typing import Final

from handover.errors import DecodeError
from handover.sep1.security.ecqv import Credentials, credentials, public_key

AUTHORITY: Final = "CA Pub Key"
CERTIFICATE: Final = "Device Implicit Cert"
PRIVATE_KEY: Final = "Private Key Reconstruction Data"
PUBLIC_KEY: Final = "Device Public Key"

_LABEL = re.compile(r"^\s*([^:\n]{1,60}):", re.MULTILINE)


def read(text: str) -> Credentials:
    """Return the credentials in the text of a file; case, spaces and lines between do not matter.

    Raises DecodeError when a part is missing, malformed, or does not belong to the others. Its message holds
    nothing of the private key.
    """
    parts = _parts(text)
    missing = [label for label in (AUTHORITY, CERTIFICATE, PRIVATE_KEY) if label.lower() not in parts]
    if missing:
        raise DecodeError(f"certificate file has no {missing[0]!r}; give the file as the authority sent it")
    certificate, private, authority = (
        _octets(label, parts[label.lower()]) for label in (CERTIFICATE, PRIVATE_KEY, AUTHORITY)
    )
    made = credentials(certificate, private, authority)
    stated = parts.get(PUBLIC_KEY.lower())
    if stated is not None and made.curve.decode(_octets(PUBLIC_KEY, stated)) != made.public_key:
        raise DecodeError(
            f"certificate file: {PUBLIC_KEY!r} is not the key of the certificate; the file is mixed up"
        )
    return made


def write(made: Credentials) -> str:
    """Return the text of a file with these credentials, private key included."""
    curve = made.curve
    rows = {
        AUTHORITY: curve.encode(made.authority),
        CERTIFICATE: made.certificate.octets,
        PRIVATE_KEY: made.private_key.to_bytes(curve.octets, "big"),
        PUBLIC_KEY: curve.encode(public_key(made.certificate, made.authority)),
    }
    return "".join(f"{label}: {octets.hex()}\n" for label, octets in rows.items())


def _parts(text: str) -> dict[str, str]:
    """Return what stands behind each label, up to the next; labels in lower case."""
    marks = list(_LABEL.finditer(text))
    if not marks:
        return {}
    ends = [mark.start() for mark in marks[1:]] + [len(text)]
    return {mark[1].strip().lower(): text[mark.end() : end] for mark, end in zip(marks, ends, strict=True)}


def _octets(label: str, text: str) -> bytes:
    digits = "".join(text.split()).removeprefix("0x")
    try:
        return bytes.fromhex(digits)
    except ValueError:
        raise DecodeError(f"certificate file: {label!r} is not hexadecimal") from None
