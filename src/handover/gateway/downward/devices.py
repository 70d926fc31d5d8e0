"""The SEP 1.x devices of our HAN: who was admitted, and who each one is to the server above."""

from collections.abc import Iterator
from dataclasses import dataclass

from handover.gateway.outputs import Forget, Keep
from handover.gateway.step import Step
from handover.model.load_control import DeviceCategory

RECORD = "down.device"


@dataclass(slots=True)
class HanDevice:
    """A device with an established link key.

    `lfdi` and `sfdi` stand for it at the server (it has no certificate); `categories` are those of its device
    class, NONE until it has told. `path` is its EndDevice there; `shared` says that the server gives it none,
    so that it goes under the gateway's own; `described` that it was asked what it is and has answered.
    `heard` is Unix seconds of our clock.
    """

    eui64: int
    lfdi: bytes
    sfdi: int
    admitted_at: float
    name: str = ""
    endpoint: int = 1
    categories: int = 0
    path: str | None = None
    shared: bool = False
    described: bool = False
    heard: float = 0.0

    @property
    def category(self) -> DeviceCategory:
        """What kinds of load it is."""
        return DeviceCategory(self.categories)

    @property
    def id(self) -> str:
        """Its EUI-64 as text."""
        return f"{self.eui64:016X}"


class HanDevices:
    """The admitted devices by EUI-64."""

    def __init__(self) -> None:
        self._devices: dict[int, HanDevice] = {}

    def __iter__(self) -> Iterator[HanDevice]:
        return iter(list(self._devices.values()))

    def __len__(self) -> int:
        return len(self._devices)

    def get(self, eui64: int) -> HanDevice | None:
        """Return the device with this address."""
        return self._devices.get(eui64)

    def by_lfdi(self, lfdi: bytes) -> HanDevice | None:
        """Return the device that is known to the server by this LFDI."""
        return next((d for d in self._devices.values() if d.lfdi == lfdi), None)

    def restore(self, records: dict[str, HanDevice]) -> None:
        """Take over what the journal holds."""
        self._devices = {device.eui64: device for device in records.values()}

    def keep(self, step: Step, device: HanDevice) -> None:
        """Take a device in, or note that something about it has changed."""
        self._devices[device.eui64] = device
        step.changes.append(Keep(RECORD, device.id, device))

    def forget(self, step: Step, eui64: int) -> HanDevice | None:
        """Let a device go."""
        device = self._devices.pop(eui64, None)
        if device is not None:
            step.changes.append(Forget(RECORD, device.id))
        return device
