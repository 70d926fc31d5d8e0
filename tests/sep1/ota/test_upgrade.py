"""Server and client of OTA over a wire: whole images, whatever the wire does to them."""

import random
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

import pytest

from handover.errors import DecodeError, NotNow, Refused
from handover.sep1 import frame as zcl
from handover.sep1.aps import ApsFrame
from handover.sep1.clusters.ota import (
    WAIT_FOR_COMMAND,
    ImageBlockRequest,
    ImageBlockResponse,
    ImagePageRequest,
    ImageUpgradeStatus,
    UpgradeEndResponse,
)
from handover.sep1.ota.client import Fetching, OtaClient
from handover.sep1.ota.image import Header
from handover.sep1.ota.integrity import with_integrity
from handover.sep1.ota.outputs import (
    DownloadBegan,
    DownloadEnded,
    DownloadFailed,
    DownloadProgress,
    ImageReady,
    NoImage,
    UpgradeNow,
)
from handover.sep1.ota.server import OtaServer
from handover.sep1.ota.slot import MemorySlot
from handover.sep1.ota.states import UPGRADE, Upgrade
from handover.sep1.ota.verify import Target
from handover.sep1.types import Status
from sep1.dialogue import ESI, OURS
from sep1.wire import Wire

KEY = (0x1234, 0x0001, 7)
TARGET = Target(OURS, 0x1234, 0x0001, version=6, hardware=3)


def image(size: int = 3000, version: int = 7, *, seed: int = 1, **fields: Any) -> bytes:
    kind = fields.pop("image_type", 0x0001)
    return with_integrity(
        Header(0x1234, kind, version, 0, **fields), [(0, random.Random(seed).randbytes(size))]
    )


class Upgrading(Wire):
    """A server with the ESI and a client with the device; `draws` are those of the client."""

    def __init__(
        self,
        fate: Callable[[ApsFrame], Sequence[float]] = lambda frame: (0,),
        *,
        target: Target = TARGET,
        slot: MemorySlot | None = None,
        fetching: Fetching | None = None,
        draw: float = 0.5,
        **server: Any,
    ) -> None:
        super().__init__(fate)
        self.start()
        self.server = OtaServer(self.esi.node, **server)
        self.esi.add(self.server)
        self.upgrade = OtaClient(self.client.node, target, draw=lambda: draw, slot=slot, fetching=fetching)
        self.client.add(self.upgrade)
        self.passes(30)
        self.esi_hears.clear()
        self.client_hears.clear()
        self.frames.clear()

    def query(self) -> None:
        self.client_does(self.upgrade.query(ESI, self.now))

    def sent(self, kind: type) -> list[Any]:
        found = []
        for frame in self.frames:
            header, at = zcl.parse_header(frame.payload)
            body = zcl.parse_body(frame.cluster_id, header, frame.payload[at:])
            if isinstance(body, kind):
                found.append(body)
        return found


def test_the_table_has_no_dead_end() -> None:
    assert UPGRADE.problems() == []


@pytest.mark.parametrize("size", [1, 48, 49, 3000])
def test_an_image_arrives_and_is_used_at_once(size: int) -> None:
    wire = Upgrading()
    octets = image(size)
    wire.server.publish(octets)
    wire.query()
    assert wire.client_heard(ImageReady) == [ImageReady(KEY)]
    assert wire.client_heard(UpgradeNow) == [UpgradeNow(KEY)]
    assert wire.upgrade.slot.read() == octets
    assert wire.esi_heard(DownloadEnded) == [DownloadEnded(OURS, KEY, Status.SUCCESS)]
    assert wire.server.downloading == {}
    wire.upgrade.installed(7)
    wire.query()
    assert wire.client_heard(NoImage) == [NoImage(ESI, Status.NO_IMAGE_AVAILABLE)]


def test_progress_is_told_by_tenths_and_in_the_attributes() -> None:
    wire = Upgrading()
    wire.server.publish(image(20_000))
    seen = []

    def fate(frame: ApsFrame) -> Sequence[float]:
        values = wire.upgrade.table.values
        seen.append((values[0x0006], values[0x0001], values[0x0000]))
        return (0.01,)

    wire.fate = fate
    wire.query()
    wire.passes(60)
    assert wire.esi_heard(DownloadBegan) == [DownloadBegan(OURS, KEY)]
    assert [10 * p.offset // p.size for p in wire.esi_heard(DownloadProgress)] == list(range(1, 10))
    running = [row for row in seen if row[0] == ImageUpgradeStatus.DOWNLOAD_IN_PROGRESS]
    assert [row[1] for row in running] == sorted(row[1] for row in running)
    assert {row[2] for row in running} == {ESI}


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("page", [0, 480])
def test_a_long_image_arrives_over_a_bad_wire(seed: int, page: int) -> None:
    """A tenth of the frames lost, a tenth doubled, all of them late by up to two seconds."""
    draws = random.Random(seed)

    def fate(frame: ApsFrame) -> Sequence[float]:
        if draws.random() < 0.1:
            return ()
        copies = 2 if draws.random() < 0.1 else 1
        return [2 * draws.random() for _ in range(copies)]

    octets = image(20_000 if page else 40_000, seed=seed)
    wire = Upgrading(fetching=Fetching(page=page))
    wire.server.publish(octets)
    wire.fate = fate
    wire.query()
    for _ in range(40):
        wire.passes(3600)
        if wire.client_heard(UpgradeNow):
            break
    assert wire.client_heard(UpgradeNow) == [UpgradeNow(KEY)]
    assert wire.upgrade.slot.read() == octets


def test_a_page_takes_one_request() -> None:
    wire = Upgrading(fetching=Fetching(page=960))
    wire.server.publish(image(4800 - 56 - 12 - 16 + 6 - 6))
    wire.query()
    wire.passes(120)
    assert wire.client_heard(UpgradeNow) == [UpgradeNow(KEY)]
    assert len(wire.sent(ImagePageRequest)) == 5
    assert wire.sent(ImageBlockRequest) == []
    assert wire.server.counters["pages"] == 5


def test_a_device_is_slowed_down() -> None:
    wire = Upgrading(period=5.0)
    wire.server.publish(image(480))
    begun = wire.now
    wire.query()
    wire.passes(600)
    assert wire.client_heard(UpgradeNow) == [UpgradeNow(KEY)]
    blocks = -(-len(image(480)) // 48)
    waits = [b for b in wire.sent(ImageBlockResponse) if b.status == Status.WAIT_FOR_DATA]
    assert len(waits) == blocks - 1 == wire.server.counters["waits"]
    assert all(w.request_time - w.current_time == 5 for w in waits)
    assert wire.now > begun


def test_more_devices_than_may_fetch_at_once_wait() -> None:
    wire = Upgrading(downloads=0)
    wire.server.publish(image())
    wire.query()
    assert wire.upgrade.state is Upgrade.PAUSED
    wire.server._limit = 1
    wire.passes(61)
    assert wire.client_heard(UpgradeNow) == [UpgradeNow(KEY)]


def test_an_upgrade_waits_for_its_time() -> None:
    wire = Upgrading()
    at = wire.now + 3000
    wire.server.publish(image(), upgrade_at=at)
    wire.query()
    assert wire.upgrade.state is Upgrade.COUNT_DOWN
    assert wire.upgrade.table.values[0x0006] == ImageUpgradeStatus.COUNT_DOWN
    wire.passes(2990)
    assert wire.client_heard(UpgradeNow) == []
    wire.passes(20)
    assert wire.client_heard(UpgradeNow) == [UpgradeNow(KEY)]


def test_an_upgrade_waits_for_the_word() -> None:
    wire = Upgrading()
    wire.server.publish(image(), hold=True)
    wire.query()
    assert wire.upgrade.state is Upgrade.HELD
    assert wire.upgrade.table.values[0x0006] == ImageUpgradeStatus.WAITING_TO_UPGRADE
    assert wire.server.waiting == {OURS: KEY}
    wire.passes(3 * 3600)
    answers = wire.sent(UpgradeEndResponse)
    assert len(answers) == 4, "a device that waits asks every hour"
    assert {a.upgrade_time for a in answers} == {WAIT_FOR_COMMAND}
    assert wire.esi_heard(DownloadEnded) == [DownloadEnded(OURS, KEY, Status.SUCCESS)]
    wire.esi_does(wire.server.release(OURS, wire.now, at=wire.now + 60))
    assert wire.upgrade.state is Upgrade.COUNT_DOWN
    wire.passes(61)
    assert wire.client_heard(UpgradeNow) == [UpgradeNow(KEY)]
    assert wire.server.release(OURS, wire.now) == []


@pytest.mark.parametrize(("draw", "asks"), [(0.0, True), (0.29, True), (0.3, False), (0.99, False)])
def test_a_notice_is_followed_by_some(draw: float, asks: bool) -> None:
    wire = Upgrading(draw=draw)
    offer = wire.server.publish(image())
    wire.esi_does(wire.server.notify(OURS, offer, jitter=30))
    assert bool(wire.client_heard(UpgradeNow)) == asks


@pytest.mark.parametrize(
    "changes",
    [{"image_type": 2}, {"version": 6}, {"hardware": (4, 9)}, {"destination": 99}, {"version": 5}],
)
def test_what_is_not_for_a_device_is_not_offered(changes: dict[str, Any]) -> None:
    wire = Upgrading()
    wire.server.publish(image(**changes))
    wire.query()
    assert wire.client_heard(NoImage) == [NoImage(ESI, Status.NO_IMAGE_AVAILABLE)]


def test_only_chosen_devices_get_an_image() -> None:
    wire = Upgrading()
    wire.server.publish(image(), devices=frozenset({99}))
    wire.query()
    assert wire.client_heard(NoImage) == [NoImage(ESI, Status.NO_IMAGE_AVAILABLE)]
    block = ImageBlockRequest(0, *KEY, 0, 48)
    wire.client_does([wire.upgrade.tell(block, destination=ESI, endpoint=1)])
    assert [b.status for b in wire.sent(ImageBlockResponse)] == [Status.ABORT]


def test_an_older_image_comes_only_where_both_want_it() -> None:
    wire = Upgrading(target=replace(TARGET, version=9, downgrade=True))
    wire.server.publish(image(), downgrade=True)
    wire.query()
    assert wire.client_heard(UpgradeNow) == [UpgradeNow(KEY)]
    stubborn = Upgrading(target=replace(TARGET, version=9))
    stubborn.server.publish(image(), downgrade=True)
    stubborn.query()
    assert stubborn.client_heard(NoImage) == [NoImage(ESI, Status.INVALID_IMAGE)]


def test_a_damaged_image_is_thrown_away_and_told() -> None:
    octets = bytearray(image())
    octets[1000] ^= 1
    wire = Upgrading()
    wire.server.publish(bytes(octets))
    wire.query()
    (failed,) = wire.client_heard(DownloadFailed)
    assert "integrity code" in failed.reason
    assert failed.kept == wire.upgrade.slot.size() == 0
    assert wire.esi_heard(DownloadEnded) == [DownloadEnded(OURS, KEY, Status.INVALID_IMAGE)]
    assert wire.upgrade.state is Upgrade.NORMAL


def test_an_image_too_long_for_the_slot_is_refused_early() -> None:
    wire = Upgrading(slot=MemorySlot(room=500))
    wire.server.publish(image())
    wire.query()
    (failed,) = wire.client_heard(DownloadFailed)
    assert "room for 500 octets" in failed.reason


def test_an_unsigned_image_is_refused_by_who_wants_signatures() -> None:
    wire = Upgrading(fetching=Fetching(signed=True))
    wire.server.publish(image())
    wire.query()
    (failed,) = wire.client_heard(DownloadFailed)
    assert "signature" in failed.reason


def test_a_download_goes_on_after_a_restart() -> None:
    octets = image(5000)
    wire = Upgrading()
    wire.server.publish(octets)
    count = iter(range(10_000))
    wire.fate = lambda frame: (0,) if next(count) < 60 else ()
    wire.query()
    record, slot = wire.upgrade.export(), wire.upgrade.slot
    assert 500 < slot.size() < 4500
    again = Upgrading(slot=slot)  # type: ignore[arg-type]
    again.server.publish(octets)
    again.upgrade.restore(record, again.now)
    before = slot.size()
    again.passes(1)
    assert again.client_heard(UpgradeNow) == [UpgradeNow(KEY)]
    assert slot.read() == octets
    assert again.sent(ImageBlockRequest)[0].file_offset == before
    with pytest.raises(DecodeError, match="upgrade record"):
        again.upgrade.restore({"image": [1, 2]}, 0.0)


def test_a_server_that_goes_away_is_waited_for_and_then_given_up() -> None:
    wire = Upgrading()
    wire.server.publish(image(5000))
    count = iter(range(10_000))
    wire.fate = lambda frame: (0,) if next(count) < 60 else ()
    wire.query()
    wire.passes(7200)
    assert wire.upgrade.state in (Upgrade.PAUSED, Upgrade.DOWNLOADING)
    wire.passes(48 * 3600)
    (failed,) = wire.client_heard(DownloadFailed)
    assert failed.kept == wire.upgrade.slot.size() > 500
    wire.fate = lambda frame: (0,)
    wire.query()
    assert wire.client_heard(UpgradeNow) == [UpgradeNow(KEY)]


def test_a_file_for_one_device_alone() -> None:
    wire = Upgrading()
    wire.server.publish(image(100, image_type=0xFFC0, destination=OURS, version=1))
    wire.server.publish(image(100, image_type=0xFFC0, destination=99, version=2))
    wire.client_does(wire.upgrade.query_specific(ESI, 0xFFC0, wire.now))
    assert wire.client_heard(ImageReady) == [ImageReady((0x1234, 0xFFC0, 1))]


def test_one_thing_at_a_time() -> None:
    wire = Upgrading(lambda frame: (1,))
    wire.query()
    with pytest.raises(NotNow, match="upgrade: QUERY is not possible"):
        wire.query()
    wire.server.publish(image())
    with pytest.raises(Refused, match="another image of version"):
        wire.server.publish(image(seed=2))
    with pytest.raises(DecodeError):
        wire.server.publish(b"no image")


def test_what_does_not_belong_is_dropped() -> None:
    wire = Upgrading()
    octets = image()
    wire.server.publish(octets)
    block = ImageBlockResponse(Status.SUCCESS, *KEY, 0, 4, b"evil")
    order = UpgradeEndResponse(*KEY, 0, 0)
    for body in (block, order):
        wire.esi_does([wire.server.tell(body, destination=OURS, endpoint=1)])
    assert wire.client.dropped["unmatched"] == 2
    wire.query()
    assert wire.upgrade.slot.read() == octets
