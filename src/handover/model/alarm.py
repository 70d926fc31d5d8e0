"""Something that a device has noticed and tells."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Notice:
    """An alarm `code` of the cluster `cluster_id`, in its device's own numbering; `at` is Unix seconds."""

    cluster_id: int
    code: int
    at: int
