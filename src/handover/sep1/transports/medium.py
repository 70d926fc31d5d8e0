"""The air between 802.15.4 radios in this process: who hears whom, when, and what gets lost on the way.

Here: a radio's address filter, acknowledgements and repeats as transceivers do them by themselves, the
shared channel (one frame at a time, 250 kbit/s), range, and faults decided from outside. Not here: what a
frame means (`stack`), clocks and event loops (`air`, `real_time`). One medium is one channel of one place;
frames have no check sequence. Source of the figures: IEEE 802.15.4-2006, 6.5 and 7.5, for 2.4 GHz.
"""

import heapq
import math
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Final, TypeVar

from handover.errors import NotNow

BROADCAST: Final = 0xFFFF
SYMBOL: Final = 16e-6
TURNAROUND: Final = 12 * SYMBOL
"""Seconds from the end of a frame to the beginning of its acknowledgement."""
ACKNOWLEDGED_IN: Final = TURNAROUND + (6 + 5) * 2 * SYMBOL
ACK_WAIT: Final = 54 * SYMBOL
SPACING: Final = 40 * SYMBOL
"""Seconds of silence after a frame (the long interframe space)."""
BACKOFF: Final = 7 * 20 * SYMBOL
"""Longest random wait before a frame is put on a free channel."""
ATTEMPTS: Final = 4
ACCESS_LIMIT: Final = 0.5
"""Seconds after which a frame that finds no room on the channel is given up."""
LISTENS_AFTER: Final = 0.1
"""Seconds for which a sleeping station keeps its receiver on after it has sent."""

_BEACON, _COMMAND = 0, 3
_ACK_REQUEST, _DESTINATION_MODE, _EXTENDED = 0x20, 0x0C, 0x0C
K = TypeVar("K")


@dataclass(slots=True, eq=False)
class Radio:
    """A station on the medium and what its receiver lets through; change it with `Medium.tune`.

    `position` in metres, `reach` how far it is heard (None: everywhere). `receiving`: the receiver is always
    on. `coordinating`: beacon requests are let through. `scanning`: beacons are let through.
    """

    eui64: int
    position: tuple[float, float] = (0.0, 0.0)
    reach: float | None = None
    pan_id: int = BROADCAST
    short: int = BROADCAST
    receiving: bool = True
    coordinating: bool = False
    scanning: bool = False
    awake_until: float = 0.0


@dataclass(slots=True)
class Heard:
    """The octets of a frame that has arrived at a station."""

    eui64: int
    octets: bytes


@dataclass(slots=True)
class Confirmed:
    """What became of a frame of a station that asked for an acknowledgement, by its sequence number."""

    eui64: int
    sequence: int
    acknowledged: bool


Hears = Callable[[Radio, Radio], bool]
"""Tells whether the first radio hears the second."""

Fate = Callable[[Radio, Radio, bytes], Sequence[float]]
"""Gives the delays in seconds of the copies of a frame (sender, receiver, octets); () it is lost."""

Tap = Callable[[float, bytes], None]
"""Sees every frame put on the air, with the Unix time at which it began."""


def within_reach(listener: Radio, sender: Radio) -> bool:
    """Tell whether `listener` is no further from `sender` than the sender reaches."""
    return sender.reach is None or math.dist(listener.position, sender.position) <= sender.reach


def faulty(
    random: Callable[[], float],
    *,
    loss: float = 0.0,
    duplication: float = 0.0,
    delay: tuple[float, float] = (0.0, 0.0),
) -> Fate:
    """Return a fate drawn from `random` (uniform over 0 to 1): probabilities, and delays from least to most.

    Delays that differ by more than a frame takes put frames out of order.
    """
    least, most = delay

    def fate(sender: Radio, receiver: Radio, octets: bytes) -> Sequence[float]:
        if random() < loss:
            return ()
        copies = 2 if random() < duplication else 1
        return [least + (most - least) * random() for _ in range(copies)]

    return fate


def airtime(octets: bytes) -> float:
    """Return the seconds that a frame takes on the air, with preamble, length and check sequence."""
    return (6 + len(octets) + 2) * 2 * SYMBOL


class Medium:
    """The stations and the frames between them. `carried` counts frames put on the air.

    `random` (uniform over 0 to 1) gives the backoff before a frame. `dropped` counts what did not arrive, by
    reason: lost, channel busy, nobody.
    """

    def __init__(
        self,
        *,
        hears: Hears = within_reach,
        fate: Fate | None = None,
        random: Callable[[], float] = lambda: 0.5,
        tap: Tap | None = None,
    ) -> None:
        self.hears = hears
        self.fate = fate
        self.tap = tap
        self.carried = 0
        self.dropped: Counter[str] = Counter()
        self._random = random
        self._radios: dict[int, Radio] = {}
        self._named: dict[tuple[int, int], dict[int, Radio]] = {}
        self._members: dict[int, dict[int, Radio]] = {}
        self._coordinators: dict[int, Radio] = {}
        self._scanners: dict[int, Radio] = {}
        self._free_at = 0.0
        self._number = 0
        self._flying: list[tuple[float, int, Radio, Heard | Confirmed]] = []

    def attach(
        self, eui64: int, *, position: tuple[float, float] = (0.0, 0.0), reach: float | None = None
    ) -> Radio:
        """Add a station and return its radio. Raises NotNow while its address is taken."""
        if eui64 in self._radios:
            raise NotNow(f"a radio {eui64:016X} is already attached; detach it or choose another EUI-64")
        radio = self._radios[eui64] = Radio(eui64, position, reach)
        self._index(radio)
        return radio

    def detach(self, eui64: int) -> None:
        """Take a station away; frames on their way to it are lost. Harmless for a stranger."""
        radio = self._radios.pop(eui64, None)
        if radio is not None:
            self._forget(radio)

    def radio(self, eui64: int) -> Radio:
        """Return a station's radio. Raises NotNow for a stranger."""
        try:
            return self._radios[eui64]
        except KeyError:
            raise NotNow(f"no radio {eui64:016X} is attached; attach it first") from None

    def tune(
        self,
        eui64: int,
        *,
        pan_id: int,
        short: int,
        receiving: bool = True,
        coordinating: bool = False,
        scanning: bool = False,
    ) -> None:
        """Set what a station's receiver lets through. Raises NotNow for a stranger."""
        radio = self.radio(eui64)
        self._forget(radio)
        radio.pan_id, radio.short = pan_id, short
        radio.receiving, radio.coordinating, radio.scanning = receiving, coordinating, scanning
        self._index(radio)

    def transmit(self, eui64: int, octets: bytes, now: float) -> None:
        """Put a frame on the air as soon as the channel is free, again while it is not acknowledged.

        Raises NotNow for a stranger.
        """
        sender = self.radio(eui64)
        wants_ack = len(octets) >= 3 and bool(octets[0] & _ACK_REQUEST)
        begin = now
        for _attempt in range(ATTEMPTS if wants_ack else 1):
            start = max(begin, self._free_at) + self._random() * BACKOFF
            if start - now > ACCESS_LIMIT:
                self.dropped["channel busy"] += 1
                break
            end = start + airtime(octets)
            acknowledged = self._once(sender, octets, start, end, wants_ack)
            self._free_at = end + (ACKNOWLEDGED_IN if wants_ack else 0.0) + SPACING
            begin = end + ACK_WAIT if acknowledged is None else acknowledged
            sender.awake_until = begin + LISTENS_AFTER
            if acknowledged is not None:
                self._push(acknowledged, sender, Confirmed(eui64, octets[2], True))
                return
        if wants_ack:
            self._push(max(begin, now), sender, Confirmed(eui64, octets[2], False))

    def _once(self, sender: Radio, octets: bytes, start: float, end: float, wants_ack: bool) -> float | None:
        """Put a frame on the air once; return when an acknowledgement came back, if one did."""
        self.carried += 1
        if self.tap is not None:
            self.tap(start, octets)
        hears, fate = self.hears, self.fate
        listeners = [
            radio
            for radio in self._listeners(sender, octets)
            if radio is not sender and (radio.receiving or radio.awake_until >= end) and hears(radio, sender)
        ]
        if not listeners:
            self.dropped["nobody"] += 1
            return None
        acknowledged: float | None = None
        for radio in listeners:
            delays: Sequence[float] = (0.0,) if fate is None else fate(sender, radio, octets)
            if not delays:
                self.dropped["lost"] += 1
            for delay in delays:
                self._push(end + delay, radio, Heard(radio.eui64, octets))
            if delays and wants_ack:
                # The acknowledgement follows the first copy, so that a slow frame has arrived before it.
                arrival = end + min(delays)
                if self._acknowledge(radio, sender, octets[2], arrival + TURNAROUND):
                    acknowledged = arrival + ACKNOWLEDGED_IN
        return acknowledged

    def _acknowledge(self, radio: Radio, sender: Radio, sequence: int, start: float) -> bool:
        ack = bytes((0x02, 0x00, sequence))
        self.carried += 1
        if self.tap is not None:
            self.tap(start, ack)
        if not self.hears(sender, radio) or (self.fate is not None and not self.fate(radio, sender, ack)):
            self.dropped["lost"] += 1
            return False
        return True

    def deadline(self) -> float | None:
        """Return when the next event comes."""
        return self._flying[0][0] if self._flying else None

    def deliver(self, now: float) -> list[Heard | Confirmed]:
        """Return what has happened by `now`, in order of time."""
        events: list[Heard | Confirmed] = []
        while self._flying and self._flying[0][0] <= now:
            _, _, radio, event = heapq.heappop(self._flying)
            if self._radios.get(radio.eui64) is radio:
                events.append(event)
        return events

    def _push(self, when: float, radio: Radio, event: Heard | Confirmed) -> None:
        self._number += 1
        heapq.heappush(self._flying, (when, self._number, radio, event))

    def _listeners(self, sender: Radio, octets: bytes) -> Iterable[Radio]:
        """Return the radios whose filter lets the frame through; anything unreadable goes to nobody."""
        if len(octets) < 3:
            return ()
        kind = octets[0] & 0x07
        mode = octets[1] & _DESTINATION_MODE
        if mode == 0:
            return list(self._scanners.values()) if kind == _BEACON else ()
        pan_id = int.from_bytes(octets[3:5], "little")
        if mode == _EXTENDED:
            radio = self._radios.get(int.from_bytes(octets[5:13], "little"))
            return () if radio is None or pan_id not in (radio.pan_id, BROADCAST) else (radio,)
        short = int.from_bytes(octets[5:7], "little")
        if short != BROADCAST:
            return list(self._named.get((pan_id, short), {}).values())
        if kind == _COMMAND:
            return list(self._coordinators.values())
        return list(self._radios.values() if pan_id == BROADCAST else self._members.get(pan_id, {}).values())

    def _index(self, radio: Radio) -> None:
        eui64 = radio.eui64
        self._members.setdefault(radio.pan_id, {})[eui64] = radio
        if radio.short != BROADCAST:
            self._named.setdefault((radio.pan_id, radio.short), {})[eui64] = radio
        if radio.coordinating:
            self._coordinators[eui64] = radio
        if radio.scanning:
            self._scanners[eui64] = radio

    def _forget(self, radio: Radio) -> None:
        eui64 = radio.eui64
        _discard(self._members, radio.pan_id, eui64)
        _discard(self._named, (radio.pan_id, radio.short), eui64)
        self._coordinators.pop(eui64, None)
        self._scanners.pop(eui64, None)


def _discard(index: dict[K, dict[int, Radio]], key: K, eui64: int) -> None:
    radios = index.get(key)
    if radios is not None:
        radios.pop(eui64, None)
        if not radios:
            del index[key]
