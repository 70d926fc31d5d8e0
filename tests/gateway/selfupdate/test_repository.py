"""A repository that is attacked, damaged or out of date: nothing of it is installed, and it is said why."""

import json
import random
import shutil
import threading
import time
from collections.abc import Callable, Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from gateway.selfupdate.presence import require_tuf
from gateway.selfupdate.releases import release, updater

require_tuf()

from handover.errors import ConfigError, NotNow, Refused  # noqa: E402
from handover.gateway.selfupdate import slots  # noqa: E402
from handover.gateway.selfupdate.adapters.real_disk import RealDisk  # noqa: E402
from handover.gateway.selfupdate.adapters.tuf_repository import TufRepository  # noqa: E402
from handover.gateway.selfupdate.adapters.tuf_source import TufSource  # noqa: E402
from handover.gateway.selfupdate.record import Record  # noqa: E402
from handover.gateway.selfupdate.states import Update  # noqa: E402

pytestmark = pytest.mark.req("REQ.GW.7")

DAY = 86400.0


class Site:
    """A repository with a release in it, and a gateway that trusts it."""

    def __init__(self, folder: Path, now: float | None = None) -> None:
        self.folder = folder
        self.now = time.time() if now is None else now
        self.repository = TufRepository(folder / "repository")
        self.root = folder / "root.json"
        self.root.write_bytes(self.repository.init(self.now).read_bytes())
        self.repository.add(release("1.1.0"), self.now)
        self.disk = RealDisk(folder / "software")
        self.cache = self.disk.root / "repository"

    def source(self, url: str = "") -> TufSource:
        return TufSource(url or self.repository.path.as_uri(), self.root, self.cache)

    def apply(self, url: str = "") -> None:
        updater(self.disk, self.source(url)).apply()

    def is_untouched(self) -> bool:
        """Tell whether no slot holds anything that could start."""
        record = slots.load(self.disk)
        return record.at in (Update.IDLE, Update.ROLLED_BACK) and not record.contents

    def file(self, pattern: str) -> Path:
        (found,) = self.repository.path.glob(pattern)
        return found


@pytest.fixture
def site(tmp_path: Path) -> Site:
    return Site(tmp_path)


@pytest.fixture
def served(site: Site) -> Iterator[str]:
    """The repository behind a web server."""
    handler = partial(SimpleHTTPRequestHandler, directory=str(site.repository.path))
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


def test_a_signed_release_comes_to_its_trial_over_http(
    site: Site, served: str, capfd: pytest.CaptureFixture[str]
) -> None:
    site.apply(served)
    record = slots.load(site.disk)
    assert (record.at, record.target) == (Update.TRIAL, "a")
    assert slots.fault(site.disk, "a", record.content("a")) is None
    assert "GET /metadata/timestamp.json" in capfd.readouterr().err


def test_a_signed_release_comes_to_its_trial_from_a_folder(site: Site) -> None:
    site.apply()
    assert slots.load(site.disk).at is Update.TRIAL


def flipped(path: Path, dice: random.Random) -> None:
    data = bytearray(path.read_bytes())
    data[dice.randrange(len(data))] ^= 1 << dice.randrange(8)
    path.write_bytes(data)


FILES = {
    "the bundle": "targets/*.handover-1.1.0.zip",
    "the channel": "targets/*.stable.json",
    "timestamp": "metadata/timestamp.json",
    "snapshot": "metadata/2.snapshot.json",
    "targets": "metadata/2.targets.json",
}


@pytest.mark.parametrize("name", FILES)
def test_a_flipped_bit_anywhere_is_never_installed(site: Site, name: str) -> None:
    path = site.file(FILES[name])
    good, dice = path.read_bytes(), random.Random(name)
    for _ in range(24):
        flipped(path, dice)
        try:
            site.apply()
        except (Refused, NotNow):
            assert site.is_untouched()
        else:  # the case of a hexadecimal digit in a signature: what was signed is unchanged
            assert json.loads(path.read_bytes())["signed"] == json.loads(good)["signed"]
            slots.store(site.disk, Record())
            shutil.rmtree(site.cache)
        path.write_bytes(good)
    site.apply()  # and what is whole still is


@pytest.mark.parametrize("name", FILES)
def test_a_truncated_or_longer_file_is_never_installed(site: Site, name: str) -> None:
    path = site.file(FILES[name])
    good = path.read_bytes()
    for data in (b"", good[:1], good[: len(good) // 2], good[:-1], good + good):
        path.write_bytes(data)
        with pytest.raises((Refused, NotNow)):
            site.apply()
        assert site.is_untouched()


def test_a_missing_file_or_repository_is_not_there_now(site: Site) -> None:
    site.file(FILES["the bundle"]).unlink()
    with pytest.raises(NotNow, match="safe to try again"):
        site.apply()
    with pytest.raises(NotNow):
        site.apply("http://127.0.0.1:9")
    assert site.is_untouched()


def other_key(site: Site) -> None:
    other = Site(site.folder / "other")
    shutil.rmtree(site.repository.path)
    shutil.copytree(other.repository.path, site.repository.path)


def wrong_key_for_a_role(site: Site) -> None:
    keys = site.repository.path / "keys"
    shutil.copy(keys / "timestamp.pem", keys / "targets.pem")
    site.repository.add(release("1.2.0"), site.now)


def roll_back(site: Site) -> None:
    """The gateway has seen version 3 of the metadata; version 2 is shown again."""
    old = site.file(FILES["timestamp"]).read_bytes()
    site.repository.renew(site.now)
    site.source().newest()
    site.file(FILES["timestamp"]).write_bytes(old)


def mix_and_match(site: Site) -> None:
    """A new snapshot with the targets of an older one."""
    old = site.file(FILES["targets"]).read_bytes()
    site.repository.add(release("1.2.0"), site.now)
    site.file("metadata/3.targets.json").write_bytes(old)


def foreign_root(site: Site) -> None:
    """A second root that the first one has not signed."""
    other = TufRepository(site.folder / "other")
    other.init(site.now)
    other.renew(site.now, root=True)
    metadata = site.repository.path / "metadata"
    shutil.copy(other.path / "metadata" / "2.root.json", metadata / "2.root.json")


@pytest.mark.parametrize(
    "attack",
    [other_key, wrong_key_for_a_role, roll_back, mix_and_match, foreign_root],
    ids=lambda a: a.__name__,
)
def test_an_attack_is_refused(site: Site, attack: Callable[[Site], None]) -> None:
    attack(site)
    with pytest.raises(Refused, match="cannot be trusted"):
        site.apply()
    assert site.is_untouched()


def test_expired_metadata_is_refused_until_it_is_renewed(tmp_path: Path) -> None:
    site = Site(tmp_path, time.time() - 15 * DAY)
    with pytest.raises(Refused, match="expired"):
        site.apply()
    assert site.is_untouched()
    site.repository.renew(time.time())
    site.apply()
    assert slots.load(site.disk).at is Update.TRIAL


def test_an_older_or_equal_version_is_refused(tmp_path: Path) -> None:
    site = Site(tmp_path)
    for current in ("1.1.0", "1.2.0"):
        with pytest.raises(Refused, match="not newer"):
            updater(site.disk, site.source(), current).apply()
    assert site.is_untouched()


def test_keys_may_change_when_the_old_root_signs_it(site: Site) -> None:
    site.repository.renew(site.now, root=True)
    site.apply()
    assert slots.load(site.disk).at is Update.TRIAL


def test_torn_metadata_in_the_cache_is_fetched_again(site: Site) -> None:
    site.source().newest()
    for path in (site.cache / "metadata").glob("*.json"):
        if not path.is_symlink():
            path.write_bytes(path.read_bytes()[:-40])
    site.apply()
    assert slots.load(site.disk).at is Update.TRIAL


def test_a_publisher_is_kept_from_mistakes(site: Site) -> None:
    with pytest.raises(ConfigError, match=r"not newer than 1\.1\.0"):
        site.repository.add(release("1.0.9"), site.now)
    with pytest.raises(ConfigError, match="is a repository already"):
        site.repository.init(site.now)
    with pytest.raises(ConfigError, match="init-repo"):
        TufRepository(site.folder / "nowhere").add(release("1.1.0"), site.now)
    (site.repository.path / "keys" / "targets.pem").unlink()
    with pytest.raises(ConfigError, match=r"targets\.pem cannot be used"):
        site.repository.renew(site.now)


def test_a_gateway_without_the_root_or_with_an_odd_address_is_told(site: Site) -> None:
    with pytest.raises(ConfigError, match="must begin with"):
        site.apply("ftp://example.net/x")
    site.root.unlink()
    with pytest.raises(ConfigError, match=r"1\.root\.json"):
        site.apply()


def test_another_channel_has_its_own_release(site: Site) -> None:
    site.repository.add(release("2.0.0"), site.now, channel="testing")
    assert site.source().newest().version == "1.1.0"
    url = site.repository.path.as_uri()
    assert TufSource(url, site.root, site.folder / "c", channel="testing").newest().version == "2.0.0"
    with pytest.raises(Refused, match="no channel 'nightly'"):
        TufSource(url, site.root, site.folder / "c", channel="nightly").newest()
