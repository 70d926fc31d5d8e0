"""Makes a server found: zeroconf for the plain service in `.local`, our responder for the rest."""

import asyncio
import random
import socket
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial

import structlog
from zeroconf import DNSQuestionType, Error, InterfaceChoice, IPVersion, ServiceInfo
from zeroconf.asyncio import AsyncServiceInfo, AsyncZeroconf

from handover.errors import NotNow
from handover.sep2.transports.discovery.records import DOMAINS, LOCAL, SERVICE, Advertisement, Domain, label
from handover.sep2.transports.discovery.responder import Responder
from handover.sep2.transports.discovery.sockets import Address, GroupSocket, interfaces, open_group

log = structlog.get_logger("handover.sep2.discovery")

SHARED_DELAY = (0.02, 0.12)
"""Seconds that an answer waits which others may give at the same time."""

NAME_TAKEN_WITHIN = 1500
"""Milliseconds in which another server of our name must have answered; it may keep silent for a second."""

NAMES = 9
"""Names that are tried; then zeroconf's own check has to do."""

ANNOUNCE_AGAIN = 1.0
"""Seconds between the two announcements of a server that appears."""


class _Served:
    """One domain: its responder and its sockets."""

    def __init__(self, responder: Responder) -> None:
        self.responder = responder
        self.sockets: list[GroupSocket] = []
        self._timers: set[asyncio.TimerHandle] = set()

    async def open(self, chosen: Sequence[str] | None) -> bool:
        """Open the sockets; tell whether this host has any for the domain."""
        self.sockets = await open_group(self.responder.domain, chosen, self._receive, listening=True)
        self.announce()
        self._later(ANNOUNCE_AGAIN, self.announce)
        return bool(self.sockets)

    def announce(self) -> None:
        self._send(self.responder.announce())

    def close(self) -> None:
        for timer in self._timers:
            timer.cancel()
        self._send(self.responder.goodbye())
        for wire in self.sockets:
            wire.close()

    def _receive(self, packet: bytes, address: Address) -> None:
        now = asyncio.get_running_loop().time()
        for reply in self.responder.handle(packet, int(address[1]), now):
            if reply.unicast:
                for answer in reply.packets:
                    self._answering(address).send_to(answer, address)
            elif reply.shared:
                self._later(random.uniform(*SHARED_DELAY), partial(self._send, reply.packets))
            else:
                self._send(reply.packets)

    def _answering(self, address: Address) -> GroupSocket:
        """Return the socket of the family that the address is of."""
        fitting = [wire for wire in self.sockets if wire.is_ipv6 == (":" in str(address[0]))]
        return fitting[0] if fitting else self.sockets[0]

    def _send(self, packets: list[bytes]) -> None:
        for packet in packets:
            for wire in self.sockets:
                wire.send(packet)

    def _later(self, seconds: float, action: Callable[[], None]) -> None:
        def run() -> None:
            self._timers.discard(timer)
            action()

        timer = asyncio.get_running_loop().call_later(seconds, run)
        self._timers.add(timer)


class Advertiser:
    """Advertises one server until it is closed.

    `chosen` are literal addresses of the interfaces to use; without it all but loopback. A domain that this
    host cannot serve (no IPv6 for `.site`, for instance) is left out with a warning in the log: a server is
    reachable without being found. `serving` names the domains served. `instance` is the name under which the
    server is shown; another server of the same name on the link makes it "name-2".
    """

    def __init__(
        self,
        advertisement: Advertisement,
        *,
        chosen: Sequence[str] | None = None,
        domains: Sequence[Domain] = DOMAINS,
    ) -> None:
        self.serving: list[str] = []
        self.instance = label(advertisement.instance)
        self._said = advertisement
        self._chosen = chosen
        self._domains = domains
        self._zeroconf: AsyncZeroconf | None = None
        self._info: ServiceInfo | None = None
        self._served: list[_Served] = []
        self._opened = False

    async def open(self) -> None:
        """Begin to advertise; takes about four seconds. Raises NotNow when done before."""
        if self._opened:
            raise NotNow("this advertiser was opened before; make a new one")
        self._opened = True
        if LOCAL in self._domains:
            await self._register()
        for domain in self._domains:
            if domain is LOCAL and self._zeroconf is None:
                continue
            served = _Served(Responder(self._named(), domain, subtypes_only=domain is LOCAL))
            if await served.open(self._chosen):
                self._served.append(served)
                self.serving.append(domain.name)
            else:
                served.close()
                log.warning(
                    "discovery.left_out",
                    domain=domain.name,
                    hint="no interface of this host can reach its groups",
                )

    async def update(self, advertisement: Advertisement) -> None:
        """Say something else from now on; the instance name stays. Raises NotNow when not open."""
        if not self._opened:
            raise NotNow("the advertiser is not open: open it before updating")
        self._said = advertisement
        if self._zeroconf is not None:
            self._info = self._describe(self.instance)
            await (await self._zeroconf.async_update_service(self._info))
        for served in self._served:
            served.responder.advertise(self._named())
            served.announce()

    async def close(self) -> None:
        """Say goodbye and stop; harmless when repeated."""
        served, self._served = self._served, []
        for one in served:
            one.close()
        zeroconf, self._zeroconf = self._zeroconf, None
        if zeroconf is not None:
            await zeroconf.async_close()
        self.serving.clear()

    def _named(self) -> Advertisement:
        return replace(self._said, instance=self.instance)

    def _describe(self, instance: str) -> ServiceInfo:
        return ServiceInfo(
            f"{SERVICE}.local.",
            f"{instance}.{SERVICE}.local.",
            parsed_addresses=[literal.split("%")[0] for literal in self._said.addresses],
            port=self._said.srv_port,
            properties=self._said.text(),
            server=f"{label(self._said.host)}.local.",
        )

    async def _free_name(self, zeroconf: AsyncZeroconf) -> str:
        """Return our name, or with a number behind it one that nobody on the link answers for.

        zeroconf itself asks for an answer to its own socket only. Where several programs of this host share
        the port, the system may give that answer to another of them.
        """
        kind = f"{SERVICE}.local."
        for number in range(1, NAMES + 1):
            name = self.instance if number == 1 else f"{self.instance}-{number}"
            asked = AsyncServiceInfo(kind, f"{name}.{kind}")
            taken = await asked.async_request(
                zeroconf.zeroconf, NAME_TAKEN_WITHIN, question_type=DNSQuestionType.QM
            )
            if not taken:
                return name
        return self.instance

    async def _register(self) -> None:
        """Register the plain service with zeroconf, under another name when the name is taken."""
        ways = interfaces(self._chosen)
        version = IPVersion.All if any(way.is_ipv6 for way in ways) else IPVersion.V4Only
        try:
            chosen = InterfaceChoice.All if self._chosen is None else list(self._chosen)
            self._zeroconf = AsyncZeroconf(interfaces=chosen, ip_version=version)
            self._info = self._describe(await self._free_name(self._zeroconf))
            await (await self._zeroconf.async_register_service(self._info, allow_name_change=True))
        except (OSError, Error, socket.gaierror) as error:
            zeroconf, self._zeroconf = self._zeroconf, None
            if zeroconf is not None:
                await zeroconf.async_close()
            log.warning("discovery.left_out", domain="local", hint=str(error) or type(error).__name__)
            return
        self.instance = self._info.name.removesuffix(f".{SERVICE}.local.")
