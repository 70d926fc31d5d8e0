"""Reads the journal into what the downward engine takes over at a start."""

import msgspec

from handover.errors import NotNow
from handover.gateway.adapters import records
from handover.gateway.adapters.journal import Journal
from handover.gateway.downward.restored import KINDS, Restored


def restore(journal: Journal) -> Restored:
    """Return everything that `journal` holds. Raises NotNow when a row cannot be read."""
    restored = Restored()
    with journal.reading() as connection:
        for name, (kind, cls) in KINDS.items():
            try:
                setattr(restored, name, records.load(connection, kind, cls))
            except (msgspec.DecodeError, ValueError) as error:
                raise NotNow(
                    f"journal {journal.path} holds a {kind!r} record that cannot be read: {error}. "
                    "Put a backup in its place, or move it away to start afresh"
                ) from error
    return restored
