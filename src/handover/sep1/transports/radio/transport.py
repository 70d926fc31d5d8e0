"""`RadioTransport`: a node's `Transport` that is coordinator and trust centre of a network of its own.

Frames of the Smart Energy profile in and out, under the link-key rule: what needs an established link key
is sent only when the stick holds one for that node, and counts as secured on receipt only then; the key of
an install code is none. Joining with install codes, link keys, nodes that come and go. When the stick is
lost it is opened again. Not here: establishing keys, who may stay (the engines); the stick (`coordinator`).
"""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Callable, Iterable, Mapping
from dataclasses import replace
from importlib import import_module
from typing import TYPE_CHECKING, cast

import structlog

from handover.errors import ConfigError, EncodeError, HandoverError, NotNow
from handover.sep1.aps import ApsFrame
from handover.sep1.node import LINK_KEY_CLUSTERS
from handover.sep1.transports.radio.events import DeviceJoined, DeviceLeft, RadioBack, RadioEvent, RadioLost
from handover.sep1.transports.radio.outbox import Outbox
from handover.sep1.transports.radio.settings import STICKS, RadioSettings, parse
from handover.sep1.transports.virtual import Inbox

if TYPE_CHECKING:
    from handover.sep1.transports.radio.coordinator import Coordinator

log = structlog.get_logger("handover.sep1.radio")

KEY_SIZE = 16
LONGEST_PERMIT = 254

Notify = Callable[[RadioEvent], None]
"""Takes one event, on the event loop."""


def ignore(event: RadioEvent) -> None:
    """Take no notice of an event."""


class RadioTransport:
    """A node's `Transport` through the stick named by `device`: "bellows:/dev/ttyUSB0", "znp:...".

    `coordinator` is the ESI's address when that is another node; by default we are the ESI. `established`
    are the nodes with which a link key was established in an earlier run; the stick keeps the keys, and
    nothing is written to a disk: short addresses are asked for anew. `form` lets a stick without a network
    form one, on `channel` (11 to 26) or the quietest. `notify` is told of joins, leaves and the stick.
    `sticks` maps kinds to coordinator classes ("module:class").
    Counters: what was passed on and what was not, by reason. Raises ConfigError for an impossible device.
    """

    def __init__(
        self,
        device: str,
        *,
        coordinator: int | None = None,
        established: Iterable[int] = (),
        form: bool = False,
        channel: int | None = None,
        notify: Notify = ignore,
        settings: RadioSettings | None = None,
        sticks: Mapping[str, str] = STICKS,
    ) -> None:
        kind, self._path = parse(device)
        if kind not in sticks:
            raise ConfigError(f"the radio {device!r} is of no known kind; known are {', '.join(sticks)}")
        self.counters: Counter[str] = Counter()
        self._place = sticks[kind]
        self._coordinator = coordinator
        self._established = set(established)
        self._form, self._channel = form, channel
        self._notify = notify
        self._settings = settings or RadioSettings()
        self._eui64 = 0
        self._stick: Coordinator | None = None
        self._inbox = Inbox(0, self._settings.inbox_limit)
        self._outbox = Outbox(self._carry, self._settings.outbox_limit)
        self._lost = asyncio.Event()
        self._task: asyncio.Task[None] | None = None
        self._permit: asyncio.Task[None] | None = None
        self._opening = self._closed = False

    @property
    def eui64(self) -> int:
        """The stick's IEEE address; 0 until `open`."""
        return self._eui64

    @property
    def coordinator(self) -> int | None:
        """The ESI's IEEE address: ours unless another was given; None until `open`."""
        return self._coordinator or self._eui64 or None

    @property
    def connected(self) -> bool:
        """Whether the stick answers at present."""
        return self._stick is not None and not self._lost.is_set()

    @property
    def established(self) -> frozenset[int]:
        """The nodes for which the stick holds an established link key; to be given to the next run."""
        return frozenset(self._established)

    async def open(self) -> None:
        """Start the stick's network. Raises NotNow when the stick does not answer (open again once it is
        plugged in) or was opened before, ConfigError without the extra `radio` or without a network.
        """
        if self._opening or self._task is not None or self._closed:
            raise NotNow("this transport was opened before; make a new one to use the radio again")
        self._opening = True
        try:
            stick = await self._start(self._load())
        finally:
            self._opening = False
        if self._gone():  # closed meanwhile
            await self._stop(stick)
            raise NotNow("this transport was closed while it was opened; make a new one to use the radio")
        self._stick = stick
        self._task = asyncio.create_task(self._keep_open())

    async def close(self) -> None:
        """Stop the stick and end `frames`; harmless when repeated."""
        self._closed = True
        self._inbox.close()
        tasks = [task for task in (self._permit, self._task) if task is not None]
        self._task = self._permit = None
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await self._outbox.close()
        stick, self._stick = self._stick, None
        if stick is not None:
            await self._stop(stick)

    async def send(self, frame: ApsFrame) -> None:
        """Hand over one frame. It is lost, as on any radio, while the stick is away, and to a node without
        the link key that it needs. Raises NotNow when not open, EncodeError for a foreign source address
        or for Smart Energy data that is to go out without a link key.
        """
        if self._task is None or self._closed:
            raise NotNow("the transport is not open: open it before sending")
        if frame.source != self._eui64:
            raise EncodeError(
                f"a frame from {frame.source:016X} cannot be sent by {self._eui64:016X}; "
                f"set its source to our own EUI-64"
            )
        if frame.cluster_id in LINK_KEY_CLUSTERS and not frame.secured:
            raise EncodeError(
                f"cluster {frame.cluster_id:#06x} goes out under a link key only; mark the frame as secured"
            )
        if frame.secured and frame.destination not in self._established:
            self.counters["no link key"] += 1
        elif not self.connected:
            self.counters["radio away"] += 1
        elif not self._outbox.put(frame):
            self.counters["node takes no frames"] += 1

    async def frames(self) -> AsyncIterator[ApsFrame]:
        """Give arriving frames until the transport is closed."""
        while not self._closed:
            if self._task is None:
                raise NotNow("the transport is not open: open it before reading frames")
            frame = await self._inbox.get()
            if frame is None:
                return
            yield frame

    # The trust centre.

    async def permit(self, eui64: int, link_key: bytes, *, seconds: int = 180) -> None:
        """Let one node join within `seconds` (1 to 254) under the link key of its install code (16 octets).

        What was established with it before is void. A later call ends the earlier one. Raises NotNow, Refused
        when the stick cannot keep out others, EncodeError.
        """
        stick = self._running()
        if not 1 <= seconds <= LONGEST_PERMIT:
            raise EncodeError(f"joining can be permitted for 1 to {LONGEST_PERMIT} seconds, not {seconds}")
        _check(link_key)
        if self._permit is not None:
            self._permit.cancel()
            await asyncio.gather(self._permit, return_exceptions=True)
        self._established.discard(eui64)
        permit = self._permit = asyncio.create_task(stick.admit(eui64, link_key, seconds))
        permit.add_done_callback(_read)
        # Z-Stack's takes as long as joining is permitted; what fails does so at once.
        await asyncio.wait({permit}, timeout=self._settings.permit_within)
        if permit.done() and not permit.cancelled() and (error := permit.exception()) is not None:
            raise _fault("permit joining", error) from None
        log.info("radio.permit", device=f"{eui64:016X}", seconds=seconds)

    async def install_link_key(self, eui64: int, key: bytes) -> None:
        """Use an established link key (16 octets) with a node from now on.

        Raises NotNow when the stick has no room or is away, Refused when it can take no keys, EncodeError.
        """
        stick = self._running()
        _check(key)
        self._established.discard(eui64)
        try:
            await stick.install_key(eui64, key)
            held = await stick.holds_key(eui64)
        except Exception as error:  # whatever the stick's library makes of it
            raise _fault("install a link key", error) from None
        if not held:
            raise NotNow(
                f"the stick took the link key of {eui64:016X} but does not hold it; establish it again"
            )
        self._established.add(eui64)

    async def expel(self, eui64: int) -> None:
        """Take a node off the network and forget its link key. Raises NotNow when the stick is away."""
        stick = self._running()
        self._established.discard(eui64)
        self._outbox.forget(eui64)
        try:
            await stick.erase_key(eui64)
            await stick.expel(eui64)
        except Exception as error:  # whatever the stick's library makes of it
            raise _fault("expel a node", error) from None

    def _running(self) -> "Coordinator":
        if self._stick is None or not self.connected:
            raise NotNow("the radio is not open, or its stick is away: open it, or wait until it is back")
        return self._stick

    # What the coordinator hears (its `Ears`).

    def heard(self, frame: ApsFrame) -> None:
        """Pass a frame on; it is secured when both APS security and an established key tell so."""
        if frame.secured and frame.source not in self._established:
            frame = replace(frame, secured=False)
        self.counters["frame"] += 1
        self._inbox.put(frame)

    def unknown(self) -> None:
        """Count a frame of a node without a known EUI-64."""
        self.counters["frame of a stranger"] += 1

    def joined(self, eui64: int, short: int) -> None:
        """Tell of a node that came."""
        if eui64 != self._eui64:
            self._notify(DeviceJoined(eui64, short))

    def left(self, eui64: int) -> None:
        """Tell of a node that left; its key is kept, for it may come back."""
        self._outbox.forget(eui64)
        self._notify(DeviceLeft(eui64))

    def lost(self) -> None:
        """Note that the stick is gone."""
        self._lost.set()

    def keeps(self, eui64: int) -> bool:
        """Tell whether a link key is established with a node."""
        return eui64 in self._established

    async def _carry(self, frame: ApsFrame) -> None:
        stick = self._stick
        if stick is None or (frame.secured and frame.destination not in self._established):
            self.counters["radio away" if stick is None else "no link key"] += 1
            return
        try:
            await stick.carry(frame)
            self.counters["sent"] += 1
        except NotNow:
            self.counters["address not known"] += 1
        except Exception as error:  # an undelivered frame is lost, whatever the library calls it
            self.counters["not delivered"] += 1
            log.info("radio.undelivered", to=f"{frame.destination:016X}", error=type(error).__name__)

    # The stick: starting, watching, starting again.

    def _gone(self) -> bool:
        return self._closed

    def _load(self) -> type["Coordinator"]:
        module, _, name = self._place.partition(":")
        try:
            return cast("type[Coordinator]", getattr(import_module(module), name))
        except ModuleNotFoundError as error:
            raise ConfigError(
                f"a radio needs the package {error.name}, which is not installed: "
                f"pip install 'sep-handover[radio]'"
            ) from None

    async def _start(self, kind: type["Coordinator"]) -> "Coordinator":
        """Start the stick and find out who it is and which keys it holds."""
        config = kind.settings(self._path, channel=self._channel, key_table=self._settings.key_table)
        self._lost.clear()
        stick = cast("Coordinator", await kind.new(config, start_radio=False))
        stick.listen(self)
        try:
            async with asyncio.timeout(self._settings.open_within):
                await stick.startup(auto_form=self._form)
                await self._recognise(stick)
        except BaseException as error:
            await self._stop(stick)
            if isinstance(error, Exception):
                raise _fault("open the radio", error) from None
            raise
        log.info("radio.open", path=self._path, eui64=f"{self._eui64:016X}", channel=stick.channel)
        return stick

    async def _recognise(self, stick: "Coordinator") -> None:
        eui64 = stick.eui64
        if self._eui64 not in (0, eui64):
            raise NotNow(f"the stick is another one ({eui64:016X}); plug {self._eui64:016X} in again")
        self._eui64 = eui64
        for node in list(self._established):
            if not await stick.holds_key(node):
                self._established.discard(node)
                self.counters["link key lost"] += 1
                log.warning("radio.key_lost", device=f"{node:016X}", hint="establish its link key again")

    async def _stop(self, stick: "Coordinator") -> None:
        try:
            async with asyncio.timeout(self._settings.close_within):
                await stick.shutdown()
        except Exception as error:  # a stick that is gone cannot be stopped properly
            log.info("radio.stop", error=type(error).__name__)

    async def _keep_open(self) -> None:
        while True:
            await self._lost.wait()
            self.counters["lost"] += 1
            log.warning("radio.lost", path=self._path)
            self._notify(RadioLost())
            stick, self._stick = self._stick, None
            if stick is not None:
                await self._stop(stick)
            self._stick = await self._again()
            self._notify(RadioBack())

    async def _again(self) -> "Coordinator":
        pause = self._settings.backoff_first
        while True:
            await asyncio.sleep(pause)
            pause = min(2 * pause, self._settings.backoff_limit)
            try:
                return await self._start(self._load())
            except HandoverError as error:
                self.counters["failed to open"] += 1
                log.warning("radio.unavailable", path=self._path, error=str(error), again_in=pause)


def _check(key: bytes) -> None:
    if len(key) != KEY_SIZE:
        raise EncodeError(f"a link key has {KEY_SIZE} octets, not {len(key)}")


def _read(task: asyncio.Task[None]) -> None:
    """Look at how a task ended, so that asyncio does not complain when nobody else does."""
    if not task.cancelled():
        task.exception()


def _fault(what: str, error: BaseException) -> HandoverError:
    """Return what is raised for an error of the stick or its library; its text may tell of the network, never
    of keys.
    """
    if isinstance(error, HandoverError):
        return error
    if type(error).__name__ == "NetworkNotFormed":
        return ConfigError("the stick has no network yet: open it with form=True, once, to form one")
    reason = str(error) if isinstance(error, OSError) else ""
    return NotNow(
        f"the radio cannot {what} ({type(error).__name__}{': ' if reason else ''}{reason}); check that the "
        f"stick is plugged in, is of the kind named, and is not used by another program"
    )
