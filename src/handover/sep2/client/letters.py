"""From an event's outcome to a Response in the outbox, and from there to a POST and its result."""

from typing import Any

from handover.sep2 import xml
from handover.sep2.client import responses
from handover.sep2.client.events import Tracked
from handover.sep2.client.links import local
from handover.sep2.client.outbox import Outbox, Pending
from handover.sep2.client.outputs import (
    Answer,
    Indication,
    Post,
    Posted,
    Responded,
    ResponseLost,
    Trouble,
)
from handover.sep2.client.pace import Pace, retry_after

_GRACE = 3600.0
_LONGEST = 7 * 86_400.0
_TRY_AGAIN = frozenset({408, 425, 429})


class Letters:
    """The Responses of one device."""

    def __init__(self, lfdi: bytes, outbox: Outbox, pace: Pace, authority: str | None) -> None:
        self._lfdi = lfdi
        self._outbox = outbox
        self._pace = pace
        self._authority = authority
        self._sent: Post | None = None

    def write(
        self, event: Tracked, status: int, now: float, offset: float, fields: dict[str, Any]
    ) -> list[Indication]:
        """Put a Response into the outbox, when the event asks for it and it was not given before."""
        if not responses.wanted(event.event, status):
            return []
        path = local(event.event.replyTo, event.seen.list_path, self._authority)
        if path is None:
            return [Trouble(event.event.replyTo, "a replyTo that leads away from the server is not followed")]
        made = responses.compose(event, status, self._lfdi, now + offset, fields)
        last = min(max(event.latest_end - offset, now) + _GRACE, now + _LONGEST)
        key = f"{event.subject}:{status}"
        self._outbox.add(Pending(key, event.subject, int(status), path, xml.encode(made), now, last, now))
        return []

    def send(self, entry: Pending) -> bool:
        """Put something into the outbox that is no Response of this device: its `status` is 0 unless it is a
        Response of another one. Tells whether it is new.
        """
        return self._outbox.add(entry)

    def next(self, now: float) -> tuple[Post | None, list[Indication]]:
        """Return the next POST that is due, and what was given up. One is under way at a time."""
        lost: list[Indication] = []
        if self._sent is not None:
            return None, lost
        held: set[str] = set()
        for entry in self._outbox.waiting():
            if now > entry.deadline:
                self._outbox.remove(entry.key)
                lost.append(ResponseLost(entry.subject, entry.status, "the server did not take it in time"))
            elif entry.due > now:
                held.add(entry.subject)
            elif entry.subject not in held:
                path, _, query = entry.path.partition("?")
                self._sent = Post(path, entry.body, entry.key, query)
                return self._sent, lost
        return None, lost

    def deadline(self) -> float | None:
        """Return when `next` is next worth calling."""
        if self._sent is not None:
            return None
        firsts: dict[str, float] = {}
        for entry in self._outbox.waiting():
            firsts.setdefault(entry.subject, entry.due)
        return min(firsts.values(), default=None)

    def answered(self, answer: Answer, now: float) -> list[Indication]:
        """Take in the server's answer to the POST that is under way."""
        entry = self._done()
        if entry is None:
            return []
        fine = 200 <= answer.status < 300
        if fine and entry.status:
            self._outbox.remove(entry.key)
            return [Responded(entry.subject, entry.status)]
        if answer.status >= 500 or answer.status in _TRY_AGAIN:
            self._again(entry, now, retry_after(answer.headers))
            return []
        self._outbox.remove(entry.key)
        if not entry.status:
            where = next((v for k, v in answer.headers.items() if k.lower() == "location"), None)
            return [Posted(entry.key, answer.status, where)]
        return [ResponseLost(entry.subject, entry.status, f"the server answered {answer.status}")]

    def failed(self, now: float) -> None:
        """The POST that is under way got no answer."""
        entry = self._done()
        if entry is not None:
            self._again(entry, now, None)

    def _done(self) -> Pending | None:
        sent, self._sent = self._sent, None
        return next((e for e in self._outbox.waiting() if sent is not None and e.key == sent.key), None)

    def _again(self, entry: Pending, now: float, after: float | None) -> None:
        entry.attempts += 1
        entry.due = now + (self._pace.wait(entry.attempts) if after is None else after)
        self._outbox.update(entry)
