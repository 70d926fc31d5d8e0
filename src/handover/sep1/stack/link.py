"""The MAC of a node: numbers its frames, holds those of sleeping children, tells what was not acknowledged.

Waiting for acknowledgements and repeating is the radio's; it reports with `confirmed`.
"""

from collections import deque
from dataclasses import dataclass
from typing import Final

from handover.sep1.network import mac, mac_commands
from handover.sep1.stack.outputs import Transmit
from handover.sep1.stack.site import Site

HELD_LIMIT: Final = 16
"""Frames held for one sleeping child; the oldest makes room."""


@dataclass(slots=True)
class _Held:
    expires: float
    frame: mac.MacFrame


class Link:
    """Sends MAC frames. Children that sleep are known by the address under which they poll."""

    def __init__(self, site: Site) -> None:
        self._site = site
        self._sequence = 0
        self._held: dict[int, deque[_Held]] = {}
        self._sent: dict[int, int] = {}

    def send(self, destination: int, payload: bytes) -> None:
        """Send data to a neighbour (short address), or to all within reach."""
        site = self._site
        everybody = destination == mac.EVERYBODY
        self._put(
            mac.MacFrame(
                sequence=0,
                pan_id=site.pan_id,
                destination=destination,
                source=site.short,
                payload=payload,
                ack_request=not everybody,
            )
        )

    def hold(self, destination: int, payload: bytes, now: float) -> None:
        """Keep data for a sleeping child until it polls."""
        self._hold(
            destination,
            mac.MacFrame(
                sequence=0,
                pan_id=self._site.pan_id,
                destination=destination,
                source=self._site.short,
                payload=payload,
                ack_request=True,
            ),
            now,
        )

    def hold_command(self, eui64: int, payload: bytes, now: float) -> None:
        """Keep a MAC command for a device that has no short address yet."""
        self._hold(
            eui64,
            mac.MacFrame(
                kind=mac.COMMAND,
                sequence=0,
                pan_id=self._site.pan_id,
                destination_eui=eui64,
                source_eui=self._site.eui64,
                payload=payload,
                ack_request=True,
            ),
            now,
        )

    def _hold(self, address: int, frame: mac.MacFrame, now: float) -> None:
        queue = self._held.setdefault(address, deque())
        if len(queue) >= HELD_LIMIT:
            queue.popleft()
            self._site.drop("held too many")
        queue.append(_Held(now + self._site.settings.held, frame))

    def command(
        self,
        payload: bytes,
        *,
        destination: int,
        pan_id: int,
        own_short: bool = False,
        unattached: bool = False,
    ) -> None:
        """Send a MAC command to a router, under our EUI-64 or under our short address.

        `unattached` says that we are of no PAN yet, as an association request does.
        """
        site = self._site
        self._put(
            mac.MacFrame(
                kind=mac.COMMAND,
                sequence=0,
                pan_id=pan_id,
                destination=destination,
                source=site.short if own_short else None,
                source_eui=None if own_short else site.eui64,
                payload=payload,
                ack_request=True,
                unattached=unattached,
            )
        )

    def ask_for_beacons(self) -> None:
        """Send a beacon request to everybody."""
        request = mac_commands.COMMANDS.build(mac_commands.BeaconRequest())
        self._put(
            mac.MacFrame(
                kind=mac.COMMAND, sequence=0, destination=mac.EVERYBODY, payload=request, ack_request=False
            )
        )

    def beacon(self, payload: bytes) -> None:
        """Send a beacon."""
        site = self._site
        self._put(
            mac.MacFrame(kind=mac.BEACON, sequence=0, pan_id=site.pan_id, source=site.short, payload=payload)
        )

    def polled(self, address: int, now: float) -> bool:
        """Send the next frame that is held for `address`; False when there is none."""
        queue = self._held.get(address)
        while queue:
            held = queue.popleft()
            if held.expires <= now:
                self._site.drop("held too long")
                continue
            held.frame.pending = bool(queue)
            self._put(held.frame)
            if not queue:
                del self._held[address]
            return True
        self._held.pop(address, None)
        return False

    def confirmed(self, sequence: int) -> int | None:
        """Return the address (short, or EUI-64 of who has none) to which the frame of this number went."""
        return self._sent.pop(sequence, None)

    def forget(self, address: int) -> None:
        """Throw away what is held for an address."""
        self._held.pop(address, None)

    def deadline(self) -> float | None:
        """Return when the first held frame expires."""
        return min((queue[0].expires for queue in self._held.values() if queue), default=None)

    def tick(self, now: float) -> None:
        """Throw away what was held too long."""
        for address in [a for a, queue in self._held.items() if queue and queue[0].expires <= now]:
            queue = self._held[address]
            while queue and queue[0].expires <= now:
                queue.popleft()
                self._site.drop("held too long")
            if not queue:
                del self._held[address]

    def _put(self, frame: mac.MacFrame) -> None:
        frame.sequence = self._sequence
        self._sequence = self._sequence + 1 & 0xFF
        address = frame.destination if frame.destination_eui is None else frame.destination_eui
        if frame.ack_request and address is not None:
            self._sent[frame.sequence] = address
        self._site.emit(Transmit(mac.build(frame)))
