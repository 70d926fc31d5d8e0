"""Sticks of Texas Instruments (Z-Stack), through zigpy-znp: link keys by the commands of its ZDO interface.

Z-Stack refuses to encrypt for a node without a key. Joining by install code needs Z-Stack 3; the stick goes
back to admitting by the well-known key when the time is over, but then nobody is permitted to join.
"""

import zigpy.types as t
import zigpy_znp.commands as c  # type: ignore[import-untyped]
from zigpy_znp.exceptions import (  # type: ignore[import-untyped]
    CommandNotRecognized,
    InvalidCommandResponse,
)
from zigpy_znp.types import Status  # type: ignore[import-untyped]
from zigpy_znp.zigbee.application import ControllerApplication  # type: ignore[import-untyped]

from handover.errors import NotNow, Refused
from handover.sep1.transports.radio.coordinator import Coordinator
from handover.sep1.transports.radio.nodes import ieee


class ZstackCoordinator(Coordinator, ControllerApplication):  # type: ignore[misc]
    """A coordinator on a Texas Instruments stick."""

    async def admit(self, eui64: int, link_key: bytes, seconds: int) -> None:
        """Let one node join; returns when the time is over. Raises Refused on firmware without install
        codes.
        """
        try:
            await super().admit(eui64, link_key, seconds)
        except CommandNotRecognized:
            raise Refused(
                "the firmware of the stick knows no install codes; give it Z-Stack 3.x and try again"
            ) from None

    async def install_key(self, eui64: int, key: bytes) -> None:
        """Set the link key of a node that has joined. Raises Refused on firmware that cannot."""
        device = self.devices.get(ieee(eui64))
        if device is None:
            raise NotNow(f"{eui64:016X} has not joined this network; its link key is set once it has")
        request = c.ZDO.SetLinkKey.Req(NWK=device.nwk, IEEE=device.ieee, LinkKeyData=t.KeyData(key))
        try:
            await self._znp.request(request, RspStatus=Status.SUCCESS)
        except CommandNotRecognized:
            raise Refused(
                "the firmware of the stick takes no link keys (ZDO_SET_LINK_KEY is missing), so no Smart "
                "Energy device can be served through it; give it a Z-Stack firmware that does"
            ) from None
        except InvalidCommandResponse as error:
            raise NotNow(
                f"the stick took no link key for {eui64:016X} ({error.response.Status!r}); expel a node that "
                f"is not used any more and establish the key again"
            ) from None

    async def holds_key(self, eui64: int) -> bool:
        """Tell whether the stick gives a link key for a node."""
        try:
            await self._znp.request(c.ZDO.GetLinkKey.Req(IEEE=ieee(eui64)), RspStatus=Status.SUCCESS)
        except (CommandNotRecognized, InvalidCommandResponse):
            return False
        return True

    async def erase_key(self, eui64: int) -> None:
        """Remove the link key of a node."""
        try:
            await self._znp.request(c.ZDO.RemoveLinkKey.Req(IEEE=ieee(eui64)), RspStatus=Status.SUCCESS)
        except (CommandNotRecognized, InvalidCommandResponse):
            return
