"""A stick made of software, under zigpy as it is: the radio of a `VirtualHan`, so that real ZCL octets flow.

It keeps the link keys it is given, refuses to encrypt for a node without one, knows who is permitted to join,
and answers the ZDO questions that zigpy asks the nodes. Nodes are whoever is attached to the same HAN.
"""

import asyncio
import contextlib
from collections import Counter
from typing import Any

import zigpy.device
import zigpy.state
import zigpy.types as t
import zigpy.zdo.types as zdo
from zigpy.exceptions import DeliveryError, NetworkNotFormed

from handover.errors import NotNow, Refused
from handover.sep1.aps import BROADCAST, ApsFrame
from handover.sep1.transports.radio.coordinator import Coordinator
from handover.sep1.transports.radio.nodes import ieee, number
from handover.sep1.transports.virtual import Inbox, VirtualHan

KEYS = 3
"""Link keys that the double has room for."""


class Air:
    """What stays when the stick is pulled out: the HAN, short addresses, and what the stick has stored."""

    def __init__(self, eui64: int, han: VirtualHan | None = None, *, formed: bool = True) -> None:
        self.eui64 = eui64
        self.han = han or VirtualHan(coordinator=eui64)
        self.formed = formed
        self.shorts: dict[int, int] = {}
        self.keys: dict[int, bytes] = {}
        self.permitted: dict[int, bytes] = {}
        self.endpoints: list[zdo.SimpleDescriptor] = []
        self.packets: list[t.ZigbeePacket] = []
        self.counts: Counter[str] = Counter()
        self.plugged = True
        self.gate: asyncio.Event | None = None
        self.takes_keys = True
        self.stick: DoubleCoordinator | None = None

    def place(self, eui64: int, short: int) -> None:
        """Put a node on the network without anybody noticing, as while the stick was away."""
        self.shorts[eui64] = short

    def join(self, eui64: int, short: int) -> None:
        """Have a node join: only one that was permitted is told the network key."""
        assert self.stick is not None
        if self.permitted.pop(eui64, None) is None:
            self.counts["denied"] += 1
            return
        self.place(eui64, short)
        self.stick.handle_join(t.NWK(short), ieee(eui64), t.NWK(0))

    def unplug(self) -> None:
        """Pull the stick out."""
        self.plugged = False
        if self.stick is not None:
            self.stick.connection_lost(OSError("unplugged"))


AIRS: dict[str, Air] = {}
"""Airs by the path under which their stick is opened."""


class DoubleCoordinator(Coordinator):
    """The application of the double."""

    def __init__(self, config: dict[str, Any]) -> None:
        super().__init__(config)
        self.air = AIRS[self.config["device"]["path"]]
        self._inbox: Inbox | None = None
        self._hearing: asyncio.Task[None] | None = None

    # The stick.

    async def connect(self) -> None:
        if not self.air.plugged:
            raise OSError("no such device")
        self.air.counts["connected"] += 1

    async def disconnect(self) -> None:
        self.air.stick = None
        if self._inbox is not None:
            self.air.han.detach(self._inbox.eui64)
            self._inbox = None
        if self._hearing is not None:
            self._hearing.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._hearing

    async def load_network_info(self, *, load_devices: bool = False) -> None:
        if not self.air.formed:
            raise NetworkNotFormed
        self.state.node_info = zigpy.state.NodeInfo(
            nwk=t.NWK(0), ieee=ieee(self.air.eui64), logical_type=zdo.LogicalType.Coordinator
        )
        self.state.network_info.channel = t.uint8_t(20)

    async def write_network_info(self, *, network_info: Any, node_info: Any) -> None:
        self.air.counts["formed"] += 1
        self.air.formed = True

    async def reset_network_info(self) -> None:
        self.air.formed = False

    async def start_network(self) -> None:
        if self.air.gate is not None:
            await self.air.gate.wait()
        await self.load_network_info()
        self.air.endpoints.clear()
        await self.register_endpoints()
        us = self.add_device(ieee(self.air.eui64), t.NWK(0))
        us.add_endpoint(1)
        self.air.stick = self
        self._inbox = self.air.han.attach(self.air.eui64)
        self._hearing = asyncio.create_task(self._hear(self._inbox))

    async def add_endpoint(self, descriptor: zdo.SimpleDescriptor) -> None:
        self.air.endpoints.append(descriptor)

    async def permit_ncp(self, time_s: int = 60) -> None:
        self.air.counts[f"permitted for {time_s}"] += 1

    async def permit_with_link_key(self, node: t.EUI64, link_key: t.KeyData, time_s: int = 60) -> None:
        self.air.permitted[number(node)] = link_key.serialize()
        await self.permit(time_s)

    async def force_remove(self, dev: zigpy.device.ZigbeeDevice) -> None:
        raise AssertionError("nothing removes a device by force")

    # Keys.

    async def install_key(self, eui64: int, key: bytes) -> None:
        if not self.air.takes_keys:
            raise Refused("the double takes no keys; use another")
        if len(self.air.keys) >= KEYS and eui64 not in self.air.keys:
            raise NotNow("the double is full; expel a node")
        self.air.keys[eui64] = key

    async def holds_key(self, eui64: int) -> bool:
        return eui64 in self.air.keys

    async def erase_key(self, eui64: int) -> None:
        self.air.keys.pop(eui64, None)

    # Packets.

    async def send_packet(self, packet: t.ZigbeePacket) -> None:
        self.air.packets.append(packet)
        assert packet.dst is not None
        if packet.profile_id == 0:
            self._answer(packet)
            return
        encrypted = t.TransmitOptions.APS_Encryption in packet.tx_options
        if packet.dst.addr_mode == t.AddrMode.Broadcast:
            to = BROADCAST
        else:
            to = self._eui64_of(packet.dst.address)
            if to not in self.air.han.nodes():
                raise DeliveryError("nobody there")
            if encrypted and to not in self.air.keys:
                raise DeliveryError("no key")
        self.air.han.carry(
            ApsFrame(
                source=self.air.eui64,
                destination=to,
                source_endpoint=packet.src_ep or 0,
                destination_endpoint=packet.dst_ep or 0,
                cluster_id=packet.cluster_id,
                profile_id=packet.profile_id,
                secured=encrypted,
                payload=packet.data.serialize(),
            )
        )

    def _eui64_of(self, short: Any) -> int:
        return next((eui64 for eui64, known in self.air.shorts.items() if known == short), 0)

    async def _hear(self, inbox: Inbox) -> None:
        while (frame := await inbox.get()) is not None:
            self.packet_received(self.packet(frame))

    def packet(self, frame: ApsFrame) -> t.ZigbeePacket:
        """Return a frame of the HAN as a radio hands it to zigpy."""
        options = t.TransmitOptions.APS_Encryption if frame.secured else t.TransmitOptions.NONE
        everybody = t.AddrModeAddress(t.AddrMode.Broadcast, t.BroadcastAddress.RX_ON_WHEN_IDLE)
        us = t.AddrModeAddress(t.AddrMode.NWK, t.NWK(0))
        return t.ZigbeePacket(
            src=t.AddrModeAddress(t.AddrMode.NWK, t.NWK(self.air.shorts[frame.source])),
            src_ep=t.uint8_t(frame.source_endpoint),
            dst=everybody if frame.destination == BROADCAST else us,
            dst_ep=t.uint8_t(frame.destination_endpoint),
            profile_id=t.uint16_t(frame.profile_id),
            cluster_id=t.uint16_t(frame.cluster_id),
            data=t.SerializableBytes(frame.payload),
            tx_options=options,
            lqi=t.uint8_t(255),
            rssi=t.int8s(-40),
        )

    # What the ZDO of a node answers.

    def _answer(self, packet: t.ZigbeePacket) -> None:
        octets = packet.data.serialize()
        sequence, body = octets[:1], octets[1:]
        if packet.cluster_id == zdo.ZDOCmd.NWK_addr_req:
            eui64 = int.from_bytes(body[:8], "little")
            if eui64 in self.air.shorts:
                self._addresses(zdo.ZDOCmd.NWK_addr_rsp, sequence, eui64)
        elif packet.cluster_id == zdo.ZDOCmd.IEEE_addr_req:
            eui64 = self._eui64_of(int.from_bytes(body[:2], "little"))
            if eui64:
                self._addresses(zdo.ZDOCmd.IEEE_addr_rsp, sequence, eui64)
        elif packet.cluster_id == zdo.ZDOCmd.Mgmt_Leave_req:
            eui64 = int.from_bytes(body[:8], "little")
            if eui64 in self.air.shorts:
                self._reply(zdo.ZDOCmd.Mgmt_Leave_rsp, sequence + b"\x00", eui64)
                short = self.air.shorts.pop(eui64)
                asyncio.get_running_loop().call_soon(self.handle_leave, t.NWK(short), ieee(eui64))

    def _addresses(self, command: zdo.ZDOCmd, sequence: bytes, eui64: int) -> None:
        short = self.air.shorts[eui64].to_bytes(2, "little")
        self._reply(command, sequence + b"\x00" + eui64.to_bytes(8, "little") + short, eui64)

    def _reply(self, command: zdo.ZDOCmd, octets: bytes, eui64: int) -> None:
        self.zdo(command, octets, self.air.shorts[eui64])

    def zdo(self, command: zdo.ZDOCmd, octets: bytes, short: int) -> None:
        """Have a node's ZDO packet arrive."""
        packet = t.ZigbeePacket(
            src=t.AddrModeAddress(t.AddrMode.NWK, t.NWK(short)),
            src_ep=t.uint8_t(0),
            dst=t.AddrModeAddress(t.AddrMode.NWK, t.NWK(0)),
            dst_ep=t.uint8_t(0),
            profile_id=t.uint16_t(0),
            cluster_id=t.uint16_t(command),
            data=t.SerializableBytes(octets),
        )
        asyncio.get_running_loop().call_soon(self.packet_received, packet)
