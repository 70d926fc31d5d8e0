"""Responses to events, the server's side (clause 8.8): taken once each, kept, and told to the owner."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from handover.sep2.peer import Peer
from handover.sep2.server.hooks import Created, Existing, Hook, Outcome, Write
from handover.sep2.store import Store

ROOM = 10_000
"""Responses kept in one list; the oldest goes first."""

Heard = Callable[[Peer, Any], None]
"""(who responds, the Response or a subclass of it)."""


def responding(store: Store, heard: Heard, *, room: int = ROOM) -> dict[tuple[str, str], Hook]:
    """Return the hooks over `store`; `heard` is called once for each response."""
    order: dict[str, list[str]] = {}
    known: dict[str, dict[tuple[Any, ...], str]] = {}

    def post(write: Write) -> Outcome:
        here = known.setdefault(write.path, {})
        paths = order.setdefault(write.path, [])
        if not here:
            for path in store.paths(write.path):
                here[_identity(store.get(path))] = path
                paths.append(path)
        identity = _identity(write.resource)
        if identity in here:
            return Existing(here[identity])
        while len(paths) >= room:
            oldest = paths.pop(0)
            here.pop(_identity(store.get(oldest)), None)
            store.delete(oldest)
        path = here[identity] = store.add(write.path, write.resource)
        paths.append(path)
        heard(write.peer, write.resource)
        return Created(path)

    return {("POST", "ResponseList"): post}


def _identity(response: Any) -> tuple[Any, ...]:
    """Return what makes a response the same when it is sent again."""
    return type(response), repr(replace(response, href=None))
