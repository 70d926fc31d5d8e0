"""What a whole node tells beside what its network layers tell."""

from dataclasses import dataclass, field

from handover.sep1.stack.outputs import Output


@dataclass(slots=True)
class Ready(Output):
    """We share an established link key with the ESI: begin with it at this endpoint."""

    esi: int
    endpoint: int


@dataclass(slots=True)
class NotReady(Output):
    """An attempt to establish a key failed; the next one begins by itself after `wait` seconds."""

    partner: int
    reason: str
    wait: float


@dataclass(slots=True)
class DeviceReady(Output):
    """A device shares an established link key with us: admit it. `certificate` judges its signatures."""

    eui64: int
    suite: int
    certificate: bytes = field(repr=False)
