"""The access table: for whom which methods are allowed where. What is not in GRANTS is denied.

Which zone a path is in for a given client is found out in `access`; nothing is decided there that is not
written here.
"""

from collections.abc import Mapping
from enum import Enum
from types import MappingProxyType


class Role(Enum):
    """What a client is to this server."""

    ANONYMOUS = "without an accepted certificate"
    COMMISSIONED = "commissioned: a trusted certificate, not registered"
    REGISTERED = "registered"


class Zone(Enum):
    """What a path is to one client; the value says it in words for the audit log."""

    CAPABILITY = "the server's entry point"
    CLOCK = "the server's time"
    SELF = "the server's own description"
    SELF_PARTS = "a part of the server's own description"
    DEVICE_LIST = "the list of devices, of which a client sees itself"
    CLOSED_LIST = "the list of devices, on which the client does not stand"
    OWN_DEVICE = "the client's own EndDevice"
    OWN_REGISTRATION = "the client's own registration"
    OWN_ASSIGNMENTS = "what is assigned to the client"
    OWN_PARTS = "a part of the client's own EndDevice"
    OTHER_DEVICE = "within the EndDevice of another client"
    PUBLIC = "public"
    ASSIGNED = "given by the client's function set assignments"
    RESPONSE_LIST = "a list that the client is to send responses to"
    OWN_RESPONSE = "a response that the client sent"
    OTHER_RESPONSE = "a response of another client, or a list not given to this one"
    MIRROR_LIST = "the list of mirrors, of which a client sees its own"
    OWN_MIRROR = "the client's own mirror"
    OTHER_MIRROR = "the mirror of another client"
    UNGIVEN = "neither public nor given to the client"


READ = frozenset({"GET", "HEAD"})
SEND = READ | {"POST"}
KEEP = READ | {"PUT", "POST", "DELETE"}

_EVERYONE = {
    Zone.CAPABILITY: READ,
    Zone.CLOCK: READ,
    Zone.SELF: READ,
    Zone.DEVICE_LIST: READ,
    Zone.OWN_DEVICE: READ,
    Zone.PUBLIC: READ,
}
_REGISTERED = _EVERYONE | {
    Zone.SELF_PARTS: READ,
    Zone.OWN_REGISTRATION: READ,
    Zone.OWN_ASSIGNMENTS: READ,
    Zone.OWN_PARTS: KEEP,
    Zone.ASSIGNED: READ,
    Zone.RESPONSE_LIST: SEND,
    Zone.OWN_RESPONSE: READ,
    Zone.MIRROR_LIST: SEND,
    Zone.OWN_MIRROR: KEEP,
}

GRANTS: Mapping[tuple[Role, Zone], frozenset[str]] = MappingProxyType(
    {(Role.COMMISSIONED, zone): methods for zone, methods in _EVERYONE.items()}
    | {(Role.REGISTERED, zone): methods for zone, methods in _REGISTERED.items()}
)
"""The table. A method that the standard or the server does not offer stays unavailable all the same."""

OWN_IDENTITY: Mapping[str, str] = MappingProxyType(
    {
        "Response": "endDeviceLFDI",
        "MirrorUsagePoint": "deviceLFDI",
        "DeviceInformation": "lFDI",
        "EndDevice": "lFDI",
    }
)
"""Bodies (by class, subclasses included) in which this field must be the sender's own LFDI."""
