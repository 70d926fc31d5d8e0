"""The gateway engine, orientation B: a SEP 2.0 client above, a SEP 1.x ESI below. No I/O.

Answers of the server, frames of the HAN and the time go in; steps come out. What each service does is in its
own module; here inputs find their service, and every step ends with what time asks for.
"""

from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass

from handover.errors import Refused
from handover.gateway.downward.describing import Describing
from handover.gateway.downward.devices import HanDevice, HanDevices
from handover.gateway.downward.event_server import EventReported, EventServer
from handover.gateway.downward.firmware import Firmware, Images, MemoryImages
from handover.gateway.downward.load_controls import LoadControls
from handover.gateway.downward.mail import Mail
from handover.gateway.downward.messages import Messages
from handover.gateway.downward.meters import UNKNOWN, Meters
from handover.gateway.downward.mirrors import KEY as MIRROR
from handover.gateway.downward.mirrors import Mirrors
from handover.gateway.downward.numbers import Numbers
from handover.gateway.downward.overview import Overview
from handover.gateway.downward.posting import DEVICE, Posting
from handover.gateway.downward.prices import Prices
from handover.gateway.downward.restored import Restored
from handover.gateway.step import Step
from handover.mapping.context import Context
from handover.mapping.mrid import IdentityProfile
from handover.mapping.virtual_lfdi import virtual_lfdi
from handover.sep1.aps import ApsFrame
from handover.sep1.client.alarms import AlarmClient, AlarmRaised
from handover.sep1.clusters.drlc import LoadControlEvent
from handover.sep1.identity import BasicIdentity
from handover.sep1.metering.mirror import MirrorClosed, MirrorHost, MirrorOpened, MirrorUpdated
from handover.sep1.ota.outputs import DownloadBegan, DownloadEnded, DownloadProgress
from handover.sep1.ota.server import OtaServer
from handover.sep1.security.report_signature import ReportVerifier
from handover.sep1.server import (
    AttributesRead,
    Esi,
    FrameDropped,
    MessageConfirmed,
    Output,
    PriceAcknowledged,
    PushConcluded,
    Retry,
    Send,
)
from handover.sep1.tunneling.server import TunnelServer
from handover.sep2.client.follower import Follower, Parts, Settings
from handover.sep2.client.links import EVERYTHING
from handover.sep2.client.outputs import (
    Admitted,
    ClockSet,
    Delete,
    Fetch,
    Gone,
    Input,
    NotAdmitted,
    Post,
    Posted,
    Put,
    ResponseLost,
    ServerBack,
    ServerLost,
    Trouble,
    Updated,
)
from handover.sep2.client.outputs import Output as Told
from handover.sep2.client.schedule import Draw
from handover.sep2.client.sightings import Sightings
from handover.sep2.resources.end_device import EndDeviceList
from handover.sep2.resources.file_download import FileStatus
from handover.sep2.resources.subscription import Notification
from handover.sep2.security.identity import sfdi

FOLLOWED = EVERYTHING - {"DERProgramListLink", "FlowReservationResponseListLink", "CustomerAccountListLink"}
"""Links that lead to what a SEP 1.x device can make something of."""

_SENDERS = ("device", "source", "meter")
"""Names under which indications tell which device they speak of."""

CLOCK_STEP = 60.0
"""A change of the HAN's clock beyond this is logged."""


@dataclass(frozen=True, slots=True)
class Identity:
    """Who this gateway is to the HAN below it (EUI-64, name) and to the server above (LFDI, SFDI, PEN)."""

    name: str
    eui64: int
    lfdi: bytes
    sfdi: int
    pen: int
    profile: IdentityProfile = IdentityProfile.HASH


class Downward:
    """The engine. Times given to it are Unix seconds of our own clock; inside, events run on the HAN's.

    `settings` say how the server is followed, `draw` gives each LFDI its randomness. `verifier` judges the
    signatures of reports; `images` keeps loaded firmware.
    """

    def __init__(
        self,
        identity: Identity,
        settings: Settings,
        draw: Callable[[bytes], Draw],
        *,
        retry: Retry | None = None,
        verifier: ReportVerifier | None = None,
        images: Images | None = None,
    ) -> None:
        self.identity = identity
        self.devices = HanDevices()
        self.mail = Mail()
        self.online = False
        self.heard: float | None = None
        self.standing = "not asked yet"
        self.esi = Esi(
            identity.eui64,
            basic=BasicIdentity(manufacturer="Handover", model="Gateway", power_source=1),
            metering=UNKNOWN,
            retry=retry,
            report_verifier=verifier,
        )
        self.follower = Follower(settings, draw(identity.lfdi), self._events, outbox=self.mail)
        self.posting = Posting(self.follower, self.known_as)
        self.numbers = Numbers()
        self.loads = LoadControls(self.esi, self.numbers, self.posting.order, draw)
        self.prices = Prices(self.esi, self.numbers, self.posting.price)
        self.messages = Messages(self.esi, self.numbers, self.posting.text)
        self.meters = Meters(self.esi)
        host = MirrorHost(self.esi.node)
        context = Context(
            node=identity.eui64, pen=identity.pen, lfdi=identity.lfdi, identity=identity.profile
        )
        self.mirrors = Mirrors(host, self.follower, self.posting, context)
        self.overview = Overview(self.follower, self.sightings, identity.lfdi, lambda: self.esi.clock_offset)
        self.describing = Describing(self.esi, self.follower, self.overview, self.posting, context)
        ota = OtaServer(self.esi.node, utc=self.esi.utc)
        held = MemoryImages() if images is None else images
        self.firmware = Firmware(ota, held, settings.authority, self._tell_status)
        self._verifier = verifier
        self.esi.add(host)
        self.esi.add(ota)
        self.esi.add(AlarmClient(self.esi.node))
        self.esi.add(EventServer(self.esi.node, self._scheduled, self.loads.knows, verifier))
        self.esi.add(TunnelServer(self.esi.node, protocols=()))
        self._wall = 0.0
        self._changed = False

    def _events(self, parts: Parts) -> Sightings:
        self.sightings = Sightings(parts)
        return self.sightings

    # Life

    def restore(self, restored: Restored, wall: float) -> Step:
        """Take over what the journal holds. To be called once, before anything else."""
        step = self._begin(wall)
        self.numbers.restore(restored.numbers)
        self.mail.restore(restored.mail)
        self.devices.restore(restored.devices)
        self.loads.restore(restored.orders)
        self.prices.restore(step, restored.prices)
        self.messages.restore(restored.texts)
        self.meters.restore(restored.places)
        self.mirrors.restore(restored.mirrors)
        self.firmware.restore(restored.files)
        self.describing.restore(restored.about)
        for device in self.devices:
            self._know(device)
        return self._settle(step)

    def start(self, wall: float) -> Step:
        """Begin with the server, and tell the devices what they may have missed."""
        step = self._begin(wall)
        self._follow(step, self.follower.start(wall))
        for device in self.devices:
            self._greet(step, device)
        return self._settle(step)

    # Inputs

    def handle(self, frame: ApsFrame, wall: float) -> Step:
        """Take one frame from the HAN."""
        step = self._begin(wall)
        device = self.devices.get(frame.source)
        if device is not None:
            device.heard = wall
        self._take(step, self.esi.handle(frame, wall))
        return self._settle(step)

    def answered(self, event: Input, wall: float) -> Step:
        """Take the outcome of a request to the server."""
        step = self._begin(wall)
        if self.firmware.takes(event):
            self._changed |= self.firmware.outcome(step, event)
        else:
            self._follow(step, self.follower.handle(event, wall))
        return self._settle(step)

    def notified(self, notification: Notification, wall: float) -> Step:
        """Take a notification of the server."""
        step = self._begin(wall)
        self._follow(step, self.follower.notified(notification, wall))
        return self._settle(step)

    def tick(self, wall: float) -> Step:
        """Do what has become due."""
        step = self._begin(wall)
        self._take(step, self.esi.tick(wall))
        self._follow(step, self.follower.tick(wall))
        return self._settle(step)

    def deadline(self, wall: float) -> float | None:
        """Return when `tick` is next worth calling, by our own clock."""
        offset = self.esi.clock_offset
        ours = [self.esi.deadline(), self.follower.deadline(), self.firmware.deadline()]
        theirs = [
            self.loads.deadline(),
            self.prices.deadline(),
            self.messages.deadline(wall + offset),
            self.mirrors.deadline(),
        ]
        due = [time for time in ours if time is not None]
        due += [time - offset for time in theirs if time is not None]
        return min(due, default=None)

    def admit(self, eui64: int, wall: float, *, name: str = "", certificate: bytes = b"") -> Step:
        """Let a device take part that has established its link key; harmless when repeated.

        Raises Refused for our own address: a gateway is not its own device.
        """
        if eui64 == self.identity.eui64:
            raise Refused("the gateway cannot be its own device: this address is ours")
        step = self._begin(wall)
        device = self.devices.get(eui64)
        if device is None:
            lfdi = virtual_lfdi(
                self.identity.lfdi, eui64, pen=self.identity.pen, profile=self.identity.profile
            )
            device = HanDevice(eui64, lfdi, sfdi(lfdi), admitted_at=wall, name=name or f"{eui64:016X}")
            step.log("info", "a device was admitted", device=device.id, sfdi=device.sfdi)
            step.audit("device admitted", device=device.id, sfdi=device.sfdi)
        self.devices.keep(step, device)
        self._know(device, certificate)
        self._greet(step, device)
        self._changed = True
        return self._settle(step)

    def expel(self, eui64: int, wall: float) -> Step:
        """Let a device go: nothing is told to it any more, nothing of it counts."""
        step = self._begin(wall)
        device = self.devices.forget(step, eui64)
        if device is not None:
            self.esi.expel(eui64)
            self.loads.forget(step, eui64)
            self.describing.forget(step, eui64)
            self.follower.membership.behind.discard(device.lfdi)
            step.audit("device expelled", device=device.id)
        return self._settle(step)

    def known_as(self, device: HanDevice) -> bytes:
        """Return the LFDI that a device goes by at the server."""
        return self.identity.lfdi if device.shared else device.lfdi

    # Inside a step

    def _begin(self, wall: float) -> Step:
        self._wall = wall
        step = Step(wall + self.esi.clock_offset, wall)
        self.mail.within(step)
        return step

    def _settle(self, step: Step) -> Step:
        """Do what time asks for, at the end of every step."""
        if self._changed or self.sightings.changed:
            self._changed = self.sightings.changed = False
            self._look(step)
        self._take(step, self.loads.advance(step, self.devices))
        self._take(step, self.prices.advance(step))
        self._take(step, self.messages.advance(step))
        self._follow(step, self.mirrors.advance(step))
        step.asks += self.firmware.ask(step.wall)
        self._follow(step, self.follower.tick(step.wall))
        return step

    def _know(self, device: HanDevice, certificate: bytes = b"") -> None:
        self.esi.admit(device.eui64, endpoint=device.endpoint, certificate=certificate)
        self.follower.membership.behind.add(device.lfdi)

    def _greet(self, step: Step, device: HanDevice) -> None:
        """Tell a device what it may not know, and ask it what we do not know."""
        self._take(step, self.describing.ask(step, device))
        self._take(step, self.prices.resume(step, device.eui64))
        self._take(step, self.loads.resume(step, device))
        held = self.esi.message.current(self.esi.utc(step.wall))
        if held is not None:
            self._take(step, self.esi.push(0x0703, held.served, step.wall, to=device.eui64))

    def _scheduled(self, device: int, start: int, count: int) -> list[LoadControlEvent]:
        return self.loads.scheduled(device, start, count, self._wall + self.esi.clock_offset)

    # The HAN

    def _take(self, step: Step, outputs: Iterable[Output]) -> None:
        for output in outputs:
            if isinstance(output, Send):
                step.frames.append(output.frame)
            elif isinstance(output, FrameDropped):
                step.log(
                    "warning",
                    "a frame was dropped",
                    source=f"{output.source:016X}",
                    cluster=f"0x{output.cluster_id:04X}",
                    reason=output.reason,
                )
            elif isinstance(output, AttributesRead):
                self._described(step, output)
            else:
                self._said(step, output)

    def _said(self, step: Step, output: Output) -> None:
        source = next((getattr(output, n) for n in _SENDERS if getattr(output, n, None)), None)
        if isinstance(output, PushConcluded):
            source = output.destination
        device = self.devices.get(source) if isinstance(source, int) else None
        if device is None:
            return
        match output:
            case EventReported():
                self._take(step, self.loads.reported(step, device, output))
            case MessageConfirmed():
                self._take(step, self.messages.confirmed(step, device, output))
            case PriceAcknowledged():
                self.prices.acknowledged(step, device, output)
            case PushConcluded():
                self.messages.concluded(step, device, output)
            case MirrorOpened():
                self.mirrors.opened(step, output)
            case MirrorUpdated():
                self._follow(step, self.mirrors.updated(step, device, output))
            case AlarmRaised():
                self.describing.alarmed(step, device, output)
            case DownloadBegan() | DownloadProgress() | DownloadEnded():
                self.firmware.told(step, device, output)
            case MirrorClosed():
                self._follow(step, self.mirrors.closed(step, output))

    def _described(self, step: Step, output: AttributesRead) -> None:
        device = self.devices.get(output.source)
        if device is not None and self.describing.heard(step, device, output):
            self.devices.keep(step, device)
        self._changed = True

    # The server

    def _follow(self, step: Step, outputs: Iterable[Told]) -> None:
        for output in outputs:
            match output:
                case Fetch() | Post() | Put() | Delete():
                    step.asks.append(output)
                case Updated() | Gone() | ClockSet():
                    self._changed = True
                case Posted():
                    self._posted(step, output)
                case Admitted():
                    self.standing = f"admitted as {output.path}"
                    step.log("info", "the server has admitted us", path=output.path)
                    self._changed = True
                case NotAdmitted():
                    self.standing = output.reason
                    step.log("warning", f"the server does not admit us: {output.reason}")
                case ServerLost():
                    self.online = False
                    step.log("warning", f"the server does not answer: {output.reason}")
                case ServerBack():
                    step.log("info", "the server answers again")
                case ResponseLost():
                    step.log("warning", f"a response was given up: {output.reason}", subject=output.subject)
                    step.audit("gave up", subject=output.subject, status=output.status)
                case Trouble():
                    step.log("info", f"{output.path}: {output.reason}")
        if self.follower.connected:
            self.online, self.heard = True, step.wall

    def _posted(self, step: Step, output: Posted) -> None:
        """Take note of what became of a device that we introduced, or of a mirror."""
        if output.key.startswith(MIRROR):
            self.mirrors.posted(step, output)
        if not output.key.startswith(DEVICE):
            return
        device = self.devices.get(int(output.key.removeprefix(DEVICE), 16))
        if device is None:
            return
        if output.status >= 400:
            device.shared = True
            self.devices.keep(step, device)
            step.log(
                "warning",
                "the server has no place for a device without a certificate: it goes under the gateway's own",
                device=device.id,
                status=output.status,
            )
        self._refresh(step)

    def _refresh(self, step: Step) -> None:
        for node in self.follower.tree.of_kind(EndDeviceList):
            node.due = step.wall
        self._changed = True

    def _look(self, step: Step) -> None:
        """Hand what the server has for us and for each device to the services."""
        overview = self.overview
        self._clock(step)
        places = overview.places()
        self._introduce(step, places.keys())
        own = places.get(self.identity.lfdi)
        for device in self.devices:
            place = own if device.shared else places.get(device.lfdi)
            path = None if place is None else place[0]
            if path != device.path:
                device.path = path
                self.devices.keep(step, device)
            if place is None:
                continue
            self._follow(step, self.describing.tell(step, device, place[1]))
            controls, complete = overview.controls(place[1])
            self._take(step, self.loads.observe(step, device, controls))
            if complete:
                kept = {one.seen.event.mRID.hex().upper().zfill(32) for one, _ in controls if not one.gone}
                self._take(step, self.loads.withdraw(step, device, kept))
        self._take(step, self.prices.observe(step, overview.prices()))
        self._take(step, self.messages.observe(step, overview.texts()))
        self._take(step, self.meters.observe(step, overview.points()))
        known = {device.lfdi: device.eui64 for device in self.devices}
        self._take(step, self.firmware.observe(step, overview.files(), known))

    def _clock(self, step: Step) -> None:
        """Set the HAN's clock and time zone by the server: ours counts for nothing."""
        found = self.overview.clock()
        if found is None:
            return
        offset, self.esi.zone = found
        if abs(offset - self.esi.clock_offset) > CLOCK_STEP:
            step.log("info", "the HAN's clock was set", seconds=round(offset - self.esi.clock_offset, 1))
        self.esi.clock_offset = offset
        step.now = step.wall + offset

    def _introduce(self, step: Step, listed: Collection[bytes]) -> None:
        """Ask for a place for each device that the server does not list, once."""
        path = self.overview.device_list()
        if not self.follower.admitted or path is None:
            return
        for device in self.devices:
            if device.lfdi not in listed and not device.shared and device.described:
                self.posting.introduce(step, device, path)

    def _tell_status(self, step: Step, device: HanDevice, status: FileStatus) -> None:
        """PUT a device's FileStatus where its EndDevice has it."""
        place = self.overview.places().get(self.known_as(device))
        path = self.overview.href(place[1].FileStatusLink) if place is not None else None
        if path is not None:
            self._follow(step, self.follower.put(path, status, step.wall))
