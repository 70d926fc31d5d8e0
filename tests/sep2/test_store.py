"""The resource tree: lists made of their items, in order, with links that lead somewhere."""

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from handover.sep2.resources import RESOURCES
from handover.sep2.resources.common import EventStatus, Link, ListLink
from handover.sep2.resources.drlc import DemandResponseProgram, EndDeviceControl
from handover.sep2.resources.end_device import EndDevice, Registration
from handover.sep2.resources.log_event import LogEvent
from handover.sep2.resources.pricing import RateComponent, TariffProfile
from handover.sep2.resources.response import DrResponse, Response, TextResponse
from handover.sep2.resources.time import Time
from handover.sep2.store import Change, Store
from sep2.tree_samples import sample


def device(sfdi: int = 1) -> EndDevice:
    return EndDevice(sFDI=sfdi, changedTime=0)


def program(primacy: int = 0, mrid: int = 1, path: str = "") -> DemandResponseProgram:
    links = {}
    if path:
        links = {
            "EndDeviceControlListLink": ListLink(href=f"{path}/edc"),
            "ActiveEndDeviceControlListLink": ListLink(href=f"{path}/actedc"),
        }
    return DemandResponseProgram(mRID=mrid.to_bytes(16), primacy=primacy, **links)


def control(start: int = 0, created: int = 0, mrid: int = 1, status: int = 0) -> EndDeviceControl:
    made = sample(EndDeviceControl)
    made.interval.start, made.creationTime, made.mRID = start, created, mrid.to_bytes(16)
    made.EventStatus = EventStatus(currentStatus=status, dateTime=0, potentiallySuperseded=False)
    return made


class TestResources:
    def test_are_found_by_path_and_know_it(self) -> None:
        store = Store()
        mine = device()
        store.put("/edev/3", mine)
        assert store.get("/edev/3").href == "/edev/3"
        assert mine.href is None
        assert store.get("/edev/4") is None
        assert "/edev/3" in store
        assert store.delete("/edev/3")
        assert not store.delete("/edev/3")
        assert store.get("/edev/3") is None

    @pytest.mark.parametrize("path", ["", "/", "edev", "/edev/", "/a//b", "/a/../b", "/a b", "/%41", "/é"])
    def test_have_canonical_paths_only(self, path: str) -> None:
        with pytest.raises(ValueError, match="canonical"):
            Store().put(path, device())

    def test_live_ones_are_made_at_answer_time(self) -> None:
        store = Store()
        store.put_live(
            "/tm",
            Time,
            lambda now: Time(
                currentTime=int(now), dstEndTime=0, dstOffset=0, dstStartTime=0, quality=4, tzOffset=0
            ),
        )
        assert store.get("/tm") is None
        assert store.get("/tm", 5.5).currentTime == 5
        assert store.get("/tm", 6).href == "/tm"

    def test_have_no_live_ones_among_list_items(self) -> None:
        store = Store()
        store.put_list("/edev")
        with pytest.raises(ValueError, match="item of a list"):
            store.put_live("/edev/0", EndDevice, lambda now: device())

    def test_go_with_what_is_below_them(self) -> None:
        store = Store()
        store.put("/edev/0", device())
        store.put("/edev/0/rg", Registration(dateTimeRegistered=0, pIN=111115))
        store.put("/edev/01", device(2))
        assert store.subtree("/edev/0") == ["/edev/0", "/edev/0/rg"]
        store.delete("/edev/0")
        assert store.subtree("/edev") == ["/edev", "/edev/01"]
        assert len(store) == 2

    def test_listeners_hear_of_every_change_until_they_stop(self) -> None:
        store = Store()
        heard: list[Change] = []
        stop = store.listen(heard.append)
        store.put("/edev/0", device())
        store.put("/edev/0", device(2))
        store.delete("/edev/0")
        stop()
        store.put("/edev/0", device())
        assert [
            (c.path, getattr(c.resource, "sFDI", None), getattr(c.previous, "sFDI", None)) for c in heard
        ] == [
            ("/edev/0", 1, None),
            ("/edev/0", 2, 1),
            ("/edev/0", None, 2),
        ]

    def test_every_change_has_a_version_of_its_own(self) -> None:
        store = Store()
        versions = [store.version]
        for change in (
            lambda: store.put("/edev/0", device()),
            lambda: store.put("/edev/0", device()),
            lambda: store.put_list("/edev", poll_rate=5),
            lambda: store.delete("/edev/0"),
        ):
            change()
            versions.append(store.version)
        assert versions == sorted(set(versions))


class TestLists:
    def test_come_into_being_with_their_items_or_by_name(self) -> None:
        store = Store()
        store.put("/edev/0", device())
        assert store.paths("/edev") == ["/edev/0"]
        store.put_list("/somewhere", "TariffProfileList")
        store.put("/somewhere/x", sample(TariffProfile))
        assert store.paths("/somewhere") == ["/somewhere/x"]
        with pytest.raises(ValueError, match="no list is declared"):
            store.put_list("/elsewhere")
        with pytest.raises(ValueError, match="no list is declared"):
            store.put_list("/edev/0/rg")

    def test_are_not_put_as_such(self) -> None:
        entry = next(entry for entry in RESOURCES if entry.name == "EndDeviceList")
        with pytest.raises(ValueError, match="made of its items"):
            Store().put("/edev", entry.resource(all=0, results=0))

    def test_cannot_be_overwritten_by_a_resource(self) -> None:
        store = Store()
        store.put("/edev/0", device())
        with pytest.raises(ValueError, match="is a list"):
            store.put("/edev", device())

    def test_that_are_linked_to_exist(self) -> None:
        store = Store()
        component = RateComponent(
            mRID=b"\1",
            roleFlags=bytes(2),
            ReadingTypeLink=Link(href="/x"),
            TimeTariffIntervalListLink=ListLink(href="/tp/0/rc/0/tti"),
            ActiveTimeTariffIntervalListLink=ListLink(href="/tp/0/rc/0/acttti"),
        )
        store.put("/tp/0/rc/0", component)
        for path in ("/tp/0/rc/0/tti", "/tp/0/rc/0/acttti"):
            listing = store.listing(path)
            assert listing is not None
            assert len(listing) == 0

    def test_take_their_items_only(self) -> None:
        store = Store()
        store.put_list("/edev")
        store.put("/edev/x", sample(TariffProfile))
        assert store.paths("/edev") == []
        for number, cls in enumerate((Response, DrResponse, TextResponse)):
            store.put(f"/rsps/0/rsp/{number}", sample(cls))
        assert len(store.items("/rsps/0/rsp")) == 3
        store.put("/rsps/0/rsp/1", sample(TariffProfile))
        assert len(store.items("/rsps/0/rsp")) == 2
        store.put("/rsps/0/rsp/0", sample(DrResponse))
        assert len(store.items("/rsps/0/rsp")) == 2

    def test_never_give_an_id_twice(self) -> None:
        store = Store()
        paths = [store.add("/edev", device(n)) for n in range(3)]
        store.delete(paths[-1])
        assert store.add("/edev", device()) == "/edev/3"
        store.put("/edev/41", device())
        assert store.new_path("/edev") == "/edev/42"

    def test_active_ones_hold_exactly_what_is_active(self) -> None:
        store = Store()
        store.put("/dr/0", program(path="/dr/0"))
        for number, status in enumerate((0, 1, 2, 1, 3, 4)):
            store.put(f"/dr/0/edc/{number}", control(start=number, status=status, mrid=number))
        assert store.paths("/dr/0/actedc") == ["/dr/0/edc/1", "/dr/0/edc/3"]
        store.put("/dr/0/edc/0", control(start=9, status=1))
        store.put("/dr/0/edc/1", control(status=2))
        assert store.paths("/dr/0/actedc") == ["/dr/0/edc/3", "/dr/0/edc/0"]
        store.delete("/dr/0/edc/3")
        assert store.paths("/dr/0/actedc") == ["/dr/0/edc/0"]

    def test_parts_may_be_made_of_parts(self) -> None:
        store = Store()
        store.put("/dr/0", program(path="/dr/0"))
        store.put("/dr/0/edc/0", control(status=1))
        store.put_part(
            "/late", "EndDeviceControlList", "/dr/0/actedc", lambda event: event.interval.start > 5
        )
        assert store.paths("/late") == []
        store.put("/dr/0/edc/1", control(start=7, status=1))
        store.put("/dr/0/edc/2", control(start=8, status=0))
        assert store.paths("/late") == ["/dr/0/edc/1"]
        store.put("/dr/0/edc/1", control(start=7, status=2))
        assert store.paths("/late") == []

    @settings(max_examples=30)
    @given(
        st.lists(
            st.tuples(st.sampled_from("pd"), st.integers(0, 5), st.integers(0, 3), st.integers(0, 1)),
            max_size=30,
        )
    )
    def test_stay_sorted_and_exact_under_any_changes(self, steps: list[tuple[str, int, int, int]]) -> None:
        store = Store()
        store.put("/dr/0", program(path="/dr/0"))
        present: dict[str, tuple[int, int]] = {}
        for what, number, start, status in steps:
            path = f"/dr/0/edc/{number}"
            if what == "p":
                store.put(path, control(start=start, mrid=number, status=status))
                present[path] = (start, status)
            else:
                assert store.delete(path) is (path in present)
                present.pop(path, None)
        ordered = sorted(present, key=lambda path: (present[path][0], -int(path[-1])))
        assert store.paths("/dr/0/edc") == ordered
        assert store.paths("/dr/0/actedc") == [path for path in ordered if present[path][1] == 1]


class TestOrder:
    def test_primacy_then_the_larger_mrid(self) -> None:
        store = Store()
        for number, (primacy, mrid) in enumerate([(1, 5), (0, 1), (1, 9), (0, 300)]):
            store.put(f"/dr/{number}", program(primacy, mrid))
        assert store.paths("/dr") == ["/dr/3", "/dr/1", "/dr/2", "/dr/0"]

    def test_short_mrids_are_numbers_too(self) -> None:
        store = Store()
        for name, mrid in (("a", b"\2"), ("b", b"\0\0\3"), ("c", b"\1\0")):
            store.put(f"/tp/{name}", TariffProfile(mRID=mrid, primacy=0, serviceCategoryKind=0))
        assert store.paths("/tp") == ["/tp/c", "/tp/b", "/tp/a"]

    def test_controls_by_start_then_newest_then_mrid(self) -> None:
        store = Store()
        for number, (start, created, mrid) in enumerate([(2, 1, 1), (1, 1, 1), (1, 2, 1), (1, 2, 7)]):
            store.put(f"/dr/0/edc/{number}", control(start, created, mrid))
        assert store.paths("/dr/0/edc") == [f"/dr/0/edc/{n}" for n in (3, 2, 1, 0)]

    def test_devices_by_sfdi(self) -> None:
        store = Store()
        for number, sfdi in enumerate((5, 3, 167261211391, 3)):
            store.put(f"/edev/{number}", device(sfdi))
        assert store.paths("/edev") == ["/edev/1", "/edev/3", "/edev/0", "/edev/2"]

    def test_responses_newest_first_and_those_without_a_time_last(self) -> None:
        store = Store()
        for number, created in enumerate((5, None, 9)):
            store.put(
                f"/rsps/0/rsp/{number}",
                Response(createdDateTime=created, endDeviceLFDI=bytes(20), subject=b"\1"),
            )
        assert store.paths("/rsps/0/rsp") == [f"/rsps/0/rsp/{n}" for n in (2, 0, 1)]

    def test_every_declared_order_can_be_applied(self) -> None:
        for entry in RESOURCES:
            if entry.item is None:
                continue
            store = Store()
            listing = store.put_list("/list", entry.name)
            for name in "ab":
                item: Any = sample(entry.item)
                store.put(f"/list/{name}", item)
            assert len(listing) == 2, entry.name

    def test_log_events_of_one_second_by_id(self) -> None:
        store = Store()
        for number in (2, 0, 1):
            event = sample(LogEvent)
            event.createdDateTime, event.logEventID = 7, number
            store.put(f"/edev/0/lel/{number}", event)
        assert store.paths("/edev/0/lel") in (
            [f"/edev/0/lel/{n}" for n in (0, 1, 2)],
            [f"/edev/0/lel/{n}" for n in (2, 1, 0)],
        )
