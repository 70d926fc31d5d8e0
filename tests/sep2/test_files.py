"""Files: which ones a device is told of, their content in parts, and the client that loads it."""

from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from handover.errors import ConfigError, NotNow, Refused
from handover.sep2 import xml
from handover.sep2.adapters.blob_folder import PublishedFiles
from handover.sep2.client.download import FIRST_PAUSE, MOST_FAILURES, Download, Load, Progress
from handover.sep2.esi import Esi
from handover.sep2.resources.file_download import File, FileList
from handover.sep2.server import Request, Response
from handover.sep2.server.blobs import Octets
from handover.sep2.versions import version_key
from sep2.tree_samples import OTHER, OWN

T = 1_700_000_000.0
AUTHORITY = "esi.local:443"
CONTENT = bytes(range(256)) * 5
NUMBERS = st.lists(st.integers(0, 999), min_size=1, max_size=4)


def file(version: str, *, maker: int = 37250, model: str = "T1", kind: bytes = b"\0\0", **more: Any) -> File:
    values = {"fileURI": "/file/0/content", "size": len(CONTENT)} | more
    return File(mfID=maker, mfModel=model, mfVer=version, type=kind, **values)


class Shelf(dict[str, Any]):
    """Content by path."""

    def find(self, path: str) -> Any:
        return self.get(path)


class World:
    def __init__(self) -> None:
        self.shelf = Shelf({"/file/0/content": Octets(CONTENT, '"one"')})
        self.esi = Esi(content=self.shelf)
        self.esi.admit(OWN, 111115, T)

    def ask(
        self, path: str, query: str = "", method: str = "GET", peer: Any = OWN, **headers: str
    ) -> Response:
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        return self.esi.handle(Request(method, path, query, named, peer=peer), T)

    def versions(self, query: str) -> list[str]:
        page = xml.decode(self.ask("/file", f"s=0&l=50&{query}").body, FileList)
        assert (page.all, page.results) == (len(page.File), len(page.File))
        return [found.mfVer for found in page.File]


@pytest.fixture
def world() -> World:
    return World()


class TestFilter:
    @pytest.fixture
    def stocked(self, world: World) -> World:
        for version in ("1.9", "1.10", "2.0-rc1", "1.2"):
            world.esi.store.add("/file", file(version))
        world.esi.store.add("/file", file("5", maker=1))
        world.esi.store.add("/file", file("6", model="T 2"))
        world.esi.store.add("/file", file("7", kind=b"\0\1"))
        return world

    @pytest.mark.parametrize(
        ("query", "versions"),
        [
            ("", ["5", "6", "7", "2.0-rc1", "1.10", "1.9", "1.2"]),
            ("mfId=37250&mfModel=T1&type=00", ["2.0-rc1", "1.10", "1.9", "1.2"]),
            ("mfID=37250&mfModel=T1&type=0000&mfVer=1.9", ["2.0-rc1", "1.10"]),
            ("mfModel=T%202", ["6"]),
            ("mfModel=T+2", ["6"]),
            ("type=1", ["7"]),
            ("mfId=1", ["5"]),
            ("mfId=2", []),
            ("mfVer=7", []),
        ],
    )
    def test_a_query_selects(self, stocked: World, query: str, versions: list[str]) -> None:
        assert stocked.versions(query) == versions

    @pytest.mark.parametrize("query", ["type=xyz", "type=", "mfId=-1", "mfId=1e3", "mfId=%C2%B2"])
    def test_numbers_that_are_none_are_refused(self, stocked: World, query: str) -> None:
        answer = stocked.ask("/file", query)
        assert answer.status == 400
        assert b"query parameter" in answer.body

    def test_other_lists_do_not_mind(self, stocked: World) -> None:
        assert stocked.ask("/dr", "type=xyz").status == 200

    @given(
        st.lists(st.integers(0, 999), min_size=1, max_size=4),
        st.lists(st.integers(0, 999), min_size=1, max_size=4),
    )
    def test_numbers_count_as_numbers(self, one: list[int], other: list[int]) -> None:
        texts = [".".join(map(str, numbers)) for numbers in (one, other)]
        assert (version_key(texts[0]) < version_key(texts[1])) == (one < other)


class TestContent:
    @pytest.mark.parametrize(
        ("wanted", "start", "stop"),
        [
            ("bytes=0-9", 0, 10),
            ("bytes=10-", 10, 1280),
            ("bytes=-5", 1275, 1280),
            ("bytes=1279-5000", 1279, 1280),
            ("bytes=-5000", 0, 1280),
        ],
    )
    def test_a_part(self, world: World, wanted: str, start: int, stop: int) -> None:
        answer = world.ask("/file/0/content", Range=wanted)
        assert (answer.status, answer.body) == (206, CONTENT[start:stop])
        assert answer.headers["Content-Range"] == f"bytes {start}-{stop - 1}/1280"
        assert answer.headers["Content-Length"] == str(stop - start)

    @pytest.mark.parametrize(
        "wanted", ["", "bytes=5-2", "bytes=-", "lines=1-2", "bytes=0-1,5-6", "bytes=a-b"]
    )
    def test_the_whole(self, world: World, wanted: str) -> None:
        answer = world.ask("/file/0/content", **({"Range": wanted} if wanted else {}))
        assert (answer.status, answer.body) == (200, CONTENT)
        assert answer.headers["Accept-Ranges"] == "bytes"

    @pytest.mark.parametrize("wanted", ["bytes=1280-", "bytes=5000-6000", "bytes=-0"])
    def test_a_part_that_is_not_there(self, world: World, wanted: str) -> None:
        answer = world.ask("/file/0/content", Range=wanted)
        assert (answer.status, answer.headers["Content-Range"]) == (416, "bytes */1280")

    def test_head_and_if_range(self, world: World) -> None:
        head = world.ask("/file/0/content", method="HEAD", Range="bytes=0-9")
        assert (head.status, head.headers["Content-Length"], head.body) == (206, "10", b"")
        assert world.ask("/file/0/content", Range="bytes=0-9", If_Range='"one"').status == 206
        assert world.ask("/file/0/content", Range="bytes=0-9", If_Range='"two"').status == 200

    def test_who_may_not_see_the_file_does_not_see_its_content(self, world: World) -> None:
        assert world.ask("/file/0/content", peer=OTHER).status == 404
        assert world.ask("/file/0/other").status == 404
        assert world.ask("/file/0/../0/content").status == 400
        assert world.ask("/file/0/content", method="PUT").status in (403, 404, 405)


def test_files_on_disk(tmp_path: Path) -> None:
    here = tmp_path / "image.bin"
    here.write_bytes(CONTENT)
    files = PublishedFiles()
    blob = files.publish("/file/0/content", here)
    assert files.find("/file/0/content") is blob
    assert (blob.size, blob.read(3, 9)) == (1280, CONTENT[3:9])
    assert files.find("/file/0/content/../../image.bin") is None
    here.write_bytes(CONTENT[1:])
    with pytest.raises(NotNow, match="being replaced"):
        blob.read(0, 1)
    assert files.publish("/file/0/content", here).etag != blob.etag
    here.unlink()
    with pytest.raises(NotNow, match="cannot be read"):
        blob.read(0, 1)
    with pytest.raises(ConfigError, match="cannot be read"):
        files.publish("/x", here)
    files.withdraw("/file/0/content")
    assert files.find("/file/0/content") is None


class Loader:
    """A device that loads a file from the ESI."""

    def __init__(
        self, world: World, *, piece: int = 100, progress: Progress | None = None, **more: Any
    ) -> None:
        self.world = world
        self.download = Download(file("1", href="/file/0", **more), AUTHORITY, piece=piece, progress=progress)
        self.kept = bytearray()
        self.now = T

    def step(self, fate: str = "fine") -> None:
        request = self.download.next(self.now)
        if request is None:
            due = self.download.deadline()
            if due is not None:
                self.now = max(self.now, due)
            return
        if fate == "lost":
            self.download.failed(self.now)
            return
        request.peer = OWN
        response = self.world.esi.handle(request, self.now)
        if fate == "busy":
            response = Response(503, {"Retry-After": "5"})
        elif fate == "cut":
            response.body = response.body[:-1]
        piece = self.download.answered(response, self.now)
        if piece is not None:
            if piece.offset == 0:
                self.kept.clear()
            assert piece.offset == len(self.kept)
            self.kept += piece.content

    def run(self, steps: int = 200) -> bytes:
        for _ in range(steps):
            if self.download.progress.status > Load.LOADING:
                break
            self.step()
        return bytes(self.kept)


class TestDownload:
    def test_a_file_is_loaded_verified_and_activated(self, world: World) -> None:
        loader = Loader(world, activateTime=int(T) + 60)
        percents = []
        while loader.download.progress.status <= Load.LOADING:
            percents.append(loader.download.status().loadPercent)
            loader.step()
        assert percents == sorted(percents)
        assert bytes(loader.kept) == CONTENT
        status = loader.download.status()
        assert (status.status, status.loadPercent, status.activateTime) == (3, 100, int(T) + 60)
        assert status.FileLink is not None
        assert status.FileLink.href == "/file/0"
        for state in (Load.VERIFIED, Load.ACTIVATING, Load.ACTIVE):
            loader.download.went(state, T + 5)
            assert loader.download.status().status == state
        assert loader.download.deadline() is None
        with pytest.raises(Refused, match="ACTIVE does not become VERIFIED"):
            loader.download.went(Load.VERIFIED, T)

    def test_busy_servers_and_failures_are_counted_apart(self, world: World) -> None:
        loader = Loader(world)
        loader.step("busy")
        assert loader.download.deadline() == T + 5
        assert loader.download.next(T + 4) is None
        loader.step()
        loader.step("lost")
        assert loader.download.deadline() == loader.now + FIRST_PAUSE
        status = loader.download.status()
        assert (status.request503Count, status.requestFailCount) == (1, 1)
        assert loader.run() == CONTENT

    def test_it_gives_up_in_the_end(self, world: World) -> None:
        loader = Loader(world)
        for _ in range(3 * MOST_FAILURES):
            loader.step("lost")
        assert loader.download.progress.status is Load.FAILED
        assert loader.download.next(loader.now + 1e9) is None

    def test_it_goes_on_after_a_restart(self, world: World) -> None:
        first = Loader(world)
        for _ in range(5):
            first.step()
        again = Loader(world, progress=first.download.progress)
        again.kept = first.kept
        assert len(again.kept) == 500
        assert again.run() == CONTENT

    def test_a_file_of_another_size_is_not_loaded(self, world: World) -> None:
        loader = Loader(world, size=1279)
        loader.run()
        assert loader.download.progress.status is Load.FAILED

    def test_an_empty_file_is_loaded_at_once(self, world: World) -> None:
        loader = Loader(world, size=0)
        assert loader.run() == b""
        assert loader.download.progress.status is Load.LOADED

    @pytest.mark.parametrize("uri", ["https://elsewhere/x", "http://esi.local:444/x", "file:///etc/passwd"])
    def test_content_elsewhere_is_refused(self, uri: str) -> None:
        with pytest.raises(Refused, match="on another server"):
            Download(file("1", fileURI=uri), AUTHORITY)

    def test_an_absolute_address_of_the_server_is_fine(self) -> None:
        request = Download(file("1", fileURI=f"https://{AUTHORITY}/x?y=1"), AUTHORITY).next(T)
        assert request is not None
        assert (request.path, request.query) == ("/x", "y=1")

    @settings(max_examples=150, deadline=None)
    @given(
        st.integers(1, 700),
        st.lists(st.sampled_from(["fine", "fine", "lost", "busy", "cut", "replaced"]), max_size=40),
    )
    def test_never_a_mixture(self, piece: int, fates: list[str]) -> None:
        world = World()
        contents = [CONTENT]
        loader = Loader(world, piece=piece)
        for fate in fates:
            if fate == "replaced":
                contents.append(bytes(len(contents) ^ octet for octet in CONTENT))
                world.shelf["/file/0/content"] = Octets(contents[-1], f'"{len(contents)}"')
            else:
                loader.step(fate)
        loader.run(4000)
        assert loader.download.progress.status in (Load.LOADED, Load.FAILED)
        if loader.download.progress.status is Load.LOADED:
            assert bytes(loader.kept) in contents
