"""A gateway speaks for devices without certificates: what it may do for them, and what it may not."""

import pytest

from handover.sep2 import xml
from handover.sep2.esi import RESPONSES, Esi, Settings
from handover.sep2.peer import Peer
from handover.sep2.resources.device_information import DeviceInformation
from handover.sep2.resources.end_device import EndDevice
from handover.sep2.resources.response import DrResponse
from handover.sep2.security.access import Policy
from handover.sep2.security.identity import sfdi
from handover.sep2.server import Request, Response
from sep2.test_subscriptions import control
from sep2.tree_samples import OWN

T = 1_700_000_000.0
SEP = "application/sep+xml"
PIN = 111115
OTHER = Peer(bytes([9] * 20), sfdi(bytes([9] * 20)))
LFDI = bytes(range(20))
BEHIND = Peer(LFDI, sfdi(LFDI))


class Utility:
    """A server with a registered gateway (OWN) and a registered stranger (OTHER)."""

    def __init__(self, *, proxies: bool = True) -> None:
        self.esi = Esi(Settings(pen=37250, policy=Policy(proxies=proxies)))
        self.gateway = self.esi.admit(OWN, PIN, T)
        self.esi.admit(OTHER, PIN, T)

    def ask(self, method: str, path: str, body: object = None, peer: Peer = OWN) -> Response:
        path, _, query = path.partition("?")
        data = b"" if body is None else xml.encode(body)
        headers = {"Accept": SEP, "Content-Type": SEP}
        return self.esi.handle(Request(method, path, query, headers, data, peer), T)

    def introduce(self, peer: Peer = OWN) -> Response:
        device = EndDevice(lFDI=BEHIND.lfdi, sFDI=BEHIND.sfdi, changedTime=int(T))
        return self.ask("POST", "/edev", device, peer)

    def listed(self, peer: Peer = OWN) -> list[bytes | None]:
        response = self.ask("GET", "/edev?l=9", peer=peer)
        return [device.lFDI for device in xml.decode(response.body).EndDevice]


@pytest.fixture
def utility() -> Utility:
    return Utility()


def answer() -> DrResponse:
    return DrResponse(endDeviceLFDI=LFDI, subject=control(1).mRID, status=2, createdDateTime=int(T))


def test_a_gateway_speaks_for_the_device_that_was_admitted_behind_it(utility: Utility) -> None:
    path = utility.esi.admit(BEHIND, PIN, T, behind=utility.gateway)
    event = control(1)
    event.replyTo, event.responseRequired = RESPONSES, b"\x03"
    utility.esi.schedule.issue("/dr/0/edc", event, T - 10)
    assert set(utility.listed()) == {OWN.lfdi, LFDI}
    assert utility.ask("GET", path).status == 200
    assert utility.ask("GET", f"{path}/rg").status == 200
    assert utility.ask("GET", f"{path}/fsa").status == 200
    assert utility.ask("POST", RESPONSES, answer()).status == 201
    told = utility.ask("GET", f"{path}/di")
    assert utility.ask("PUT", f"{path}/di", xml.decode(told.body, DeviceInformation)).status == 204


def test_nobody_else_does(utility: Utility) -> None:
    path = utility.esi.admit(BEHIND, PIN, T, behind=utility.gateway)
    assert utility.listed(OTHER) == [OTHER.lfdi]
    assert utility.ask("GET", path, peer=OTHER).status == 404
    assert utility.ask("POST", RESPONSES, answer(), peer=OTHER).status == 403


def test_an_introduced_device_counts_for_nothing_until_it_is_admitted(utility: Utility) -> None:
    made = utility.introduce()
    assert made.status == 201
    assert utility.introduce().headers["Location"] == made.headers["Location"]
    (applicant,) = [d for d in utility.esi.store.of_class(EndDevice).values() if d.lFDI == LFDI]
    assert applicant.enabled is False
    assert applicant.FunctionSetAssignmentsListLink is None
    path = utility.esi.admit(BEHIND, PIN, T, behind=utility.gateway)
    assert path == made.headers["Location"]
    assert utility.ask("GET", f"{path}/fsa").status == 200


def test_whom_the_operator_admits_by_itself_speaks_for_itself(utility: Utility) -> None:
    path = utility.introduce().headers["Location"]
    assert utility.esi.admit(BEHIND, PIN, T) == path
    assert utility.listed() == [OWN.lfdi]
    assert utility.ask("GET", path).status == 404
    assert utility.listed(BEHIND) == [LFDI]


def test_introducing_needs_a_registration_and_a_server_that_allows_it(utility: Utility) -> None:
    stranger = Peer(bytes(reversed(LFDI)), sfdi(bytes(reversed(LFDI))))
    assert utility.introduce(stranger).status in (403, 404)
    assert Utility(proxies=False).introduce().status == 403
    wrong = EndDevice(lFDI=LFDI, sFDI=OWN.sfdi, changedTime=0)
    assert utility.ask("POST", "/edev", wrong).status == 403
