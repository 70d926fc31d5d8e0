"""`OtaClient`: asks for images, fetches and verifies them, and says when to use them.

What has come lies in a slot, so that a download goes on where a restart or a lost server broke it off.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Final

from handover.errors import DecodeError, NotNow, Refused
from handover.sep1.attributes import AttributeTable
from handover.sep1.clusters.ota import (
    OTA,
    WAIT_FOR_COMMAND,
    ImageBlockRequest,
    ImageBlockResponse,
    ImageNotify,
    ImagePageRequest,
    QueryFieldControl,
    QueryNextImageRequest,
    QueryNextImageResponse,
    QuerySpecificFileRequest,
    QuerySpecificFileResponse,
    UpgradeEndRequest,
    UpgradeEndResponse,
)
from handover.sep1.declaration import Command
from handover.sep1.exchange import Request, Retry
from handover.sep1.general import DefaultResponse
from handover.sep1.node import Node, Received
from handover.sep1.ota.image import MAX_IMAGE_SIZE, parse, parse_header
from handover.sep1.ota.library import Key
from handover.sep1.ota.outputs import DownloadFailed, ImageReady, NoImage, UpgradeNow
from handover.sep1.ota.slot import MemorySlot, Slot
from handover.sep1.ota.states import TOLD, UPGRADE, Step, Upgrade
from handover.sep1.ota.verify import Target, Verifier, check_genuine, check_target
from handover.sep1.services import Output, Service
from handover.sep1.types import Status

BLOCK: Final = 48
HEADER: Final = 69
"""Octets after which a header is complete whatever it holds."""
ASK_AGAIN: Final = 3600.0
"""Seconds after which a device that waits for the word to upgrade asks for it."""
PAUSE: Final = 60.0
"""Seconds after which a download goes on when the server did not answer; doubled every time."""
LONGEST_PAUSE: Final = 3600.0
GIVE_UP: Final = 8
"""Pauses without a block after which a download is given up; what has come is kept."""
LONGEST_WAIT: Final = 86400.0
NO_SERVER: Final = 0xFFFFFFFFFFFFFFFF
_ANY: Final = (0xFFFF, 0xFFFF, 0xFFFFFFFF)


@dataclass(frozen=True, slots=True, kw_only=True)
class Fetching:
    """How a client fetches: `block` octets at a time; if `page` is not 0, so many octets for one request.

    The blocks of a page come `spacing` seconds apart. `signed` takes only images that are signed as a whole.
    """

    block: int = BLOCK
    page: int = 0
    spacing: float = 0.25
    signed: bool = False
    retry: Retry = field(default_factory=lambda: Retry(timeout=10.0, tries=3))


@dataclass(slots=True)
class _Download:
    server: int
    endpoint: int
    target: Target
    image: Key
    size: int
    pauses: int = 0


class OtaClient(Service):
    """The client side of the device that `target` describes.

    `draw` gives a number over 0 to 1, by which a device decides whether a notice concerns it. `slot` keeps
    what has come; `verifier` judges signatures.
    """

    cluster_id = OTA.id
    client = True

    def __init__(
        self,
        node: Node,
        target: Target,
        *,
        draw: Callable[[], float],
        slot: Slot | None = None,
        verifier: Verifier | None = None,
        fetching: Fetching | None = None,
        stack_version: int = 2,
    ) -> None:
        super().__init__(node)
        self.target = target
        self.slot = slot or MemorySlot()
        self.state = UPGRADE.initial
        self._draw = draw
        self._verifier = verifier
        self._fetching = fetching or Fetching()
        self._stack_version = stack_version
        self._download: _Download | None = None
        self._wanted = target
        self._due: float | None = None
        self._page_end = 0
        self.table = AttributeTable(OTA.client_attributes, {})
        node.tables[OTA.id, True] = self.table
        self._show()

    # what the owner wants

    def query(self, server: int, now: float, *, endpoint: int = 1) -> list[Output]:
        """Ask a server for a newer image. Raises NotNow while something is under way."""
        target = self.target
        body = QueryNextImageRequest(
            QueryFieldControl.HARDWARE_VERSION if target.hardware is not None else QueryFieldControl(0),
            target.manufacturer,
            target.image_type,
            target.version,
            target.hardware,
        )
        return self._ask(server, endpoint, target, body, 0x02, now)

    def query_specific(
        self, server: int, image_type: int, now: float, *, endpoint: int = 1, version: int = 0xFFFFFFFF
    ) -> list[Output]:
        """Ask a server for a file that is meant for us alone, credentials say. Raises NotNow."""
        target = replace(self.target, image_type=image_type, version=-1)
        body = QuerySpecificFileRequest(
            target.eui64, target.manufacturer, image_type, version, self._stack_version
        )
        return self._ask(server, endpoint, target, body, 0x09, now)

    def _ask(
        self, server: int, endpoint: int, target: Target, body: Command, answer: int, now: float
    ) -> list[Output]:
        self._step(Step.QUERY)
        self._wanted = target
        return [
            self.request(
                body,
                destination=server,
                endpoint=endpoint,
                now=now,
                retry=self._fetching.retry,
                expects=frozenset({answer}),
            )
        ]

    def installed(self, version: int) -> None:
        """Take note that the device runs another version now; the slot is free again."""
        self.target = replace(self.target, version=version)
        self.slot.erase()
        self._show()

    # what the server says

    def command(
        self, received: Received, command: Command, request: Request | None, now: float
    ) -> list[Output]:
        """Take a command of a server."""
        frame = received.frame
        if isinstance(command, ImageNotify):
            return self._notified(received, command, now)
        if isinstance(command, QueryNextImageResponse | QuerySpecificFileResponse):
            if self.state is not Upgrade.QUERYING or request is None:
                return [self.node.drop(frame, "unmatched")]
            return self._offered(frame.source, frame.source_endpoint, command, now)
        download = self._download
        if download is None or download.server != frame.source:
            return [self.node.drop(frame, "unmatched")]
        if isinstance(command, ImageBlockResponse):
            return self._block(received, download, command, now)
        if isinstance(command, UpgradeEndResponse):
            return self._ordered(received, download, command, now)
        return self.unsupported(received)

    def _notified(self, received: Received, notice: ImageNotify, now: float) -> list[Output]:
        """Ask for an image that may be for us, unless the draw lets others go first."""
        answer: list[Output] = [*self.node.default_response(received, Status.SUCCESS)]
        target = self.target
        ours = (
            notice.manufacturer_id in (None, 0xFFFF, target.manufacturer)
            and notice.image_type in (None, 0xFFFF, target.image_type)
            and (notice.new_file_version is None or notice.new_file_version != target.version)
        )
        jitter = 1 + int(100 * self._draw())
        if not ours or jitter > notice.query_jitter or self.state is not Upgrade.NORMAL:
            return answer
        frame = received.frame
        return answer + self.query(frame.source, now, endpoint=frame.source_endpoint)

    def _offered(
        self,
        server: int,
        endpoint: int,
        offer: QueryNextImageResponse | QuerySpecificFileResponse,
        now: float,
    ) -> list[Output]:
        if (
            offer.status != Status.SUCCESS
            or offer.manufacturer_id is None
            or offer.image_type is None
            or offer.file_version is None
            or offer.image_size is None
        ):
            self._step(Step.NOTHING)
            return [NoImage(server, offer.status)]
        key = offer.manufacturer_id, offer.image_type, offer.file_version
        target = self._wanted
        misfit = key[:2] != (target.manufacturer, target.image_type) or (
            key[2] <= target.version and not (target.downgrade and key[2] != target.version)
        )
        if misfit or not HEADER - 13 <= offer.image_size <= MAX_IMAGE_SIZE:
            self._step(Step.NOTHING)
            return [NoImage(server, Status.INVALID_IMAGE)]
        before = self._download
        if before is None or (before.image, before.size) != (key, offer.image_size):
            self.slot.erase()
        self._download = _Download(server, endpoint, target, key, offer.image_size)
        self._step(Step.OFFERED)
        return self._go_on(self._download, now)

    # blocks

    def _go_on(self, download: _Download, now: float) -> list[Output]:
        """Ask for what comes next, or finish."""
        at = self.slot.size()
        if at >= download.size:
            return self._finish(download, now)
        fetching = self._fetching
        most = min(fetching.block, download.size - at, 255)
        if fetching.page and download.size - at > most and not download.pauses:
            page = ImagePageRequest(
                0, *download.image, at, fetching.block, fetching.page, round(1000 * fetching.spacing)
            )
            self._page_end = min(download.size, at + fetching.page)
            self._due = now + fetching.retry.timeout
            return [self.tell(page, destination=download.server, endpoint=download.endpoint)]
        self._page_end = 0
        self._due = None
        return [
            self.request(
                ImageBlockRequest(0, *download.image, at, most),
                destination=download.server,
                endpoint=download.endpoint,
                now=now,
                retry=fetching.retry,
                expects=frozenset({0x05}),
            )
        ]

    def _block(
        self, received: Received, download: _Download, block: ImageBlockResponse, now: float
    ) -> list[Output]:
        if self.state is not Upgrade.DOWNLOADING:
            return [self.node.drop(received.frame, "unmatched")]
        if block.status == Status.WAIT_FOR_DATA:
            wait = float((block.request_time or 0) - (block.current_time or 0))
            self._step(Step.WAIT)
            self._due = now + min(max(wait, 1.0), LONGEST_WAIT)
            return []
        if block.status != Status.SUCCESS:
            return self._fail(download, f"the server ended the download with status 0x{block.status:02X}")
        image = block.manufacturer_id, block.image_type, block.file_version
        data = block.image_data or b""
        at = self.slot.size()
        if image != download.image or block.file_offset != at or not data or at + len(data) > download.size:
            return [self.node.drop(received.frame, "unmatched")]
        try:
            self.slot.append(data)
            if at < HEADER <= at + len(data):
                header = parse_header(self.slot.read())
                check_target(header, download.target)
                if header.total_size != download.size:
                    raise DecodeError(f"the image says {header.total_size} octets, not {download.size}")
        except (DecodeError, Refused, NotNow) as error:
            return self._spoilt(download, str(error))
        download.pauses = 0
        self._show()
        if self.slot.size() < self._page_end:
            self._due = now + self._fetching.retry.timeout
            return []
        return self._go_on(download, now)

    def _finish(self, download: _Download, now: float) -> list[Output]:
        """Verify the whole image and tell the server."""
        try:
            image = parse(self.slot.read())
            check_target(image.header, download.target)
            check_genuine(image, self._verifier, signed=self._fetching.signed)
            if (image.header.manufacturer, image.header.image_type, image.header.version) != download.image:
                raise Refused("the OTA image is another one than was offered")
        except (DecodeError, Refused) as error:
            return self._spoilt(download, str(error))
        self._step(Step.WHOLE)
        self._due = None
        return [ImageReady(download.image), self._end(download, Status.SUCCESS, now)]

    def _end(self, download: _Download, status: Status, now: float) -> Output:
        body = UpgradeEndRequest(status, *download.image)
        answers = frozenset({0x07}) if status == Status.SUCCESS else frozenset[int]()
        return self.request(
            body,
            destination=download.server,
            endpoint=download.endpoint,
            now=now,
            retry=self._fetching.retry,
            expects=answers,
        )

    def _spoilt(self, download: _Download, reason: str) -> list[Output]:
        """The image is not what it should be: throw it away, and tell the server."""
        self._step(Step.SPOILT)
        self.slot.erase()
        self._download = None
        self._due = None
        body = UpgradeEndRequest(Status.INVALID_IMAGE, *download.image)
        told = self.tell(body, destination=download.server, endpoint=download.endpoint)
        return [told, DownloadFailed(download.image, reason, 0)]

    def _fail(self, download: _Download, reason: str) -> list[Output]:
        """The download does not go on; what has come is kept for another attempt."""
        self._step(Step.FAILED)
        self._due = None
        return [DownloadFailed(download.image, reason, self.slot.size())]

    # the word to upgrade

    def _ordered(
        self, received: Received, download: _Download, order: UpgradeEndResponse, now: float
    ) -> list[Output]:
        answer: list[Output] = [*self.node.default_response(received, Status.SUCCESS)]
        key = order.manufacturer_id, order.image_type, order.file_version
        wildcard = (0xFFFF, 0xFFFF, 0xFFFFFFFF)
        if any(
            have not in (want, any_) for have, want, any_ in zip(key, download.image, wildcard, strict=True)
        ):
            return [self.node.drop(received.frame, "unmatched"), *answer]
        step = Step.HOLD if order.upgrade_time == WAIT_FOR_COMMAND else Step.ORDERED
        if not UPGRADE.allows(self.state, step):
            return [self.node.drop(received.frame, "unmatched"), *answer]
        self._step(step)
        if step is Step.HOLD:
            self._due = now + ASK_AGAIN
            return answer
        self._due = now + max(0, order.upgrade_time - order.current_time)
        return answer + self.tick(now)

    def answered(self, request: Request, received: Received | None, now: float) -> list[Output]:
        """Take note that the server refused a question, or never answered it."""
        body = received.body if received is not None else None
        status = body.status if isinstance(body, DefaultResponse) else None
        download = self._download
        if self.state is Upgrade.QUERYING:
            self._step(Step.NOTHING)
            return [NoImage(request.destination, status)]
        if download is None or request.destination != download.server:
            return []
        if self.state is Upgrade.DOWNLOADING:
            if status is not None:
                return self._fail(download, f"the server refused a block with status 0x{status:02X}")
            return self._pause(download, now)
        if self.state in (Upgrade.COMPLETE, Upgrade.HELD) and status not in (None, Status.SUCCESS):
            return self._fail(download, "the server knows nothing of the image any more")
        if self.state is Upgrade.COMPLETE:
            self._due = now + ASK_AGAIN
        return []

    def _pause(self, download: _Download, now: float) -> list[Output]:
        download.pauses += 1
        if download.pauses > GIVE_UP:
            return self._fail(download, "the server does not answer any more")
        self._step(Step.WAIT)
        self._due = now + min(PAUSE * 2 ** (download.pauses - 1), LONGEST_PAUSE)
        return []

    # time

    def deadline(self) -> float | None:
        """Return when `tick` is next worth calling."""
        return self._due

    def tick(self, now: float) -> list[Output]:
        """Go on with what has become due."""
        if self._due is None or self._due > now:
            return []
        self._due = None
        download = self._download
        if download is None:
            return []
        if self.state is Upgrade.PAUSED:
            self._step(Step.RESUME)
            return self._go_on(download, now)
        if self.state is Upgrade.DOWNLOADING:
            # A block of a page was lost: fetch one by itself, then go on with pages.
            download.pauses = 1
            return self._go_on(download, now)
        if self.state in (Upgrade.HELD, Upgrade.COMPLETE):
            self._due = now + ASK_AGAIN
            return [self._end(download, Status.SUCCESS, now)]
        if self.state is Upgrade.COUNT_DOWN:
            self._step(Step.DUE)
            self._download = None
            return [UpgradeNow(download.image)]
        return []

    def _step(self, step: Step) -> None:
        self.state = UPGRADE.step(self.state, step)
        self._show()

    def _show(self) -> None:
        """Bring the attributes up to date."""
        download, target = self._download, self.target
        done = self.state in (Upgrade.COMPLETE, Upgrade.HELD, Upgrade.COUNT_DOWN)
        self.table.values.update(
            {
                0x0000: NO_SERVER if download is None else download.server,
                0x0001: self.slot.size() if download is not None else 0xFFFFFFFF,
                0x0002: target.version,
                0x0003: self._stack_version,
                0x0004: download.image[2] if download is not None and done else 0xFFFFFFFF,
                0x0006: TOLD[self.state],
                0x0007: target.manufacturer,
                0x0008: target.image_type,
            }
        )

    # what survives

    def export(self) -> dict[str, Any]:
        """Return what survives a restart, beside the slot."""
        download = self._download
        if download is None:
            return {}
        return {
            "server": f"{download.server:016X}",
            "endpoint": download.endpoint,
            "image": list(download.image),
            "size": download.size,
            "held": self.state in (Upgrade.COMPLETE, Upgrade.HELD, Upgrade.COUNT_DOWN),
        }

    def restore(self, record: Mapping[str, Any], now: float) -> None:
        """Go on where an export left off. Raises DecodeError when it is damaged."""
        if not record:
            return
        try:
            maker, kind, version = (int(part) for part in record["image"])
            target = replace(self.target, image_type=kind)
            download = _Download(
                int(record["server"], 16),
                int(record["endpoint"]),
                target if kind == self.target.image_type else replace(target, version=-1),
                (maker, kind, version),
                int(record["size"]),
            )
            held = bool(record["held"])
        except (KeyError, TypeError, ValueError) as error:
            raise DecodeError(f"upgrade record: it cannot be read: {error!r}") from None
        self._download = download
        self._step(Step.QUERY)
        self._step(Step.OFFERED)
        if held and self.slot.size() == download.size:
            self._step(Step.WHOLE)
        else:
            self._step(Step.WAIT)
        self._due = now
        self._show()
