"""Multicast sockets for the discovery: one per group, joined on the interfaces chosen.

Interfaces are given by a literal address of theirs, as zeroconf takes them. Nothing here knows DNS.
"""

import asyncio
import contextlib
import ipaddress
import socket
import struct
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import cast

import ifaddr

from handover.sep2.transports.discovery.records import Domain

Address = tuple[str | int, ...]
"""Where a packet came from, as the system gives it: literal address (with zone), port, and more for IPv6."""

Receive = Callable[[bytes, Address], None]
"""Takes a packet and where it came from."""

HOPS = 255


@dataclass(frozen=True, slots=True)
class Interface:
    """One way out: a literal address of the interface, and the number the system gives it."""

    address: str
    index: int

    @property
    def is_ipv6(self) -> bool:
        """Whether this is a way for IPv6."""
        return ":" in self.address


def interfaces(chosen: Sequence[str] | None = None) -> list[Interface]:
    """Return the interfaces with one of the `chosen` addresses; without a choice all but loopback, each
    family once.
    """
    found: list[Interface] = []
    for adapter in ifaddr.get_adapters():
        if adapter.index is None:
            continue
        families = set()
        for ip in adapter.ips:
            literal = ip.ip if isinstance(ip.ip, str) else ip.ip[0]
            if chosen is not None:
                if literal in chosen:
                    found.append(Interface(literal, adapter.index))
            elif ip.is_IPv6 not in families and not ipaddress.ip_address(literal).is_loopback:
                families.add(ip.is_IPv6)
                found.append(Interface(literal, adapter.index))
    return found


class GroupSocket(asyncio.DatagramProtocol):
    """A socket on one multicast group.

    `listening` binds the group's port, which is shared with other responders of this host; otherwise any port
    is taken.
    """

    def __init__(self, group: str, port: int, ways: Sequence[Interface], receive: Receive) -> None:
        self._group = group
        self._port = port
        self._ways = ways
        self._receive = receive
        self.is_ipv6 = ":" in group
        self._transport: asyncio.DatagramTransport | None = None
        self._socket: socket.socket | None = None

    async def open(self, *, listening: bool) -> None:
        """Open and, when listening, join. Raises OSError when the system does not let us."""
        family = socket.AF_INET6 if self.is_ipv6 else socket.AF_INET
        sock = socket.socket(family, socket.SOCK_DGRAM)
        try:
            sock.setblocking(False)
            self._configure(sock)
            if listening:
                sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
                with contextlib.suppress(OSError, AttributeError):
                    sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
            sock.bind(("", self._port if listening else 0))
            if listening:
                self._join(sock)
            await asyncio.get_running_loop().create_datagram_endpoint(lambda: self, sock=sock)
            self._socket = sock
        except BaseException:
            sock.close()
            raise

    def _configure(self, sock: socket.socket) -> None:
        if self.is_ipv6:
            sock.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
            sock.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_MULTICAST_HOPS, HOPS)
            sock.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_MULTICAST_LOOP, 1)
        else:
            sock.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_TTL, HOPS)
            sock.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_LOOP, 1)

    def _join(self, sock: socket.socket) -> None:
        """Join on every interface; raises the last OSError when none of them can."""
        group, joined, failure = socket.inet_pton(sock.family, self._group), 0, None
        for way in self._ways:
            try:
                if self.is_ipv6:
                    sock.setsockopt(
                        socket.IPPROTO_IPV6, socket.IPV6_JOIN_GROUP, group + struct.pack("@I", way.index)
                    )
                else:
                    address = socket.inet_aton(way.address)
                    sock.setsockopt(socket.IPPROTO_IP, socket.IP_ADD_MEMBERSHIP, group + address)
                joined += 1
            except OSError as error:
                failure = error
        if not joined:
            raise failure or OSError("no interface to join the group on")

    def send(self, packet: bytes) -> int:
        """Send to the group on every interface; return on how many it worked."""
        sent, sock = 0, self._socket
        if sock is None or self._transport is None or self._transport.is_closing():
            return 0
        for way in self._ways:
            try:
                if self.is_ipv6:
                    sock.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_MULTICAST_IF, way.index)
                    sock.sendto(packet, (self._group, self._port, 0, way.index))
                else:
                    sock.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_IF, socket.inet_aton(way.address))
                    sock.sendto(packet, (self._group, self._port))
                sent += 1
            except OSError:
                continue
        return sent

    def send_to(self, packet: bytes, address: Address) -> None:
        """Send to one host alone; what cannot be sent is lost."""
        if self._transport is not None and not self._transport.is_closing():
            with contextlib.suppress(OSError):
                self._transport.sendto(packet, cast(tuple[str, int], address))

    def close(self) -> None:
        """Close; harmless when repeated."""
        if self._transport is not None:
            self._transport.close()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Keep the transport."""
        self._transport = cast(asyncio.DatagramTransport, transport)  # uvloop's is no subclass

    def datagram_received(self, data: bytes, addr: Address) -> None:
        """Hand a packet on."""
        self._receive(data, addr)

    def error_received(self, exc: Exception) -> None:
        """Ignore what the network says about earlier packets: nothing is promised."""


async def open_group(
    domain: Domain, chosen: Sequence[str] | None, receive: Receive, *, listening: bool
) -> list[GroupSocket]:
    """Open the sockets of a domain, as many of its groups as this host can; none when it can none."""
    ways = interfaces(chosen)
    opened = []
    for group in (domain.group4, domain.group6):
        if group is None:
            continue
        fitting = [way for way in ways if way.is_ipv6 == (":" in group)]
        if fitting:
            wire = GroupSocket(group, domain.port, fitting, receive)
            with contextlib.suppress(OSError):
                await wire.open(listening=listening)
                opened.append(wire)
    return opened
