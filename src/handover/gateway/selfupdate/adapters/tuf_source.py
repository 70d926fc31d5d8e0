"""Offers from a repository of The Update Framework, over HTTP(S) or from a folder.

The library checks signatures, versions, expiry and the fit of the metadata with each other. The metadata
names one small target, the channel, which names the bundle. Nothing is handed out that it did not verify.
"""

import contextlib
from collections.abc import Iterator
from pathlib import Path
from typing import Final
from urllib.parse import unquote, urlsplit

import msgspec
from tuf.api.exceptions import DownloadError, DownloadHTTPError, ExpiredMetadataError, RepositoryError
from tuf.api.metadata import TargetFile
from tuf.ngclient import Updater
from tuf.ngclient.config import UpdaterConfig
from tuf.ngclient.fetcher import FetcherInterface
from tuf.ngclient.urllib3_fetcher import Urllib3Fetcher

from handover.errors import ConfigError, NotNow, Refused
from handover.gateway.selfupdate.bundle import LARGEST
from handover.gateway.selfupdate.updater import Offer

_BLOCK: Final = 1 << 16


class Channel(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What the target `<channel>.json` says: the release to install, and its bundle's path."""

    version: str
    bundle: str


class TufSource:
    """The repository at `url`, trusted by the metadata in the file `root`; `cache` keeps what was seen."""

    def __init__(self, url: str, root: Path, cache: Path, *, channel: str = "stable") -> None:
        self._url = url.rstrip("/")
        self._root = root
        self._cache = cache
        self._channel = channel
        self._updater: Updater | None = None
        self._found: TargetFile | None = None

    def newest(self) -> Offer:
        """Return what the channel offers. Raises Refused, NotNow or ConfigError, saying why."""
        with _explained(self._url):
            self._updater = updater = self._opened()
            updater.refresh()
            name = f"{self._channel}.json"
            info = updater.get_targetinfo(name)
            if info is None:
                raise Refused(f"the repository at {self._url} has no channel {self._channel!r}")
            channel = msgspec.json.decode(self._read(updater, info), type=Channel)
            found = updater.get_targetinfo(channel.bundle)
            if found is None or "sha256" not in found.hashes:
                raise Refused(
                    f"the channel {self._channel!r} names a bundle that the repository has not signed"
                )
            if found.length > LARGEST:
                raise Refused(f"the bundle of {found.length} octets is larger than {LARGEST >> 20} MiB")
        self._found = found
        return Offer(channel.version, channel.bundle, found.length, found.hashes["sha256"])

    def fetch(self, offer: Offer) -> bytes:
        """Return the bundle of the last offer. Raises Refused when it is not the one that was signed."""
        if self._updater is None or self._found is None or self._found.path != offer.path:
            raise NotNow("ask for the newest offer first")
        with _explained(self._url):
            return self._read(self._updater, self._found)

    def _opened(self) -> Updater:
        try:
            trusted = self._root.read_bytes()
        except OSError as error:
            raise ConfigError(
                f"[update] root {self._root} cannot be read: {error.strerror or error}. "
                "It is metadata/1.root.json of the repository; get it in a way that you trust"
            ) from error
        for folder in ("metadata", "targets"):
            (self._cache / folder).mkdir(parents=True, exist_ok=True)
        return Updater(
            metadata_dir=str(self._cache / "metadata"),
            metadata_base_url=f"{self._url}/metadata/",
            target_dir=str(self._cache / "targets"),
            target_base_url=f"{self._url}/targets/",
            fetcher=_fetcher(self._url),
            config=UpdaterConfig(app_user_agent="handover"),
            bootstrap=trusted,
        )

    def _read(self, updater: Updater, info: TargetFile) -> bytes:
        path = Path(updater.download_target(info, filepath=str(self._cache / "targets" / "arriving")))
        data = path.read_bytes()
        path.unlink()
        return data


class FolderFetcher(FetcherInterface):
    """Reads `file://` URLs, for a repository on a stick or a mounted disk."""

    def _fetch(self, url: str) -> Iterator[bytes]:
        path = Path(unquote(urlsplit(url).path))
        if not path.is_file():
            raise DownloadHTTPError(f"{path}: no such file", 404)
        return _blocks(path)


def _blocks(path: Path) -> Iterator[bytes]:
    """Give the file in blocks; it is open for none of them when the reader loses interest."""
    start = 0
    while True:
        with path.open("rb") as file:
            file.seek(start)
            block = file.read(_BLOCK)
        if not block:
            return
        yield block
        start += len(block)


def _fetcher(url: str) -> FetcherInterface:
    kind = urlsplit(url).scheme
    if kind == "file":
        return FolderFetcher()
    if kind in ("http", "https"):
        return Urllib3Fetcher(app_user_agent="handover")
    raise ConfigError(f"[update] url {url!r} must begin with https://, http:// or file:///")


@contextlib.contextmanager
def _explained(url: str) -> Iterator[None]:
    try:
        yield
    except ExpiredMetadataError as error:
        raise Refused(
            f"the repository at {url} shows expired metadata ({error}): it is not looked after any more, or "
            "somebody holds newer metadata back. Check this machine's clock; tell who runs the repository"
        ) from error
    except RepositoryError as error:
        raise Refused(f"what the repository at {url} shows cannot be trusted: {error}") from error
    except DownloadError as error:
        cause = error.__cause__ or error
        raise NotNow(f"the repository at {url} cannot be read: {cause}; it is safe to try again") from error
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise Refused(f"the channel of the repository at {url} cannot be read: {error}") from error
    except OSError as error:
        raise NotNow(f"the files of the update cannot be read or written: {error}") from error
