"""A home of network layers on a virtual medium, for tests: coordinator, devices, the time between them."""

import random
from collections.abc import Callable
from typing import Any

from handover.sep1.aps import ApsFrame
from handover.sep1.network.zdp import SimpleDescriptor
from handover.sep1.security.install_code import InstallCode
from handover.sep1.stack import Role, Settings, Stack
from handover.sep1.stack.outputs import Output
from handover.sep1.stack.trust_centre import Policy
from handover.sep1.transports.air import Air
from handover.sep1.transports.medium import Fate, Hears, Medium, within_reach

NOW = 1_342_548_000.0
ESI = 0x000D6F0000123456
DEVICE = 0x00124B0000ABCD01
ROUTER = 0x00124B0000ABCD02
CODE = InstallCode(bytes.fromhex("83fed3407a939723a5c639b2"))
EXTENDED = 0x1122334455667788
SE_DESCRIPTOR = SimpleDescriptor(
    endpoint=1,
    profile=0x0109,
    device_id=0x0500,
    input_clusters=(0x0700, 0x0701, 0x0800),
    output_clusters=(0x0702,),
)


class Home:
    """A coordinator with its network formed, and whoever is added; `heard` is what the stacks handed out."""

    def __init__(
        self,
        *,
        seed: int = 1,
        fate: Callable[[random.Random], Fate] | None = None,
        hears: Hears = within_reach,
        policy: Policy | None = None,
        settings: Settings | None = None,
    ) -> None:
        self.random = random.Random(seed)
        self.frames: list[tuple[float, bytes]] = []
        self.heard: list[tuple[int, Output]] = []
        self.settings = settings
        medium = Medium(
            fate=None if fate is None else fate(self.random),
            hears=hears,
            random=self.random.random,
            tap=lambda when, octets: self.frames.append((when, octets)),
        )
        self.air = Air(medium, NOW, listener=lambda eui, output, now: self.heard.append((eui, output)))
        self.esi = self.add(ESI, Role.COORDINATOR, policy=policy)
        self.does(self.esi, self.esi.form(0x1AAA, extended_pan_id=EXTENDED))

    @property
    def now(self) -> float:
        return self.air.now

    def add(self, eui64: int, role: Role, **options: Any) -> Stack:
        place = {key: options.pop(key) for key in ("position", "reach") if key in options}
        stack = Stack(
            eui64,
            role,
            draw=self.random.randbytes,
            endpoints=[SE_DESCRIPTOR],
            settings=options.pop("settings", self.settings),
            **options,
        )
        return self.air.add(stack, **place)

    def does(self, stack: Stack, outputs: list[Output]) -> None:
        self.air.do(stack, outputs)

    def passes(self, seconds: float) -> None:
        self.air.advance(self.air.now + seconds)

    def admit(
        self, eui64: int, role: Role = Role.END_DEVICE, *, establish: bool = True, **options: Any
    ) -> Stack:
        """Let a device join with its install code, and share an established key with it."""
        device = self.add(eui64, role, **options)
        self.esi.centre.register(eui64, CODE.link_key)
        self.does(self.esi, self.esi.permit(254, self.now))
        device.preset(CODE.link_key)
        self.does(device, device.join(self.now))
        self.passes(10.0)
        assert device.joined, self.heard
        if establish:
            key = self.random.randbytes(16)
            self.esi.establish(eui64, key)
            device.establish(ESI, key)
        return device

    def of(self, kind: Any, eui64: int | None = None) -> list[Any]:
        """What was handed out of one kind, by one node or by all."""
        return [o for e, o in self.heard if isinstance(o, kind) and eui64 in (None, e)]

    def frame(
        self, source: int, destination: int, payload: bytes = b"\x18\x01\x0a", **changes: Any
    ) -> ApsFrame:
        fields: dict[str, Any] = {
            "source_endpoint": 1,
            "destination_endpoint": 1,
            "cluster_id": 0x0702,
            "secured": True,
        }
        return ApsFrame(source=source, destination=destination, payload=payload, **(fields | changes))
