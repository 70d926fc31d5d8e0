"""Reads the journal into what the engine takes over at a start."""

from typing import TypeVar

import msgspec

from handover.errors import NotNow
from handover.gateway import (
    history,
    identities,
    messages,
    metering,
    posted,
    prices,
    reports,
    responses,
    upstream,
)
from handover.gateway import timekeeping as clock
from handover.gateway.adapters import outbox, readings, records, registrations
from handover.gateway.adapters.journal import Journal
from handover.gateway.alg import OWN_ATTRIBUTES
from handover.gateway.book import Held
from handover.gateway.restored import Restored
from handover.model.load_control import LoadControl
from handover.model.message import Message
from handover.model.price import Price
from handover.sep1.client.settings import LoadControlAttributes

T = TypeVar("T")


def restore(journal: Journal, now: float) -> Restored:
    """Return everything that `journal` holds. Raises NotNow when a row cannot be read."""
    with journal.reading() as connection:

        def rows(kind: str, body: type[T]) -> dict[str, T]:
            try:
                return records.load(connection, kind, body)
            except (msgspec.DecodeError, ValueError) as error:
                raise NotNow(
                    f"journal {journal.path} holds a {kind!r} record that cannot be read: {error}. "
                    "Put a backup in its place, or move it away to start afresh"
                ) from error

        return Restored(
            registrations=registrations.load(connection, journal.pins),
            outbox=outbox.load(connection),
            identities=rows(identities.RECORD, identities.Number),
            prices=rows("price", Held[Price]),
            tariffs=rows(prices.TARIFF, prices.Tariff),
            messages=rows("message", Held[Message]),
            confirmed=rows(messages.CONFIRMED, messages.Confirmed),
            events=rows("event", Held[LoadControl]),
            participation=rows(reports.RECORD, reports.Participation),
            responses=rows(responses.RECORD, responses.Given),
            posted=rows(posted.RECORD, posted.Posted),
            time=rows(clock.RECORD, clock.Upstream),
            esi=rows(upstream.RECORD, upstream.Esi),
            attributes=rows(OWN_ATTRIBUTES, LoadControlAttributes),
            meters=rows(metering.RECORD, metering.KnownMeter),
            history={
                series: readings.load(connection, series, now - history.WINDOW) for series in history.SERIES
            },
            next_number=registrations.next_number(connection),
        )
