"""An archive in the format that was asked for."""

from handover.gateway.export import green_button, table
from handover.gateway.export.archive import Archive
from handover.gateway.export.formats import Format


def render(archive: Archive, form: Format) -> bytes:
    """Return the document."""
    return table.table(archive).encode() if form is Format.CSV else green_button.feed(archive)
