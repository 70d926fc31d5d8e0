"""What SEP 1.x devices are, what powers them and what they notice, told to the server in their names."""

from dataclasses import dataclass, field

from handover.gateway.downward.devices import HanDevice
from handover.gateway.downward.overview import Overview
from handover.gateway.downward.posting import Posting
from handover.gateway.outputs import Forget, Keep
from handover.gateway.step import Step
from handover.mapping import alarms, basic, power
from handover.mapping.context import Context
from handover.mapping.device_class import categories_of_class
from handover.model.alarm import Notice
from handover.model.device import Description, Power
from handover.sep1.client.alarms import AlarmRaised
from handover.sep1.clusters.alarms import Alarm
from handover.sep1.server import AttributesRead, Esi, Output
from handover.sep1.types import Value
from handover.sep2.client.follower import Follower
from handover.sep2.client.outputs import Output as Sep2Output
from handover.sep2.resources.end_device import EndDevice

RECORD = "down.about"
BASIC, POWER, DRLC = 0x0000, 0x0001, 0x0701
DEVICE_CLASS = 0x0003
_BASIC = [basic.APPLICATION, basic.HARDWARE, basic.MANUFACTURER, basic.MODEL, basic.DATE, basic.POWER]
_POWER = [power.VOLTAGE, power.LEAST]
_FUNCTIONS = 1 << 5 | 1 << 7 | 1 << 8
"""functionsImplemented: what a SEP 1.x device has an equal of (load control, pricing, messaging)."""

PATIENCE = 86_400.0


@dataclass(slots=True)
class About:
    """What a device has told of itself, and how many log entries it has. `power_source` is raw."""

    eui64: int
    description: Description | None = None
    power: Power | None = None
    power_source: int | None = None
    entries: int = 0

    @property
    def key(self) -> str:
        """The name of its record."""
        return f"{self.eui64:016X}"


@dataclass(slots=True)
class _Told:
    """What the server was told, and where: told again when either changes."""

    at: str
    what: list[object] = field(default_factory=list)


class Describing:
    """The descriptions of all devices."""

    def __init__(
        self, esi: Esi, follower: Follower, overview: Overview, posting: Posting, context: Context
    ) -> None:
        self._esi = esi
        self._follower = follower
        self._overview = overview
        self._posting = posting
        self._context = context
        self._about: dict[int, About] = {}
        self._told: dict[int, _Told] = {}

    def restore(self, records: dict[str, About]) -> None:
        """Take over what the journal holds."""
        self._about = {about.eui64: about for about in records.values()}

    def of(self, eui64: int) -> About | None:
        """Return what a device has told of itself."""
        return self._about.get(eui64)

    def ask(self, step: Step, device: HanDevice) -> list[Output]:
        """Ask a device what it is."""
        return [
            *self._esi.read(device.eui64, DRLC, [DEVICE_CLASS], step.wall),
            *self._esi.read(device.eui64, BASIC, _BASIC, step.wall),
            *self._esi.read(device.eui64, POWER, _POWER, step.wall),
        ]

    def heard(self, step: Step, device: HanDevice, output: AttributesRead) -> bool:
        """Take attributes of a device; tell whether what kinds of load it is has become known."""
        about = self._about.setdefault(device.eui64, About(device.eui64))
        values: dict[int, Value] = output.values
        if output.cluster_id == BASIC:
            source = values.get(basic.POWER)
            about.power_source = source if isinstance(source, int) else None
            about.description = basic.from_sep1(values, serial=device.id)
            about.power = power.from_sep1({}, power_source=about.power_source)
        elif output.cluster_id == POWER:
            about.power = power.from_sep1(values, power_source=about.power_source)
        elif output.cluster_id == DRLC:
            value = values.get(DEVICE_CLASS)
            found = int(categories_of_class(value)) if isinstance(value, int) else 0
            changed = found != device.categories or not device.described
            device.categories, device.described = found, True
            return changed
        step.changes.append(Keep(RECORD, about.key, about))
        return False

    def tell(self, step: Step, device: HanDevice, place: EndDevice) -> list[Sep2Output]:
        """PUT what is known to where the device's EndDevice has it, once for each change."""
        about = self._about.get(device.eui64)
        if about is None or device.shared or device.path is None:
            return []
        told = self._told.setdefault(device.eui64, _Told(device.path))
        if told.at != device.path:
            told = self._told[device.eui64] = _Told(device.path)
        outputs: list[Sep2Output] = []
        path = self._overview.href(place.DeviceInformationLink)
        if path is not None and about.description is not None and about.description not in told.what:
            told.what.append(about.description)
            made = basic.to_sep2(about.description, self._context, lfdi=device.lfdi, functions=_FUNCTIONS)
            outputs += self._follower.put(path, made, step.wall)
        path = self._overview.href(place.PowerStatusLink)
        if path is not None and about.power is not None and about.power not in told.what:
            told.what.append(about.power)
            outputs += self._follower.put(path, power.to_sep2(about.power, at=int(step.now)), step.wall)
        return outputs

    def alarmed(self, step: Step, device: HanDevice, output: AlarmRaised) -> None:
        """Send an alarm up as an entry of the device's log."""
        notice = alarms.from_sep1(Alarm(output.code, output.cluster_id), received=step.now)
        if notice is not None:
            self.noticed(step, device, notice)

    def noticed(self, step: Step, device: HanDevice, notice: Notice) -> None:
        """Send something that a device has noticed up as an entry of its log."""
        about = self._about.setdefault(device.eui64, About(device.eui64))
        place = self._overview.places().get(device.lfdi)
        path = None if place is None else self._overview.href(place[1].LogEventListLink)
        step.audit("alarm", device=device.id, cluster=notice.cluster_id, code=notice.code)
        if path is None:
            return
        about.entries += 1
        step.changes.append(Keep(RECORD, about.key, about))
        event = alarms.to_sep2(notice, pen=self._context.pen, number=about.entries)
        self._posting.post(step, f"lel/{device.id}/{about.entries}", path, event, PATIENCE)

    def forget(self, step: Step, eui64: int) -> None:
        """Drop what is known of a device that has left."""
        about = self._about.pop(eui64, None)
        self._told.pop(eui64, None)
        if about is not None:
            step.changes.append(Forget(RECORD, about.key))
