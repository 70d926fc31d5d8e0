"""Two nodes that establish a key, with whoever stands between them."""

import random
from collections.abc import Callable, Iterable
from functools import cache
from typing import Any

from handover.sep1.aps import ApsFrame
from handover.sep1.key_establishment import KeyEstablished, KeyEstablishment, KeyEstablishmentFailed
from handover.sep1.node import Send
from handover.sep1.security.authority import Authority
from handover.sep1.security.certificate import BOTH, KeyUsage
from handover.sep1.security.ecqv import Credentials

NOW = 1_342_548_000.0
ESI, DEVICE, THIRD = 0x000D6F0000123456, 0x00124B0000ABCD01, 0x00124B0000ABCD03

Middle = Callable[[ApsFrame], Iterable[ApsFrame]]


@cache
def authority(seed: int = 1, issuer: int = 0x5445535453454341) -> Authority:
    return Authority.new(random.Random(seed).randbytes, issuer=issuer)


@cache
def credentials(
    subject: int, suite: int, seed: int = 1, issuer: int = 0x5445535453454341, usage: KeyUsage = BOTH
) -> Credentials:
    draw = random.Random(subject * 10 + suite).randbytes
    return authority(seed, issuer).issue(subject, suite, draw, key_usage=usage)


def wallet(subject: int, *suites: int, **options: Any) -> dict[int, Credentials]:
    return {suite: credentials(subject, suite, **options) for suite in suites or (1, 2)}


class Pair:
    """`middle` sees every frame and gives those that arrive in its place."""

    def __init__(
        self,
        device: dict[int, Credentials] | None = None,
        esi: dict[int, Credentials] | None = None,
        middle: Middle = lambda frame: (frame,),
        limit: int = 8,
    ) -> None:
        draw = random.Random(7).randbytes
        self.now = NOW
        self.nodes = {
            DEVICE: KeyEstablishment(DEVICE, device or wallet(DEVICE), draw),
            ESI: KeyEstablishment(ESI, esi or wallet(ESI), draw, limit=limit),
        }
        self.middle = middle
        self.frames: list[ApsFrame] = []
        self.heard: list[tuple[int, Any]] = []

    def start(self, **options: Any) -> None:
        self.does(DEVICE, self.nodes[DEVICE].initiator.start(ESI, self.now, **options))

    def does(self, node: int, outputs: Iterable[Any]) -> None:
        for output in outputs:
            if not isinstance(output, Send):
                self.heard.append((node, output))
                continue
            self.frames.append(output.frame)
            for frame in self.middle(output.frame):
                self.arrives(frame)

    def arrives(self, frame: ApsFrame) -> None:
        node = self.nodes.get(frame.destination)
        if node is not None:
            self.does(frame.destination, node.handle(frame, self.now))

    def passes(self, seconds: float) -> None:
        end = self.now + seconds
        while True:
            due = min((d for n in self.nodes.values() if (d := n.deadline()) is not None), default=end + 1)
            if due > end:
                break
            self.now = max(due, self.now)
            for eui64, node in self.nodes.items():
                self.does(eui64, node.tick(self.now))
        self.now = end

    def keys(self) -> dict[int, list[KeyEstablished]]:
        return {n: [o for e, o in self.heard if e == n and isinstance(o, KeyEstablished)] for n in self.nodes}

    def failures(self, node: int) -> list[KeyEstablishmentFailed]:
        return [o for e, o in self.heard if e == node and isinstance(o, KeyEstablishmentFailed)]
