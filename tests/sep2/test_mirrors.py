"""Mirrors: what a device posts is what others read."""

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from handover.sep2 import xml
from handover.sep2.esi import Esi, Settings
from handover.sep2.peer import Peer
from handover.sep2.resources.common import DateTimeInterval
from handover.sep2.resources.metering import Reading, ReadingType
from handover.sep2.resources.metering_mirror import (
    MirrorMeterReading,
    MirrorMeterReadingList,
    MirrorReadingSet,
    MirrorUsagePoint,
)
from handover.sep2.server import Request, Response
from handover.sep2.server.mirrors import Mirrors, Room
from sep2.tree_samples import OTHER, OWN

T = 1_700_000_000
SEP = "application/sep+xml"
WH = ReadingType(uom=72, accumulationBehaviour=9, kind=12, commodity=1)


def series(
    number: int, value: int | None = None, *sets: MirrorReadingSet, known: bool = False
) -> MirrorMeterReading:
    return MirrorMeterReading(
        mRID=bytes([number]),
        Reading=None if value is None else Reading(value=value),
        ReadingType=None if known else WH,
        MirrorReadingSet=list(sets),
    )


def reading_set(number: int, *values: int, start: int | None = None) -> MirrorReadingSet:
    period = DateTimeInterval(start=T + 900 * (number if start is None else start), duration=900)
    return MirrorReadingSet(
        mRID=number.to_bytes(2), timePeriod=period, Reading=[Reading(value=value) for value in values]
    )


def mirror(number: int, *meters: MirrorMeterReading, peer: Peer = OWN, **more: Any) -> MirrorUsagePoint:
    return MirrorUsagePoint(
        mRID=number.to_bytes(16),
        roleFlags=b"\0\2",
        serviceCategoryKind=0,
        status=1,
        deviceLFDI=peer.lfdi,
        MirrorMeterReading=list(meters),
        **more,
    )


class World:
    def __init__(self, room: Room | None = None) -> None:
        self.esi = Esi(Settings(poll_rate=300))
        for peer in (OWN, OTHER):
            peer_ok = Peer(peer.lfdi, 167261211391 if peer is OWN else 19)
            self.esi.admit(peer_ok, 111115, T)
        self.store = self.esi.store
        if room is not None:
            self.esi.mirrors._room = room

    def send(self, method: str, path: str, body: Any = None, peer: Peer = OWN) -> Response:
        headers = {"Accept": SEP, "Content-Type": SEP}
        data = b"" if body is None else xml.encode(body)
        return self.esi.handle(Request(method, path, "", headers, data, peer), T)

    def make(self, *arguments: Any, **more: Any) -> str:
        answer = self.send("POST", "/mup", mirror(*arguments, **more), more.get("peer", OWN))
        assert answer.status in (201, 204), answer
        return answer.headers["Location"]

    def values(self, path: str = "/upt/0/mr/0") -> dict[int, list[int]]:
        """Return the readings of a series' sets, by the set's mRID."""
        return {
            int.from_bytes(one.mRID): [r.value for r in self.store.items(f"{one.href}/r")]
            for one in self.store.items(f"{path}/rs")
        }


@pytest.fixture
def world() -> World:
    return World()


def test_a_mirror_is_a_usage_point_for_others(world: World) -> None:
    answer = world.send("POST", "/mup", mirror(1, series(1, 100), series(2, 5), description="pv"))
    assert (answer.status, answer.headers["Location"]) == (201, "/mup/0")
    kept = xml.decode(world.send("GET", "/mup/0").body, MirrorUsagePoint)
    assert (kept.roleFlags, kept.postRate, len(kept.MirrorMeterReading)) == (b"\0\3", 300, 2)
    point = world.store.get("/upt/0")
    assert (point.mRID, point.deviceLFDI, point.description) == (kept.mRID, OWN.lfdi, "pv")
    assert [meter.ReadingLink.href for meter in world.store.items("/upt/0/mr")] == [
        "/upt/0/mr/1/r",
        "/upt/0/mr/0/r",
    ]
    assert world.store.get("/upt/0/mr/0/rt").uom == 72
    assert xml.decode(world.send("GET", "/upt/0/mr/0/r", peer=OTHER).body, Reading).value == 100


def test_a_known_mirror_is_overwritten(world: World) -> None:
    world.make(1, series(1, 100), series(2, 200))
    again = world.send("POST", "/mup", mirror(1, series(2, 201), series(3, 300)))
    assert (again.status, again.headers["Location"]) == (204, "/mup/0")
    assert len(world.store.items("/upt")) == 1
    values = {
        int.from_bytes(m.mRID): world.store.get(f"{m.href}/r").value for m in world.store.items("/upt/0/mr")
    }
    assert values == {2: 201, 3: 300}


def test_short_mrids_are_the_same_padded(world: World) -> None:
    world.make(1)
    point = mirror(1)
    point.mRID = b"\1"
    assert world.send("POST", "/mup", point).status == 204


def test_readings_are_fed(world: World) -> None:
    path = world.make(1, series(1, 100))
    fed = world.send("POST", path, series(1, 150, known=True))
    assert (fed.status, fed.headers["Location"]) == (204, path)
    assert world.store.get("/upt/0/mr/0/r").value == 150
    kept = world.store.get(path).MirrorMeterReading[0]
    assert (kept.Reading.value, kept.ReadingType.uom, kept.lastUpdateTime) == (150, 72, T)
    several = MirrorMeterReadingList(
        all=2, results=2, MirrorMeterReading=[series(1, 160, known=True), series(2, 7)]
    )
    assert world.send("POST", path, several).status == 201
    assert [len(world.store.get(path).MirrorMeterReading), len(world.store.items("/upt/0/mr"))] == [2, 2]


def test_a_new_series_says_what_it_measures(world: World) -> None:
    path = world.make(1)
    refused = world.send("POST", path, series(1, 100, known=True))
    assert refused.status == 400
    assert b"has no ReadingType" in refused.body
    assert world.store.get(path).MirrorMeterReading == []
    assert world.send("POST", "/mup", mirror(2, series(1, 1, known=True))).status == 400
    assert len(world.store.items("/mup")) == 1


def test_sets_are_appended_replaced_and_bounded() -> None:
    world = World(Room(sets=3, readings=2))
    path = world.make(1, series(1, None, reading_set(1, 1, 2, 3)))
    assert world.values() == {1: [2, 3]}
    for number in (2, 3, 4):
        world.send("POST", path, series(1, None, reading_set(number, number), known=True))
    assert world.values() == {4: [4], 3: [3], 2: [2]}
    world.send("POST", path, series(1, None, reading_set(3, 33, 34), known=True))
    assert world.values() == {4: [4], 3: [33, 34], 2: [2]}
    assert world.store.get("/upt/0/mr/0").ReadingLink is None


def test_room_for_mirrors_and_series_is_bounded() -> None:
    world = World(Room(mirrors=1, series=2))
    path = world.make(1, series(1, 1), series(2, 2))
    assert world.esi.mirrors.full
    assert world.send("POST", "/mup", mirror(2)).status == 503
    assert world.send("POST", path, series(3, 3)).status == 503
    assert world.send("POST", "/mup", mirror(1, *(series(n, n) for n in range(3)))).status == 503


def test_a_removed_mirror_is_gone_everywhere(world: World) -> None:
    path = world.make(1, series(1, 100, reading_set(1, 5)))
    assert world.send("DELETE", path).status == 204
    assert world.store.items("/upt") == []
    assert world.send("GET", path).status == 404
    assert world.make(1, series(1, 100)) == "/mup/1"
    assert world.store.paths("/upt") == ["/upt/1"]


def test_a_dismissed_device_takes_its_mirrors_along(world: World) -> None:
    world.make(1, series(1, 100))
    world.make(1, series(1, 5), peer=OTHER)
    world.esi.dismiss("/edev/0")
    assert [point.deviceLFDI for point in world.store.items("/upt")] == [OTHER.lfdi]
    assert [point.deviceLFDI for point in world.store.items("/mup")] == [OTHER.lfdi]


def test_a_mirror_is_replaced_by_put(world: World) -> None:
    path = world.make(1, series(1, 100))
    assert world.send("PUT", path, mirror(1, series(1, 5))).status == 204
    assert world.store.get("/upt/0/mr/0/r").value == 5
    assert world.send("PUT", path, mirror(2)).status == 400


def test_nobody_touches_the_mirror_of_another(world: World) -> None:
    path = world.make(1, series(1, 100))
    assert world.send("GET", path, peer=OTHER).status == 404
    for method, body in (("POST", series(1, 1)), ("PUT", mirror(1, peer=OTHER)), ("DELETE", None)):
        assert world.send(method, path, body, peer=OTHER).status == 403
    assert world.send("POST", "/mup", mirror(1, peer=OWN), peer=OTHER).status == 403
    assert world.send("POST", "/mup", mirror(1, series(1, 9), peer=OTHER), peer=OTHER).status == 201
    assert len(world.store.items("/upt")) == 2
    assert world.store.get("/upt/0/mr/0/r").value == 100


STEPS = st.lists(
    st.tuples(
        st.sampled_from(["make", "feed", "delete"]), st.integers(1, 2), st.integers(1, 3), st.integers(0, 99)
    ),
    max_size=15,
)


@settings(max_examples=60, deadline=None)
@given(STEPS)
def test_the_view_is_always_what_was_posted(steps: list[Any]) -> None:
    world, expected, places = World(), {}, {}
    for kind, number, meter, value in steps:
        if kind == "make":
            places[number] = world.make(number, series(meter, value))
            expected[number] = {meter: value}
        elif number in places and kind == "feed":
            world.send("POST", places[number], series(meter, value))
            expected[number][meter] = value
        elif number in places:
            world.send("DELETE", places.pop(number))
            del expected[number]
        again = Mirrors(world.store)
        for index in ("_mirrors", "_views", "_series"):
            assert getattr(again, index) == getattr(world.esi.mirrors, index)
    seen = {
        int.from_bytes(point.mRID): {
            int.from_bytes(m.mRID): world.store.get(m.ReadingLink.href).value
            for m in world.store.items(f"{point.href}/mr")
        }
        for point in world.store.items("/upt")
    }
    assert seen == expected
