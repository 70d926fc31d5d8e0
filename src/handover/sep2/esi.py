"""A SEP 2.0 server of every function set, as one engine: requests and the time go in, answers come out.

Its owner puts resources into `store`, issues events with `schedule`, and admits devices; everything that the
standard asks of a server in between happens here: access, paging, statuses, subscriptions, responses, what
devices write. `serving` runs it on a network.
"""

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from handover.errors import ConfigError, NotNow
from handover.sep2.declaration import Edition
from handover.sep2.peer import Peer
from handover.sep2.resources.common import Link, ListLink
from handover.sep2.resources.device_capability import DeviceCapability
from handover.sep2.resources.device_information import DeviceInformation
from handover.sep2.resources.end_device import DeviceStatus, EndDevice, Registration, SelfDevice
from handover.sep2.resources.function_set_assignments import FunctionSetAssignments
from handover.sep2.resources.proxied_device import ProxiedDevice
from handover.sep2.resources.response import ResponseSet
from handover.sep2.resources.time import Time
from handover.sep2.security.access import AccessRules, Policy, Registering
from handover.sep2.security.identity import is_checked
from handover.sep2.security.lockout import Lockout
from handover.sep2.server import Incident, Options, Refusal, Request, Response, Server, keeping
from handover.sep2.server.blobs import Blobs
from handover.sep2.server.civil_time import clock
from handover.sep2.server.event_schedule import EventSchedule
from handover.sep2.server.hooks import Created, Existing, Hook, Outcome, Write
from handover.sep2.server.mirrors import MIRRORS, Mirrors
from handover.sep2.server.post_box import Notify
from handover.sep2.server.responding import Heard, responding
from handover.sep2.server.subscriptions import Options as SubscriptionOptions
from handover.sep2.server.subscriptions import Subscriptions
from handover.sep2.store import Store

TIME, SELF, DEVICES, RESPONSES = "/tm", "/sdev", "/edev", "/rsps/0/rsp"

FUNCTION_SETS: Mapping[str, str] = {
    "CustomerAccountListLink": "/bill",
    "DemandResponseProgramListLink": "/dr",
    "DERProgramListLink": "/derp",
    "FileListLink": "/file",
    "MessagingProgramListLink": "/msg",
    "PrepaymentListLink": "/ppy",
    "ResponseSetListLink": "/rsps",
    "TariffProfileListLink": "/tp",
    "TimeLink": TIME,
    "UsagePointListLink": "/upt",
}
"""The links by which function sets are assigned, and where these are here."""


def ignore(*_: Any) -> None:
    """Listen to nothing."""


@dataclass(frozen=True, slots=True)
class Settings:
    """What kind of server this is. `base` is its own address, "https://host:port", for subscriptions.

    `pen` is the IANA enterprise number of whoever runs it; mRIDs end with it. `poll_rate` in seconds is what
    clients are asked for; `clock` makes the Time resource; events stay listed for `retention` seconds after
    their end; `edition` is that of XML answers to clients that do not speak the one of 2013.
    """

    base: str = "https://localhost"
    lfdi: bytes = bytes(20)
    sfdi: int = 0
    pen: int = 0
    poll_rate: int = 300
    clock: Callable[[float], Time] = field(default_factory=clock)
    policy: Policy = field(default_factory=Policy)
    subscriptions: SubscriptionOptions | None = None
    edition: Edition = Edition.E2018
    most_devices: int = 10_000
    retention: int = 0


class Esi:
    """The engine. A `store` that was loaded from somewhere is taken over as it is.

    `content` is what the Files in it name by `fileURI`, below their own paths. `heard` is told of every
    response of a device, `refused` of every request that the access rules refuse, `failed` of defects.
    `hooks` replace writes of ours.
    """

    def __init__(
        self,
        settings: Settings | None = None,
        store: Store | None = None,
        *,
        hooks: Mapping[tuple[str, str], Hook] | None = None,
        content: Blobs | None = None,
        heard: Heard = ignore,
        refused: Callable[[Refusal], None] = ignore,
        failed: Callable[[Incident], None] = ignore,
    ) -> None:
        self.settings = settings = settings or Settings()
        self.store = Store() if store is None else store
        _plant(self.store, settings)
        self.access = AccessRules(self.store, settings.policy)
        self._lockout = Lockout()
        offered: dict[tuple[str, str], Hook] = {}
        self._server = Server(
            self.store,
            self.access,
            offered,
            options=Options(edition=settings.edition),
            content=content,
            refused=refused,
            failed=failed,
        )
        self.schedule = EventSchedule(self.store, retention=settings.retention)
        options = settings.subscriptions or SubscriptionOptions(settings.base)
        self.subscriptions = Subscriptions(self.store, self.access, self._server.renderer, options)
        self.mirrors = Mirrors(self.store, post_rate=settings.poll_rate)
        offered |= keeping(self.store) | responding(self.store, heard)
        offered |= self.mirrors.hooks() | self.subscriptions.hooks()
        if settings.policy.registering is Registering.IN_BAND or settings.policy.proxies:
            offered["POST", "EndDeviceList"] = self._apply
        offered |= hooks or {}

    def handle(self, request: Request, now: float) -> Response:
        """Answer a request at time `now` (Unix seconds). Never raises."""
        self.schedule.tick(now)
        return self._server.handle(request, now)

    def tick(self, now: float) -> list[Notify]:
        """Bring events up to `now`; return the notifications that are to be sent."""
        self.schedule.tick(now)
        return self.subscriptions.tick(now)

    def deadline(self) -> float | None:
        """Return when `tick` is next worth calling (Unix seconds)."""
        times = (self.schedule.deadline(), self.subscriptions.deadline())
        return min((time for time in times if time is not None), default=None)

    def admit(
        self,
        peer: Peer,
        pin: int,
        now: float,
        *,
        assigned: Mapping[str, str] = FUNCTION_SETS,
        behind: str | None = None,
    ) -> str:
        """Register a device and assign function sets to it; return the path of its EndDevice.

        `behind` is the EndDevice of the gateway that speaks for it, when it has no certificate of its own;
        nobody else does, whoever introduced it.
        `assigned` gives a target for each link of its FunctionSetAssignments. An LFDI of zeros says that only
        the SFDI is known. Raises ConfigError for an SFDI or PIN with a wrong check digit, and NotNow after
        five such within ten minutes.
        """
        self._lockout.check(now)
        for name, number in (("SFDI", peer.sfdi), ("PIN", pin)):
            if not is_checked(number):
                self._lockout.failed(now)
                raise ConfigError(f"the {name} {number} has a wrong check digit; was it typed correctly?")
        known = self.access.device_of(peer)
        path = known or self.store.new_path(DEVICES)
        self.store.put(path, _end_device(path, peer, int(now)))
        self.store.put(f"{path}/rg", Registration(dateTimeRegistered=int(now), pIN=pin))
        if known is None:
            self.store.put(f"{path}/di", _unknown_device(peer))
            self.store.put(f"{path}/dstat", DeviceStatus(changedTime=int(now)))
        assignments = FunctionSetAssignments(mRID=_mrid(path, self.settings))
        for name, href in assigned.items():
            setattr(assignments, name, (ListLink if name.endswith("ListLink") else Link)(href=href))
        self.store.put(f"{path}/fsa/0", assignments)
        for row, proxied in list(self.store.of_class(ProxiedDevice).items()):
            if proxied.lFDI == peer.lfdi and (behind is None or not row.startswith(f"{behind}/")):
                self.store.delete(row)
        if behind is not None:
            self._vouch(behind, peer, now)
        return path

    def _vouch(self, gateway: str, peer: Peer, now: float) -> None:
        """Note that a gateway speaks for a device."""
        listed = self.store.items(f"{gateway}/pxd")
        if all(known.lFDI != peer.lfdi for known in listed):
            row = ProxiedDevice(lFDI=peer.lfdi, sFDI=peer.sfdi, changedTime=int(now), enabled=True)
            self.store.add(f"{gateway}/pxd", row)

    def _apply(self, write: Write) -> Outcome:
        """Let a device put itself on the list, or one behind it: without rights until it is admitted."""
        posted = write.resource
        peer = Peer(posted.lFDI, posted.sFDI) if posted.lFDI else write.peer
        known = self.access.device_of(peer)
        if known is not None:
            return Existing(known)
        own = self.access.device_of(write.peer)
        if len(self.store.paths(DEVICES)) >= self.settings.most_devices:
            raise NotNow(f"this server has room for {self.settings.most_devices} devices")
        applicant = EndDevice(
            deviceCategory=posted.deviceCategory,
            lFDI=peer.lfdi,
            sFDI=peer.sfdi,
            changedTime=int(write.now),
            enabled=False,
        )
        path = self.store.add(DEVICES, applicant)
        if own is not None:
            self._vouch(own, peer, write.now)
        return Created(path)

    def dismiss(self, path: str) -> bool:
        """Remove a device with all that belongs to it, its mirrors too; tell whether it was there."""
        device = self.store.get(path)
        if isinstance(device, EndDevice) and device.lFDI is not None:
            self.mirrors.forget(device.lFDI)
        return self.store.delete(path)


def _plant(store: Store, settings: Settings) -> None:
    """Put in place what every server has and an empty tree lacks."""
    store.put_live(TIME, Time, settings.clock)
    lists = [href for name, href in FUNCTION_SETS.items() if name.endswith("ListLink")]
    for path in (*lists, DEVICES, MIRRORS):
        store.put_list(path, poll_rate=settings.poll_rate, subscribable=1)
    if "/rsps/0" not in store:
        store.put(
            "/rsps/0",
            ResponseSet(mRID=_mrid("/rsps/0", settings), ResponseListLink=ListLink(href=RESPONSES)),
        )
    store.put_list(RESPONSES)
    store.put(SELF, SelfDevice(lFDI=settings.lfdi, sFDI=settings.sfdi))
    capability = DeviceCapability(
        pollRate=settings.poll_rate,
        EndDeviceListLink=ListLink(href=DEVICES),
        MirrorUsagePointListLink=ListLink(href=MIRRORS),
        SelfDeviceLink=Link(href=SELF),
    )
    for name, href in FUNCTION_SETS.items():
        setattr(capability, name, (ListLink if name.endswith("ListLink") else Link)(href=href))
    store.put("/dcap", capability)


def _end_device(path: str, peer: Peer, now: int) -> EndDevice:
    return EndDevice(
        ConfigurationLink=Link(href=f"{path}/cfg"),
        DERListLink=ListLink(href=f"{path}/der"),
        DeviceInformationLink=Link(href=f"{path}/di"),
        DeviceStatusLink=Link(href=f"{path}/dstat"),
        FileStatusLink=Link(href=f"{path}/fs"),
        IPInterfaceListLink=ListLink(href=f"{path}/ns"),
        lFDI=peer.lfdi if any(peer.lfdi) else None,
        LoadShedAvailabilityListLink=ListLink(href=f"{path}/lsl"),
        LogEventListLink=ListLink(href=f"{path}/lel"),
        ProxiedDeviceListLink=ListLink(href=f"{path}/pxd"),
        PowerStatusLink=Link(href=f"{path}/ps"),
        sFDI=peer.sfdi,
        changedTime=now,
        enabled=True,
        FlowReservationRequestListLink=ListLink(href=f"{path}/frq"),
        FlowReservationResponseListLink=ListLink(href=f"{path}/frp"),
        FunctionSetAssignmentsListLink=ListLink(href=f"{path}/fsa"),
        RegistrationLink=Link(href=f"{path}/rg"),
        SubscriptionListLink=ListLink(href=f"{path}/sub"),
    )


def _unknown_device(peer: Peer) -> DeviceInformation:
    """Return what is said of a device until it describes itself."""
    unknown = "unknown"
    return DeviceInformation(
        lFDI=peer.lfdi,
        mfDate=0,
        mfHwVer=unknown,
        mfID=0,
        mfModel=unknown,
        mfSerNum=unknown,
        primaryPower=5,
        secondaryPower=5,
        swActTime=0,
        swVer=unknown,
    )


def _mrid(path: str, settings: Settings) -> bytes:
    """Return an mRID for a structure of ours: the same for the same server and path."""
    return hashlib.sha256(settings.lfdi + path.encode()).digest()[:12] + settings.pen.to_bytes(4)
