"""Frames on their way out: in order for each node, side by side for different ones.

A stick tells of a delivery only after the node has acknowledged it, which takes a sleeping node many
seconds; nobody else waits for that. How a frame is sent is the business of whoever makes the outbox.
"""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable

from handover.sep1.aps import ApsFrame

Carry = Callable[[ApsFrame], Awaitable[None]]
"""Sends one frame and returns when its fate is known. Raises nothing."""


class Outbox:
    """Hands frames to `carry`, at most `limit` waiting for each destination."""

    def __init__(self, carry: Carry, limit: int) -> None:
        self._carry = carry
        self._limit = limit
        self._waiting: dict[int, deque[ApsFrame]] = {}
        self._tasks: set[asyncio.Task[None]] = set()

    def __len__(self) -> int:
        return sum(len(queue) for queue in self._waiting.values())

    def put(self, frame: ApsFrame) -> bool:
        """Take a frame; False when too many wait for its destination already."""
        queue = self._waiting.get(frame.destination)
        if queue is None:
            queue = self._waiting[frame.destination] = deque()
            task = asyncio.create_task(self._empty(frame.destination, queue))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)
        elif len(queue) >= self._limit:
            return False
        queue.append(frame)
        return True

    def forget(self, destination: int) -> None:
        """Throw away what waits for a node that has left."""
        if destination in self._waiting:
            self._waiting[destination].clear()

    async def close(self) -> None:
        """Throw away what waits, and end what is under way."""
        tasks = list(self._tasks)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        self._waiting.clear()

    async def _empty(self, destination: int, queue: deque[ApsFrame]) -> None:
        while queue:
            await self._carry(queue.popleft())
        del self._waiting[destination]
