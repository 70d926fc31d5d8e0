"""Translates single frames and documents, for people: no journal, no gateway, the same translations.

What a translation needs to know comes from the frames or documents before it (the event that a cancellation
ends, the scale of a profile), and from `Facts`.
"""

from collections.abc import Iterable
from typing import Any

from handover.mapping.by_hand.downward import Downward
from handover.mapping.by_hand.facts import Facts, Result
from handover.mapping.by_hand.upward import Upward

__all__ = ["Facts", "Result", "to_sep1", "to_sep2"]


def to_sep2(bodies: Iterable[tuple[int, Any]], facts: Facts) -> Result:
    """Translate frames, given as cluster id and body. Raises DecodeError for what has no translation alone,
    Untranslatable where the standards differ.
    """
    made = Upward(facts)
    for cluster_id, body in bodies:
        made.take(cluster_id, body)
    return made.result


def to_sep1(resources: Iterable[Any], facts: Facts) -> Result:
    """Translate documents. Raises as `to_sep2` does."""
    made = Downward(facts)
    for resource in resources:
        made.take(resource)
    made.finish()
    return made.result
