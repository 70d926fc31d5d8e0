"""Lets SEP 2.0 devices find this gateway by DNS-SD. A gateway that cannot be found is served all the same."""

import asyncio
import contextlib
import re
import socket
from collections.abc import Iterable

import structlog

from handover.errors import HandoverError
from handover.gateway import tree
from handover.sep2.transports.discovery import Advertisement, Advertiser
from handover.sep2.transports.discovery.sockets import interfaces

log = structlog.get_logger("handover.gateway")

FUNCTION_SETS = {
    "edev": tree.DEVICES,
    "sdev": tree.SELF,
    "tm": tree.HREFS.time,
    "tp": tree.TARIFFS,
    "msg": tree.MESSAGES,
    "dr": tree.PROGRAMS,
    "upt": tree.USAGE_POINTS,
    "rsps": tree.RESPONSE_SETS,
}


class Announcer:
    """Advertises the gateway `name`, which listens on `host` and `port`, and the devices that it knows."""

    def __init__(self, name: str, host: str, port: int) -> None:
        self._name = name
        self._host = host
        self._port = port
        self._said: Advertisement | None = None
        self._advertiser: Advertiser | None = None

    async def run(self, sfdis: Iterable[int]) -> None:
        """Begin to advertise, and go on until cancelled."""
        try:
            self._said = self._advertisement(sfdis)
            self._advertiser = Advertiser(self._said, chosen=self._said.addresses)
            await self._advertiser.open()
            await asyncio.Event().wait()
        except (HandoverError, OSError) as error:
            log.warning("discovery.off", reason=str(error), hint="devices need the gateway's address")
        finally:
            if self._advertiser is not None:
                with contextlib.suppress(HandoverError, OSError):
                    await self._advertiser.close()

    async def update(self, sfdis: Iterable[int]) -> None:
        """Advertise other devices from now on."""
        if self._advertiser is None:
            return
        new = self._advertisement(sfdis)
        if new != self._said:
            self._said = new
            with contextlib.suppress(HandoverError, OSError):
                await self._advertiser.update(new)

    def _advertisement(self, sfdis: Iterable[int]) -> Advertisement:
        devices = {f"edev-{sfdi}": tree.DEVICES for sfdi in sfdis}
        host = re.sub(r"[^A-Za-z0-9-]", "-", socket.gethostname().partition(".")[0]) or "gateway"
        return Advertisement(
            instance=self._name,
            host=host,
            addresses=tuple(own_addresses(self._host)),
            https_port=self._port,
            dcap=tree.CAPABILITY,
            function_sets=FUNCTION_SETS | devices,
        )


def own_addresses(host: str) -> list[str]:
    """Return the addresses at which a server on `host` is reached: its own, or all but loopback."""
    if host not in ("", "0.0.0.0", "::"):
        return [host]
    return [way.address for way in interfaces()] or ["127.0.0.1"]
