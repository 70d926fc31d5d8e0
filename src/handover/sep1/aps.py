"""The application support frame that transports carry and engines exchange: one ZCL frame with its addresses.

Not here: its octets under a network header (`network`), the ZCL frame inside (`frame`).
"""

from dataclasses import dataclass
from typing import Final

from handover.sep1.types import SE_PROFILE

BROADCAST: Final = 0xFFFF_FFFF_FFFF_FFFF
"""Destination that stands for every node."""


@dataclass(slots=True, kw_only=True)
class ApsFrame:
    """One APS data frame.

    `source` and `destination` are EUI-64s as integers (destination may be BROADCAST), the endpoints 0 to 255.
    `secured` tells that the link key of the two nodes protected the frame. `payload` is the ZCL frame.
    """

    source: int
    destination: int
    source_endpoint: int
    destination_endpoint: int
    cluster_id: int
    profile_id: int = SE_PROFILE
    secured: bool
    payload: bytes
