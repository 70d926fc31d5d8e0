"""What may be planned, and with which words it is refused."""

from dataclasses import replace

import pytest

from handover.errors import Refused
from handover.headend.inventory import GatewayRecord, Material, Method
from handover.headend.plan import DAY, Finding, Policy, gate, obstacles
from handover.headend.ways import (
    BY_CUSTOMER,
    BY_UTILITY,
    DeviceWay,
    MeterWay,
    Obstacle,
    Order,
    device_obstacles,
    explain,
    feasible,
)
from handover.model.application import Application
from headend.homes import DISPLAY, NOW, device, plan, premise


def only(**fields: object) -> list[Obstacle]:
    home = premise(device(**fields))
    return device_obstacles(DeviceWay.AMI_OTA, home.devices[0], home)


@pytest.mark.req("KQ.1")
def test_sep_1_0_has_no_transfer_over_the_air() -> None:
    assert only(application=Application.SEP_1_0) == [Obstacle.NO_OTA]
    old = premise(device(), application=Application.SEP_1_0)
    assert device_obstacles(DeviceWay.AMI_OTA, old.devices[0], old) == [Obstacle.NO_OTA]
    with pytest.raises(Refused, match="NO_OTA"):
        gate(plan(old, devices={DISPLAY: DeviceWay.AMI_OTA}, order=Order.TOGETHER), Policy(), NOW)


@pytest.mark.req("REQ.ZA.4", "REQ.SEP.6")
def test_what_a_device_lacks_is_named() -> None:
    assert only() == []
    assert only(methods=frozenset({Method.BENCH})) == [Obstacle.NO_METHOD]
    assert only(images=frozenset({Application.SEP_1_1})) == [Obstacle.NO_IMAGE]
    assert only(material=Material.NONE) == [Obstacle.NO_CREDENTIALS]
    assert only(application=Application.SEP_2_0) == [Obstacle.ALREADY]


def test_some_ways_need_more() -> None:
    home = premise(device())
    found = {way: device_obstacles(way, home.devices[0], home) for way in DeviceWay}
    assert found[DeviceWay.GATEWAY_OTA] == found[DeviceWay.GATEWAY] == [Obstacle.NO_GATEWAY]
    assert found[DeviceWay.PREINSTALLED] == [Obstacle.NOT_PREINSTALLED]
    assert found[DeviceWay.DUAL_MODE] == [Obstacle.NOT_DUAL_MODE]
    offline = premise(device(), gateway=GatewayRecord(1, broadband=False))
    assert device_obstacles(DeviceWay.GATEWAY_OTA, offline.devices[0], offline) == [Obstacle.NO_BROADBAND]


@pytest.mark.req("BP.SEP.7", "DISC.6")
def test_only_open_ways_are_offered_and_ami_transfer_comes_last_of_the_air() -> None:
    home = premise(device(), gateway=GatewayRecord(1))
    ways = feasible(home.devices[0], home)
    assert ways.index(DeviceWay.GATEWAY_OTA) < ways.index(DeviceWay.AMI_OTA)
    assert set(ways) >= BY_CUSTOMER | BY_UTILITY
    bare = premise(device(methods=frozenset(), images=frozenset()))
    assert feasible(bare.devices[0], bare) == [DeviceWay.REPLACE, DeviceWay.LEAVE]


@pytest.mark.req("REQ.ZA.2")
def test_a_meter_that_is_too_small_is_exchanged() -> None:
    small = plan(premise(upgradeable=False), devices={})
    assert Finding(Obstacle.NOT_UPGRADEABLE) in obstacles(small, Policy(), NOW)
    exchanged = replace(small, meter=MeterWay.EXCHANGE)
    assert Finding(Obstacle.NOT_UPGRADEABLE) not in obstacles(exchanged, Policy(), NOW)
    assert Finding(Obstacle.NOT_TOGETHER) in obstacles(
        replace(exchanged, order=Order.TOGETHER), Policy(), NOW
    )


@pytest.mark.req("BP.UtilCom.2")
def test_the_lead_time_is_held_to_the_second() -> None:
    near = replace(plan(), at=NOW + 30 * DAY - 1)
    assert Finding(Obstacle.LEAD_TIME) in obstacles(near, Policy(), NOW)
    assert Finding(Obstacle.LEAD_TIME) not in obstacles(replace(near, at=NOW + 30 * DAY), Policy(), NOW)


def test_nature_is_not_overridden() -> None:
    hopeless = plan(
        premise(device(methods=frozenset())), devices={DISPLAY: DeviceWay.VISIT}, override="try it"
    )
    with pytest.raises(Refused, match="NO_METHOD") as refused:
        gate(hopeless, Policy(), NOW)
    assert f"{DISPLAY:016X}" in str(refused.value)


@pytest.mark.parametrize("obstacle", list(Obstacle))
def test_every_obstacle_has_words(obstacle: Obstacle) -> None:
    assert len(explain(obstacle)) > 20
