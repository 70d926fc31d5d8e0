"""A HAN of radio frames: an ESI and one device, either of which may be the gateway; its air is recorded."""

import random
from collections import deque
from collections.abc import Iterable
from typing import Any, Protocol

from gateway.downward.premise import GATEWAY, LFDI, NOW, PEER, PEN, PIN, Utility, no_draw
from handover.gateway.alg import Gateway
from handover.gateway.downward.alg import FOLLOWED, Downward, Identity
from handover.gateway.step import Step
from handover.sep1.aps import ApsFrame
from handover.sep1.client import HanClient
from handover.sep1.network import mac
from handover.sep1.node import Send
from handover.sep1.server import Esi
from handover.sep1.stack import Settings
from handover.sep1.transports.radio_han import RadioHan
from handover.sep2.client.follower import Settings as Following
from handover.sep2.client.outputs import Ask
from handover.sep2.client.requests import answer_of, request_of
from handover.sep2.server import Request

ESI, DEVICE, NOBODY = GATEWAY, 0x00124B0000000001, 0x1BAD


class Side(Protocol):
    """One end of the HAN: frames and time go in, frames come out."""

    def handle(self, frame: ApsFrame, now: float) -> list[ApsFrame]: ...
    def tick(self, now: float) -> list[ApsFrame]: ...
    def deadline(self, now: float) -> float | None: ...


class Native:
    """An engine of SEP 1.x."""

    def __init__(self, engine: Esi | HanClient) -> None:
        self.engine = engine
        self.heard: list[Any] = []

    def handle(self, frame: ApsFrame, now: float) -> list[ApsFrame]:
        return self.does(self.engine.handle(frame, now))

    def tick(self, now: float) -> list[ApsFrame]:
        return self.does(self.engine.tick(now))

    def deadline(self, now: float) -> float | None:
        return self.engine.deadline()

    def does(self, outputs: Iterable[Any]) -> list[ApsFrame]:
        self.heard += [output for output in outputs if not isinstance(output, Send)]
        return [output.frame for output in outputs if isinstance(output, Send)]


class Up:
    """The gateway of orientation A as the device. Its steps are kept."""

    def __init__(self, gateway: Gateway) -> None:
        self.gateway = gateway
        self.steps: list[Step] = []

    def handle(self, frame: ApsFrame, now: float) -> list[ApsFrame]:
        return self.does(self.gateway.handle(frame, now))

    def tick(self, now: float) -> list[ApsFrame]:
        return self.does(self.gateway.tick(now))

    def deadline(self, now: float) -> float | None:
        return self.gateway.deadline(now)

    def does(self, step: Step) -> list[ApsFrame]:
        self.steps.append(step)
        return step.frames


class Down:
    """The gateway of orientation B as the ESI, with a server above. Its steps are kept."""

    def __init__(self) -> None:
        self.utility = Utility()
        self.gateway = Downward(
            Identity("home", GATEWAY, LFDI, PEER.sfdi, PEN),
            Following(LFDI, PEER.sfdi, pin=PIN, follow=FOLLOWED, floor=5.0),
            no_draw,
        )
        self.steps: list[Step] = []

    def handle(self, frame: ApsFrame, now: float) -> list[ApsFrame]:
        return self.does(self.gateway.handle(frame, now), now)

    def tick(self, now: float) -> list[ApsFrame]:
        return self.does(self.gateway.tick(now), now)

    def deadline(self, now: float) -> float | None:
        return self.gateway.deadline(now)

    def does(self, step: Step, now: float) -> list[ApsFrame]:
        frames: list[ApsFrame] = []
        waiting = deque([step])
        while waiting:
            step = waiting.popleft()
            self.steps.append(step)
            frames += step.frames
            waiting += [self._answered(ask, now) for ask in step.asks]
        return frames

    def _answered(self, ask: Ask, now: float) -> Step:
        request = request_of(ask)
        asked = Request(request.method, request.path, request.query, request.headers, request.body, PEER)
        return self.gateway.answered(answer_of(ask, self.utility.esi.handle(asked, now)), now)


class OnAir:
    """The HAN. `frames` is all that was on the air, `arrived` what came through the stacks."""

    def __init__(self, esi: Side, device: Side, *, seed: int = 1) -> None:
        self.now = float(NOW)
        self.random = random.Random(seed)
        self.frames: list[bytes] = []
        self.arrived: list[ApsFrame] = []
        self.sides = {ESI: esi, DEVICE: device}
        self.admitted: list[int] = []
        self.han = RadioHan(
            clock=lambda: self.now,
            draw=self.random.randbytes,
            coordinator=ESI,
            suites=(1,),
            tap=lambda when, octets: self.frames.append(octets),
            settings=Settings(rescan=5),
        )
        self.han.admitted = self.admitted.append
        self.inboxes = {ESI: self.han.attach(ESI)}

    def join(self) -> None:
        """Let the device join and establish its key."""
        self.inboxes[DEVICE] = self.han.attach(DEVICE)
        for _ in range(60):
            self.passes(1)
            if self.inboxes[DEVICE].ready and DEVICE in self.admitted:
                return
        raise AssertionError("the device never joined")

    def carry(self, frames: Iterable[ApsFrame]) -> None:
        for frame in frames:
            self.han.carry(frame)

    def passes(self, seconds: float) -> None:
        end = self.now + seconds
        for _ in range(200_000):
            times = [self.han.due(), *(side.deadline(self.now) for side in self.sides.values())]
            due = min((t for t in times if t is not None), default=end)
            if due > end:
                break
            self.now = max(self.now + 0.0001, due)
            self.han.advance()
            self._read()
            for side in self.sides.values():
                self.carry(side.tick(self.now))
        self.now = max(self.now, end)

    def rests(self) -> None:
        """Let what is on its way arrive and be answered."""
        self.settles()
        self._read()
        self.settles()

    def settles(self, seconds: float = 10.0) -> None:
        """Let what is on its way arrive, without anybody saying more."""
        end = self.now + seconds
        while (due := self.han.due()) is not None and due <= end:
            self.now = max(self.now, due)
            self.han.advance()
        self.now = end

    def _read(self) -> None:
        for eui64, inbox in self.inboxes.items():
            for frame in inbox.take():
                self.arrived.append(frame)
                self.carry(self.sides[eui64].handle(frame, self.now))

    def attacked(self, recorded: Iterable[bytes]) -> list[ApsFrame]:
        """Let a stranger put octets on the air; return what any engine would hear of it."""
        self.rests()
        before = len(self.arrived)
        if NOBODY not in self.han.medium._radios:
            self.han.medium.attach(NOBODY)
        for octets in recorded:
            if mac.parse(octets).kind != mac.ACK:
                self.han.medium.transmit(NOBODY, octets, self.now)
                self.now += 0.05
                self.han.advance()
                self._read()
        return self.arrived[before:]
