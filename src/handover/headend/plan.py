"""The plan for one premise: which way for the meter and for each device, in which order, told to whom.

`obstacles` is the gate before anything is done (BP.SEP.8, BP.UtilCom.2 and 3, REQ.SEP.6). What it finds is
either put right or, for what protects the customer only, overridden with a reason that the audit log keeps.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

from handover.errors import Refused
from handover.headend.inventory import PremiseRecord
from handover.headend.ways import (
    DeviceWay,
    MeterWay,
    Obstacle,
    Order,
    device_obstacles,
    explain,
    meter_obstacles,
)

DAY = 86_400.0
OVERRIDABLE = frozenset({Obstacle.NO_NOTICE, Obstacle.LEAD_TIME, Obstacle.NO_DEVICE_PLAN})
"""What protects the customer. Everything else is in the nature of things."""


@dataclass(frozen=True, slots=True)
class Policy:
    """What a jurisdiction asks for: notice that early, and a choice for who has registered devices."""

    lead_time: float = 30 * DAY
    notice: bool = True
    consent: bool = True


@dataclass(frozen=True, slots=True)
class Finding:
    """One obstacle; `device` is the EUI-64 it is about, 0 for the premise or its meter."""

    obstacle: Obstacle
    device: int = 0

    @property
    def text(self) -> str:
        """The obstacle in words."""
        about = f"device {self.device:016X}: " if self.device else ""
        return f"{about}{explain(self.obstacle)}"


@dataclass(frozen=True, slots=True)
class Plan:
    """What is to be done at one premise.

    `at` is when everything switches (Unix seconds). `notice`: the customer is told beforehand. `consent`: the
    customer's agreement is waited for. `turn_on`: the HAN is switched on once the meter is verified.
    `override` is the reason for which findings that protect the customer are set aside.
    """

    premise: PremiseRecord
    at: float
    meter: MeterWay = MeterWay.REMOTE
    devices: Mapping[int, DeviceWay] = field(default_factory=dict)
    order: Order = Order.METER_FIRST
    notice: bool = True
    consent: bool = True
    turn_on: bool = False
    override: str = ""

    def way(self, eui64: int) -> DeviceWay:
        """Return the way of a device; one without is left as it is."""
        return self.devices.get(eui64, DeviceWay.LEAVE)


def obstacles(plan: Plan, policy: Policy, now: float) -> list[Finding]:
    """Return everything that stands against `plan` at `now`."""
    premise = plan.premise
    found = [Finding(obstacle) for obstacle in meter_obstacles(plan.meter, premise)]
    if plan.meter is MeterWay.EXCHANGE and plan.order is Order.TOGETHER:
        found.append(Finding(Obstacle.NOT_TOGETHER))
    for device in premise:
        way = plan.way(device.eui64)
        found += [Finding(o, device.eui64) for o in device_obstacles(way, device, premise)]
        leaves = plan.meter is not MeterWay.KEEP and device.registered and device.application.legacy
        if way is DeviceWay.LEAVE and leaves and not plan.notice:
            found.append(Finding(Obstacle.NO_DEVICE_PLAN, device.eui64))
    if plan.meter is MeterWay.KEEP or not premise.registered:
        return found
    if policy.notice and not plan.notice:
        found.append(Finding(Obstacle.NO_NOTICE))
    elif policy.notice and plan.at - now < policy.lead_time:
        found.append(Finding(Obstacle.LEAD_TIME))
    return found


def gate(plan: Plan, policy: Policy, now: float) -> list[Finding]:
    """Return the findings that are overridden. Raises Refused, with every reason, when others remain."""
    found = obstacles(plan, policy, now)
    hard = [f for f in found if f.obstacle not in OVERRIDABLE or not plan.override]
    if hard:
        reasons = "; ".join(f"{f.obstacle}: {f.text}" for f in hard)
        raise Refused(f"premise {plan.premise.id} cannot be migrated so: {reasons}")
    return found
