"""Firmware and credentials travel from the server's files to the devices, and what comes of it goes back."""

import random
from pathlib import Path

import pytest

from gateway.downward.premise import GATEWAY, SWITCH, THERMOSTAT, Premise
from handover.gateway.downward.adapters.image_folder import ImageFolder
from handover.sep1.ota.client import OtaClient
from handover.sep1.ota.image import Header
from handover.sep1.ota.integrity import with_integrity
from handover.sep1.ota.outputs import NoImage, UpgradeNow
from handover.sep1.ota.states import Upgrade
from handover.sep1.ota.verify import Target
from handover.sep2.resources.file_download import FileStatus

MAKER, TYPE = 0x1234, 1
CREDENTIALS = 0xFFC0


def image(version: int = 7, *, kind: int = TYPE, destination: int | None = None) -> bytes:
    body = random.Random(version).randbytes(150_000 if kind == TYPE else 600)
    return with_integrity(Header(MAKER, kind, version, 0, destination=destination), [(0, body)])


class Fleet:
    """Two devices that look for images; `upgraded` says who has been told to use one."""

    def __init__(self, home: Premise, *, kind: int = TYPE) -> None:
        self.home = home
        self.clients: dict[int, OtaClient] = {}
        for eui64 in (THERMOSTAT, SWITCH):
            appliance = home.add(eui64, device_class=1)
            target = Target(eui64, MAKER, kind, version=6)
            self.clients[eui64] = OtaClient(appliance.client.node, target, draw=lambda: 0.0)
            appliance.client.add(self.clients[eui64])

    def ask(self, eui64: int) -> None:
        """Let a device ask, unless the gateway's word of the image has made it ask already."""
        if self.clients[eui64].state is not Upgrade.NORMAL:
            return
        self.home.does(eui64, self.clients[eui64].query(GATEWAY, self.home.now))

    def upgraded(self, eui64: int) -> bool:
        return any(isinstance(told, UpgradeNow) for told in self.home.appliances[eui64].told)


def status(home: Premise, eui64: int) -> FileStatus | None:
    device = home.gateway.devices.get(eui64)
    assert device is not None
    assert device.path is not None
    found = home.utility.esi.store.get(f"{device.path}/fs")
    assert found is None or isinstance(found, FileStatus)
    return found


@pytest.fixture
def fleet() -> Fleet:
    home = Premise()
    home.start()
    made = Fleet(home)
    home.passes(120)
    return made


def test_an_image_travels_down_and_its_fate_goes_back(fleet: Fleet) -> None:
    home, octets = fleet.home, image()
    home.utility.file(0, octets, activateTime=int(home.now))
    home.passes(300)
    fleet.ask(THERMOSTAT)
    home.passes(1200)
    assert fleet.clients[THERMOSTAT].slot.read() == octets
    assert fleet.upgraded(THERMOSTAT)
    told = status(home, THERMOSTAT)
    assert told is not None
    assert (told.status, told.loadPercent) == (5, 100)
    assert told.FileLink is not None
    assert told.FileLink.href == "/file/0"


def test_without_a_time_devices_wait_for_the_word(fleet: Fleet) -> None:
    home = fleet.home
    home.utility.file(0, image())
    home.passes(1500)  # the gateway tells the devices of the image, and they fetch it
    assert fleet.clients[THERMOSTAT].slot.read() == image()
    assert not fleet.upgraded(THERMOSTAT)
    home.utility.file(0, image(), activateTime=int(home.now) + 600)
    home.passes(300)
    assert not fleet.upgraded(THERMOSTAT)
    home.passes(600)
    assert fleet.upgraded(THERMOSTAT)


@pytest.mark.req("REQ.ZA.3")
def test_credentials_reach_the_device_that_they_are_for_and_nobody_else() -> None:
    home = Premise()
    home.start()
    fleet = Fleet(home, kind=CREDENTIALS)
    home.passes(120)
    octets = image(kind=CREDENTIALS)
    home.utility.file(0, octets, type=b"\0\1", lFDI=home.lfdi(THERMOSTAT), activateTime=int(home.now))
    home.passes(300)
    for eui64 in (THERMOSTAT, SWITCH):
        fleet.ask(eui64)
    home.passes(300)
    assert fleet.clients[THERMOSTAT].slot.read() == octets
    assert any(isinstance(told, NoImage) for told in home.appliances[SWITCH].told)


@pytest.mark.parametrize(
    "content", [b"no image at all", image()[:-100], image()[:60] + b"\0" * 40 + image()[100:]]
)
def test_what_is_no_whole_image_is_offered_to_nobody(fleet: Fleet, content: bytes) -> None:
    home = fleet.home
    home.utility.file(0, content, activateTime=int(home.now))
    home.passes(300)
    fleet.ask(THERMOSTAT)
    home.passes(1200)
    assert not fleet.upgraded(THERMOSTAT)
    assert list(fleet.clients[THERMOSTAT].slot.read()) in ([], list(content)) or not fleet.upgraded(
        THERMOSTAT
    )


def test_a_file_that_is_gone_is_offered_no_more(fleet: Fleet) -> None:
    home = fleet.home
    path = home.utility.file(0, image(), activateTime=int(home.now))
    home.passes(300)
    home.utility.esi.store.delete(path)
    home.passes(300)
    fleet.ask(THERMOSTAT)
    home.passes(60)
    assert any(isinstance(told, NoImage) for told in home.appliances[THERMOSTAT].told)


def test_a_file_on_another_server_is_not_followed(fleet: Fleet) -> None:
    home = fleet.home
    home.utility.file(0, image(), fileURI="https://elsewhere.example/image", activateTime=int(home.now))
    home.passes(300)
    assert list(home.gateway.firmware._server.library) == []


def test_a_download_goes_on_when_the_server_comes_back(fleet: Fleet) -> None:
    home, octets = fleet.home, image()
    home.reachable = False
    home.passes(60)
    home.reachable = True
    home.utility.file(0, octets, activateTime=int(home.now))
    home.passes(700)
    home.reachable = False
    home.passes(30)
    home.reachable = True
    home.passes(900)
    assert [offer.image.octets for offer in home.gateway.firmware._server.library] == [octets]


def test_what_was_loaded_is_kept_in_a_folder(tmp_path: Path) -> None:
    folder = ImageFolder(tmp_path / "images")
    assert folder.read("00") is None
    folder.write("00", b"one")
    folder.write("00", b"two")
    assert folder.read("00") == b"two"
    assert [path.name for path in (tmp_path / "images").iterdir()] == ["00"]
