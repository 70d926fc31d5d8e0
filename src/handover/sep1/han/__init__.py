"""A whole node of a HAN: network layers and key establishment together, so that it joins by itself.

`HanNode` takes a device from its install code to an established link key, and an ESI from its certificate to
devices that have one; `Hosted` puts an application engine on top. Not here: what the engine is for.
"""

from handover.sep1.han.hosted import Hosted, Told
from handover.sep1.han.node import HanNode
from handover.sep1.han.outputs import DeviceReady, NotReady, Ready

__all__ = ["DeviceReady", "HanNode", "Hosted", "NotReady", "Ready", "Told"]
