"""Which resource stands at which path, as far as it does not follow from a translation.

Translated resources get their paths from `mapping.hrefs`; the roots are given here, where the standard's
method table has them. Everything else that the gateway serves of its own is made here, without side effects.
"""

from handover.gateway.outputs import Registered
from handover.mapping.context import Context
from handover.mapping.hrefs import Hrefs
from handover.mapping.mrid import MridKind
from handover.sep2.resources.common import Link, ListLink
from handover.sep2.resources.device_capability import DeviceCapability
from handover.sep2.resources.device_information import DeviceInformation
from handover.sep2.resources.end_device import DeviceStatus, EndDevice, Registration, SelfDevice
from handover.sep2.resources.function_set_assignments import FunctionSetAssignments
from handover.sep2.resources.power_status import PowerStatus
from handover.sep2.resources.response import ResponseSet
from handover.sep2.store import Store

HREFS = Hrefs(programs="/dr")
CAPABILITY = "/dcap"
SELF = "/sdev"
DEVICES = "/edev"
PROGRAMS = "/dr"
TARIFFS = "/tp"
MESSAGES = "/msg"
USAGE_POINTS = "/upt"
RESPONSE_SETS = "/rsps"
FILES = "/file"
PREPAYMENTS = "/ppy"
RESPONSES = HREFS.responses

POLL_RATE = 60
"""Seconds between polls asked of clients: the ESI may push at any time, and a home has few devices."""

FUNCTIONS = (0, 1, 2, 3, 5, 6, 7, 8, 10, 13, 14, 15, 16)
"""Bits of functionsImplemented: what of the standard's function sets this gateway serves."""

UNKNOWN = "unknown"


def device_path(number: int) -> str:
    """Return the path of an EndDevice."""
    return f"{DEVICES}/{number}"


def lists(store: Store) -> None:
    """Make the lists that exist even when nothing is in them."""
    for path in (DEVICES, PROGRAMS, TARIFFS, MESSAGES, USAGE_POINTS, RESPONSE_SETS, FILES, PREPAYMENTS):
        store.put_list(path, poll_rate=POLL_RATE)
    store.put_list(RESPONSES)


def capability() -> DeviceCapability:
    """Return the entry point: links to everything; who may not see a target does not see its link."""
    return DeviceCapability(
        pollRate=POLL_RATE,
        DemandResponseProgramListLink=ListLink(href=PROGRAMS),
        FileListLink=ListLink(href=FILES),
        MessagingProgramListLink=ListLink(href=MESSAGES),
        PrepaymentListLink=ListLink(href=PREPAYMENTS),
        ResponseSetListLink=ListLink(href=RESPONSE_SETS),
        TariffProfileListLink=ListLink(href=TARIFFS),
        TimeLink=Link(href=HREFS.time),
        UsagePointListLink=ListLink(href=USAGE_POINTS),
        EndDeviceListLink=ListLink(href=DEVICES),
        SelfDeviceLink=Link(href=SELF),
    )


def self_device(lfdi: bytes, sfdi: int) -> SelfDevice:
    """Return the gateway's own device resource."""
    return SelfDevice(DeviceInformationLink=Link(href=f"{SELF}/di"), lFDI=lfdi, sFDI=sfdi)


def self_information(lfdi: bytes, pen: int, eui64: int, version: str) -> DeviceInformation:
    """Return what the gateway says about itself; its serial number is its EUI-64."""
    return DeviceInformation(
        functionsImplemented=sum(1 << bit for bit in FUNCTIONS).to_bytes(8, "big"),
        lFDI=lfdi,
        mfDate=0,
        mfHwVer="1",
        mfID=pen,
        mfInfo="Handover",
        mfModel="HAN gateway",
        mfSerNum=f"{eui64:016X}",
        primaryPower=1,
        secondaryPower=0,
        swActTime=0,
        swVer=version[:32],
    )


def response_set(context: Context) -> ResponseSet:
    """Return the one set to which every event's answers go."""
    return ResponseSet(
        mRID=context.structure(MridKind.RESPONSE_SET, 0, endpoint=0),
        description="answers to events",
        ResponseListLink=ListLink(href=RESPONSES),
    )


def end_device(device: Registered) -> EndDevice:
    """Return the EndDevice of a registered device; a pending one has no assignments and is not enabled."""
    base = device_path(device.number)
    category = None if device.categories is None else device.categories.to_bytes(4, "big")
    return EndDevice(
        deviceCategory=category,
        DeviceInformationLink=Link(href=f"{base}/di"),
        DeviceStatusLink=Link(href=f"{base}/dstat"),
        lFDI=device.lfdi or None,
        LogEventListLink=ListLink(href=f"{base}/lel"),
        PowerStatusLink=Link(href=f"{base}/ps"),
        sFDI=device.sfdi,
        changedTime=int(device.admitted_at),
        enabled=not device.pending,
        FunctionSetAssignmentsListLink=ListLink(href=f"{base}/fsa"),
        RegistrationLink=None if device.pending else Link(href=f"{base}/rg"),
    )


def registration(device: Registered) -> Registration:
    """Return the proof for the device that it has found the right server: its PIN."""
    return Registration(dateTimeRegistered=int(device.admitted_at), pIN=device.pin)


def assignments(device: Registered, context: Context) -> FunctionSetAssignments:
    """Return what a registered device may use: everything the ESI gives, on the ESI's clock."""
    return FunctionSetAssignments(
        mRID=context.structure(MridKind.FUNCTION_SET_ASSIGNMENTS, device.number, endpoint=0),
        description="home area network",
        DemandResponseProgramListLink=ListLink(href=PROGRAMS),
        FileListLink=ListLink(href=FILES),
        MessagingProgramListLink=ListLink(href=MESSAGES),
        PrepaymentListLink=ListLink(href=PREPAYMENTS),
        ResponseSetListLink=ListLink(href=RESPONSE_SETS),
        TariffProfileListLink=ListLink(href=TARIFFS),
        TimeLink=Link(href=HREFS.time),
        UsagePointListLink=ListLink(href=USAGE_POINTS),
    )


def blank_information(device: Registered) -> DeviceInformation:
    """Return what is served until the device has described itself."""
    return DeviceInformation(
        lFDI=device.lfdi or bytes(20),
        mfDate=0,
        mfHwVer=UNKNOWN,
        mfID=0,
        mfModel=UNKNOWN,
        mfSerNum=UNKNOWN,
        primaryPower=5,
        secondaryPower=5,
        swActTime=0,
        swVer=UNKNOWN,
    )


def blank_status(device: Registered) -> DeviceStatus:
    """Return what is served until the device has told its state: unknown."""
    return DeviceStatus(changedTime=int(device.admitted_at), opState=0)


def blank_power(device: Registered) -> PowerStatus:
    """Return what is served until the device has told what powers it: unknown."""
    return PowerStatus(batteryStatus=0, changedTime=int(device.admitted_at), currentPowerSource=5)
