"""Runs a device engine with asyncio."""

from typing import Any

from handover.clock import Clock
from handover.device.base import Device
from handover.sep2.client_service import ClientService
from handover.sep2.transports.base import Transport
from handover.sep2.transports.system_clock import SystemClock


class DeviceService(ClientService):
    """One device on one transport. `clock` may run faster than the machine's (`clock.ScaledClock`)."""

    def __init__(self, device: Device, transport: Transport, clock: Clock | None = None) -> None:
        self.device = device
        self._now = (clock or SystemClock()).now
        super().__init__(device, transport, clock)

    def snapshot(self) -> dict[str, Any]:
        """Return the device's state as of now."""
        return self.device.snapshot(self._now())
