"""What the head-end knows of a premise: the meter, the devices that are registered, the gateway.

Records are plain values. They say what is there, not what is to become of it.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from enum import StrEnum

from handover.model.application import Application


class Method(StrEnum):
    """A way by which new firmware can get into a device, as its manufacturer states it (REQ.SEP.3, ZA.4)."""

    OTA = "over the air"
    THUMB_DRIVE = "thumb drive"
    PC = "computer"
    MODULE = "module swap"
    BENCH = "service tool"


class Material(StrEnum):
    """What SEP 2.0 security material a device has, or may get (REQ.SEP.6)."""

    NONE = "none"
    ASSIGNED = "assigned"  # a package for this very EUI-64 waits in the credential inventory
    PREINSTALLED = "pre-installed"


@dataclass(frozen=True, slots=True)
class MeterRecord:
    """The Utility ESI. `upgradeable` says whether the minimum SEP 2.0 set fits into it (REQ.ZA.2)."""

    eui64: int
    application: Application
    model: str = ""
    version: int = 1
    upgradeable: bool = True
    han_on: bool = True


@dataclass(frozen=True, slots=True)
class DeviceRecord:
    """A HAN device. `methods` and `images` come from its manufacturer's manifest.

    `images` are the applications for which firmware of this model exists. `dual_mode` devices hold two and
    choose by themselves.
    """

    eui64: int
    kind: str
    application: Application
    manufacturer: int = 0x1234
    model: str = ""
    version: int = 1
    methods: frozenset[Method] = frozenset()
    images: frozenset[Application] = frozenset()
    material: Material = Material.NONE
    dual_mode: bool = False
    registered: bool = True

    @property
    def migratable(self) -> bool:
        """Whether SEP 2.0 firmware exists and can get into the device."""
        return self.dual_mode or (Application.SEP_2_0 in self.images and bool(self.methods))


@dataclass(frozen=True, slots=True)
class GatewayRecord:
    """An ALG at the premise. `broadband`: the customer's Internet access works; `router`: it forwards too."""

    eui64: int
    version: int = 1
    broadband: bool = True
    router: bool = True


@dataclass(frozen=True, slots=True)
class PremiseRecord:
    """One premise."""

    id: str
    meter: MeterRecord
    devices: tuple[DeviceRecord, ...] = ()
    gateway: GatewayRecord | None = None
    customer: str = ""
    provider: str = ""
    enrolled: frozenset[int] = field(default_factory=frozenset)
    """EUI-64s of the devices that take part in a programme."""

    def __iter__(self) -> Iterator[DeviceRecord]:
        return iter(self.devices)

    def device(self, eui64: int) -> DeviceRecord | None:
        """Return the device with this address, or None."""
        return next((device for device in self.devices if device.eui64 == eui64), None)

    @property
    def registered(self) -> tuple[DeviceRecord, ...]:
        """The devices that are registered with the Utility ESI."""
        return tuple(device for device in self.devices if device.registered)
