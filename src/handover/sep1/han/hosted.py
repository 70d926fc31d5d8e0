"""`Hosted`: a whole node with its application engine in it, so that the engine lives from the HAN alone.

An `Esi` admits the devices that have established their keys, a `HanClient` begins with the ESI as soon as it
shares a key with it. What the engines indicate is handed out as `Told`.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from handover.sep1.client import HanClient
from handover.sep1.han.node import HanNode
from handover.sep1.han.outputs import DeviceReady, Ready
from handover.sep1.node import Send
from handover.sep1.server import Esi
from handover.sep1.stack.outputs import Arrived, DeviceLeft, Output

Engine = Esi | HanClient


@dataclass(slots=True)
class Told(Output):
    """What the engine of a node has indicated."""

    indication: Any


class Hosted:
    """A node and its engine as one station."""

    def __init__(self, node: HanNode, engine: Engine) -> None:
        self.node = node
        self.engine = engine

    @property
    def eui64(self) -> int:
        """Its IEEE address."""
        return self.node.eui64

    def handle(self, octets: bytes, now: float) -> list[Output]:
        """Take a frame from the air."""
        outputs = self.node.handle(octets, now)
        return self._after(outputs, now) if outputs else outputs

    def confirm(self, sequence: int, acknowledged: bool, now: float) -> list[Output]:
        """Take note of whether a transmitted frame was acknowledged."""
        outputs = self.node.confirm(sequence, acknowledged, now)
        return self._after(outputs, now) if outputs else outputs

    def tick(self, now: float) -> list[Output]:
        """Do what is due."""
        outputs = self._after(self.node.tick(now), now)
        due = self.engine.deadline()
        if due is not None and due <= now:
            outputs += self.does(self.engine.tick(now), now)
        return outputs

    def deadline(self) -> float | None:
        """Return when it wants to be called next."""
        times = (self.node.deadline(), self.engine.deadline())
        return min((t for t in times if t is not None), default=None)

    def does(self, outputs: Iterable[Any], now: float) -> list[Output]:
        """Return what is to be done about what a method of the engine has returned."""
        done: list[Output] = []
        for output in outputs:
            if isinstance(output, Send):
                done += self._after(self.node.send(output.frame, now), now)
            else:
                done.append(Told(output))
        return done

    def after(self, outputs: Iterable[Output], now: float) -> list[Output]:
        """Return what is to be done about what a method of the node has returned."""
        return self._after(outputs, now)

    def _after(self, outputs: Iterable[Output], now: float) -> list[Output]:
        engine = self.engine
        done: list[Output] = []
        for output in outputs:
            if isinstance(output, Arrived):
                done += self.does(engine.handle(output.frame, now), now)
                continue
            done.append(output)
            if isinstance(output, Ready) and isinstance(engine, HanClient):
                done += self.does(engine.start(output.esi, now, endpoint=output.endpoint), now)
            elif isinstance(output, DeviceReady) and isinstance(engine, Esi):
                engine.admit(output.eui64, certificate=output.certificate)
            elif isinstance(output, DeviceLeft) and isinstance(engine, Esi):
                engine.expel(output.eui64)
        return done
