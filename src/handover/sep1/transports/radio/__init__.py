"""The way onto a HAN through a radio of our own: a stick that zigpy drives, as coordinator and trust centre.

zigpy and the stick's library are loaded when a radio is opened, not before: the extra `radio` brings them.
"""

from handover.sep1.transports.radio.events import DeviceJoined, DeviceLeft, RadioBack, RadioEvent, RadioLost
from handover.sep1.transports.radio.settings import STICKS, RadioSettings
from handover.sep1.transports.radio.transport import RadioTransport

__all__ = [
    "STICKS",
    "DeviceJoined",
    "DeviceLeft",
    "RadioBack",
    "RadioEvent",
    "RadioLost",
    "RadioSettings",
    "RadioTransport",
]
