"""`HanNode`: a node that joins, finds the ESI, establishes its link key, and comes back when it has to."""

from collections.abc import Iterable
from enum import Enum, auto
from typing import Final

from handover.errors import NotNow, Refused
from handover.machine import Machine
from handover.sep1.aps import ApsFrame
from handover.sep1.clusters.key_establishment import KEY_ESTABLISHMENT
from handover.sep1.han.outputs import DeviceReady, NotReady, Ready
from handover.sep1.key_establishment import KeyEstablished, KeyEstablishment, KeyEstablishmentFailed
from handover.sep1.network import zdp
from handover.sep1.node import Send
from handover.sep1.services import Output as Told
from handover.sep1.stack import Stack
from handover.sep1.stack.outputs import (
    Answered,
    Arrived,
    DeviceJoined,
    DeviceLeft,
    Joined,
    Left,
    Output,
)
from handover.sep1.types import SE_PROFILE

AGAIN: Final = 15.0
"""Seconds after which the ESI is looked for again when it did not answer."""


class State(Enum):
    """How far a device is on its way to the ESI."""

    OUT = auto()
    FINDING = auto()
    ESTABLISHING = auto()
    WAITING = auto()
    READY = auto()


class Event(Enum):
    """What moves it on."""

    JOINED = auto()
    JOINED_WITH_KEY = auto()
    FOUND = auto()
    FAILED = auto()
    KEY = auto()
    AGAIN = auto()
    LEFT = auto()


_IN: Final = (State.FINDING, State.ESTABLISHING, State.WAITING, State.READY)

NODE: Final = Machine(
    "node of a HAN",
    State.OUT,
    frozenset(),
    {
        (State.OUT, Event.JOINED): State.FINDING,
        (State.OUT, Event.JOINED_WITH_KEY): State.READY,
        (State.FINDING, Event.FOUND): State.ESTABLISHING,
        (State.FINDING, Event.FAILED): State.WAITING,
        (State.ESTABLISHING, Event.KEY): State.READY,
        (State.ESTABLISHING, Event.FAILED): State.WAITING,
        (State.WAITING, Event.AGAIN): State.FINDING,
        # A node that has come back asks anew, unless the trust centre is the one it shares a key with.
        **{(state, Event.JOINED): State.FINDING for state in _IN},
        **{(state, Event.JOINED_WITH_KEY): State.READY for state in _IN},
        **{(state, Event.LEFT): State.OUT for state in _IN},
    },
)


class HanNode:
    """The network layers and the key establishment of one node.

    Feed it as you would the `stack`. It hands out what the stack does, frames of Key Establishment excepted,
    and tells when the ESI, or for an ESI a device, is ready for the application.
    """

    def __init__(self, stack: Stack, establishment: KeyEstablishment) -> None:
        self.stack = stack
        self.establishment = establishment
        self.state = NODE.initial
        self._due: float | None = None

    @property
    def eui64(self) -> int:
        """Our own IEEE address."""
        return self.stack.eui64

    @property
    def ready(self) -> bool:
        """Tell whether a device shares an established key with the ESI."""
        return self.state is State.READY

    def join(self, now: float) -> list[Output]:
        """Look for the HAN and join it. Raises NotNow as `Stack.join` does."""
        return self._after(self.stack.join(now), now)

    def leave(self, now: float) -> list[Output]:
        """Leave the HAN."""
        return self._after(self.stack.leave(now), now)

    def send(self, frame: ApsFrame, now: float) -> list[Output]:
        """Send a frame of the application."""
        return self._after(self.stack.send(frame, now), now)

    def handle(self, octets: bytes, now: float) -> list[Output]:
        """Take the octets of a MAC frame."""
        outputs = self.stack.handle(octets, now)
        return self._after(outputs, now) if outputs else outputs

    def confirm(self, sequence: int, acknowledged: bool, now: float) -> list[Output]:
        """Take note of whether a transmitted frame was acknowledged."""
        outputs = self.stack.confirm(sequence, acknowledged, now)
        return self._after(outputs, now) if outputs else outputs

    def tick(self, now: float) -> list[Output]:
        """Do what has become due."""
        outputs = self._after(self.stack.tick(now), now)
        outputs += self._told(self.establishment.tick(now), now)
        if self._due is not None and self._due <= now:
            self._due = None
            if self.state is State.WAITING:
                self.state = NODE.step(self.state, Event.AGAIN)
                outputs += self._find(now)
        return outputs

    def deadline(self) -> float | None:
        """Return when `tick` is next worth calling."""
        times = (self.stack.deadline(), self.establishment.deadline(), self._due)
        return min((t for t in times if t is not None), default=None)

    def do(self, outputs: Iterable[Output], now: float) -> list[Output]:
        """Return what is to be done about what a method of `stack` has returned to its owner."""
        return self._after(outputs, now)

    def _after(self, outputs: Iterable[Output], now: float) -> list[Output]:
        """Act on what the stack hands out, and hand it on."""
        done: list[Output] = []
        for output in outputs:
            if isinstance(output, Arrived) and self.establishment.takes(output.frame):
                done += self._told(self.establishment.handle(output.frame, now), now)
                continue
            done.append(output)
            if isinstance(output, Joined):
                done += self._joined(output, now)
            elif isinstance(output, Left):
                self.state = NODE.step(self.state, Event.LEFT) if self.state is not State.OUT else self.state
                self._due = None
            elif isinstance(output, Answered) and output.token is self:
                done += self._found(output, now)
            elif isinstance(output, DeviceLeft) or (
                isinstance(output, DeviceJoined) and output.how != "rejoin"
            ):
                self.establishment.forget(output.eui64)
        return done

    def _joined(self, output: Joined, now: float) -> list[Output]:
        origin = self.stack.link_origin(output.trust_centre)
        if origin is not None and origin.authorises:
            self.state = NODE.step(self.state, Event.JOINED_WITH_KEY)
            return [Ready(output.trust_centre, 1)]
        self.establishment.forget(output.trust_centre)
        self.state = NODE.step(self.state, Event.JOINED)
        return self._find(now)

    def _find(self, now: float) -> list[Output]:
        """Ask the trust centre at which endpoint it establishes keys."""
        centre = self.stack.trust_centre
        if centre is None:
            return []
        question = zdp.MatchDescriptorRequest(0x0000, SE_PROFILE, 1, [KEY_ESTABLISHMENT.id], 0, [])
        return self._after(self.stack.ask(centre, question, now, self), now)

    def _found(self, output: Answered, now: float) -> list[Output]:
        answer = output.command
        if self.state is not State.FINDING or output.source != self.stack.trust_centre:
            return []
        if not isinstance(answer, zdp.MatchDescriptorResponse) or not answer.endpoints:
            return self._wait(output.source, "the ESI did not tell where it establishes keys", AGAIN, now)
        try:
            told = self.establishment.initiator.start(output.source, now, endpoint=answer.endpoints[0])
        except NotNow as error:
            return self._wait(output.source, str(error), AGAIN, now)
        self.state = NODE.step(self.state, Event.FOUND)
        return self._told(told, now)

    def _wait(self, partner: int, reason: str, wait: float, now: float) -> list[Output]:
        self.state = NODE.step(self.state, Event.FAILED)
        self._due = now + wait
        return [NotReady(partner, reason, wait)]

    def _told(self, outputs: Iterable[Told], now: float) -> list[Output]:
        """Carry out what the key establishment hands out."""
        done: list[Output] = []
        for output in outputs:
            if isinstance(output, Send):
                done += self._after(self.stack.send(output.frame, now), now)
            elif isinstance(output, KeyEstablished):
                done += self._established(output)
            elif isinstance(output, KeyEstablishmentFailed):
                if output.partner == self.stack.trust_centre and self.state is State.ESTABLISHING:
                    done += self._wait(output.partner, output.reason, max(output.wait, 1.0) + 1.0, now)
                else:
                    done.append(NotReady(output.partner, output.reason, output.wait))
        return done

    def _established(self, output: KeyEstablished) -> list[Output]:
        try:
            self.stack.establish(output.partner, output.key)
        except Refused as error:
            return [NotReady(output.partner, str(error), 0.0)]
        if output.partner != self.stack.trust_centre:
            return [DeviceReady(output.partner, output.suite, output.certificate)]
        if NODE.allows(self.state, Event.KEY):
            self.state = NODE.step(self.state, Event.KEY)
        return [Ready(output.partner, 1)]
