"""What the downward gateway needs of the HAN that it runs, whatever radio is under it."""

from collections.abc import Callable
from typing import Protocol

from handover.sep1.security.install_code import InstallCode
from handover.sep1.transports.base import Transport

Admitted = Callable[[int, bytes], None]
"""Hears of a device that has established its link key: EUI-64 and certificate (empty where not known)."""


class Coordinator(Transport, Protocol):
    """A transport whose node is coordinator and trust centre of the network."""

    admitted: Admitted

    async def expect(self, eui64: int, code: InstallCode) -> None:
        """Let this device join now, under its install code. Raises NotNow while the radio is away."""

    async def expel(self, eui64: int) -> None:
        """Take a device off the network and forget its keys."""
