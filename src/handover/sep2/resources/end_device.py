"""End devices (clauses 8.3 and 8.4): each device as its server knows it, registration, status."""

from dataclasses import field
from typing import Annotated

from handover.sep2.declaration import Edition, Since, Until, resource
from handover.sep2.resources.common import (
    Link,
    ListLink,
    PollRate,
    Resource,
    SubscribableList,
    SubscribableResource,
)
from handover.sep2.types import (
    DeviceCategoryType,
    HexBinary160,
    Int16,
    PhaseCode,
    PINType,
    PowerOfTenMultiplierType,
    SFDIType,
    TimeType,
    UInt8,
    UInt16,
    UInt32,
)


@resource
class AbstractDevice(SubscribableResource):
    """A device: who it is (LFDI, SFDI), what it is (`deviceCategory` bits), where its resources are.

    The certificate gives the LFDI (160 bits); the SFDI is its 36 high bits in decimal and a check digit.
    In 2013 the category was called `loadShedDeviceCategory`, and its bits from 13 on meant other devices.
    """

    AggregatedDeviceListLink: Annotated[ListLink | None, Since(Edition.E2023)] = None
    AggregationPriorityLink: Annotated[Link | None, Since(Edition.E2023)] = None
    ConfigurationLink: Link | None = None
    DERListLink: ListLink | None = None
    deviceCategory: Annotated[DeviceCategoryType | None, Since(Edition.E2018)] = None
    DeviceInformationLink: Link | None = None
    DeviceStatusLink: Link | None = None
    FileStatusLink: Link | None = None
    IPInterfaceListLink: ListLink | None = None
    lFDI: HexBinary160 | None = None
    LoadShedAvailabilityListLink: ListLink | None = None
    loadShedDeviceCategory: Annotated[DeviceCategoryType | None, Until(Edition.E2013)] = None
    LogEventListLink: ListLink | None = None
    phase: Annotated[PhaseCode | None, Since(Edition.E2023)] = None
    PowerStatusLink: Link | None = None
    sFDI: SFDIType


@resource
class EndDevice(AbstractDevice):
    """A device as the server sees it.

    `changedTime` in Unix seconds; `postRate` in seconds, how often the device posts its own resources.
    """

    changedTime: TimeType
    enabled: bool | None = None
    FlowReservationRequestListLink: ListLink | None = None
    FlowReservationResponseListLink: ListLink | None = None
    FunctionSetAssignmentsListLink: ListLink | None = None
    postRate: Annotated[UInt32 | None, Since(Edition.E2018)] = None
    RegistrationLink: Link | None = None
    ProxiedDeviceListLink: Annotated[ListLink | None, Since(Edition.E2023)] = None
    SubscriptionListLink: ListLink | None = None


EndDevice_ = EndDevice


@resource
class EndDeviceList(SubscribableList):
    """A page of end devices. `pollRate` in seconds."""

    pollRate: PollRate = None
    EndDevice: list[EndDevice_] = field(default_factory=list)


@resource
class SelfDevice(AbstractDevice):
    """The server's own device. `pollRate` in seconds."""

    pollRate: PollRate = None
    ProxiedDeviceListLink: Annotated[ListLink | None, Since(Edition.E2023)] = None


@resource
class Registration(Resource):
    """That a device is registered: when, and with which PIN.

    The PIN has five digits and a check digit. On the wire it is a number, so leading zeros are lost.
    """

    pollRate: PollRate = None
    dateTimeRegistered: TimeType
    pIN: PINType


@resource
class Temperature:
    """`value` x 10^`multiplier` degrees Celsius of `subject`.

    `subject`: 0 enclosure, 1 transformer, 2 heat sink.
    """

    multiplier: PowerOfTenMultiplierType
    subject: UInt8
    value: Int16


Temperature_ = Temperature


@resource
class DeviceStatus(Resource):
    """How a device is doing.

    `opState`: 0 unknown, 1 not operating, 2 operating, 3 starting, 4 shutting down, 5 at disconnect level,
    6 ramping kW, 7 ramping kVar. `opTime` is total operation in seconds, `onCount` the number of switch-ons.
    """

    pollRate: PollRate = None
    changedTime: TimeType
    onCount: UInt16 | None = None
    opState: UInt8 | None = None
    opTime: UInt32 | None = None
    Temperature: list[Temperature_] = field(default_factory=list)
    TimeLink: Link | None = None
