"""Meters that sleep on our HAN: their mirrors, and the server's mirrors of those.

A battery meter asks us for a mirror and reports to it; what it reports goes up to the server's mirror of it.
The server's path is remembered: a mirror that it has lost is made anew.
"""

from dataclasses import dataclass, field, replace

from handover.gateway.downward.devices import HanDevice
from handover.gateway.downward.posting import Posting
from handover.gateway.outputs import Forget, Keep
from handover.gateway.step import Step
from handover.mapping import metering
from handover.mapping.context import Context
from handover.mapping.metering_mirror import to_mirror, to_mirror_readings
from handover.mapping.metering_scale import settings
from handover.model.metering import Reading
from handover.sep1.metering.mirror import MirrorClosed, MirrorHost, MirrorOpened, MirrorUpdated
from handover.sep1.types import Value
from handover.sep2.client.follower import Follower
from handover.sep2.client.links import local
from handover.sep2.client.outputs import Output, Posted

RECORD = "down.mirror"
KEY = "mup/"
UNIT = 0x0300
POST_RATE = 300
"""Seconds between two posts for one meter, where the server does not say otherwise."""

PATIENCE = 3600.0
_GONE = frozenset({403, 404, 410})


@dataclass(slots=True)
class Mirror:
    """The mirror of one meter: its endpoint here, its newest raw values, its path at the server."""

    meter: int
    endpoint: int
    values: dict[int, int | bytes | None] = field(default_factory=dict)
    path: str | None = None
    posted: float = 0.0
    waiting: bool = False

    @property
    def key(self) -> str:
        """The name of its record."""
        return f"{self.meter:016X}"


class Mirrors:
    """All mirrors of our HAN. Times are Unix seconds of the HAN's clock, which is `step.now`."""

    def __init__(self, host: MirrorHost, follower: Follower, posting: Posting, context: Context) -> None:
        self._host = host
        self._follower = follower
        self._posting = posting
        self._context = context
        self._mirrors: dict[int, Mirror] = {}

    def restore(self, records: dict[str, Mirror]) -> None:
        """Take over what the journal holds: a meter keeps its endpoint."""
        self._mirrors = {mirror.meter: mirror for mirror in records.values()}
        self._host.restore({mirror.key: mirror.endpoint for mirror in records.values()})

    def all(self) -> list[Mirror]:
        """Return every mirror."""
        return list(self._mirrors.values())

    def opened(self, step: Step, output: MirrorOpened) -> None:
        """Take note of a mirror that a meter was given."""
        mirror = Mirror(output.meter, output.endpoint)
        self._mirrors[output.meter] = mirror
        self._keep(step, mirror)
        step.audit("mirror opened", device=mirror.key)

    def updated(self, step: Step, device: HanDevice, output: MirrorUpdated) -> list[Output]:
        """Take what a meter has reported, and post it when its time has come."""
        mirror = self._mirrors.get(output.meter)
        if mirror is None:
            return []
        mirror.values.update({k: v for k, v in output.values.items() if _plain(v)})  # type: ignore[misc]
        mirror.waiting = True
        self._keep(step, mirror)
        return self._post(step, mirror)

    def closed(self, step: Step, output: MirrorClosed) -> list[Output]:
        """Let a mirror go, the server's too."""
        mirror = self._mirrors.pop(output.meter, None)
        if mirror is None:
            return []
        step.changes.append(Forget(RECORD, mirror.key))
        step.audit("mirror closed", device=mirror.key)
        return self._follower.delete(mirror.path, step.wall) if mirror.path is not None else []

    def posted(self, step: Step, output: Posted) -> None:
        """Take note of the server's answer to a post."""
        mirror = self._mirrors.get(int(output.key.removeprefix(KEY).partition("/")[0], 16))
        if mirror is None:
            return
        if output.status in (201, 204) and output.location is not None:
            authority = self._follower.settings.authority
            mirror.path = local(output.location, "/", authority) or mirror.path
        elif output.status in _GONE and mirror.path is not None:
            mirror.path, mirror.waiting = None, True  # the next post makes it anew
        elif output.status >= 400:
            step.log("warning", "the server does not take a mirror's readings", status=output.status)
        self._keep(step, mirror)

    def advance(self, step: Step) -> list[Output]:
        """Post what has waited long enough."""
        outputs: list[Output] = []
        for mirror in self._mirrors.values():
            if mirror.waiting:
                outputs += self._post(step, mirror)
        return outputs

    def deadline(self) -> float | None:
        """Return when `advance` is next worth calling (the HAN's clock)."""
        times = [m.posted + POST_RATE for m in self._mirrors.values() if m.waiting and UNIT in m.values]
        return min(times, default=None)

    def _post(self, step: Step, mirror: Mirror) -> list[Output]:
        offered = getattr(self._follower.tree.root.resource, "MirrorUsagePointListLink", None)
        too_soon = mirror.path is not None and step.now < mirror.posted + POST_RATE
        if UNIT not in mirror.values or too_soon or (mirror.path is None and offered is None):
            return []
        if mirror.path is None and step.now < mirror.posted + 60:
            return []  # the first post is under way
        values: dict[int, Value] = dict(mirror.values)
        meter = metering.meter_from_sep1(values)
        readings = self._readings(values, step.now)
        context = replace(self._context, node=mirror.meter, endpoint=1)
        key = f"{KEY}{mirror.key}/{int(step.now)}"
        mirror.posted, mirror.waiting = step.now, False
        if mirror.path is None:
            path = local(offered.href, "/", self._follower.settings.authority) if offered else None
            if path is not None:
                made = to_mirror(readings, meter, context, post_rate=POST_RATE)
                self._posting.post(step, key, path, made, PATIENCE)
        else:
            later = to_mirror_readings(readings, meter, context)
            self._posting.post(step, key, mirror.path, later, PATIENCE)
        self._keep(step, mirror)
        return []

    def _readings(self, values: dict[int, Value], now: float) -> list[Reading]:
        return metering.from_sep1(values, settings(values), received=now)

    def _keep(self, step: Step, mirror: Mirror) -> None:
        step.changes.append(Keep(RECORD, mirror.key, mirror, durable=False))


def _plain(value: Value) -> bool:
    return value is None or isinstance(value, int | bytes)
