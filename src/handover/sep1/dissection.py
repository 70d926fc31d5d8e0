"""Captured frames taken apart, layer by layer, with keys where there are some.

A `Dissector` learns as it goes: network keys out of transport keys that it can open, EUI-64s of short
addresses out of headers and announcements, later fragments behind their first. It judges nothing and drops
nothing; counters may repeat. Not here: capture files (`network.pcapng`).
"""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any, Final

from handover.errors import DecodeError
from handover.sep1.declaration import Command
from handover.sep1.description import describe
from handover.sep1.description.plain import plain_command, snake
from handover.sep1.network import (
    aps,
    aps_commands,
    mac,
    mac_commands,
    nwk,
    nwk_commands,
    security,
    zdp,
)
from handover.sep1.network.security import FrameKey
from handover.sep1.security.mmo import hmac_mmo
from handover.sep1.stack.reassembly import Reassembly

_KINDS: Final = {mac.BEACON: "beacon", mac.DATA: "data", mac.ACK: "acknowledgement", mac.COMMAND: "command"}


@dataclass(slots=True)
class Dissection:
    """What is known of one frame: the layers from the outside, each a dict that JSON can hold.

    `summary` says it in a line. `closed` tells that a key is missing, `fault` why it ends where it ends.
    """

    layers: list[tuple[str, dict[str, Any]]] = field(default_factory=list)
    summary: str = ""
    closed: bool = False
    fault: str | None = None

    def add(self, name: str, **fields: Any) -> None:
        """Add a layer; what is None is left out."""
        self.layers.append((name, {key: value for key, value in fields.items() if value is not None}))

    def layer(self, name: str) -> dict[str, Any] | None:
        """Return the innermost layer of a name."""
        return next((fields for known, fields in reversed(self.layers) if known == name), None)


class Dissector:
    """`network` and `link` are keys of 16 octets. `counts` counts frames by their innermost layer."""

    def __init__(self, network: Iterable[bytes] = (), link: Iterable[bytes] = ()) -> None:
        self._network = {key: FrameKey(key) for key in network}
        self._link: dict[bytes, tuple[FrameKey, FrameKey, FrameKey]] = {}
        self._euis: dict[int, int] = {}
        self._reassembly = Reassembly()
        self._time = 0.0
        self.counts: Counter[str] = Counter()
        for key in link:
            self._share(key)

    def _share(self, key: bytes) -> None:
        self._link[key] = (FrameKey(key), FrameKey(hmac_mmo(key, b"\x00")), FrameKey(hmac_mmo(key, b"\x02")))

    @property
    def network_keys(self) -> list[bytes]:
        """The network keys, learned ones included."""
        return list(self._network)

    def frame(self, octets: bytes, when: float = 0.0) -> Dissection:
        """Return what is known of a MAC frame without check sequence; for any octets at all."""
        found = Dissection()
        self._time = when
        try:
            self._mac(found, octets)
        except DecodeError as error:
            found.fault = str(error)
            found.summary = found.summary or "malformed"
        self.counts["closed" if found.closed else found.layers[-1][0] if found.layers else "malformed"] += 1
        return found

    def _mac(self, found: Dissection, octets: bytes) -> None:
        frame = mac.parse(octets)
        found.add(
            "mac",
            kind=_KINDS[frame.kind],
            sequence=frame.sequence,
            pan_id=None if frame.kind == mac.ACK else _hex(frame.pan_id, 4),
            destination=_address(frame.destination, frame.destination_eui),
            source=_address(frame.source, frame.source_eui),
            ack_request=frame.ack_request or None,
        )
        if frame.kind == mac.ACK:
            found.summary = f"acknowledgement of {frame.sequence}"
        elif frame.kind == mac.BEACON:
            beacon = mac_commands.parse_beacon(frame.payload)
            found.add(
                "beacon",
                extended_pan_id=_hex(beacon.extended_pan_id, 16),
                permit=beacon.permit,
                depth=beacon.depth,
                router_capacity=beacon.router_capacity,
                end_device_capacity=beacon.end_device_capacity,
            )
            found.summary = f"beacon of {_hex(beacon.extended_pan_id, 16)}"
        elif frame.kind == mac.COMMAND:
            self._command(found, "mac command", mac_commands.COMMANDS.parse(frame.payload))
        else:
            self._nwk(found, frame.payload)

    def _command(self, found: Dissection, layer: str, command: Command) -> None:
        name = snake(type(command).__name__)
        found.add(layer, command=name, **plain_command(command))
        found.summary = name.replace("_", " ")

    # network layer

    def _nwk(self, found: Dissection, octets: bytes) -> None:
        frame, size = nwk.split(octets)
        found.add(
            "nwk",
            kind="command" if frame.kind == nwk.COMMAND else "data",
            destination=_hex(frame.destination, 4),
            source=_hex(frame.source, 4),
            radius=frame.radius,
            sequence=frame.sequence,
            source_eui64=None if frame.source_eui is None else _hex(frame.source_eui, 16),
            secured=frame.secured,
        )
        found.summary = f"{_hex(frame.source, 4)} to {_hex(frame.destination, 4)}"
        if frame.source_eui is not None:
            self._euis[frame.source] = frame.source_eui
        payload = frame.payload
        if frame.secured:
            opened = self._open_nwk(found, octets, size, frame.source)
            if opened is None:
                return
            payload = opened
        if frame.kind == nwk.COMMAND:
            self._command(found, "nwk command", nwk_commands.COMMANDS.parse(payload))
        else:
            self._aps(found, frame, payload)

    def _open_nwk(self, found: Dissection, octets: bytes, size: int, source: int) -> bytes | None:
        header, start = security.parse(octets, size)
        found.layers[-1][1]["frame_counter"] = header.counter
        sender = header.source if header.source is not None else self._euis.get(source)
        for key in self._network.values() if sender is not None else ():
            try:
                return key.open(octets, size, header, start, sender or 0)
            except DecodeError:
                continue
        found.closed = True
        found.summary += ", closed: the network key is not known"
        return None

    # application support layer

    def _aps(self, found: Dissection, outer: nwk.NwkFrame, octets: bytes) -> None:
        frame, size = aps.split(octets)
        kind = {aps.DATA: "data", aps.COMMAND: "command", aps.ACK: "acknowledgement"}[frame.kind]
        fragment = None if frame.fragment is None else frame.fragment.block
        found.add(
            "aps",
            kind=kind,
            counter=frame.counter,
            cluster=_hex(frame.cluster_id, 4) if frame.endpoints and frame.kind != aps.COMMAND else None,
            profile=_hex(frame.profile_id, 4) if frame.endpoints and frame.kind != aps.COMMAND else None,
            source_endpoint=frame.source_endpoint if frame.kind != aps.COMMAND else None,
            destination_endpoint=frame.destination_endpoint if frame.kind != aps.COMMAND else None,
            block=fragment,
            secured=frame.secured,
        )
        found.summary += f", APS {kind}"
        payload = frame.payload
        if frame.secured:
            opened = self._open_aps(found, octets, size, outer.source)
            if opened is None:
                return
            payload = opened
        if frame.kind == aps.COMMAND:
            self._aps_command(found, payload)
            return
        if frame.kind == aps.ACK:
            return
        if frame.fragment is not None:
            whole = self._reassembly.add(outer.source, frame, payload, self._time)
            if whole is None:
                found.summary += f", block {frame.fragment.block}"
                return
            payload = whole
        if frame.profile_id == zdp.PROFILE:
            number, command = zdp.parse(frame.cluster_id, payload)
            if isinstance(command, zdp.DeviceAnnounce):
                self._euis[command.short] = command.eui64
            name = snake(type(command).__name__)
            found.add("zdp", command=name, transaction=number, **plain_command(command))
            found.summary = f"{_hex(outer.source, 4)}: {name.replace('_', ' ')}"
            return
        described = describe(frame.cluster_id, payload)
        found.add("zcl", octets=payload.hex(), **described)
        cluster = described["cluster_name"] or described["cluster"]
        found.summary = (
            f"{_hex(outer.source, 4)} to {_hex(outer.destination, 4)}: "
            f"{cluster}: {described['command'].replace('_', ' ')}"
        )

    def _open_aps(self, found: Dissection, octets: bytes, size: int, source: int) -> bytes | None:
        header, start = security.parse(octets, size)
        found.layers[-1][1]["aps_frame_counter"] = header.counter
        sender = header.source if header.source is not None else self._euis.get(source)
        number = {security.LINK: 0, security.KEY_TRANSPORT: 1, security.KEY_LOAD: 2}.get(header.key_id)
        if sender is not None:
            self._euis.setdefault(source, sender)
        for keys in self._link.values() if number is not None and sender is not None else ():
            try:
                return keys[number or 0].open(octets, size, header, start, sender or 0)
            except DecodeError:
                continue
        found.closed = True
        found.summary += ", closed: the link key is not known"
        return None

    def _aps_command(self, found: Dissection, payload: bytes) -> None:
        command = aps_commands.parse(payload)
        if isinstance(command, aps_commands.TransportNetworkKey):
            self._network.setdefault(command.key, FrameKey(command.key))
        elif isinstance(command, aps_commands.TransportLinkKey | aps_commands.TransportApplicationKey):
            self._share(command.key)
        self._command(found, "aps command", command)


def _hex(value: int, digits: int) -> str:
    return f"0x{value:0{digits}X}"


def _address(short: int | None, eui64: int | None) -> str | None:
    if eui64 is not None:
        return _hex(eui64, 16)
    return None if short is None else _hex(short, 4)
