"""Mirrors: a meter that sleeps, its mirror in the ESI, and who reads it there."""

import random
from typing import Any

import pytest

from handover.errors import DecodeError, NotNow
from handover.sep1.general import (
    AttributeRecord,
    ReadAttributes,
    ReadAttributesResponse,
    ReportAttributes,
)
from handover.sep1.general.splitting import ROOM, reports
from handover.sep1.metering.mirror import (
    FEED,
    FIRST,
    FeedChanged,
    Feeding,
    MirrorClosed,
    MirrorFeed,
    MirrorHost,
    MirrorOpened,
    MirrorUpdated,
)
from sep1.dialogue import ESI, METERING, OURS, STRANGER, Dialogue
from sep1.wire import Wire

VALUES = {0x0000: 777, 0x0200: 0, 0x0300: 1, 0x0306: 1, 0x0307: b"basement", 0x0308: b"G4-12345678"}
OTHER = 0x000D6F0000000009


class Mirroring(Wire):
    def __init__(self, limit: int = 2) -> None:
        super().__init__()
        self.host = MirrorHost(self.esi.node, limit=limit)
        self.esi.add(self.host)
        self.values: dict[int, Any] = dict(VALUES)
        self.feed = MirrorFeed(self.client.node, lambda: self.values, period=600, again=300)
        self.client.add(self.feed)
        self.esi.admit(OTHER)
        self.start()
        self.passes(30)

    def ask(self) -> None:
        self.client_does(self.feed.start(ESI, self.now))
        self.passes(1)

    def reads(self, endpoint: int, *ids: int) -> dict[int, Any]:
        """What another device reads of the mirror."""
        d = Dialogue(self.esi, us=ESI, them=OTHER, to_client=False)
        d.receives(ReadAttributes(list(ids)), METERING, at=endpoint)
        (answer,) = d.bodies()
        assert isinstance(answer, ReadAttributesResponse)
        return {r.attribute_id: r.value for r in answer.records if not r.status}


def test_the_table_has_no_dead_end() -> None:
    assert FEED.problems() == []


def test_a_meter_is_mirrored_and_read_there() -> None:
    wire = Mirroring()
    wire.ask()
    assert wire.esi_heard(MirrorOpened) == [MirrorOpened(OURS, FIRST)]
    assert wire.client_heard(FeedChanged) == [FeedChanged(ESI, FIRST)]
    assert wire.reads(FIRST, 0x0000, 0x0308, 0x0306) == {0x0000: 777, 0x0308: b"G4-12345678", 0x0306: 128}
    told: dict[int, Any] = {}
    for update in wire.esi_heard(MirrorUpdated):
        told |= update.values
    assert told == VALUES
    wire.values[0x0000] = 800
    wire.passes(590)
    assert wire.reads(FIRST, 0x0000) == {0x0000: 777}
    wire.passes(20)
    assert wire.reads(FIRST, 0x0000) == {0x0000: 800}


def test_a_mirror_is_given_up() -> None:
    wire = Mirroring()
    wire.ask()
    wire.client_does(wire.feed.remove(wire.now))
    wire.passes(1)
    assert wire.esi_heard(MirrorClosed) == [MirrorClosed(OURS, FIRST)]
    assert wire.feed.state is Feeding.NONE
    assert wire.host.mirrors == {}
    assert FIRST not in wire.esi.node.more
    wire.ask()
    assert wire.feed.state is Feeding.FED


def test_without_room_a_meter_asks_again_later() -> None:
    wire = Mirroring(limit=0)
    wire.ask()
    assert wire.feed.state is Feeding.WAITING
    wire.host._limit = 1
    wire.passes(301)
    assert wire.feed.state is Feeding.FED
    with pytest.raises(NotNow, match="asked for or fed already"):
        wire.feed.start(ESI, wire.now)


def test_a_mirror_that_was_lost_is_asked_for_again() -> None:
    wire = Mirroring()
    wire.ask()
    wire.host.forget(OURS)
    wire.passes(601 + 150)
    assert wire.feed.state is Feeding.WAITING
    assert wire.client_heard(FeedChanged)[-1] == FeedChanged(ESI, None)
    wire.passes(301)
    assert wire.feed.state is Feeding.FED
    assert wire.reads(FIRST, 0x0000) == {0x0000: 777}


def test_nobody_else_feeds_a_mirror() -> None:
    wire = Mirroring()
    wire.ask()
    report = ReportAttributes([AttributeRecord(0x0000, 0x25, 1)])
    for who in (OTHER, STRANGER):
        d = Dialogue(wire.esi, us=ESI, them=who, to_client=True)
        d.receives(report, METERING, at=FIRST)
    assert wire.esi.dropped["unauthorised"] == 2
    assert wire.reads(FIRST, 0x0000) == {0x0000: 777}


def test_an_ordinary_report_at_the_main_endpoint_is_no_mirrors() -> None:
    wire = Mirroring()
    before = len(wire.esi_heard(MirrorUpdated))
    d = Dialogue(wire.esi, us=ESI, them=OURS, to_client=True)
    d.receives(ReportAttributes([AttributeRecord(0x0000, 0x25, 1)]), METERING)
    assert len(wire.esi_heard(MirrorUpdated)) == before


def test_mirrors_survive_a_restart() -> None:
    wire = Mirroring()
    wire.ask()
    again = Mirroring()
    again.host.restore(wire.host.export())
    assert again.host.mirrors == {OURS: FIRST}
    again.ask()
    assert again.feed.endpoint == FIRST
    with pytest.raises(DecodeError, match="mirrors"):
        again.host.restore({"zz": 1})


@pytest.mark.parametrize("seed", range(5))
def test_over_a_bad_wire_the_mirror_holds_what_the_meter_has(seed: int) -> None:
    draws = random.Random(seed)
    wire = Mirroring()
    wire.fate = lambda frame: () if draws.random() < 0.2 else (draws.random(),)
    wire.ask()
    for n in range(20):
        wire.values[0x0000] = 1000 + n
        wire.passes(600)
    wire.fate = lambda frame: (0,)
    wire.passes(3000)
    assert wire.feed.endpoint is not None
    assert wire.reads(wire.feed.endpoint, 0x0000, 0x0307) == {0x0000: 1019, 0x0307: b"basement"}


def test_reports_are_split_to_fit_a_radio_frame() -> None:
    records = [AttributeRecord(n, 0x25, n) for n in range(40)] + [AttributeRecord(0x0307, 0x41, b"x" * 100)]
    made = reports(records)
    assert [r for report in made for r in report.records] == records
    assert all(len(report.encode()) <= ROOM for report in made[:-1])
    assert len(made) == 8
    assert reports([]) == []
