"""One update from offer to trial, step by step over its ports: source of bundles, disk, test start."""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from handover.errors import DecodeError, HandoverError, NotNow, Refused
from handover.gateway.selfupdate import bundle as bundles
from handover.gateway.selfupdate import record as records
from handover.gateway.selfupdate import slots
from handover.gateway.selfupdate.disk import BLOCK, Disk
from handover.gateway.selfupdate.record import Content, Record, Slot


@dataclass(frozen=True)
class Offer:
    """What a repository offers, as its signed metadata says: version, length in octets, SHA-256 (hex)."""

    version: str
    path: str
    length: int
    sha256: str


class Source(Protocol):
    """Where bundles come from. Both methods raise Refused when what they find cannot be trusted."""

    def newest(self) -> Offer:
        """Return what the repository offers. Raises NotNow when it cannot be reached."""

    def fetch(self, offer: Offer) -> bytes:
        """Return the bundle. Raises NotNow when it cannot be reached."""


TestStart = Callable[[Slot], str]
"""Starts the software in a slot for a moment; returns the version that it reports. Raises Refused."""


class Updater:
    """Installs what `source` offers. `current` is the version that runs now."""

    def __init__(
        self, disk: Disk, source: Source, current: str, test_start: TestStart, *, block: int = BLOCK
    ) -> None:
        self._disk = disk
        self._source = source
        self._current = current
        self._test_start = test_start
        self._block = block

    def apply(self, *, again: bool = False) -> Record:
        """Bring the newest offer to its trial, which the next start begins; return the record.

        Raises Refused when it is not trusted, not newer or not fit, NotNow when it cannot be had now. In
        every case what ran before runs on.
        """
        try:
            offer = self._source.newest()
            record = records.begin(
                slots.recorded(self._disk), offer.version, offer.sha256, current=self._current, again=again
            )
            self._store(record)
            return self._install(record, offer)
        except OSError as error:
            raise NotNow(
                f"the update folder cannot be written: {error}. Free some space, or check its rights; "
                "then try again"
            ) from error

    def _install(self, record: Record, offer: Offer) -> Record:
        slot = record.target
        assert slot is not None
        try:
            slots.fill(self._disk, slot, self._source.fetch(offer), block=self._block)
            record = self._store(records.whole(record))
            wheels = self._verified(slot, offer)
            record = self._store(records.genuine(record))
            seal = slots.unpack(self._disk, slot, bundles.unpacked(wheels), block=self._block)
            said = self._test_start(slot)
            if said != offer.version:
                raise Refused(f"the new software calls itself {said[:40]!r}, not {offer.version}")
        except DecodeError as error:
            self._store(records.ended(record, str(error)))
            raise Refused(f"{error}; nothing was installed") from error
        except HandoverError as error:
            self._store(records.ended(record, str(error)))
            raise
        record = self._store(records.sealed(record, Content(offer.version, offer.sha256, seal)))
        return self._store(records.switched(record))

    def _verified(self, slot: Slot, offer: Offer) -> dict[str, bytes]:
        """Read the bundle back from the disk; raises DecodeError unless it is the one that was signed."""
        data = slots.bundle(self._disk, slot)
        if len(data) != offer.length or hashlib.sha256(data).hexdigest() != offer.sha256:
            raise DecodeError("the bundle on the disk is not the one that was signed")
        manifest, wheels = bundles.read(data)
        if manifest.version != offer.version:
            raise DecodeError(f"the bundle holds version {manifest.version}, the offer says {offer.version}")
        return wheels

    def _store(self, record: Record) -> Record:
        return slots.store(self._disk, record)
