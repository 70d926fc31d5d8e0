"""The ESI engine as its owner and its clients meet it."""

from typing import Any

import pytest

from handover.errors import ConfigError, NotNow
from handover.sep2 import xml
from handover.sep2.esi import RESPONSES, Esi, Settings
from handover.sep2.peer import Peer
from handover.sep2.resources.common import ActivePower
from handover.sep2.resources.configuration import Configuration
from handover.sep2.resources.der_device import DER, DERCapability
from handover.sep2.resources.device_capability import DeviceCapability
from handover.sep2.resources.end_device import EndDevice, EndDeviceList, Registration
from handover.sep2.resources.flow_reservation import FlowReservationRequest
from handover.sep2.resources.response import DrResponse
from handover.sep2.resources.response import Response as Answer
from handover.sep2.resources.time import Time
from handover.sep2.security.access import Policy, Registering
from handover.sep2.server import Request, Response
from sep2.documents import minimal
from sep2.test_subscriptions import control
from sep2.tree_samples import OTHER, OWN

T = 1_700_000_000.0
SEP = "application/sep+xml"
PIN = 111115


class House:
    """An ESI with one registered device."""

    def __init__(self) -> None:
        self.responses: list[Any] = []
        self.esi = Esi(
            Settings(pen=37250), heard=lambda peer, response: self.responses.append((peer, response))
        )
        self.device = self.esi.admit(OWN, PIN, T)

    def ask(self, method: str, path: str, body: Any = None, peer: Peer = OWN, at: float = 0) -> Response:
        path, _, query = path.partition("?")
        data = b"" if body is None else xml.encode(body)
        headers = {"Accept": SEP, "Content-Type": SEP}
        return self.esi.handle(Request(method, path, query, headers, data, peer), T + at)

    def get(self, path: str, at: float = 0) -> Any:
        response = self.ask("GET", path, at=at)
        assert response.status == 200, response
        return xml.decode(response.body)


@pytest.fixture
def house() -> House:
    return House()


def test_a_registered_device_finds_everything(house: House) -> None:
    capability = house.get("/dcap")
    assert isinstance(capability, DeviceCapability)
    names = [name for name in dir(capability) if name.endswith("Link")]
    assert all(getattr(capability, name) is not None for name in names if "Mirror" not in name)
    devices = house.get("/edev?l=9")
    assert isinstance(devices, EndDeviceList)
    (device,) = devices.EndDevice
    assert house.get(device.RegistrationLink.href) == Registration(
        href="/edev/0/rg", dateTimeRegistered=int(T), pIN=PIN
    )
    (assignments,) = house.get(device.FunctionSetAssignmentsListLink.href + "?l=9").FunctionSetAssignments
    assert assignments.mRID[-4:] == (37250).to_bytes(4)
    assert house.get(assignments.TimeLink.href, at=5).currentTime == int(T) + 5


def test_every_link_that_is_given_leads_somewhere(house: House) -> None:
    seen, waiting = set(), ["/dcap"]
    while waiting:
        path = waiting.pop()
        if path in seen:
            continue
        seen.add(path)
        response = house.ask("GET", f"{path}?l=99")
        if response.status == 404:  # what a device may still PUT
            assert house.ask("PUT", path, minimal(Time)).status == 400
            continue
        assert response.status == 200, path
        text = response.body.decode()
        waiting += [part.split('"')[0] for part in text.split('href="')[1:]]
    assert {"/tm", "/edev/0", "/edev/0/lel", "/bill", "/derp", "/rsps/0/rsp"} <= seen


def test_somebody_else_sees_what_is_public(house: House) -> None:
    assert house.ask("GET", "/dcap", peer=OTHER).status == 200
    assert house.ask("GET", "/edev/0", peer=OTHER).status == 404
    assert house.ask("GET", "/dr", peer=OTHER).status == 404


def test_an_event_lives_and_its_response_is_heard_once(house: House) -> None:
    event = control(1)
    event.replyTo, event.responseRequired = RESPONSES, b"\x03"
    path = house.esi.schedule.issue("/dr/0/edc", event, T - 10)
    assert house.get(path, at=-10).EventStatus.currentStatus == 0
    assert house.get(path).EventStatus.currentStatus == 1
    answer = DrResponse(endDeviceLFDI=OWN.lfdi, subject=event.mRID, status=2, createdDateTime=int(T))
    first, again = (house.ask("POST", RESPONSES, answer) for _ in range(2))
    assert (first.status, again.status) == (201, 204)
    assert first.headers["Location"] == again.headers["Location"]
    assert house.responses == [(OWN, answer)]
    assert house.ask("POST", RESPONSES, Answer(endDeviceLFDI=OTHER.lfdi, subject=b"\1")).status == 403
    assert house.ask("GET", path, at=600).status == 404


def test_a_device_writes_what_is_its_own(house: House) -> None:
    config = Configuration(currentLocale="en-US", userDeviceName="hall")
    assert house.ask("PUT", "/edev/0/cfg", config).status == 204
    assert house.ask("PUT", "/edev/0/cfg", config).status == 204
    assert house.get("/edev/0/cfg").userDeviceName == "hall"
    made = house.ask("POST", "/edev/0/der", DER())
    assert made.status == 201
    der = house.get(made.headers["Location"])
    rating = DERCapability(modesSupported=b"\0\0\0\1", rtgMaxW=ActivePower(multiplier=0, value=5000), type=4)
    assert house.ask("PUT", der.DERCapabilityLink.href, rating).status == 204
    assert house.get(der.DERCapabilityLink.href).rtgMaxW.value == 5000
    request = minimal(FlowReservationRequest)
    assert house.ask("POST", "/edev/0/frq", request).status == 201
    assert house.ask("PUT", "/edev/0/rg", Registration(dateTimeRegistered=0, pIN=PIN)).status == 405
    assert house.ask("DELETE", "/edev/0/dstat").status == 405
    assert house.ask("POST", "/edev/0/fsa", minimal(type(house.esi.store.get("/edev/0/fsa/0")))).status == 405


def test_admitting_again_changes_the_pin_only(house: House) -> None:
    information = house.esi.store.get("/edev/0/di")
    information.mfModel = "known"
    house.esi.store.put("/edev/0/di", information)
    assert house.esi.admit(OWN, 222220, T + 5) == house.device == "/edev/0"
    assert house.get("/edev/0/rg").pIN == 222220
    assert house.get("/edev/0/di").mfModel == "known"


@pytest.mark.parametrize(
    ("peer", "pin", "reason"),
    [(Peer(bytes(20), 123), PIN, "SFDI 123"), (OWN, 111111, "PIN 111111"), (OWN, -5, "PIN -5")],
)
def test_wrong_digits_are_noticed(house: House, peer: Peer, pin: int, reason: str) -> None:
    with pytest.raises(ConfigError, match=f"the {reason} has a wrong check digit"):
        house.esi.admit(peer, pin, T)


def test_a_dismissed_device_is_gone(house: House) -> None:
    assert house.esi.dismiss(house.device)
    assert house.ask("GET", "/edev/0").status == 404
    assert house.ask("GET", "/dr").status == 404
    assert not house.esi.dismiss(house.device)


def test_a_tree_that_was_there_before_is_taken_over(house: House) -> None:
    again = Esi(house.esi.settings, house.esi.store)
    assert again.admit(OWN, PIN, T) == house.device


def test_guessing_is_slowed_down(house: House) -> None:
    for second in range(5):
        with pytest.raises(ConfigError):
            house.esi.admit(OWN, 111111, T + second)
    for at in (5, 599):
        with pytest.raises(NotNow, match="5 tries were wrong; the next one is taken in"):
            house.esi.admit(OWN, PIN, T + at)
    assert house.esi.admit(OWN, PIN, T + 600) == house.device
    with pytest.raises(ConfigError):
        house.esi.admit(OWN, 111111, T + 600.5)
    with pytest.raises(NotNow):
        house.esi.admit(OWN, PIN, T + 600.7)  # five within the ten minutes before
    assert house.esi.admit(OWN, PIN, T + 601) == house.device


def test_a_device_may_apply_where_registration_is_in_band() -> None:
    policy = Policy(registering=Registering.IN_BAND)
    esi = Esi(Settings(policy=policy, most_devices=1))
    headers = {"Accept": SEP, "Content-Type": SEP}

    def ask(method: str, path: str, peer: Peer, body: bytes = b"") -> Response:
        return esi.handle(Request(method, path, "", headers, body, peer), T)

    me = xml.encode(EndDevice(lFDI=OWN.lfdi, sFDI=OWN.sfdi, changedTime=0, deviceCategory=b"\0\0\0\1"))
    made = ask("POST", "/edev", OWN, me)
    assert (made.status, made.headers["Location"]) == (201, "/edev/0")
    assert ask("POST", "/edev", OWN, me).status == 204
    applicant = xml.decode(ask("GET", "/edev/0", OWN).body, EndDevice)
    assert (applicant.enabled, applicant.deviceCategory) == (False, b"\0\0\0\1")
    assert ask("GET", "/dr", OWN).status == 404
    assert ask("POST", "/edev", OTHER, me).status == 403
    other = xml.encode(EndDevice(lFDI=OTHER.lfdi, sFDI=OTHER.sfdi, changedTime=0))
    assert ask("POST", "/edev", OTHER, other).status == 503
    assert esi.admit(OWN, PIN, T) == "/edev/0"
    assert ask("GET", "/dr", OWN).status == 200


def test_out_of_band_is_the_rule(house: House) -> None:
    me = EndDevice(lFDI=OTHER.lfdi, sFDI=OTHER.sfdi, changedTime=0)
    answer = house.ask("POST", "/edev", me, peer=OTHER)
    assert answer.status == 403
    assert b"out-of-band" in answer.body
