"""DNS packets of the discovery, over zeroconf's readers and writers: what a question is, and what answers
look like.

No sockets. Any octets at all are read without another error than DecodeError.
"""

import ipaddress
from collections.abc import Iterable, Sequence
from typing import Final

from zeroconf import Error
from zeroconf._dns import DNSAddress, DNSPointer, DNSQuestion, DNSRecord, DNSService, DNSText
from zeroconf._protocol.incoming import DNSIncoming
from zeroconf._protocol.outgoing import DNSOutgoing

from handover.errors import DecodeError

__all__ = [
    "AAAA",
    "ANY",
    "PTR",
    "SRV",
    "TXT",
    "A",
    "DNSAddress",
    "DNSIncoming",
    "DNSPointer",
    "DNSQuestion",
    "DNSRecord",
    "DNSService",
    "DNSText",
    "addresses",
    "answer",
    "answer_legacy",
    "ask",
    "pointer",
    "read",
    "service",
    "text",
]

A: Final = 1
PTR: Final = 12
TXT: Final = 16
AAAA: Final = 28
SRV: Final = 33
ANY: Final = 255
IN: Final = 1
UNIQUE: Final = 0x8000
"""In a record's class: the only one of its name and type. In a question's: please answer by unicast."""

QUERY: Final = 0x0000
ANSWER: Final = 0x8400
HOST_TTL: Final = 120
OTHER_TTL: Final = 4500
LEGACY_TTL: Final = 10
"""Seconds for an answer to somebody who does not take part in multicast DNS (RFC 6762 6.7)."""

PACKET_LIMIT: Final = 9000


def read(packet: bytes) -> DNSIncoming:
    """Return the packet, its records read. Raises DecodeError."""
    if len(packet) > PACKET_LIMIT:
        raise DecodeError(f"a DNS packet of {len(packet)} octets is longer than {PACKET_LIMIT}")
    try:
        incoming = DNSIncoming(packet)
        incoming.answers()
    except (Error, ValueError, IndexError, OverflowError) as error:
        raise DecodeError(f"a DNS packet cannot be read ({type(error).__name__})") from None
    if not incoming.valid:
        raise DecodeError("a DNS packet is cut short or malformed")
    return incoming


def ask(names: Iterable[tuple[str, int]], identifier: int = 0) -> bytes:
    """Return a query for (name, type) pairs that asks for answers by unicast."""
    out = DNSOutgoing(QUERY, multicast=False, id_=identifier)
    for name, kind in names:
        out.add_question(DNSQuestion(name, kind, IN | UNIQUE))
    return out.packets()[0]


def answer(records: Sequence[DNSRecord], additional: Sequence[DNSRecord]) -> list[bytes]:
    """Return the packets of a multicast answer."""
    out = DNSOutgoing(ANSWER, multicast=True)
    for record in records:
        out.add_answer_at_time(record, 0)
    for record in additional:
        out.add_additional_answer(record)
    return out.packets()


def answer_legacy(
    question: DNSQuestion, identifier: int, records: Sequence[DNSRecord], additional: Sequence[DNSRecord]
) -> list[bytes]:
    """Return the packets of an answer to a plain resolver: its id and question again, short times, no cache
    bit.
    """
    out = DNSOutgoing(ANSWER, multicast=False, id_=identifier)
    out.add_question(DNSQuestion(question.name, question.type, IN))
    for record in records:
        record.ttl = min(record.ttl, LEGACY_TTL)
        out.add_answer_at_time(record, 0)
    for record in additional:
        record.ttl = min(record.ttl, LEGACY_TTL)
        out.add_additional_answer(record)
    return out.packets()


def pointer(name: str, target: str, ttl: int = OTHER_TTL) -> DNSPointer:
    """Return a PTR record."""
    return DNSPointer(name, PTR, IN, ttl, target)


def service(name: str, port: int, host: str, ttl: int = HOST_TTL) -> DNSService:
    """Return an SRV record of priority and weight 0."""
    return DNSService(name, SRV, IN | UNIQUE, ttl, 0, 0, port, host)


def text(name: str, octets: bytes, ttl: int = OTHER_TTL, *, unique: bool = True) -> DNSText:
    """Return a TXT record."""
    return DNSText(name, TXT, IN | (UNIQUE if unique else 0), ttl, octets)


def addresses(name: str, literals: Iterable[str], ttl: int = HOST_TTL) -> list[DNSAddress]:
    """Return A and AAAA records for literal addresses, a zone left out."""
    records = []
    for literal in literals:
        packed = ipaddress.ip_address(literal.split("%")[0]).packed
        records.append(DNSAddress(name, A if len(packed) == 4 else AAAA, IN | UNIQUE, ttl, packed))
    return records
