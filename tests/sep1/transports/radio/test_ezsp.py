"""Silicon Labs sticks: bellows as it is, and the octets of a network processor."""

from collections.abc import AsyncIterator
from typing import Any

import pytest

from handover.errors import NotNow, Refused
from handover.sep1.aps import ApsFrame
from sep1.transports.radio.ears import Listening
from sep1.transports.radio.presence import require_zigpy

require_zigpy()

import zigpy.types as t  # noqa: E402
from bellows.types import (  # noqa: E402
    EmberApsFrame,
    EmberApsOption,
    EmberDeviceUpdate,
    EmberJoinDecision,
    LVBytes,
)

from handover.sep1.transports.radio.ezsp import EzspCoordinator  # noqa: E402
from handover.sep1.transports.radio.nodes import ieee  # noqa: E402
from sep1.transports.radio.ncp import Ncp  # noqa: E402

NODE, SHORT, STICK = 0x000D6F0000ABCDEF, 0x1A2B, 0x000D6F0000000001
KEY, OTHER = bytes(range(16)), bytes(range(100, 116))
VERSIONS = [8, 12, 13, 14]

Stick = tuple[EzspCoordinator, Ncp, Listening]


@pytest.fixture
async def stick(request: pytest.FixtureRequest) -> AsyncIterator[Stick]:
    """A started coordinator on a processor of EZSP 14, or of the version that the test asks for."""
    application = EzspCoordinator(EzspCoordinator.settings("/dev/null", channel=None, key_table=3))
    ears = Listening()
    application.listen(ears)
    ncp = Ncp(application, getattr(request, "param", 14))
    application.state.node_info.ieee, application.state.node_info.nwk = ieee(STICK), t.NWK(0)
    application.add_device(ieee(STICK), t.NWK(0)).add_endpoint(1)
    yield application, ncp, ears
    application._ezsp = None  # there is no line to be closed
    await application.shutdown()


every_version = pytest.mark.parametrize("stick", VERSIONS, indirect=True)


@every_version
async def test_a_link_key_gets_a_place_of_its_own(stick: Stick) -> None:
    application, ncp, _ = stick
    assert not await application.holds_key(NODE)
    for node in (1, NODE, 3):
        await application.install_key(node, KEY)
    await application.install_key(NODE, OTHER)
    assert ncp.keys == [
        ((1).to_bytes(8, "little"), KEY),
        (NODE.to_bytes(8, "little"), OTHER),
        ((3).to_bytes(8, "little"), KEY),
    ]
    assert await application.holds_key(NODE)
    with pytest.raises(NotNow, match="expel"):
        await application.install_key(4, KEY)
    await application.erase_key(NODE)
    await application.erase_key(NODE)
    assert not await application.holds_key(NODE)
    await application.install_key(4, KEY)
    assert [owner for owner, _ in ncp.keys] == [n.to_bytes(8, "little") for n in (1, 4, 3)]


@every_version
async def test_joining_uses_install_codes_only(stick: Stick) -> None:
    application, ncp, _ = stick
    await application.admit(NODE, KEY, 60)
    assert ncp.transient == {NODE.to_bytes(8, "little"): KEY}
    decision = next(value for value in reversed(ncp.asked) if value[0] == "setPolicy")[1]["decisionId"]
    assert decision & 0x0011 == 0x0011  # joins are allowed, and use the install code key
    assert ncp.last("permitJoining")["duration"] == 60


@pytest.mark.parametrize("stick", [4, 7], indirect=True)
async def test_firmware_that_lets_in_everybody_is_refused(stick: Stick) -> None:
    application, ncp, _ = stick
    with pytest.raises(Refused, match="firmware"):
        await application.admit(NODE, KEY, 60)
    assert ncp.transient == {}
    assert "permitJoining" not in ncp.names()


@every_version
async def test_secured_frames_leave_encrypted(stick: Stick) -> None:
    application, ncp, _ = stick
    application.handle_join(t.NWK(SHORT), ieee(NODE), t.NWK(0))
    for secured in (True, False):
        await application.carry(
            ApsFrame(
                source=STICK,
                destination=NODE,
                source_endpoint=1,
                destination_endpoint=9,
                cluster_id=0x0700,
                secured=secured,
                payload=b"octets",
            )
        )
        sent = ncp.last("sendUnicast")
        aps = next(value for value in sent.values() if isinstance(value, EmberApsFrame))
        assert (EmberApsOption.APS_OPTION_ENCRYPTION in aps.options) is secured
        assert EmberApsOption.APS_OPTION_RETRY in aps.options
        assert (aps.profileId, aps.clusterId, aps.destinationEndpoint) == (0x0109, 0x0700, 9)
        assert b"octets" in [bytes(value) for value in sent.values() if isinstance(value, bytes)]


@every_version
@pytest.mark.parametrize("secured", [True, False])
async def test_what_arrives_tells_whether_it_was_encrypted(stick: Stick, secured: bool) -> None:
    application, ncp, ears = stick
    application.handle_join(t.NWK(SHORT), ieee(NODE), t.NWK(0))
    option = EmberApsOption.APS_OPTION_ENCRYPTION if secured else EmberApsOption.APS_OPTION_NONE
    aps = EmberApsFrame(
        profileId=0x0109,
        clusterId=0x0702,
        sourceEndpoint=9,
        destinationEndpoint=1,
        options=option,
        groupId=0,
        sequence=1,
    )
    given: dict[str, Any] = {"apsFrame": aps, "sender": SHORT, "messageContents": LVBytes(b"octets")}
    if ncp.version >= 14:
        given = {"aps_frame": aps, "nwk": SHORT, "message": LVBytes(b"octets")}
    ncp.tell("incomingMessageHandler", **given)
    [frame] = ears.frames
    assert frame == ApsFrame(
        source=NODE,
        destination=STICK,
        source_endpoint=9,
        destination_endpoint=1,
        cluster_id=0x0702,
        secured=secured,
        payload=b"octets",
    )


@pytest.mark.parametrize("kept", [True, False])
async def test_a_claimed_address_does_not_cost_an_established_key(stick: Stick, kept: bool) -> None:
    application, _ncp, ears = stick
    await application.install_key(NODE, KEY)
    ears.kept = {NODE} if kept else set()
    application._handle_tc_join_handler(
        t.NWK(SHORT),
        ieee(NODE),
        EmberDeviceUpdate.STANDARD_SECURITY_UNSECURED_JOIN,
        EmberJoinDecision.DENY_JOIN,
        t.NWK(0),
    )
    for task in list(application._tasks):
        await task
    assert await application.holds_key(NODE) is kept
    assert ears.came == []


def test_the_stick_is_asked_for_room() -> None:
    config = EzspCoordinator.settings("/dev/ttyUSB0", channel=15, key_table=40)
    assert config["ezsp_config"] == {"CONFIG_KEY_TABLE_SIZE": 40}
    assert config["network"] == {"channel": 15}
    assert EzspCoordinator.SCHEMA(config)["device"]["path"] == "/dev/ttyUSB0"
