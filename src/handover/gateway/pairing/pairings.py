"""`Pairings`: every admission of one gateway by key. No I/O.

The command line, the local API and the running gateway each hold one over the same journal; whoever changes
something writes what these methods return, in one transaction with the reading before it.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from typing import Final

from handover.errors import ConfigError
from handover.gateway.outputs import Audit, Change, Forget
from handover.gateway.pairing.expected import settled
from handover.gateway.pairing.pairing import RECORD, Happened, Pairing, Progress, Told
from handover.gateway.pairing.states import DownSep1, Event, Kind

_SECRET_GOES: Final = frozenset({DownSep1.KEYS_ESTABLISHED, DownSep1.NOT_STARTED})


def key_of(kind: Kind, device: int = 0) -> str:
    """Return the name of an admission: of the gateway, or of a device by its EUI-64 or SFDI."""
    match kind:
        case Kind.DOWN_SEP1:
            return f"{kind.value}:{device:016X}"
        case Kind.DOWN_SEP2:
            return f"{kind.value}:{device:012d}"
    return str(kind.value)


class Pairings:
    """The admissions under way and done."""

    def __init__(self, records: Mapping[str, Progress] | None = None) -> None:
        self._all: dict[str, Pairing] = {}
        self.restore(records or {})

    def restore(self, records: Mapping[str, Progress]) -> None:
        """Take over what the journal holds; what a newer version wrote and this one cannot read is left."""
        self._all.clear()
        for key, progress in records.items():
            try:
                self._all[key] = Pairing(progress)
            except (KeyError, ValueError):
                continue

    def __iter__(self) -> Iterator[Pairing]:
        return iter(list(self._all.values()))

    def get(self, key: str) -> Pairing:
        """Return one admission. Raises ConfigError for a key that is none."""
        try:
            return self._all[key]
        except KeyError:
            known = ", ".join(self._all) or "none"
            raise ConfigError(f"there is no admission {key!r}; known: {known}") from None

    def accept(self, kind: Kind, device: int, name: str, now: float) -> list[Change]:
        """Begin with what was read from a label, or begin anew."""
        key = key_of(kind, device)
        pairing = self._all.setdefault(key, Pairing.new(kind, key, now))
        if name:
            pairing.progress = replace(pairing.progress, name=name)
        changes: list[Change] = []
        if not pairing.allows(Event.ACCEPTED):
            changes += pairing.handle(Happened(Event.REMOVED), now)
        return changes + pairing.handle(Happened(Event.ACCEPTED), now)

    def begin(self, kind: Kind, now: float) -> None:
        """Have an admission of the gateway itself, not begun, unless there is one."""
        key = key_of(kind)
        self._all.setdefault(key, Pairing.new(kind, key, now))

    def happened(self, key: str, happened: Happened, now: float) -> list[Change]:
        """Take what a person did or a part decided. Raises NotNow when it is not possible in this state."""
        pairing = self.get(key)
        return [*pairing.handle(happened, now), *_after(pairing)]

    def seen(self, key: str, happened: Happened, now: float) -> list[Change]:
        """Take what was seen on a network; harmless when it means nothing for this admission, or none is."""
        pairing = self._all.get(key)
        if pairing is None or not pairing.allows(happened.event):
            return []
        return [*pairing.handle(happened, now), *_after(pairing)]

    def forget(self, key: str, now: float) -> list[Change]:
        """End an admission and let go of what is known of it; the device itself is removed elsewhere."""
        pairing = self.get(key)
        del self._all[key]
        changes: list[Change] = [
            Forget(RECORD, key),
            Audit(round(now, 3), "admission ended", {"admission": key}),
        ]
        if pairing.kind is Kind.DOWN_SEP1:
            changes.append(settled(eui64_of(key)))
        return changes

    def tick(self, now: float) -> list[Change]:
        """Take note of what is late."""
        return [change for pairing in self for change in pairing.tick(now)]

    def deadline(self) -> float | None:
        """Return when `tick` is next worth calling."""
        return min((due for pairing in self if (due := pairing.deadline()) is not None), default=None)

    def told(self, now: float) -> list[Told]:
        """Return what to show of each, in the order of their keys."""
        return [self._all[key].told(now) for key in sorted(self._all)]

    def waiting(self, kind: Kind, events: Iterable[Event]) -> list[str]:
        """Return the keys of those of a kind for which one of the events would mean something."""
        wanted = list(events)
        return [p.progress.key for p in self if p.kind is kind and any(map(p.allows, wanted))]


def eui64_of(key: str) -> int:
    """Return the EUI-64 in the key of a SEP 1.x device."""
    return int(key.partition(":")[2], 16)


def sfdi_of(key: str) -> int:
    """Return the SFDI in the key of a SEP 2.0 device."""
    return int(key.partition(":")[2])


def _after(pairing: Pairing) -> list[Change]:
    """Let the install code go once the device has a key of its own, or is given up."""
    if pairing.kind is Kind.DOWN_SEP1 and pairing.state in _SECRET_GOES:
        return [settled(eui64_of(pairing.progress.key))]
    return []
