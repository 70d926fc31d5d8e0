"""The paper's ways of moving a meter and a device, with what each one needs. Source: scenarios 2.1 to 3.2."""

from enum import StrEnum

from handover.headend.inventory import DeviceRecord, Material, Method, PremiseRecord
from handover.model.application import Application


class MeterWay(StrEnum):
    """What happens to the meter."""

    KEEP = "stays as it is"
    REMOTE = "remote upgrade through the AMI network"
    EXCHANGE = "exchange by an installer"


class DeviceWay(StrEnum):
    """What happens to one device."""

    LEAVE = "left as it is"
    AMI_OTA = "over the air, through the AMI network"
    GATEWAY_OTA = "over the air, through the gateway and the Internet"
    VISIT = "by hand, at a visit"
    MAIL_IN = "by hand, sent in"
    EVENT = "by hand, at an event in a shop"
    THUMB_DRIVE = "by the customer, with a thumb drive"
    PC = "by the customer, with a computer"
    MODULE = "by the customer, with another radio module"
    REPLACE = "replaced by its service provider"
    PREINSTALLED = "over the air, with security material that it has"
    DUAL_MODE = "follows the meter by itself"
    GATEWAY = "stays on SEP 1.x behind the gateway"


class Order(StrEnum):
    """Whether devices are made ready before the meter may switch, or follow it."""

    TOGETHER = "stored everywhere first, then all switch together"
    METER_FIRST = "the meter first, then each device"


OVER_THE_AIR = frozenset({DeviceWay.AMI_OTA, DeviceWay.GATEWAY_OTA, DeviceWay.PREINSTALLED})
BY_CUSTOMER = frozenset({DeviceWay.THUMB_DRIVE, DeviceWay.PC, DeviceWay.MODULE})
BY_UTILITY = frozenset({DeviceWay.VISIT, DeviceWay.MAIL_IN, DeviceWay.EVENT})

_METHOD = {
    DeviceWay.AMI_OTA: Method.OTA,
    DeviceWay.GATEWAY_OTA: Method.OTA,
    DeviceWay.PREINSTALLED: Method.OTA,
    DeviceWay.VISIT: Method.BENCH,
    DeviceWay.MAIL_IN: Method.BENCH,
    DeviceWay.EVENT: Method.BENCH,
    DeviceWay.THUMB_DRIVE: Method.THUMB_DRIVE,
    DeviceWay.PC: Method.PC,
    DeviceWay.MODULE: Method.MODULE,
}


class Obstacle(StrEnum):
    """Why something cannot be done: a code, for programs; `explain` has the words."""

    NO_METHOD = "NO_METHOD"
    NO_OTA = "NO_OTA"
    NO_IMAGE = "NO_IMAGE"
    NO_CREDENTIALS = "NO_CREDENTIALS"
    NOT_PREINSTALLED = "NOT_PREINSTALLED"
    NOT_DUAL_MODE = "NOT_DUAL_MODE"
    NO_GATEWAY = "NO_GATEWAY"
    NO_BROADBAND = "NO_BROADBAND"
    NOT_UPGRADEABLE = "NOT_UPGRADEABLE"
    NO_DEVICE_PLAN = "NO_DEVICE_PLAN"
    NO_NOTICE = "NO_NOTICE"
    LEAD_TIME = "LEAD_TIME"
    ALREADY = "ALREADY"
    NOT_TOGETHER = "NOT_TOGETHER"


_WORDS = {
    Obstacle.NO_METHOD: "new firmware cannot get into this device that way; choose another way, replacement "
    "or a gateway",
    Obstacle.NO_OTA: "SEP 1.0 has no transfer over the air; it came with SEP 1.1. Choose a way by hand",
    Obstacle.NO_IMAGE: "its manufacturer offers no SEP 2.0 firmware; choose replacement or a gateway",
    Obstacle.NO_CREDENTIALS: "no SEP 2.0 credentials are assigned to it; assign them first",
    Obstacle.NOT_PREINSTALLED: "it has no SEP 2.0 security material; its credentials must be sent too",
    Obstacle.NOT_DUAL_MODE: "it holds one application only; it cannot follow the meter by itself",
    Obstacle.NO_GATEWAY: "there is no gateway at the premise; install one first",
    Obstacle.NO_BROADBAND: "the gateway has no Internet access; choose another way",
    Obstacle.NOT_UPGRADEABLE: "the minimum SEP 2.0 set does not fit into this meter; exchange it",
    Obstacle.NO_DEVICE_PLAN: "this registered device would be stranded; give it a way, or override with a "
    "reason",
    Obstacle.NO_NOTICE: "customers with registered devices are to be told; plan a notice, or override with a "
    "reason",
    Obstacle.LEAD_TIME: "the date is too near for the notice that is due",
    Obstacle.ALREADY: "it speaks SEP 2.0 already",
    Obstacle.NOT_TOGETHER: "a meter that is exchanged by hand cannot keep a moment; let its devices "
    "follow it",
}


def explain(obstacle: Obstacle) -> str:
    """Return what an obstacle means, and what to do."""
    return _WORDS[obstacle]


def meter_obstacles(way: MeterWay, premise: PremiseRecord) -> list[Obstacle]:
    """Return why the meter cannot go this way."""
    if way is MeterWay.KEEP:
        return []
    if not premise.meter.application.legacy:
        return [Obstacle.ALREADY]
    if way is MeterWay.REMOTE and not premise.meter.upgradeable:
        return [Obstacle.NOT_UPGRADEABLE]
    return []


def device_obstacles(way: DeviceWay, device: DeviceRecord, premise: PremiseRecord) -> list[Obstacle]:
    """Return why a device cannot go this way at this premise."""
    if way in {DeviceWay.LEAVE, DeviceWay.REPLACE}:
        return []
    if way is DeviceWay.DUAL_MODE:
        return [] if device.dual_mode else [Obstacle.NOT_DUAL_MODE]
    if way is DeviceWay.GATEWAY:
        return [] if premise.gateway is not None else [Obstacle.NO_GATEWAY]
    if not device.application.legacy:
        return [Obstacle.ALREADY]
    found = []
    if way in OVER_THE_AIR and (
        device.application is Application.SEP_1_0
        or (way is not DeviceWay.GATEWAY_OTA and premise.meter.application is Application.SEP_1_0)
    ):
        found.append(Obstacle.NO_OTA)
    elif _METHOD[way] not in device.methods:
        found.append(Obstacle.NO_METHOD)
    if Application.SEP_2_0 not in device.images:
        found.append(Obstacle.NO_IMAGE)
    if way is DeviceWay.PREINSTALLED:
        if device.material is not Material.PREINSTALLED:
            found.append(Obstacle.NOT_PREINSTALLED)
    elif device.material is Material.NONE:
        found.append(Obstacle.NO_CREDENTIALS)
    if way is DeviceWay.GATEWAY_OTA:
        if premise.gateway is None:
            found.append(Obstacle.NO_GATEWAY)
        elif not premise.gateway.broadband:
            found.append(Obstacle.NO_BROADBAND)
    return found


def feasible(device: DeviceRecord, premise: PremiseRecord) -> list[DeviceWay]:
    """Return the ways that are open to a device, in the paper's order of preference for the customer.

    Nothing to do comes before waiting at home; AMI transfer is the last of the ways over the air (DISC.6).
    """
    preferred = (
        DeviceWay.DUAL_MODE,
        DeviceWay.PREINSTALLED,
        DeviceWay.GATEWAY_OTA,
        DeviceWay.AMI_OTA,
        DeviceWay.GATEWAY,
        DeviceWay.REPLACE,
        *sorted(BY_CUSTOMER),
        *sorted(BY_UTILITY),
        DeviceWay.LEAVE,
    )
    return [way for way in preferred if not device_obstacles(way, device, premise)]
