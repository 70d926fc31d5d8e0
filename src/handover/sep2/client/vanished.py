"""Events that a list does not show any more: each is asked for by itself, to learn whether it is gone."""

from typing import Generic, TypeVar

from handover.sep2.client.explorer import fetch_of
from handover.sep2.client.links import local
from handover.sep2.client.outputs import Fetch

T = TypeVar("T")


class Vanished(Generic[T]):
    """What has vanished and is not asked for yet, and what has been asked for.

    `authority` is the server's "host:port", as for a client.
    """

    def __init__(self, authority: str | None) -> None:
        self._authority = authority
        self._missing: list[tuple[str, T]] = []
        self._asked: dict[Fetch, tuple[str, T]] = {}

    @property
    def under_way(self) -> int:
        """How many have been asked for."""
        return len(self._asked)

    @property
    def questions(self) -> bool:
        """Whether `ask` would return anything."""
        return bool(self._missing)

    def add(self, href: str, base: str, what: T) -> bool:
        """Note that `what` has vanished from the list at `base`; False when its `href` leads nowhere."""
        target = local(href, base, self._authority)
        if target is None:
            return False
        known = [*self._missing, *self._asked.values()]
        if all(waiting != target for waiting, _ in known):
            self._missing.append((target, what))
        return True

    def ask(self, room: int) -> list[Fetch]:
        """Return at most `room` requests."""
        asked: list[Fetch] = []
        while self._missing and len(asked) < room:
            target, what = self._missing.pop(0)
            fetch = fetch_of(target)
            self._asked[fetch] = target, what
            asked.append(fetch)
        return asked

    def __contains__(self, fetch: Fetch) -> bool:
        return fetch in self._asked

    def failed(self, fetch: Fetch) -> None:
        """Take in that a request got no answer: it is repeated."""
        waiting = self._asked.pop(fetch, None)
        if waiting is not None:
            self._missing.append(waiting)

    def take(self, fetch: Fetch) -> T:
        """Return what a request that was answered had asked for."""
        return self._asked.pop(fetch)[1]
