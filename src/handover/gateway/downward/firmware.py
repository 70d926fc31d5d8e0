"""Firmware and credentials on their way down: files of the server become images that devices fetch.

The content is opaque: it is loaded whole, must be a ZigBee OTA image, and is offered as it is; its signature
is the device's to check. A file that names an LFDI goes to that device alone: credentials travel so. When it
is to be used is the server's word (`activateTime`); without one, devices wait.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Protocol

from handover.errors import DecodeError, Refused
from handover.gateway.downward.devices import HanDevice
from handover.gateway.outputs import Forget, Keep
from handover.gateway.step import Step
from handover.sep1.ota.library import Key, key_of
from handover.sep1.ota.outputs import DownloadBegan, DownloadEnded, DownloadProgress
from handover.sep1.ota.server import OtaServer
from handover.sep1.server import Output
from handover.sep1.types import Status
from handover.sep2.client.download import Download, Load
from handover.sep2.client.outputs import Answer, Failure, Fetch
from handover.sep2.resources.common import Link
from handover.sep2.resources.file_download import File, FileStatus
from handover.sep2.server.messages import Response

RECORD = "down.file"
LARGEST = 8 << 20
"""Octets of the largest file that is taken."""

SOFTWARE, CREDENTIAL = 0, 1
FALSE, ABORTED = int(Load.FALSE_SIGNATURE), int(Load.FAILED)

Tell = Callable[[Step, HanDevice, FileStatus], None]
"""Puts a device's FileStatus to the server."""


class Images(Protocol):
    """Where loaded content is kept. Both take effect durably when they return."""

    def read(self, name: str) -> bytes | None:
        """Return the content, None when it is not there."""

    def write(self, name: str, content: bytes) -> None:
        """Keep the content instead of what was there. Raises NotNow when it cannot."""


class MemoryImages:
    """Content that lasts as long as the process."""

    def __init__(self) -> None:
        self._content: dict[str, bytes] = {}

    def read(self, name: str) -> bytes | None:
        """Return the content."""
        return self._content.get(name)

    def write(self, name: str, content: bytes) -> None:
        """Keep the content."""
        self._content[name] = content


@dataclass(slots=True)
class Stored:
    """A file that was loaded: its path at the server, and the image that it holds."""

    path: str
    version: str
    size: int
    image: tuple[int, int, int]


@dataclass(slots=True)
class _Loading:
    file: File
    load: Download
    content: bytearray = field(default_factory=bytearray)


class Firmware:
    """The files of the server on our HAN. `authority` is the server's "host:port"."""

    def __init__(self, server: OtaServer, images: Images, authority: str | None, tell: Tell) -> None:
        self._server = server
        self._images = images
        self._authority = authority or ""
        self._tell = tell
        self._stored: dict[str, Stored] = {}
        self._files: dict[Key, File] = {}
        self._loading: dict[str, _Loading] = {}
        self._asked: dict[Fetch, str] = {}
        self._refused: dict[str, str] = {}

    def restore(self, records: dict[str, Stored]) -> None:
        """Take over what the journal holds; it is offered again once the server has named it."""
        self._stored = {stored.path: stored for stored in records.values()}

    def observe(self, step: Step, files: dict[str, File], devices: dict[bytes, int]) -> list[Output]:
        """Take in the server's files by path; `devices` gives the EUI-64 for each LFDI of ours."""
        outputs: list[Output] = []
        for path, file in files.items():
            if int.from_bytes(file.type) not in (SOFTWARE, CREDENTIAL) or file.size > LARGEST:
                continue
            if file.lFDI is not None and file.lFDI not in devices:
                continue
            stored = self._stored.get(path)
            if stored is not None and (stored.version, stored.size) == (file.mfVer, file.size):
                outputs += self._offer(step, path, file, devices)
            elif path not in self._loading and self._refused.get(path) != file.mfVer:
                self._begin(step, path, file)
        for path in self._stored.keys() - files.keys():
            self._withdraw(step, path)
        return outputs

    def _begin(self, step: Step, path: str, file: File) -> None:
        try:
            self._loading[path] = _Loading(file, Download(file, self._authority))
        except Refused as error:
            self._refused[path] = file.mfVer
            step.log("warning", f"a file is not taken: {error}", file=path)

    def _withdraw(self, step: Step, path: str) -> None:
        stored = self._stored.pop(path)
        self._server.library.remove(stored.image)
        self._files.pop(stored.image, None)
        step.changes.append(Forget(RECORD, path))
        step.audit("image withdrawn", file=path)

    def _offer(self, step: Step, path: str, file: File, devices: dict[bytes, int]) -> list[Output]:
        """Offer an image on the server's present terms; who waits for the word gets it."""
        stored = self._stored[path]
        content = self._images.read(_name(path))
        if content is None:
            del self._stored[path]
            self._begin(step, path, file)
            return []
        known = self._server.library.find(stored.image)
        new = known is None
        before = None if known is None else (known.hold, known.upgrade_at)
        wanted = None if file.lFDI is None else frozenset({devices[file.lFDI]})
        at = None if file.activateTime is None else float(file.activateTime)
        offer = self._server.publish(content, devices=wanted, upgrade_at=at, hold=at is None)
        self._files[stored.image] = file
        outputs: list[Output] = []
        if new:
            for eui64 in wanted or devices.values():
                outputs += self._server.notify(eui64, offer)
        elif before != (offer.hold, offer.upgrade_at) and at is not None:
            for eui64, key in self._server.waiting.items():
                if key == stored.image:
                    outputs += self._server.release(eui64, step.wall, at=at)
        return outputs

    # Loading

    def ask(self, now: float) -> list[Fetch]:
        """Return the requests for content that are due."""
        asks = []
        for path, loading in list(self._loading.items()):
            request = loading.load.next(now)
            if request is not None:
                fetch = Fetch(request.path, request.query, request.headers)
                self._asked[fetch] = path
                asks.append(fetch)
        return asks

    def takes(self, event: Answer | Failure) -> bool:
        """Tell whether this is the outcome of a request of ours."""
        return isinstance(event.ask, Fetch) and event.ask in self._asked

    def outcome(self, step: Step, event: Answer | Failure) -> bool:
        """Take the outcome of a request; tell whether a file is whole now."""
        assert isinstance(event.ask, Fetch)
        path = self._asked.pop(event.ask)
        loading = self._loading.get(path)
        if loading is None:
            return False
        if isinstance(event, Failure):
            loading.load.failed(step.wall)
            return False
        piece = loading.load.answered(Response(event.status, dict(event.headers), event.body), step.wall)
        if piece is not None:
            del loading.content[piece.offset :]
            loading.content += piece.content
        if loading.load.progress.status is Load.FAILED:
            self._give_up(step, path, "the server did not give it")
        elif loading.load.progress.status is Load.LOADED:
            return self._whole(step, path, loading)
        return False

    def _whole(self, step: Step, path: str, loading: _Loading) -> bool:
        content = bytes(loading.content)
        try:
            offer = self._server.publish(content, devices=frozenset(), hold=True)
        except (DecodeError, Refused) as error:
            self._give_up(step, path, f"it is no image that can be offered: {error}")
            return False
        key = key_of(offer.header)
        self._server.library.remove(key)
        self._images.write(_name(path), content)
        stored = Stored(path, loading.file.mfVer, loading.file.size, key)
        self._stored[path] = stored
        del self._loading[path]
        step.changes.append(Keep(RECORD, path, stored))
        step.audit("image loaded", file=path, manufacturer=key[0], type=key[1], version=f"{key[2]:08X}")
        return True

    def _give_up(self, step: Step, path: str, reason: str) -> None:
        loading = self._loading.pop(path)
        self._refused[path] = loading.file.mfVer
        step.log("warning", f"a file is given up: {reason}", file=path)
        step.audit("image refused", file=path)

    def deadline(self) -> float | None:
        """Return when `ask` is next worth calling (Unix seconds of our clock)."""
        times = [loading.load.deadline() for loading in self._loading.values()]
        return min((time for time in times if time is not None), default=None)

    # What devices tell

    def told(
        self, step: Step, device: HanDevice, output: DownloadBegan | DownloadProgress | DownloadEnded
    ) -> None:
        """Tell the server how a device fares."""
        file = self._files.get(output.image)
        if file is None:
            return
        percent, status = 0, Load.LOADING
        if isinstance(output, DownloadProgress):
            percent = 100 * output.offset // max(output.size, 1)
        elif isinstance(output, DownloadEnded):
            percent, status = 100, _ENDED.get(output.status, Load.FAILED)
            step.audit("image fetched", device=device.id, status=output.status)
        self._tell(
            step,
            device,
            FileStatus(
                activateTime=file.activateTime,
                FileLink=None if file.href is None else Link(href=file.href),
                loadPercent=percent,
                nextRequestAttempt=0,
                request503Count=0,
                requestFailCount=0,
                status=int(status),
                statusTime=int(step.now),
            ),
        )


_ENDED: dict[int, Load] = {Status.SUCCESS: Load.VERIFIED, Status.INVALID_IMAGE: Load.FALSE_SIGNATURE}


def _name(path: str) -> str:
    """Return a name for the content of a path that is safe as a file's."""
    return path.encode().hex()
