"""The admissions of a gateway while it runs: what it knows and sees, as their events.

`Admissions` are those of orientation A, `AdmissionsBelow` those of its downward half (orientation B). No I/O:
facts and refusals go in, rows of the journal come out.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

from handover.gateway.outputs import Change
from handover.gateway.pairing.pairing import Happened, Pairing
from handover.gateway.pairing.pairings import Pairings, key_of, sfdi_of
from handover.gateway.pairing.signs import of_certificate
from handover.gateway.pairing.states import DownSep2, Event, Kind
from handover.sep2.peer import Peer
from handover.sep2.security.identity import format_sfdi

_KNOCKING = (Event.STRANGER, Event.EXPIRED)
_LISTED = (DownSep2.REGISTERED, DownSep2.VERIFIED, DownSep2.NO_READING)
"""States in which a device is registered, unless the operator has removed it since."""


@dataclass(frozen=True, slots=True)
class Facts:
    """What the gateway knows: of its ESI (found, answering, read), and of its devices by SFDI.

    `seen` has when a device asked last, in Unix seconds of our own clock.
    """

    esi: bool = False
    online: bool = False
    readings: bool = False
    registered: frozenset[int] = frozenset()
    seen: Mapping[int, float] = field(default_factory=dict)


class Admissions:
    """`pairings` are those of the journal; `look` is to be called often, and its rows are to be written."""

    def __init__(self) -> None:
        self.pairings = Pairings()
        self._noted: list[tuple[str, Happened]] = []

    def look(self, facts: Facts, now: float) -> list[Change]:
        """Take what is known at `now` (our own clock), and what was noted since the last look."""
        pairings = self.pairings
        pairings.begin(Kind.UP_SEP1, now)
        esi = key_of(Kind.UP_SEP1)
        changes = pairings.seen(esi, Happened(Event.SEARCH), now)
        for known, event in (
            (facts.esi, Event.JOINED),
            (facts.online, Event.KEYS),
            (facts.readings, Event.READING),
        ):
            if known:
                changes += pairings.seen(esi, Happened(event), now)
        noted, self._noted = self._noted, []
        for key, happened in noted:
            changes += pairings.seen(key, happened, now)
        for pairing in pairings:
            if pairing.kind is Kind.DOWN_SEP2:
                changes += self._device(pairing, facts, now)
        return changes + pairings.tick(now)

    def _device(self, pairing: Pairing, facts: Facts, now: float) -> list[Change]:
        key, sfdi = pairing.progress.key, sfdi_of(pairing.progress.key)
        if pairing.state in _LISTED and sfdi not in facts.registered:
            return self.pairings.seen(key, Happened(Event.REMOVED), now)
        last = facts.seen.get(sfdi)
        if last is not None and last >= pairing.progress.since:
            return self.pairings.seen(key, Happened(Event.READING), now)
        return []

    def stranger(self, peer: Peer) -> None:
        """Note that a device asked for more than strangers get."""
        happened = Happened(Event.STRANGER, f"SFDI {format_sfdi(peer.sfdi)}")
        self._noted += [(key, happened) for key in self.pairings.waiting(Kind.DOWN_SEP2, [Event.STRANGER])]

    def certificate(self, sfdi: int, reason: str) -> None:
        """Note that the certificate of this device was refused."""
        self._noted.append((key_of(Kind.DOWN_SEP2, sfdi), of_certificate(reason)))

    def handshake(self, reason: str) -> None:
        """Note that somebody's handshake failed; whose it was shows only when one device is waited for."""
        waiting = self.pairings.waiting(Kind.DOWN_SEP2, _KNOCKING)
        if len(waiting) == 1 and "the client's certificate" in reason:
            self._noted.append((waiting[0], of_certificate(reason)))


@dataclass(frozen=True, slots=True)
class Member:
    """A SEP 1.x device with a link key: whether the server has a place for it, and when it spoke last."""

    placed: bool
    heard: float


class AdmissionsBelow:
    """The admissions of the downward half; every method returns rows to be written."""

    def __init__(self) -> None:
        self.pairings = Pairings()
        self._trusted: dict[str, float] = {}

    def opened(self, eui64: int, now: float) -> list[Change]:
        """Take note that the network is open for an expected device."""
        return self.pairings.seen(key_of(Kind.DOWN_SEP1, eui64), Happened(Event.OPENED), now)

    def admitted(self, eui64: int, now: float) -> list[Change]:
        """Take note that a device has a link key of its own."""
        key = key_of(Kind.DOWN_SEP1, eui64)
        self._trusted[key] = now
        return self.pairings.seen(key, Happened(Event.KEYS), now)

    def standing(self, admitted: bool, reason: str, now: float) -> list[Change]:
        """Take what the server says of the gateway itself: admitted, or why not."""
        event = Event.REGISTERED
        if not admitted:
            event = Event.BAD_PIN if "PIN" in reason else Event.STRANGER
        key = key_of(Kind.UP_SEP2)
        return [
            *self.pairings.seen(key, Happened(Event.KEYS), now),
            *self.pairings.seen(key, Happened(event, reason), now),
        ]

    def look(self, members: Mapping[int, Member], data: bool, now: float) -> list[Change]:
        """Take what is known of each device by EUI-64, and whether the server has given us data."""
        pairings = self.pairings
        pairings.begin(Kind.UP_SEP2, now)
        own = key_of(Kind.UP_SEP2)
        changes = pairings.seen(own, Happened(Event.SEARCH), now)
        if data:
            changes += pairings.seen(own, Happened(Event.READING), now)
        for eui64, member in members.items():
            key = key_of(Kind.DOWN_SEP1, eui64)
            if member.placed:
                changes += pairings.seen(key, Happened(Event.REGISTERED), now)
            changes += self._spoke(key, member, now)
        return changes + pairings.tick(now)

    def _spoke(self, key: str, member: Member, now: float) -> list[Change]:
        for pairing in self.pairings:
            # Its first question counts though it came before the server had a place for it.
            since = self._trusted.get(key, pairing.progress.since)
            if pairing.progress.key == key and member.heard >= since:
                return self.pairings.seen(key, Happened(Event.READING), now)
        return []
