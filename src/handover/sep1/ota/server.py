"""`OtaServer`: offers images, serves them block by block and page by page, and says when to use them."""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

from handover.sep1.clusters.ota import (
    OTA,
    WAIT_FOR_COMMAND,
    ImageBlockRequest,
    ImageBlockResponse,
    ImageNotify,
    ImagePageRequest,
    PayloadType,
    QueryNextImageRequest,
    QueryNextImageResponse,
    QuerySpecificFileRequest,
    QuerySpecificFileResponse,
    UpgradeEndRequest,
    UpgradeEndResponse,
)
from handover.sep1.declaration import Command
from handover.sep1.exchange import Request
from handover.sep1.node import Node, Received
from handover.sep1.ota.library import Key, Library, Offer
from handover.sep1.ota.outputs import DownloadBegan, DownloadEnded, DownloadProgress
from handover.sep1.services import Output, Service
from handover.sep1.types import ZIGBEE_EPOCH, Status

BLOCK: Final = 48
"""Octets of a block that still fits one radio frame under the link key."""

SILENCE: Final = 600.0
"""Seconds after its last request for which a download counts as going on."""

LONGEST_PAGE: Final = 4096

Utc = Callable[[float], int]
"""Turns our time into ZigBee seconds."""


@dataclass(slots=True)
class _Download:
    """A device that is fetching an image."""

    image: Key
    seen: float
    tenth: int = 0
    next_block: float = 0.0


@dataclass(slots=True)
class _Page:
    """Blocks that are sent one after the other without being asked for each."""

    received: Received
    offer: Offer
    offset: int
    end: int
    size: int
    spacing: float
    due: float


class OtaServer(Service):
    """The server side. `library` holds the offers.

    `block` is the largest block in octets; `period` the least seconds between two blocks of one device;
    `downloads` how many devices may fetch at once. Who must wait is told when to ask again. `counters`
    counts queries, offers, blocks, pages, waits.
    """

    cluster_id = OTA.id
    client = False

    def __init__(
        self,
        node: Node,
        *,
        block: int = BLOCK,
        period: float = 0.0,
        downloads: int = 16,
        utc: Utc = lambda now: int(now) - ZIGBEE_EPOCH,
    ) -> None:
        super().__init__(node)
        self.library = Library()
        self.counters: Counter[str] = Counter()
        self._block = block
        self._period = period
        self._limit = downloads
        self._utc = utc
        self._downloads: dict[int, _Download] = {}
        self._pages: dict[int, _Page] = {}
        self._held: dict[int, tuple[int, Key]] = {}

    @property
    def downloading(self) -> dict[int, Key]:
        """The devices that are fetching, and what."""
        return {device: download.image for device, download in self._downloads.items()}

    @property
    def waiting(self) -> dict[int, Key]:
        """The devices that have an image and wait for the word to use it."""
        return {device: key for device, (_, key) in self._held.items()}

    def publish(self, octets: bytes, **terms: Any) -> Offer:
        """Offer an image, on the terms of `Offer`. Raises DecodeError, Refused as `Library.add` does."""
        return self.library.add(octets, **terms)

    def notify(self, device: int, offer: Offer, *, endpoint: int = 1, jitter: int = 100) -> list[Output]:
        """Tell a device of an image; `jitter` percent of those who are told ask for it."""
        header = offer.header
        body = ImageNotify(
            PayloadType.FILE_VERSION, jitter, header.manufacturer, header.image_type, header.version
        )
        return [self.tell(body, destination=device, endpoint=endpoint)]

    def release(self, device: int, now: float, *, at: float | None = None) -> list[Output]:
        """Tell a device that waits to use its image, at a time (Unix seconds) or at once."""
        held = self._held.pop(device, None)
        if held is None:
            return []
        endpoint, key = held
        return [self.tell(self._order(key, now, at), destination=device, endpoint=endpoint)]

    def command(
        self, received: Received, command: Command, request: Request | None, now: float
    ) -> list[Output]:
        """Answer a device."""
        if isinstance(command, QueryNextImageRequest):
            return self._query(received, command)
        if isinstance(command, QuerySpecificFileRequest):
            return self._specific(received, command)
        if isinstance(command, ImageBlockRequest):
            return self._one_block(received, command, now)
        if isinstance(command, ImagePageRequest):
            return self._page(received, command, now)
        if isinstance(command, UpgradeEndRequest):
            return self._end(received, command, now)
        return self.unsupported(received)

    # what there is

    def _query(self, received: Received, query: QueryNextImageRequest) -> list[Output]:
        self.counters["queries"] += 1
        device = received.frame.source
        offer = self.library.next(
            device,
            query.manufacturer_id,
            query.image_type,
            query.current_file_version,
            query.hardware_version,
        )
        if offer is None:
            return [*self.node.answer(received, QueryNextImageResponse(Status.NO_IMAGE_AVAILABLE))]
        self.counters["offers"] += 1
        header = offer.header
        return [
            *self.node.answer(
                received,
                QueryNextImageResponse(
                    Status.SUCCESS,
                    header.manufacturer,
                    header.image_type,
                    header.version,
                    header.total_size,
                ),
            )
        ]

    def _specific(self, received: Received, query: QuerySpecificFileRequest) -> list[Output]:
        """A file for one device: only that device gets it."""
        self.counters["queries"] += 1
        device = received.frame.source
        if query.request_node_address != device:
            return [*self.node.answer(received, QuerySpecificFileResponse(Status.NOT_AUTHORIZED))]
        found = [
            offer
            for offer in self.library
            if offer.header.destination == device
            and (offer.header.manufacturer, offer.header.image_type)
            == (query.manufacturer_id, query.image_type)
            and query.file_version in (offer.header.version, 0xFFFFFFFF)
        ]
        if not found:
            return [*self.node.answer(received, QuerySpecificFileResponse(Status.NO_IMAGE_AVAILABLE))]
        header = max(found, key=lambda offer: offer.header.version).header
        self.counters["offers"] += 1
        return [
            *self.node.answer(
                received,
                QuerySpecificFileResponse(
                    Status.SUCCESS,
                    header.manufacturer,
                    header.image_type,
                    header.version,
                    header.total_size,
                ),
            )
        ]

    # blocks

    def _asked(
        self, received: Received, ask: ImageBlockRequest | ImagePageRequest, now: float
    ) -> Offer | list[Output]:
        """Return the offer that blocks are asked of, or the answer of who gets none now."""
        device = received.frame.source
        key = ask.manufacturer_id, ask.image_type, ask.file_version
        offer = self.library.find(key)
        if offer is None or (offer.devices is not None and device not in offer.devices):
            self._downloads.pop(device, None)
            return [*self.node.answer(received, ImageBlockResponse(Status.ABORT))]
        if offer.header.destination not in (None, device):
            return [*self.node.answer(received, ImageBlockResponse(Status.NOT_AUTHORIZED))]
        if ask.file_offset >= offer.header.total_size or not ask.max_data_size:
            return [*self.node.default_response(received, Status.MALFORMED_COMMAND)]
        download = self._downloads.get(device)
        wait = 0.0
        if download is None:
            self._downloads = {d: o for d, o in self._downloads.items() if now - o.seen < SILENCE}
            if len(self._downloads) >= self._limit:
                wait = 60.0
        elif download.image == key:
            wait = download.next_block - now
        if wait > 0.0:
            self.counters["waits"] += 1
            utc = self._utc(now)
            # Seconds only: a shorter wait is rounded up, so that who comes back in time is served.
            again = utc + max(1, -int(-wait // 1))
            answer = ImageBlockResponse(Status.WAIT_FOR_DATA, current_time=utc, request_time=again)
            return [*self.node.answer(received, answer)]
        return offer

    def _follow(self, received: Received, offer: Offer, key: Key, offset: int, now: float) -> list[Output]:
        """Take note of how far a device is."""
        device, size = received.frame.source, offer.header.total_size
        outputs: list[Output] = []
        download = self._downloads.get(device)
        if download is None or download.image != key:
            download = self._downloads[device] = _Download(key, now, 10 * offset // size)
            outputs.append(DownloadBegan(device, key))
        download.seen = now
        download.next_block = now + self._period
        if 10 * offset // size > download.tenth:
            download.tenth = 10 * offset // size
            outputs.append(DownloadProgress(device, key, offset, size))
        return outputs

    def _one_block(self, received: Received, ask: ImageBlockRequest, now: float) -> list[Output]:
        offer = self._asked(received, ask, now)
        if isinstance(offer, list):
            return offer
        key = ask.manufacturer_id, ask.image_type, ask.file_version
        outputs = self._follow(received, offer, key, ask.file_offset, now)
        block = self._data(offer, ask.file_offset, min(ask.max_data_size, self._block))
        return [*self.node.answer(received, block), *outputs]

    def _data(self, offer: Offer, offset: int, size: int) -> ImageBlockResponse:
        self.counters["blocks"] += 1
        data = offer.image.octets[offset : offset + size]
        header = offer.header
        return ImageBlockResponse(
            Status.SUCCESS,
            header.manufacturer,
            header.image_type,
            header.version,
            offset,
            len(data),
            data,
        )

    def _page(self, received: Received, ask: ImagePageRequest, now: float) -> list[Output]:
        offer = self._asked(received, ask, now)
        if isinstance(offer, list):
            return offer
        if not ask.page_size:
            return [*self.node.default_response(received, Status.MALFORMED_COMMAND)]
        self.counters["pages"] += 1
        key = ask.manufacturer_id, ask.image_type, ask.file_version
        outputs = self._follow(received, offer, key, ask.file_offset, now)
        end = min(offer.header.total_size, ask.file_offset + min(ask.page_size, LONGEST_PAGE))
        spacing = max(ask.response_spacing / 1000, self._period, 0.01)
        page = _Page(received, offer, ask.file_offset, end, min(ask.max_data_size, self._block), spacing, now)
        self._pages[received.frame.source] = page
        return [*self._next_of(page, now), *outputs]

    def _next_of(self, page: _Page, now: float) -> list[Output]:
        """Send the next block of a page."""
        frame = page.received.frame
        block = self._data(page.offer, page.offset, min(page.size, page.end - page.offset))
        page.offset += block.data_size or 0
        page.due = now + page.spacing
        if page.offset >= page.end:
            del self._pages[frame.source]
        return [self.tell(block, destination=frame.source, endpoint=frame.source_endpoint)]

    # the end

    def _end(self, received: Received, end: UpgradeEndRequest, now: float) -> list[Output]:
        device = received.frame.source
        key = end.manufacturer_id, end.image_type, end.file_version
        self._downloads.pop(device, None)
        self._pages.pop(device, None)
        ended = DownloadEnded(device, key, end.status)
        offer = self.library.find(key)
        if end.status != Status.SUCCESS:
            return [*self.node.default_response(received, Status.SUCCESS), ended]
        if offer is None:
            return [*self.node.default_response(received, Status.NOT_FOUND), ended]
        if offer.hold:
            first = device not in self._held
            self._held[device] = received.frame.source_endpoint, key
            utc = self._utc(now)
            answer = UpgradeEndResponse(*key, utc, WAIT_FOR_COMMAND)
            return [*self.node.answer(received, answer), *([ended] if first else [])]
        return [*self.node.answer(received, self._order(key, now, offer.upgrade_at)), ended]

    def _order(self, key: Key, now: float, at: float | None) -> UpgradeEndResponse:
        utc = self._utc(now)
        when = utc if at is None else max(utc, self._utc(at))
        return UpgradeEndResponse(*key, utc, when)

    # time

    def tick(self, now: float) -> list[Output]:
        """Send the blocks of pages that are due."""
        outputs: list[Output] = []
        for page in list(self._pages.values()):
            if page.due <= now:
                outputs += self._next_of(page, now)
        return outputs

    def deadline(self) -> float | None:
        """Return when the next block of a page is due."""
        return min((page.due for page in self._pages.values()), default=None)

    def forget(self, peer: int) -> None:
        """Forget a device that has left."""
        self._downloads.pop(peer, None)
        self._pages.pop(peer, None)
        self._held.pop(peer, None)
