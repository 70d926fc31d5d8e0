"""Devices behind a gateway (2023): they have no certificate of their own, and a gateway speaks for them."""

from dataclasses import field

from handover.sep2.declaration import resource
from handover.sep2.resources.common import Link, ListLink, PollRate, SubscribableList
from handover.sep2.resources.end_device import AbstractDevice
from handover.sep2.types import TimeType, UInt32


@resource
class ExternalDevice(AbstractDevice):
    """What devices that are not the server have in common; an EndDevice has the same fields.

    `changedTime` in Unix seconds; `postRate` in seconds, how often the device posts its own resources.
    """

    changedTime: TimeType
    enabled: bool | None = None
    FlowReservationRequestListLink: ListLink | None = None
    FlowReservationResponseListLink: ListLink | None = None
    FunctionSetAssignmentsListLink: ListLink | None = None
    postRate: UInt32 | None = None
    RegistrationLink: Link | None = None


@resource
class ProxiedDevice(ExternalDevice):
    """A device for which another one speaks."""


ProxiedDevice_ = ProxiedDevice


@resource
class ProxiedDeviceList(SubscribableList):
    """A page of proxied devices. `pollRate` in seconds."""

    pollRate: PollRate = None
    ProxiedDevice: list[ProxiedDevice_] = field(default_factory=list)
