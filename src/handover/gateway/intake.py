"""An arriving upstream event: is it known, a repeat, or a new thing under an old number?

Rules: a number that is alive means what it first meant, whatever is sent under it again; a number whose event
is over means the same thing when it says the same, and a new generation when it says something else, or
anything at all once the old event is forgotten.
"""

from dataclasses import dataclass, fields
from hashlib import sha256
from typing import Generic

from handover.gateway.book import Book, E, Held, Received
from handover.gateway.events import LIVE
from handover.gateway.identities import Identities, Use
from handover.gateway.step import Step
from handover.model.event import Event, EventKey
from handover.sep1.client.outputs import CommandReceived
from handover.sep1.codec import encode
from handover.sep1.declaration import Command


@dataclass(slots=True)
class Arrival(Generic[E]):
    """What has come in: the event it repeats (`known`), or the key that a new one gets."""

    key: EventKey
    known: Held[E] | None
    content: str


def arrive(
    identities: Identities, book: Book[E], indication: CommandReceived, *, provider: int, id_: int
) -> Arrival[E]:
    """Find out what an event command means, by its number and what it says."""
    content = digest(indication.command)
    issuer, endpoint = indication.source, indication.endpoint
    latest = identities.latest(book.kind, issuer, endpoint, provider, id_)
    if latest is not None:
        generation, use = latest
        held = book.get(EventKey(issuer, endpoint, provider, id_, generation))
        if held is not None and (held.state in LIVE or use.content == content):
            return Arrival(held.event.key, held, content)
    generation = identities.next_generation(book.kind, issuer, endpoint, id_)
    return Arrival(EventKey(issuer, endpoint, provider, id_, generation), None, content)


def accept(
    step: Step,
    identities: Identities,
    book: Book[E],
    indication: CommandReceived,
    arrival: Arrival[E],
    event: E,
) -> None:
    """Store a new event under both ids, with the command it came in."""
    key = arrival.key
    use = Use(key.provider, arrival.content, event.start, event.duration)
    identities.remember(step, book.kind, key.issuer, key.endpoint, key.id, use)
    book.add(step, event, received(indication, step.now))


def received(indication: CommandReceived, at: float) -> Received:
    """Return the origin of an event, for the journal; `at` is the reception by the upstream clock."""
    return Received(
        indication.source,
        indication.endpoint,
        indication.cluster_id,
        indication.command_id,
        encode(indication.command),
        at,
    )


def digest(command: Command) -> str:
    """Return a digest of what a command says.

    Left out are the sender's clock, and the duration of an event that starts now: the sender counts it down.
    """
    now = getattr(command, "start_time", None) == 0
    said = [
        (field.name, getattr(command, field.name))
        for field in fields(command)
        if field.name != "current_time" and not (now and field.name == "duration_in_minutes")
    ]
    return sha256(repr(said).encode()).hexdigest()[:16]


def last_created(book: Book[E], issuer: int) -> int | None:
    """Return the newest creation time among an issuer's events: the next one must be later."""
    return max((held.event.created for held in book if held.event.key.issuer == issuer), default=None)


def describe(event: Event) -> str:
    """Return the upstream identity of an event, for the log and the audit log."""
    key = event.key
    return f"{key.issuer:016X}/{key.endpoint}/{key.id:08X}" + (f"/{key.provider:X}" if key.provider else "")
