"""The ways onto a SEP 1.x HAN, by name: the table that configuration and the shared test suite read."""

from handover.sep1.transports.base import Transport
from handover.sep1.transports.radio import RadioTransport
from handover.sep1.transports.raven import RavenTransport
from handover.sep1.transports.virtual import VirtualTransport

TRANSPORTS: dict[str, type[Transport]] = {
    "radio": RadioTransport,
    "raven": RavenTransport,
    "virtual": VirtualTransport,
}

__all__ = ["TRANSPORTS", "Transport"]
