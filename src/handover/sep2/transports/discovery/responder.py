"""Answers questions for a server that python-zeroconf cannot answer: subtypes, and anything in `.site`. No
sockets.

For `.local` zeroconf keeps the plain service (it probes for the name, announces it and says goodbye); what is
left to this responder there are the subtypes. In `.site` it answers everything.
"""

from dataclasses import dataclass

from handover.errors import DecodeError
from handover.sep2.transports.discovery import packets
from handover.sep2.transports.discovery.packets import (
    AAAA,
    ANY,
    PTR,
    SRV,
    TXT,
    A,
    DNSIncoming,
    DNSQuestion,
    DNSRecord,
)
from handover.sep2.transports.discovery.records import SERVICE, Advertisement, Domain, label

QUESTION_LIMIT = 32
"""Questions of one packet that are looked at."""

REPLY_LIMIT = 100
"""Replies per second; a flood of questions gets no more."""

PATH_TTL = 10
"""Seconds for a TXT record with a path: it holds for one question only and must not stay in caches."""


@dataclass(slots=True)
class Reply:
    """Packets to send: to the asker alone, or to the group. `shared` ones wait a random while first (RFC 6762
    6).
    """

    packets: list[bytes]
    unicast: bool
    shared: bool = False


class Responder:
    """The responder of one domain.

    `subtypes_only` leaves the plain service to somebody else. Counters: `malformed` packets, `limited`
    questions that came too fast.
    """

    def __init__(self, advertisement: Advertisement, domain: Domain, *, subtypes_only: bool = False) -> None:
        self.malformed = self.limited = 0
        self.domain = domain
        self._subtypes_only = subtypes_only
        self._port = domain.port
        self._second, self._replies = 0.0, 0
        self.advertise(advertisement)

    def advertise(self, advertisement: Advertisement) -> None:
        """Say something else from now on."""
        domain = self.domain.name
        self._said = advertisement
        self._service = f"{SERVICE}.{domain}."
        self._instance = f"{label(advertisement.instance)}.{self._service}"
        self._host = f"{label(advertisement.host)}.{domain}."
        self._paths = {
            f"{subtype}._sub.{self._service}".lower(): path
            for subtype, path in advertisement.function_sets.items()
        }

    def handle(self, packet: bytes, source_port: int, now: float) -> list[Reply]:
        """Take a packet from the network at `now` (seconds, any origin). Never raises; counts nonsense."""
        try:
            incoming = packets.read(packet)
        except DecodeError:
            self.malformed += 1
            return []
        if not incoming.is_query():
            return []
        replies = []
        for question in incoming.questions[:QUESTION_LIMIT]:
            records, additional = self._answer(question)
            records = [record for record in records if not record.suppressed_by(incoming)]
            if records and self._allowed(now):
                replies.append(self._reply(incoming, question, records, additional, source_port))
        return replies

    def announce(self) -> list[bytes]:
        """Return what is told to the group unasked, when the server appears."""
        return packets.answer(*self._everything())

    def goodbye(self) -> list[bytes]:
        """Return what is told to the group when the server disappears: the same with no time to live."""
        records, additional = self._everything()
        for record in (*records, *additional):
            record.ttl = 0
        return packets.answer([*records, *additional], [])

    def _everything(self) -> tuple[list[DNSRecord], list[DNSRecord]]:
        pointers: list[DNSRecord] = [packets.pointer(name, self._instance) for name in self._paths]
        if self._subtypes_only:
            return pointers, []
        return [packets.pointer(self._service, self._instance), *pointers], self._details(None)

    def _answer(self, question: DNSQuestion) -> tuple[list[DNSRecord], list[DNSRecord]]:
        """Return answers and additional records for one question."""
        name, kind = question.key, question.type
        path = self._paths.get(name)
        if path is not None:
            found = [packets.pointer(question.name, self._instance)] if kind in (PTR, ANY) else []
            return [*found], self._details(path)
        if self._subtypes_only:
            return [], []
        if name == self._service.lower() and kind in (PTR, ANY):
            return [packets.pointer(self._service, self._instance)], self._details(None)
        if name == f"_services._dns-sd._udp.{self.domain.name}." and kind in (PTR, ANY):
            return [packets.pointer(name, self._service)], []
        if name == self._instance.lower():
            details = self._details(None)
            asked = [record for record in details if kind == record.type and kind in (SRV, TXT)]
            if kind == ANY:
                asked = [record for record in details if record.type in (SRV, TXT)]
            return asked, [record for record in details if record.type in (A, AAAA)]
        if name == self._host.lower():
            return [record for record in self._addresses() if kind in (record.type, ANY)], []
        return [], []

    def _details(self, path: str | None) -> list[DNSRecord]:
        said = self._said
        text = packets.text(self._instance, said.text(path))
        if path is not None:
            text = packets.text(self._instance, said.text(path), PATH_TTL, unique=False)
        return [packets.service(self._instance, said.srv_port, self._host), text, *self._addresses()]

    def _addresses(self) -> list[DNSRecord]:
        return [*packets.addresses(self._host, self._said.addresses)]

    def _reply(
        self,
        incoming: DNSIncoming,
        question: DNSQuestion,
        records: list[DNSRecord],
        additional: list[DNSRecord],
        source_port: int,
    ) -> Reply:
        if source_port != self._port:
            return Reply(packets.answer_legacy(question, incoming.id, records, additional), unicast=True)
        shared = question.type == PTR
        return Reply(packets.answer(records, additional), unicast=question.unicast, shared=shared)

    def _allowed(self, now: float) -> bool:
        if not self._second <= now < self._second + 1:
            self._second, self._replies = now, 0
        self._replies += 1
        if self._replies > REPLY_LIMIT:
            self.limited += 1
            return False
        return True
