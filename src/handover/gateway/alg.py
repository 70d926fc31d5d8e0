"""The gateway engine, orientation A: a SEP 1.x client above, a SEP 2.0 server below. No I/O.

Frames from the HAN, writes of SEP 2.0 devices and the time go in; steps come out (journal rows, frames, log
lines), and the resource tree changes. What each service does is in its own module; here commands find their
service, and every step ends with what time asks for.
"""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, replace

from handover.errors import HandoverError, Refused
from handover.gateway import tree, upstream
from handover.gateway.devices import Devices
from handover.gateway.history import History
from handover.gateway.identities import Identities
from handover.gateway.load_control import LoadControls
from handover.gateway.messages import Messages
from handover.gateway.metering import Meters
from handover.gateway.outbox import Outbox
from handover.gateway.outputs import Answer, Keep, Registered
from handover.gateway.posted import PostedResources
from handover.gateway.prices import Prices
from handover.gateway.responses import Responses
from handover.gateway.restored import Restored
from handover.gateway.step import Step
from handover.gateway.tally import Tally
from handover.gateway.timekeeping import Timekeeping
from handover.gateway.upstream import Esi, Presence
from handover.mapping import time as time_mapping
from handover.mapping.context import Context
from handover.sep1.aps import ApsFrame
from handover.sep1.client import (
    AttributesReceived,
    AttributeWritten,
    CommandReceived,
    Concluded,
    EsiBack,
    EsiLost,
    FrameDropped,
    HanClient,
    Output,
    Send,
)
from handover.sep1.client.settings import ClientSettings, LoadControlAttributes
from handover.sep1.clusters.drlc import (
    CancelAllLoadControlEvents,
    CancelLoadControlEvent,
    LoadControlEvent,
)
from handover.sep1.clusters.messaging import CancelMessage, DisplayMessage
from handover.sep1.clusters.price import PublishPrice
from handover.sep1.codec import decode
from handover.sep2.peer import Peer
from handover.sep2.resources.end_device import EndDevice
from handover.sep2.resources.time import Time
from handover.sep2.server import Created, Existing, Hook, Outcome, Write
from handover.sep2.store import Store

TIME, PRICE, DRLC, METERING, MESSAGING = 0x000A, 0x0700, 0x0701, 0x0702, 0x0703
TIME_ATTRIBUTES = [0x0000, 0x0001, 0x0002, 0x0003, 0x0004, 0x0005]
SUCCESS, FAILURE, UNSUPPORTED = 0x00, 0x01, 0x81
OWN_ATTRIBUTES = "attributes"
PRUNE_PERIOD = 3600.0
RESYNC_PERIOD = 3600.0


@dataclass(frozen=True, slots=True)
class Identity:
    """Who this gateway is: name, EUI-64 on the HAN, LFDI and SFDI, enterprise number, program version."""

    name: str
    eui64: int
    lfdi: bytes
    sfdi: int
    pen: int
    version: str = "0"
    scale_by_formatting: frozenset[int] = frozenset()


class Gateway:
    """The engine. Times given to it are Unix seconds of our own clock; inside, events run on the ESI's."""

    def __init__(self, identity: Identity, *, settings: ClientSettings | None = None) -> None:
        self.identity = identity
        self.store = Store()
        self.presence = Presence()
        self.tally = Tally()
        self.esi: Esi | None = None
        self._settings = settings
        self._client = HanClient(identity.eui64, settings=settings)
        own = self._context(identity.eui64)
        self.time = Timekeeping()
        self.devices = Devices(self.store, own)
        self.outbox = Outbox(self._transmit)
        identities = Identities()
        self.history = History()
        self.prices = Prices(self.store, identities, self.outbox, self.history)
        self.messages = Messages(self.store, identities, self.outbox)
        self.events = LoadControls(self.store, identities, self.outbox, self.devices)
        self.meters = Meters(self.store, self.history)
        self.posted = PostedResources(self.store)
        self.responses = Responses(self.store)
        self.responses.serve(
            load_control=(self.events.subject, self.events.answered),
            price=(self.prices.subject, lambda step, held, word: None),
            text=(self.messages.subject, self.messages.answered),
        )
        self._identities = identities
        self._done: list[Step] = []
        self._started = False
        self._next_number = 1
        self._next_prune = 0.0
        self._next_resync = 0.0
        self._lay_out(own)

    # Starting

    def restore(self, restored: Restored, wall: float) -> Step:
        """Take over what the journal holds and publish it. To be called once, before anything else."""
        self.time.restore(restored.time)
        step = self._begin(wall)
        self._next_number = restored.next_number
        attributes = restored.attributes.get(OWN_ATTRIBUTES, LoadControlAttributes())
        self._client = HanClient(self.identity.eui64, settings=self._settings, load_control=attributes)
        self.devices.load(step, restored.registrations)
        esi = restored.esi.get(upstream.RECORD)
        if esi is not None:
            self._adopt(esi)
        self._identities.restore(restored.identities)
        self.outbox.restore(restored.outbox)
        self.prices.restore(restored.prices, restored.tariffs)
        self.messages.restore(restored.messages, restored.confirmed)
        self.events.reports.restore(restored.participation)
        self.events.restore(restored.events)
        self.meters.restore(step, restored.meters)
        self.responses.restore(step, restored.responses)
        self.posted.restore(step, restored.posted)
        self.history.restore(restored.history)
        return self._settle(step)

    def start(self, esi: int, wall: float) -> Step:
        """Begin (or begin again) with the ESI that was found. Raises Refused for our own address."""
        step = self._begin(wall)
        if self.esi is None or self.esi.eui64 != esi:
            if self.esi is not None:
                step.log(
                    "warning", "another ESI than before", esi=f"{esi:016X}", before=f"{self.esi.eui64:016X}"
                )
            known = Esi(esi)
            step.changes.append(Keep(upstream.RECORD, upstream.RECORD, known))
            self._adopt(known)
        self._client.set_device_class(self.events.device_class())
        self._take(step, self._client.start(esi, wall))
        self._started = True
        self.outbox.retry()
        return self._settle(step)

    # Inputs

    def handle(self, frame: ApsFrame, wall: float) -> Step:
        """Take one frame from the HAN."""
        step = self._begin(wall)
        self._take(step, self._client.handle(frame, wall))
        return self._settle(step)

    def tick(self, wall: float) -> Step:
        """Do what has become due."""
        step = self._begin(wall)
        self._take(step, self._client.tick(wall))
        return self._settle(step)

    def deadline(self, wall: float) -> float | None:
        """Return when `tick` is next worth calling, by our own clock."""
        now = self.time.now(wall)
        moments = [
            self.prices.book.deadline(),
            self.messages.book.deadline(),
            self.events.deadline(now),
            self.meters.deadline(),
            self.outbox.deadline(),
        ]
        due = [self.time.wall(moment) for moment in moments if moment is not None]
        client = self._client.deadline()
        return min([*due, client] if client is not None else due, default=None)

    def register(self, registered: list[Registered], next_number: int, wall: float) -> Step:
        """Take the registrations that the journal holds now; a new device may make us ask the ESI again."""
        step = self._begin(wall)
        self._next_number = max(self._next_number, next_number)
        admitted = self.devices.load(step, registered)
        for device in admitted:
            step.log("info", "a device was admitted", sfdi=device.sfdi, name=device.name)
        self._client.set_device_class(self.events.device_class())
        if admitted and self.esi is not None and self.presence.last is not None:
            self._take(step, self._client.start(self.esi.eui64, wall))
        return self._settle(step)

    def heard(self, peer: Peer | None, wall: float) -> Step:
        """Note that a SEP 2.0 client has sent a request."""
        step = self._begin(wall)
        if peer is not None:
            self.devices.heard(step, peer)
        return step

    @property
    def dropped(self) -> Counter[str]:
        """Frames thrown away since the start, by reason."""
        return self._client.dropped

    def hooks(self) -> dict[tuple[str, str], Hook]:
        """Return the writes that are offered; each runs in a step of its own, to be fetched with `done`."""
        hooks = self.posted.hooks(self._within)
        hooks["POST", "ResponseList"] = lambda write: self._within(
            lambda step: self.responses.post(step, write)
        )
        hooks["POST", "EndDeviceList"] = lambda write: self._within(lambda step: self._announced(step, write))
        return hooks

    def done(self) -> list[Step]:
        """Return and forget the steps of the writes since the last call."""
        steps, self._done = self._done, []
        return steps

    # Inside a step

    def _begin(self, wall: float) -> Step:
        self._wall = wall
        return Step(self.time.now(wall), wall)

    def _settle(self, step: Step) -> Step:
        """Do what time asks for, at the end of every step."""
        self.prices.book.advance(step)
        self.messages.book.advance(step)
        self.events.advance(step)
        self.meters.advance(step)
        if step.wall >= self._next_prune:
            self._next_prune = step.wall + PRUNE_PERIOD
            self.responses.prune(step)
            self._identities.prune(step)
        if self._started:
            self.outbox.tick(step)
        return step

    def _within(self, write: Callable[[Step], Outcome]) -> Outcome:
        step = self._begin(self._wall)
        outcome = write(step)
        self._done.append(self._settle(step))
        return outcome

    def _take(self, step: Step, outputs: list[Output]) -> None:
        for output in outputs:
            match output:
                case Send():
                    step.frames.append(output.frame)
                case CommandReceived():
                    status = self._command(step, output)
                    self.tally.commands[output.cluster_id, status] += 1
                    self._take(step, self._client.conclude(output, status, step.wall))
                case AttributesReceived():
                    self._attributes(step, output)
                case AttributeWritten():
                    self._written(step, output)
                case Concluded():
                    if isinstance(output.token, str):
                        self.outbox.concluded(step, output.token, output.status)
                case EsiLost():
                    self.presence.online = False
                    step.log(
                        "warning", "the ESI does not answer", esi=f"{output.esi:016X}", heard=output.heard
                    )
                case EsiBack():
                    self._alive(step)
                    self.outbox.retry()
                    step.log("info", "the ESI answers again", esi=f"{output.esi:016X}")
                case FrameDropped():
                    step.log(
                        "warning",
                        "a frame was dropped",
                        source=f"{output.source:016X}",
                        cluster=f"0x{output.cluster_id:04X}",
                        reason=output.reason,
                    )

    def _command(self, step: Step, indication: CommandReceived) -> int:
        """Hand a command to its service and return the ZCL status to conclude it with."""
        self._alive(step)
        self._locate(step, indication)
        command = indication.command
        try:
            match command:
                case PublishPrice():
                    status = self.prices.receive(step, indication, command)
                    self._resync(step)
                    return status
                case LoadControlEvent():
                    return self.events.receive(step, indication, command)
                case CancelLoadControlEvent() | CancelAllLoadControlEvents():
                    return self.events.cancel(step, indication, command)
                case DisplayMessage():
                    return self.messages.receive(step, indication, command)
                case CancelMessage():
                    return self.messages.cancel(step, indication, command)
        except HandoverError as error:
            step.log(
                "warning", f"a command could not be carried out: {error}", command=type(command).__name__
            )
            return error.zcl_status
        step.log("info", "a command has no translation", command=type(command).__name__)
        step.audit("refused", command=type(command).__name__, reason="no translation")
        return UNSUPPORTED

    def _attributes(self, step: Step, received: AttributesReceived) -> None:
        self._alive(step)
        if received.cluster_id == TIME and self.esi is not None and received.source == self.esi.eui64:
            self._clock(step, received)
        elif received.cluster_id == METERING:
            self.meters.clock = self.time.state(step.wall) if self.time.synchronized else None
            self.meters.receive(step, received)
            self.prices.device_type = self.meters.device_type
            self.prices.context = replace(self.prices.context, role_flags=self.meters.role_flags)
        elif received.cluster_id == PRICE:
            self.prices.attributes(step, received.values)

    def _clock(self, step: Step, received: AttributesReceived) -> None:
        if TIME_ATTRIBUTES[0] not in received.values:
            return
        try:
            self.time.update(step, time_mapping.from_sep1(received.values))
        except HandoverError as error:
            step.log("warning", f"the ESI's time cannot be used: {error}")

    def _resync(self, step: Step) -> None:
        """Read the ESI's clock again when a price showed that it has moved, at most once an hour."""
        if not self.prices.resync or self.esi is None:
            return
        self.prices.resync = False
        if step.wall < self._next_resync:
            return
        self._next_resync = step.wall + RESYNC_PERIOD
        step.log("info", "the ESI's clock differs from ours by more than a minute; it is read again")
        outputs = self._client.read(
            TIME_ATTRIBUTES, destination=self.esi.eui64, cluster_id=TIME, now=step.wall
        )
        self._take(step, outputs)

    def _written(self, step: Step, written: AttributeWritten) -> None:
        """Keep an attribute of ours that the ESI has changed: it rules from now on."""
        step.changes.append(Keep(OWN_ATTRIBUTES, OWN_ATTRIBUTES, self._client.load_control))
        step.audit(
            "attribute written", attribute=written.attribute_id, old=str(written.old), new=str(written.new)
        )
        if self.esi is not None:
            self._adopt(self.esi)

    def _alive(self, step: Step) -> None:
        self.presence.online = True
        self.presence.last = step.wall

    def _locate(self, step: Step, indication: CommandReceived) -> None:
        """Remember on which endpoint the ESI has a cluster: structures are named after it."""
        esi = self.esi
        if esi is None or esi.eui64 != indication.source or indication.cluster_id in esi.endpoints:
            return
        esi.endpoints[indication.cluster_id] = indication.endpoint
        step.changes.append(Keep(upstream.RECORD, upstream.RECORD, esi))
        if indication.endpoint != 1:
            self._adopt(esi)

    def _announced(self, step: Step, write: Write) -> Outcome:
        """Take a POST to the device list (in-band registration)."""
        resource = write.resource
        if not isinstance(resource, EndDevice):
            raise Refused("post an EndDevice to register")
        known = self.devices.who(write.peer)
        if known is not None:
            return Existing(tree.device_path(known.number))
        category = resource.deviceCategory
        categories = int.from_bytes(category, "big") if category else None
        device = self.devices.announce(step, write.peer, categories, self._next_number)
        self._next_number += 1
        return Created(tree.device_path(device.number))

    def _transmit(self, step: Step, answer: Answer) -> None:
        """Send an answer of the outbox."""
        command = decode(answer.cluster_id, False, answer.command_id, answer.payload)
        outputs = self._client.send(
            command,
            destination=answer.destination,
            destination_endpoint=answer.endpoint,
            now=step.wall,
            token=answer.key,
        )
        self._take(step, outputs)

    # The tree

    def _context(self, node: int, cluster_id: int = 0) -> Context:
        identity = self.identity
        attributes = self._client.load_control
        return Context(
            node=node,
            endpoint=self.esi.endpoints.get(cluster_id, 1) if self.esi else 1,
            pen=identity.pen,
            lfdi=identity.lfdi,
            group=attributes.enrollment_group,
            start_randomization=attributes.start_randomization,
            duration_randomization=attributes.duration_randomization,
            hrefs=tree.HREFS,
        )

    def _lay_out(self, own: Context) -> None:
        """Make the part of the tree that is there from the first moment."""
        identity = self.identity
        tree.lists(self.store)
        self.store.put(tree.CAPABILITY, tree.capability())
        self.store.put(tree.SELF, tree.self_device(identity.lfdi, identity.sfdi))
        information = tree.self_information(identity.lfdi, identity.pen, identity.eui64, identity.version)
        self.store.put(f"{tree.SELF}/di", information)
        self.store.put(tree.RESPONSES.rpartition("/")[0], tree.response_set(own))
        self.store.put_live(tree.HREFS.time, Time, self._time)

    def _time(self, now: float) -> Time:
        return time_mapping.to_sep2(self.time.state(self.time.wall(now)), self._context(0))

    def _adopt(self, esi: Esi) -> None:
        """Let every service name its resources after this ESI."""
        self.esi = esi
        self.prices.context = self._context(esi.eui64, PRICE)
        self.messages.context = self._context(esi.eui64, MESSAGING)
        self.events.context = self._context(esi.eui64, DRLC)
        self.meters.context = self._context(esi.eui64, METERING)
        self.meters.scale_by_formatting = self.identity.scale_by_formatting
        self.messages.publish_program()
        self.events.publish_program()
