"""The network layers of a node as one sans-IO engine: MAC, NWK, APS, ZDP, joining and the trust centre.

`Stack` takes MAC octets and the time, and hands out MAC octets and what concerns the application. Not here:
octets of frames (`network`), keys and counters (`security`), the air (`transports`), clusters.
"""

from handover.sep1.stack.engine import Stack
from handover.sep1.stack.site import Role, Settings

__all__ = ["Role", "Settings", "Stack"]
