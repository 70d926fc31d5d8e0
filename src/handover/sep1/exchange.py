"""Requests on their way: sequence numbers, matching of answers, time-outs and bounded retries.

Both engines use it, the HAN device's and the ESI's. What a request means, and what is done when it ends, is
theirs to decide; frames are opaque here.

Answers are matched by sequence number, source and cluster (ZCL 2.4.1.3: an answer repeats the request's
sequence). Many ESIs answer a query with commands of a sequence of their own, and with several of them; so a
command that a request `expects` matches it too, and an answered request stays known for `LINGER` seconds.
"""

from dataclasses import dataclass

from handover.errors import NotNow
from handover.sep1.aps import ApsFrame

LINGER = 15.0
"""Seconds after its last answer in which a request still claims further answers."""

IN_FLIGHT_LIMIT = 128
"""Half of the sequence space: a sequence is not used again while an answer to it may still come."""


@dataclass(frozen=True, slots=True)
class Retry:
    """How patiently an answer is awaited: `timeout` seconds, multiplied by `factor` after each of `tries`."""

    timeout: float = 10.0
    tries: int = 4
    factor: float = 2.0


@dataclass(slots=True)
class Request:
    """One request in flight, or answered and lingering (`answered_at` is then set)."""

    frame: ApsFrame
    sequence: int
    command_id: int
    cluster_command: bool
    expects: frozenset[int]
    token: object
    tries_left: int
    wait: float
    due: float
    factor: float
    answered_at: float | None = None

    @property
    def destination(self) -> int:
        """The EUI-64 of the node asked."""
        return self.frame.destination

    @property
    def cluster_id(self) -> int:
        """The cluster asked."""
        return self.frame.cluster_id


class Exchange:
    """The requests of one node."""

    def __init__(self) -> None:
        self._requests: dict[int, Request] = {}
        self._last_sequence = 0

    def __len__(self) -> int:
        return len(self._requests)

    def pending(self) -> list[Request]:
        """Return the requests that still wait for their first answer."""
        return [request for request in self._requests.values() if request.answered_at is None]

    def next_sequence(self) -> int:
        """Return the next sequence number (0..255) that no living request uses."""
        for _ in range(256):
            self._last_sequence = (self._last_sequence + 1) & 0xFF
            if self._last_sequence not in self._requests:
                return self._last_sequence
        raise NotNow("all 256 sequence numbers are in use; wait until requests have been answered")

    def open(
        self,
        frame: ApsFrame,
        *,
        sequence: int,
        command_id: int,
        cluster_command: bool,
        now: float,
        retry: Retry,
        expects: frozenset[int] = frozenset(),
        token: object = None,
    ) -> None:
        """Register a request that leaves now. Raises NotNow when too many are in flight.

        `expects`: ids of the cluster commands that answer it.
        """
        if len(self._requests) >= IN_FLIGHT_LIMIT:
            self._forget_oldest_answered()
        self._requests[sequence] = Request(
            frame=frame,
            sequence=sequence,
            command_id=command_id,
            cluster_command=cluster_command,
            expects=expects,
            token=token,
            tries_left=retry.tries - 1,
            wait=retry.timeout,
            due=now + retry.timeout,
            factor=retry.factor,
        )

    def by_sequence(self, frame: ApsFrame, sequence: int) -> Request | None:
        """Return the request that `frame` answers by its sequence number."""
        request = self._requests.get(sequence)
        if request is None or request.destination != frame.source or request.cluster_id != frame.cluster_id:
            return None
        return request

    def by_command(self, frame: ApsFrame, command_id: int) -> Request | None:
        """Return a request to this node and cluster that expects such a command, unanswered ones first."""
        found = None
        for request in self._requests.values():
            if (
                command_id in request.expects
                and request.destination == frame.source
                and request.cluster_id == frame.cluster_id
            ):
                if request.answered_at is None:
                    return request
                found = found or request
        return found

    def answered(self, request: Request, now: float) -> bool:
        """Note an answer; it lingers if more may follow, else it ends. True if it was the first answer."""
        first = request.answered_at is None
        if request.expects:
            request.answered_at = now
            request.due = now + LINGER
        else:
            self._requests.pop(request.sequence, None)
        return first

    def end(self, request: Request) -> None:
        """Forget a request."""
        self._requests.pop(request.sequence, None)

    def forget(self, destination: int) -> None:
        """Forget every request to a node."""
        for request in [r for r in self._requests.values() if r.destination == destination]:
            self.end(request)

    def tick(self, now: float) -> tuple[list[Request], list[Request]]:
        """Return (requests to send again, requests given up), and forget what has had its time."""
        again, given_up = [], []
        for request in list(self._requests.values()):
            if request.due > now:
                continue
            if request.answered_at is not None:
                self.end(request)
            elif request.tries_left > 0:
                request.tries_left -= 1
                request.wait *= request.factor
                request.due = now + request.wait
                again.append(request)
            else:
                self.end(request)
                given_up.append(request)
        return again, given_up

    def deadline(self) -> float | None:
        """Return when `tick` is next worth calling."""
        return min((request.due for request in self._requests.values()), default=None)

    def _forget_oldest_answered(self) -> None:
        for request in self._requests.values():
            if request.answered_at is not None:
                self.end(request)
                return
        raise NotNow(f"{IN_FLIGHT_LIMIT} requests are in flight; wait for answers before sending more")
