"""Token buckets: how often somebody may do something, and how often not any more. No clock is known here."""

from collections import OrderedDict
from collections.abc import Hashable
from dataclasses import dataclass
from typing import Generic, TypeVar

K = TypeVar("K", bound=Hashable)

LINES = (20, 1 / 3)
"""Log lines about one node or client: at once, and per second from then on."""


@dataclass(slots=True)
class _Bucket:
    left: float
    at: float
    refused: int = 0


class Allowance(Generic[K]):
    """A bucket of `burst` tokens for each key, refilled by `rate` tokens a second.

    At most `keys` keys are remembered; the one unseen for the longest time is forgotten first.
    """

    def __init__(self, burst: float, rate: float, keys: int = 256) -> None:
        self._burst = burst
        self._rate = rate
        self._keys = keys
        self._buckets: OrderedDict[K, _Bucket] = OrderedDict()

    def __len__(self) -> int:
        return len(self._buckets)

    def take(self, key: K, now: float) -> bool:
        """Take a token for `key`; False when there is none. A clock that was set back refills nothing."""
        bucket = self._buckets.pop(key, None) or _Bucket(self._burst, now)
        self._buckets[key] = bucket
        if len(self._buckets) > self._keys:
            self._buckets.popitem(last=False)
        bucket.left = min(self._burst, bucket.left + self._rate * max(0.0, now - bucket.at))
        bucket.at = now
        if bucket.left < 1:
            bucket.refused += 1
            return False
        bucket.left -= 1
        return True

    def refused(self, key: K) -> int:
        """Return and forget how many tokens were refused since the last call."""
        bucket = self._buckets.get(key)
        if bucket is None:
            return 0
        count, bucket.refused = bucket.refused, 0
        return count
