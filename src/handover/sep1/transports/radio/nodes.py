"""The nodes of a radio's network as zigpy keeps them: an address each, and what their ZDO asks us.

Loaded only when a radio is opened. Not here: frames, keys (`coordinator`).
"""

from typing import Any, Final

import zigpy.application
import zigpy.device
import zigpy.types as t
import zigpy.zdo
import zigpy.zdo.types as zdo

from handover.sep1.clusters import CLUSTERS
from handover.sep1.types import SE_PROFILE

ENDPOINT: Final = 1
"""Our only endpoint: newer Z-Stack sends everything from endpoint 1, and zigpy needs that there is one."""

SERVICE_PORTAL: Final = 0x0500
"""Device id of an Energy Service Portal (ESI)."""

KEY_ESTABLISHMENT, OTA = 0x0800, 0x0019

OFFERED: Final = sorted({*CLUSTERS, KEY_ESTABLISHMENT, OTA})
"""Clusters of our endpoint, on both sides: a gateway is the client of meters, and its own are servers."""


def ieee(eui64: int) -> t.EUI64:
    """Return an EUI-64 as zigpy writes it."""
    return t.EUI64.deserialize(eui64.to_bytes(8, "little"))[0]


def number(address: t.EUI64) -> int:
    """Return zigpy's EUI-64 as a number."""
    return int.from_bytes(address.serialize(), "little")


def descriptor() -> zdo.SimpleDescriptor:
    """Return what our endpoint says of itself."""
    return zdo.SimpleDescriptor(
        endpoint=ENDPOINT,
        profile=SE_PROFILE,
        device_type=SERVICE_PORTAL,
        device_version=0,
        input_clusters=OFFERED,
        output_clusters=OFFERED,
    )


class HanDevice(zigpy.device.ZigbeeDevice):
    """A node that zigpy knows by its addresses only."""

    def __init__(
        self, application: zigpy.application.ControllerApplication, ieee: t.EUI64, nwk: t.NWK
    ) -> None:
        super().__init__(application, ieee, nwk)
        self.zdo = self.endpoints[0] = HanZdo(self)  # type: ignore[no-untyped-call]

    def schedule_initialize(self) -> None:
        """Leave the interview out: what the node offers is asked by our engines, under the right keys."""


class HanZdo(zigpy.zdo.ZDO):
    """The ZDO of a node, whose questions zigpy answers. Its own answer denies every profile but one."""

    def handle_match_desc_req(
        self,
        hdr: zdo.ZDOHeader,
        addr: t.NWK,
        profile: int,
        in_clusters: list[int],
        out_cluster: list[int],
    ) -> None:
        """Tell whether our endpoint speaks one of the clusters asked for."""
        matches = profile == SE_PROFILE and not {*in_clusters, *out_cluster}.isdisjoint(OFFERED)
        endpoints: list[Any] = [ENDPOINT] if matches else []
        us = self.device.application.state.node_info.nwk
        self.create_catching_task(
            self.Match_Desc_rsp(0, us, endpoints, tsn=hdr.tsn, priority=t.PacketPriority.CRITICAL)
        )
