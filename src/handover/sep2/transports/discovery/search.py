"""Finds servers in one domain: which questions to ask, and what the answers say. No sockets, no clock.

The questions are one-shot: asked from any port, answered by unicast. Whatever an answer leaves out is asked
for next.
"""

import ipaddress
from collections.abc import Iterable
from dataclasses import dataclass, field

from handover.errors import DecodeError
from handover.sep2.transports.discovery import packets
from handover.sep2.transports.discovery.packets import (
    AAAA,
    PTR,
    SRV,
    TXT,
    A,
    DNSAddress,
    DNSIncoming,
    DNSPointer,
    DNSService,
    DNSText,
)
from handover.sep2.transports.discovery.records import SERVICE, DiscoveredServer, Domain, Text, understand

INSTANCE_LIMIT = 64
"""Servers that are taken note of; more on one link are an attack."""

TRIES = 4
"""How often the rest of an incomplete answer is asked for."""

ADDRESS_LIMIT = 16
"""Addresses of a host that are taken note of."""


@dataclass(slots=True)
class _Found:
    """What is known of an instance so far."""

    name: str
    port: int | None = None
    host: str | None = None
    text: Text | None = None
    refused: bool = False
    source: str = ""
    tries: int = 0
    subtypes: dict[str, str] = field(default_factory=dict)


class Search:
    """One search: `queries` to begin with, `handle` for every packet that comes, `missing` for what to ask
    next.

    `malformed` counts packets that could not be read.
    """

    def __init__(self, domain: Domain, subtypes: Iterable[str] = ()) -> None:
        self.malformed = 0
        self._domain = domain
        self._service = f"{SERVICE}.{domain.name}."
        self._subtypes = {f"{subtype}._sub.{self._service}".lower(): subtype for subtype in subtypes}
        self._found: dict[str, _Found] = {}
        self._hosts: dict[str, dict[str, None]] = {}

    def queries(self) -> list[bytes]:
        """Return the questions to begin with: for the service, and one packet for each subtype."""
        return [packets.ask([(name, PTR)]) for name in (self._service, *self._subtypes)]

    def missing(self) -> list[bytes]:
        """Return questions for what is not known yet of instances that have been named."""
        asks = []
        for found in self._found.values():
            if found.refused or found.tries >= TRIES:
                continue
            found.tries += 1
            if found.port is None or found.host is None:
                asks.append(packets.ask([(found.name, SRV)]))
            elif not self._hosts.get(found.host.lower()):
                asks.append(packets.ask([(found.host, A), (found.host, AAAA)]))
            if found.text is None:
                asks.append(packets.ask([(found.name, TXT)]))
        return asks

    def handle(self, packet: bytes, source: str = "") -> None:
        """Take an answer that came from the address `source`. Never raises; nonsense is counted."""
        try:
            incoming = packets.read(packet)
        except DecodeError:
            self.malformed += 1
            return
        if not incoming.is_response():
            return
        named = self._pointers(incoming, source)
        for record in incoming.answers():
            match record:
                case DNSService():
                    self._service_record(record)
                case DNSText():
                    self._text(record, named)
                case DNSAddress():
                    self._address(record, source.partition("%")[2])

    def servers(self) -> list[DiscoveredServer]:
        """Return the servers of which enough is known to reach them, in the order they were named."""
        servers = []
        for found in self._found.values():
            if found.refused or found.text is None or found.port is None or found.host is None:
                continue
            literals = sorted(self._hosts.get(found.host.lower(), {}), key=_preference)
            if not literals and found.source:
                literals = [found.source]
            if literals:
                servers.append(
                    DiscoveredServer(
                        instance=found.name.removesuffix("." + self._service),
                        host=found.host.rstrip("."),
                        addresses=tuple(literals),
                        port=found.port,
                        https_port=found.text.https_port,
                        dcap=found.text.dcap,
                        level=found.text.level,
                        domain=self._domain.name,
                        subtypes=dict(sorted(found.subtypes.items())),
                    )
                )
        return servers

    def _pointers(self, incoming: DNSIncoming, source: str) -> dict[str, set[str]]:
        """Note the instances that a packet names; return the subtypes under which it names each."""
        named: dict[str, set[str]] = {}
        for record in incoming.answers():
            if not isinstance(record, DNSPointer) or not record.alias.lower().endswith(
                "." + self._service.lower()
            ):
                continue
            subtype = self._subtypes.get(record.key)
            if subtype is None and record.key != self._service.lower():
                continue
            key = record.alias.lower()
            if record.ttl == 0:
                self._found.pop(key, None)
            elif key in self._found or len(self._found) < INSTANCE_LIMIT:
                self._found.setdefault(key, _Found(record.alias, source=source))
                if subtype is not None:
                    named.setdefault(key, set()).add(subtype)
        return named

    def _service_record(self, record: DNSService) -> None:
        found = self._found.get(record.key)
        if found is not None and record.ttl and 0 < record.port < 65536:
            found.port, found.host = record.port, record.server

    def _text(self, record: DNSText, named: dict[str, set[str]]) -> None:
        found = self._found.get(record.key)
        if found is None or not record.ttl:
            return
        try:
            text = understand(record.text)
        except DecodeError:
            found.refused = found.text is None
            return
        found.refused = False
        subtypes = named.get(record.key, set())
        if text.path is not None and len(subtypes) == 1:
            found.subtypes[subtypes.pop()] = text.path
        found.text = text

    def _address(self, record: DNSAddress, zone: str) -> None:
        try:
            address = ipaddress.ip_address(record.address)
        except ValueError:
            return
        if address.is_unspecified or address.is_multicast or (address.is_link_local and not zone):
            return  # no address to connect to; a link-local one means nothing without the link
        literal = f"{address}%{zone}" if address.is_link_local and address.version == 6 else str(address)
        if len(self._hosts) < INSTANCE_LIMIT or record.key in self._hosts:
            known = self._hosts.setdefault(record.key, {})
            if record.ttl and len(known) < ADDRESS_LIMIT:
                known[literal] = None


def _preference(literal: str) -> tuple[bool, bool]:
    """Sort key: addresses that need no zone first, then IPv6 before IPv4."""
    address = ipaddress.ip_address(literal)
    return address.is_link_local, address.version == 4
