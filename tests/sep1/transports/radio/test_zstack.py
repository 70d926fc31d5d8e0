"""Texas Instruments sticks: zigpy-znp as it is, and the frames of a Z-Stack."""

import asyncio
from collections.abc import AsyncIterator, Callable
from typing import Any

import pytest

from handover.errors import NotNow, Refused
from handover.sep1.aps import ApsFrame
from sep1.transports.radio.ears import Listening
from sep1.transports.radio.presence import require_zigpy

require_zigpy()

import zigpy.types as t  # noqa: E402
import zigpy_znp.commands as c  # noqa: E402
from zigpy_znp.api import ZNP  # noqa: E402
from zigpy_znp.types import Status  # noqa: E402

from handover.sep1.transports.radio.nodes import ieee  # noqa: E402
from handover.sep1.transports.radio.zstack import ZstackCoordinator  # noqa: E402

NODE, SHORT, STICK = 0x000D6F0000ABCDEF, 0x1A2B, 0x00124B0000000001
KEY = bytes(range(16))
ROOM = 2


class Zstack:
    """The far end of the line: takes requests as frames, and answers those in `knows`."""

    def __init__(self, znp: Any) -> None:
        self.znp = znp
        self.keys: dict[int, bytes] = {}
        self.asked: list[Any] = []
        self.knows: dict[Any, Callable[[Any], list[Any]]] = {
            c.ZDO.SetLinkKey.Req: self._set,
            c.ZDO.GetLinkKey.Req: self._get,
            c.ZDO.RemoveLinkKey.Req: self._remove,
            c.AF.DataRequestExt.Req: self._data,
        }

    def send(self, frame: Any) -> None:
        request = c.COMMANDS_BY_ID[frame.header].from_frame(frame, align=True)
        self.asked.append(request)
        unknown = c.RPCError.CommandNotRecognized.Rsp(
            ErrorCode=c.rpc_error.ErrorCode.InvalidCommandId, RequestHeader=request.header
        )
        answers = self.knows.get(type(request), lambda _: [unknown])(request)
        for answer in answers:
            asyncio.get_running_loop().call_soon(self.znp.frame_received, answer.to_frame(align=True))

    def _set(self, request: Any) -> list[Any]:
        eui64 = int.from_bytes(request.IEEE.serialize(), "little")
        if len(self.keys) >= ROOM and eui64 not in self.keys:
            return [c.ZDO.SetLinkKey.Rsp(Status=Status.NV_OPER_FAILED)]
        self.keys[eui64] = request.LinkKeyData.serialize()
        return [c.ZDO.SetLinkKey.Rsp(Status=Status.SUCCESS)]

    def _get(self, request: Any) -> list[Any]:
        key = self.keys.get(int.from_bytes(request.IEEE.serialize(), "little"))
        status = Status.FAILURE if key is None else Status.SUCCESS
        data = t.KeyData(key or bytes(16))
        return [c.ZDO.GetLinkKey.Rsp(Status=status, IEEE=request.IEEE, LinkKeyData=data)]

    def _remove(self, request: Any) -> list[Any]:
        gone = self.keys.pop(int.from_bytes(request.IEEE.serialize(), "little"), None)
        return [c.ZDO.RemoveLinkKey.Rsp(Status=Status.SUCCESS if gone else Status.FAILURE)]

    def _data(self, request: Any) -> list[Any]:
        confirm = c.AF.DataConfirm.Callback(Status=Status.SUCCESS, Endpoint=1, TSN=request.TSN)
        return [c.AF.DataRequestExt.Rsp(Status=Status.SUCCESS), confirm]


Stick = tuple[ZstackCoordinator, Zstack, Listening]


@pytest.fixture
async def stick() -> AsyncIterator[Stick]:
    """A started coordinator on a Z-Stack that answers."""
    application = ZstackCoordinator(ZstackCoordinator.settings("/dev/null", channel=None, key_table=3))
    ears = Listening()
    application.listen(ears)
    znp = ZNP(application.config)
    znp.nvram.align_structs = True
    znp.set_application(application)
    zstack = Zstack(znp)
    znp._uart = zstack
    application._znp = znp
    application._bind_callbacks()
    application._version_rsp = c.SYS.Version.Rsp(
        TransportRev=2, ProductId=1, MajorRel=2, MinorRel=7, MaintRel=1, CodeRevision=20240710
    )
    application.state.node_info.ieee, application.state.node_info.nwk = ieee(STICK), t.NWK(0)
    us = application.add_device(ieee(STICK), t.NWK(0)).add_endpoint(1)
    us.profile_id = 0x0109
    yield application, zstack, ears
    znp._uart = None  # there is no line to be closed
    application._znp = None
    await application.shutdown()


async def test_link_keys_are_set_held_and_removed(stick: Stick) -> None:
    application, zstack, _ = stick
    with pytest.raises(NotNow, match="joined"):
        await application.install_key(NODE, KEY)
    for number, node in enumerate((NODE, 2, 3)):
        application.handle_join(t.NWK(SHORT + number), ieee(node), t.NWK(0))
    await application.install_key(NODE, KEY)
    await application.install_key(2, KEY)
    assert zstack.keys == {NODE: KEY, 2: KEY}
    assert zstack.asked[0].NWK == SHORT
    with pytest.raises(NotNow, match="expel"):
        await application.install_key(3, KEY)
    assert await application.holds_key(NODE)
    await application.erase_key(NODE)
    await application.erase_key(NODE)
    assert not await application.holds_key(NODE)


async def test_firmware_without_the_commands_is_refused(stick: Stick) -> None:
    application, zstack, _ = stick
    zstack.knows.clear()
    application.handle_join(t.NWK(SHORT), ieee(NODE), t.NWK(0))
    with pytest.raises(Refused, match="firmware"):
        await application.install_key(NODE, KEY)
    with pytest.raises(Refused, match="firmware"):
        await application.admit(NODE, KEY, 60)
    assert not await application.holds_key(NODE)
    await application.erase_key(NODE)


@pytest.mark.parametrize("secured", [True, False])
async def test_secured_frames_leave_encrypted(stick: Stick, secured: bool) -> None:
    application, zstack, _ = stick
    application.handle_join(t.NWK(SHORT), ieee(NODE), t.NWK(0))
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
    sent = zstack.asked[-1]
    assert (c.af.TransmitOptions.ENABLE_SECURITY in sent.Options) is secured
    assert c.af.TransmitOptions.ACK_REQUEST in sent.Options
    assert (sent.SrcEndpoint, sent.DstEndpoint, sent.ClusterId, bytes(sent.Data)) == (1, 9, 0x0700, b"octets")


@pytest.mark.parametrize("secured", [True, False])
async def test_what_arrives_tells_whether_it_was_encrypted(stick: Stick, secured: bool) -> None:
    application, _, ears = stick
    application.handle_join(t.NWK(SHORT), ieee(NODE), t.NWK(0))
    await application.on_af_message(
        c.AF.IncomingMsg.Callback(
            GroupId=0,
            ClusterId=0x0702,
            SrcAddr=SHORT,
            SrcEndpoint=9,
            DstEndpoint=1,
            WasBroadcast=False,
            LQI=200,
            SecurityUse=secured,
            TimeStamp=0,
            TSN=1,
            Data=b"octets",
            MacSrcAddr=SHORT,
            MsgResultRadius=1,
        )
    )
    assert ears.frames == [
        ApsFrame(
            source=NODE,
            destination=STICK,
            source_endpoint=9,
            destination_endpoint=1,
            cluster_id=0x0702,
            secured=secured,
            payload=b"octets",
        )
    ]
