"""Admissions of the downward half, as its real engine sees them: devices of SEP 1.x, a server of SEP 2.0."""

import pytest

from gateway.downward.premise import THERMOSTAT, Premise
from handover.gateway.pairing.pairings import key_of
from handover.gateway.pairing.running import AdmissionsBelow, Member
from handover.gateway.pairing.states import Kind

pytestmark = pytest.mark.req("REQ.GW.3")

KEY, OWN = key_of(Kind.DOWN_SEP1, THERMOSTAT), key_of(Kind.UP_SEP2)


def look(home: Premise, below: AdmissionsBelow) -> dict[str, str]:
    """Do what the running gateway does, often; return the states by key."""
    engine = home.gateway
    members = {
        device.eui64: Member(device.path is not None or device.shared, device.heard)
        for device in engine.devices
    }
    below.look(members, engine.online and engine.follower.admitted is not None, home.now)
    return {told.key: told.state for told in below.pairings.told(home.now)}


def test_a_device_of_the_downward_half_from_its_code_to_its_first_data() -> None:
    home, below = Premise(), AdmissionsBelow()
    home.start()
    home.passes(60)
    below.pairings.accept(Kind.DOWN_SEP1, THERMOSTAT, "tstat", home.now)
    below.opened(THERMOSTAT, home.now)
    assert look(home, below)[KEY] == "WINDOW_OPEN"
    below.admitted(THERMOSTAT, home.now)
    assert look(home, below)[KEY] == "KEYS_ESTABLISHED"
    home.passes(1)
    home.add(THERMOSTAT, device_class=1)
    home.passes(120)
    look(home, below)
    home.passes(120)
    assert look(home, below)[KEY] == "VERIFIED"


def test_the_gateway_itself_at_the_server() -> None:
    home, below = Premise(), AdmissionsBelow()
    below.pairings.accept(Kind.UP_SEP2, 0, "", home.now)
    assert look(home, below)[OWN] == "DETECTING_ESI"
    home.start()
    home.passes(60)
    assert home.gateway.standing.startswith("admitted")
    below.standing(True, "", home.now)
    assert look(home, below)[OWN] == "FIRST_READING"


@pytest.mark.parametrize(
    ("reason", "state"),
    [
        ("the server has no EndDevice with our SFDI 1; its operator must admit it", "UNKNOWN_DEVICE"),
        ("another PIN than ours is registered: this may not be the server that we belong to", "BAD_PIN"),
    ],
)
def test_what_the_server_says_against_us(reason: str, state: str) -> None:
    below = AdmissionsBelow()
    below.look({}, False, 1.0)
    below.standing(False, reason, 2.0)
    (told,) = below.pairings.told(2.0)
    assert (told.state, told.detail) == (state, reason)
    below.standing(True, "", 3.0)
    assert below.pairings.told(3.0)[0].state == "REGISTERED"


def test_the_server_is_not_found() -> None:
    below = AdmissionsBelow()
    below.look({}, False, 1.0)
    below.look({}, False, 1000.0)
    assert below.pairings.told(1000.0)[0].state == "TIMEOUT"
