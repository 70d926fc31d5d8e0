"""What the server has for us and for each device, read out of its documents. Nothing is changed here."""

from collections.abc import Callable
from typing import Any

from handover.gateway.downward import offers
from handover.gateway.downward.meters import Point
from handover.gateway.downward.prices import Offer
from handover.sep1.server import ZoneRules
from handover.sep1.types import ZIGBEE_EPOCH
from handover.sep2.client.follower import Follower
from handover.sep2.client.links import local
from handover.sep2.client.paging import items_of
from handover.sep2.client.seeing import EVENT_LISTS
from handover.sep2.client.sightings import Listed, Sightings, end_devices, reach
from handover.sep2.resources.drlc import EndDeviceControlList
from handover.sep2.resources.end_device import EndDevice
from handover.sep2.resources.file_download import File, FileList
from handover.sep2.resources.messaging import TextMessageList
from handover.sep2.resources.time import Time

Dated = tuple[Listed, int]
"""An event, and how far (seconds) our HAN's clock is ahead of the event's own."""


class Overview:
    """The documents of one server. `lfdi` is our own, `han_offset` gives how far our HAN's clock is ahead."""

    def __init__(
        self, follower: Follower, sightings: Sightings, lfdi: bytes, han_offset: Callable[[], float]
    ) -> None:
        self._follower = follower
        self._tree = follower.tree
        self._sightings = sightings
        self._lfdi = lfdi
        self._han_offset = han_offset

    def places(self) -> dict[bytes, tuple[str, EndDevice]]:
        """Return path and resource of every EndDevice that the server shows us, by LFDI."""
        return end_devices(self._tree)

    def device_list(self) -> str | None:
        """Return the path of the server's list of devices."""
        return self.href(getattr(self._tree.root.resource, "EndDeviceListLink", None))

    def href(self, link: Any) -> str | None:
        """Return the path that a link leads to on this server."""
        return local(link.href, self._tree.root.path, self._tree.authority) if link is not None else None

    def clock(self) -> tuple[float, ZoneRules] | None:
        """Return how far the clock of our own assignments is ahead of ours, and its zone; None if unknown."""
        own = self.places().get(self._lfdi)
        assigned = reach(self._tree, own[1]) if own is not None else set()
        times = self._tree.of_kind(Time)
        node = next((n for n in times if n.path in assigned), next(iter(times), None))
        offset = self._follower.clocks.offset(node.path) if node is not None else None
        if node is None or offset is None:
            return None
        time: Time = node.resource
        shift = time.dstOffset
        zone = ZoneRules(
            offset=time.tzOffset,
            dst_start=max(0, time.dstStartTime - ZIGBEE_EPOCH) if shift else 0,
            dst_end=max(0, time.dstEndTime - ZIGBEE_EPOCH) if shift else 0,
            dst_shift=shift,
        )
        return offset, zone

    def controls(self, device: EndDevice) -> tuple[list[Dated], bool]:
        """Return the controls that the assignments of a device lead to, and whether that is all of them."""
        paths = reach(self._tree, device)
        found = [one for one in self._on(EndDeviceControlList) if one[0].seen.list_path in paths]
        return found, bool(paths) and all(self._read(path) for path in paths)

    def texts(self) -> list[Dated]:
        """Return the messages."""
        return self._on(TextMessageList)

    def prices(self) -> list[Offer]:
        """Return the tariff intervals of the tariff that counts."""
        return offers.offers(self._tree, self._sightings, self._distance)

    def points(self) -> list[Point]:
        """Return the usage points with their values."""
        return list(offers.points(self._tree))

    def files(self) -> dict[str, File]:
        """Return the files by their paths."""
        found: dict[str, File] = {}
        for node in self._tree.of_kind(FileList):
            for file in items_of(node.resource):
                path = local(file.href or "", node.path, self._tree.authority)
                if path is not None:
                    found[path] = file
        return found

    def _read(self, path: str) -> bool:
        """Tell whether a document has been read, and its events taken in."""
        node = self._tree.get(path)
        if node is None or node.resource is None:
            return False
        return node.observed or node.kind not in EVENT_LISTS

    def _on(self, kind: type[Any]) -> list[Dated]:
        nodes = self._tree.of_kind(kind)
        listed = [one for node in nodes for one in self._sightings.on(node.path)]
        return [(one, self._distance(one.seen.clock)) for one in listed]

    def _distance(self, clock: str | None) -> int:
        offset = self._follower.clocks.offset(clock)
        return 0 if offset is None else round(self._han_offset() - offset)
