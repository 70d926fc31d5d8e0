"""zigpy's side of a radio: what a Smart Energy coordinator does differently from a home automation one.

Frames of the Smart Energy profile go past zigpy's devices: those would drop what they do not know, and a
repetition within ten seconds. Nodes are not interviewed (their ZCL is ours; ZDO stays zigpy's), Green Power
devices are not admitted. This module and those of the sticks are loaded only when a radio is opened.
"""

import abc
import asyncio
from typing import Any, Protocol

import zigpy.application
import zigpy.config as conf
import zigpy.device
import zigpy.types as t
import zigpy.zdo
import zigpy.zdo.types as zdo

from handover.errors import NotNow
from handover.sep1.aps import BROADCAST, ApsFrame
from handover.sep1.transports.radio.nodes import HanDevice, descriptor, ieee, number
from handover.sep1.types import SE_PROFILE

ADDRESS_WITHIN = 5.0
"""Seconds for which a frame waits for the short address of its destination."""

U8: Any = t.uint8_t
U16: Any = t.uint16_t


class Ears(Protocol):
    """Who is told what the radio hears."""

    def heard(self, frame: ApsFrame) -> None:
        """A Smart Energy frame; `secured` tells so far only that APS security protected it."""

    def unknown(self) -> None:
        """A Smart Energy frame of a node whose EUI-64 is not known; zigpy asks for it."""

    def joined(self, eui64: int, short: int) -> None:
        """A node joined or was found under a short address."""

    def left(self, eui64: int) -> None:
        """A node left."""

    def lost(self) -> None:
        """The stick does not answer any more."""

    def keeps(self, eui64: int) -> bool:
        """Tell whether the established link key of this node is to be kept."""


class Coordinator(zigpy.application.ControllerApplication):
    """What all sticks share; put before the application class of a stick's library. Set `ears` at once."""

    ears: Ears

    def __init__(self, config: dict[str, Any]) -> None:
        super().__init__(config)
        self._sought: dict[int, asyncio.Future[None]] = {}

    @classmethod
    def settings(cls, path: str, *, channel: int | None, key_table: int) -> dict[str, Any]:
        """Return zigpy's configuration of a stick at `path`."""
        return {
            conf.CONF_DEVICE: {conf.CONF_DEVICE_PATH: path},
            conf.CONF_DATABASE: None,
            conf.CONF_NWK: {conf.CONF_NWK_CHANNEL: channel},
            conf.CONF_NWK_BACKUP_ENABLED: False,
            conf.CONF_TOPO_SCAN_ENABLED: False,
            conf.CONF_OTA: {conf.CONF_OTA_ENABLED: False},
        }

    @property
    def eui64(self) -> int:
        """The stick's IEEE address."""
        return number(self.state.node_info.ieee)

    @property
    def channel(self) -> int:
        """The radio channel, 11 to 26."""
        return int(self.state.network_info.channel)

    async def expel(self, eui64: int) -> None:
        """Tell a node to leave; harmless for a stranger."""
        await self.remove(ieee(eui64))

    # Keys: what a stick can do about them.

    async def admit(self, eui64: int, link_key: bytes, seconds: int) -> None:
        """Let one node join with the key of its install code. Raises Refused when the stick would admit
        others too; whatever the library raises.
        """
        await self.permit_with_link_key(ieee(eui64), t.KeyData(link_key), seconds)

    @abc.abstractmethod
    async def install_key(self, eui64: int, key: bytes) -> None:
        """Have the stick use an established link key. Raises Refused when it has no way to take one, NotNow
        when it has no room.
        """

    @abc.abstractmethod
    async def holds_key(self, eui64: int) -> bool:
        """Tell whether the stick has a link key of its own for a node."""

    @abc.abstractmethod
    async def erase_key(self, eui64: int) -> None:
        """Have the stick forget the link key of a node; harmless when it has none."""

    # Frames.

    async def carry(self, frame: ApsFrame) -> None:
        """Send one frame and wait for its delivery. Raises NotNow for a node whose short address nobody
        tells, and whatever the library raises.
        """
        options = t.TransmitOptions.NONE
        if frame.destination == BROADCAST:
            to = t.AddrModeAddress(t.AddrMode.Broadcast, t.BroadcastAddress.RX_ON_WHEN_IDLE)
        else:
            to = t.AddrModeAddress(t.AddrMode.NWK, await self._short(frame.destination))
            options |= t.TransmitOptions.ACK
            if frame.secured:
                options |= t.TransmitOptions.APS_Encryption
        await self.send_packet(
            t.ZigbeePacket(
                src=t.AddrModeAddress(t.AddrMode.NWK, self.state.node_info.nwk),
                src_ep=U8(frame.source_endpoint),
                dst=to,
                dst_ep=U8(frame.destination_endpoint),
                tsn=U8(self.get_sequence()),
                profile_id=U16(frame.profile_id),
                cluster_id=U16(frame.cluster_id),
                data=t.SerializableBytes(frame.payload),
                tx_options=options,
                priority=t.PacketPriority.NORMAL,
            )
        )

    async def _short(self, eui64: int) -> t.NWK:
        """Return the short address of a node; one that is not known is asked for."""
        if (known := self._known(eui64)) is not None:
            return known
        answer = self._sought.setdefault(eui64, asyncio.get_running_loop().create_future())
        try:
            await _ask_address(self, ieee(eui64))
            async with asyncio.timeout(ADDRESS_WITHIN):
                await answer
        except TimeoutError:
            pass
        finally:
            self._sought.pop(eui64, None)
        if (known := self._known(eui64)) is None:
            raise NotNow(f"the short address of {eui64:016X} is not known, and nobody tells it; send again")
        return known

    def _known(self, eui64: int) -> t.NWK | None:
        device = self.devices.get(ieee(eui64))
        return device.nwk if isinstance(device, zigpy.device.ZigbeeDevice) else None

    def handle_join(
        self, nwk: t.NWK, ieee: t.EUI64, parent_nwk: t.NWK, *, handle_rejoin: bool = True
    ) -> None:
        """Take note of a node and its short address, and send what waited for it."""
        super().handle_join(nwk, ieee, parent_nwk, handle_rejoin=handle_rejoin)
        answer = self._sought.get(number(ieee))
        if answer is not None and not answer.done():
            answer.set_result(None)

    def packet_received(self, packet: t.ZigbeePacket) -> None:
        """Take a packet of the radio: Smart Energy frames are ours, everything else is zigpy's."""
        if packet.profile_id != SE_PROFILE or packet.src is None or packet.dst is None:
            super().packet_received(packet)
            return
        try:
            device = self.get_device_with_address(packet.src)
        except KeyError:
            self.ears.unknown()
            super().packet_received(packet)  # which asks who it is
            return
        ours = packet.dst.addr_mode in (t.AddrMode.NWK, t.AddrMode.IEEE)
        self.ears.heard(
            ApsFrame(
                source=number(device.ieee),
                destination=number(self.state.node_info.ieee) if ours else BROADCAST,
                source_endpoint=int(packet.src_ep or 0),
                destination_endpoint=int(packet.dst_ep or 0),
                cluster_id=int(packet.cluster_id),
                profile_id=int(packet.profile_id),
                secured=t.TransmitOptions.APS_Encryption in packet.tx_options,
                payload=packet.data.serialize(),
            )
        )

    # What zigpy does by itself.

    def add_device(self, ieee: t.EUI64, nwk: t.NWK) -> zigpy.device.ZigbeeDevice:
        """Make a node that is not interviewed."""
        device = self.devices[ieee] = HanDevice(self, ieee, nwk)
        return device

    async def register_endpoints(self) -> None:
        """Register our endpoint and no other."""
        await self.add_endpoint(descriptor())

    async def permit_gp(self, time_s: int) -> None:
        """Keep Green Power devices out, whoever else may join."""

    def listen(self, ears: Ears) -> None:
        """Tell `ears` what happens from now on."""
        self.ears = ears
        self.add_listener(_Listener(ears))

    async def shutdown(self, *, db: bool = True) -> None:
        """Stop, and wait for what zigpy only cancels."""
        tasks = [task for task in (self._watchdog_task, *self._tasks) if task is not None]
        await super().shutdown(db=db)
        await asyncio.gather(*tasks, return_exceptions=True)


async def _ask_address(app: Coordinator, address: t.EUI64) -> None:
    broadcast: Any = zigpy.zdo.broadcast
    await broadcast(
        app,
        zdo.ZDOCmd.NWK_addr_req,
        None,
        0,
        IEEEAddr=address,
        RequestType=zdo.AddrRequestType.Single,
        StartIndex=0,
    )


class _Listener:
    """Passes on what zigpy tells its listeners, which it finds by the names of their methods."""

    def __init__(self, ears: Ears) -> None:
        self._ears = ears

    def device_joined(self, device: zigpy.device.BaseDevice) -> None:
        self._ears.joined(number(device.ieee), int(device.nwk))

    def device_left(self, device: zigpy.device.BaseDevice) -> None:
        self._ears.left(number(device.ieee))

    def connection_lost(self, error: Exception) -> None:
        self._ears.lost()
