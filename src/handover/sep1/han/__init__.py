"""A whole node of a HAN: network layers and key establishment together, so that it joins by itself.

`HanNode` takes a device from its install code to an established link key, and an ESI from its certificate to
devices that have one. Not here: what the node is for; its application engine gets and gives `ApsFrame`.
"""

from handover.sep1.han.node import HanNode
from handover.sep1.han.outputs import DeviceReady, NotReady, Ready

__all__ = ["DeviceReady", "HanNode", "NotReady", "Ready"]
