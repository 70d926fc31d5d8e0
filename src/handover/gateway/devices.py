"""The SEP 2.0 devices of the home: who is registered, and the EndDevice subtree that each one has.

Admission is the operator's (or, in-band, the device's own announcement); it reaches the gateway through the
journal. What a device writes into its subtree is in `posted`.
"""

from dataclasses import dataclass, replace

from handover.errors import Refused
from handover.gateway import tree
from handover.gateway.outputs import Admit, Registered
from handover.gateway.step import Step
from handover.mapping.context import Context
from handover.sep2.peer import Peer
from handover.sep2.store import Store


@dataclass(slots=True)
class Seen:
    """What a device did since the gateway started: when last, how often, which way it came."""

    last: float = 0.0
    requests: int = 0


class Devices:
    """The registered devices, by SFDI. `context` is the gateway's own (its EUI-64, its PEN)."""

    def __init__(self, store: Store, context: Context) -> None:
        self._store = store
        self._context = context
        self._by_sfdi: dict[int, Registered] = {}
        self.seen: dict[int, Seen] = {}

    def __len__(self) -> int:
        return len(self._by_sfdi)

    def all(self) -> list[Registered]:
        """Return every registration, pending ones included, in the order of their numbers."""
        return sorted(self._by_sfdi.values(), key=lambda device: device.number)

    def active(self) -> list[Registered]:
        """Return the devices that have been admitted."""
        return [device for device in self.all() if not device.pending]

    def who(self, peer: Peer | None) -> Registered | None:
        """Return the registration of `peer`: its SFDI, and the whole LFDI once that is known."""
        device = self._by_sfdi.get(peer.sfdi) if peer else None
        if device is None or peer is None or (device.lfdi and device.lfdi != peer.lfdi):
            return None
        return device

    def at(self, path: str) -> Registered | None:
        """Return the device to whose subtree `path` belongs."""
        parts = path.split("/")
        if len(parts) < 3 or f"/{parts[1]}" != tree.DEVICES or not parts[2].isdigit():
            return None
        return next((d for d in self._by_sfdi.values() if d.number == int(parts[2])), None)

    def label(self, lfdi: bytes) -> str:
        """Return a name for people: the device's own, else its SFDI, else the start of its LFDI."""
        for device in self._by_sfdi.values():
            if device.lfdi == lfdi:
                return device.name or str(device.sfdi)
        return lfdi.hex().upper()[:10]

    def load(self, step: Step, registered: list[Registered]) -> list[Registered]:
        """Make the tree agree with the journal's registrations; return those that are newly admitted."""
        wanted = {device.sfdi: device for device in registered}
        for sfdi in [sfdi for sfdi in self._by_sfdi if sfdi not in wanted]:
            gone = self._by_sfdi.pop(sfdi)
            self._store.delete(tree.device_path(gone.number))
            step.log("info", "a device was removed", sfdi=sfdi, name=gone.name)
        admitted = []
        for sfdi, device in wanted.items():
            old = self._by_sfdi.get(sfdi)
            if old == device:
                continue
            if old is not None and old.number != device.number:
                self._store.delete(tree.device_path(old.number))
            self._by_sfdi[sfdi] = device
            self._publish(device)
            if not device.pending and (old is None or old.pending):
                admitted.append(device)
        return admitted

    def heard(self, step: Step, peer: Peer) -> Registered | None:
        """Note a request of `peer`; the first one of a device known by its SFDI alone fixes its LFDI."""
        device = self.who(peer)
        if device is None:
            return None
        seen = self.seen.setdefault(device.sfdi, Seen())
        seen.last, seen.requests = step.wall, seen.requests + 1
        if not device.lfdi:
            device = replace(device, lfdi=peer.lfdi)
            self._by_sfdi[device.sfdi] = device
            step.changes.append(Admit(device))
            step.audit("identified", sfdi=device.sfdi, lfdi=peer.lfdi.hex().upper())
            self._publish(device)
        return device

    def announce(self, step: Step, peer: Peer, categories: int | None, number: int) -> Registered:
        """Take a device's own announcement (in-band registration): pending until the operator admits it."""
        known = self.who(peer)
        if known is not None:
            return known
        if peer.sfdi in self._by_sfdi:
            raise Refused(f"SFDI {peer.sfdi} belongs to another certificate; remove that device first")
        device = Registered(peer.sfdi, peer.lfdi, 0, "", step.now, number, True, categories)
        self._by_sfdi[device.sfdi] = device
        step.changes.append(Admit(device))
        step.audit("announced", sfdi=device.sfdi, lfdi=peer.lfdi.hex().upper())
        step.log("info", "a device announced itself and waits for the operator", sfdi=device.sfdi)
        self._publish(device)
        return device

    def _publish(self, device: Registered) -> None:
        base = tree.device_path(device.number)
        self._store.put(base, tree.end_device(device))
        self._store.put_list(f"{base}/fsa")
        self._store.put_list(f"{base}/lel")
        information = self._store.get(f"{base}/di")
        if information is None or (device.lfdi and information.lFDI != device.lfdi):
            self._store.put(f"{base}/di", tree.blank_information(device))
        if f"{base}/dstat" not in self._store:
            self._store.put(f"{base}/dstat", tree.blank_status(device))
            self._store.put(f"{base}/ps", tree.blank_power(device))
        if not device.pending:
            self._store.put(f"{base}/rg", tree.registration(device))
            self._store.put(f"{base}/fsa/0", tree.assignments(device, self._context))
