"""One admission and all of them, in virtual time."""

import pytest

from handover.errors import ConfigError, NotNow
from handover.gateway.outputs import Audit, Forget, Keep
from handover.gateway.pairing import expected
from handover.gateway.pairing.pairing import RECORD, Happened, Pairing, Progress
from handover.gateway.pairing.pairings import Pairings, key_of
from handover.gateway.pairing.states import DownSep1, Event, Kind
from handover.sep1.security.install_code import parse

pytestmark = pytest.mark.req("REQ.GW.3")

NOW = 1_700_000_000.0
DEVICE = 0x00124B0000000001
CODE = "83FE D340 7A93 9723 A5C6 39B2 6916 D505 C3B5"
KEY = key_of(Kind.DOWN_SEP1, DEVICE)


def open_window() -> Pairings:
    all_ = Pairings()
    all_.accept(Kind.DOWN_SEP1, DEVICE, "tstat", NOW)
    all_.happened(KEY, Happened(Event.OPENED), NOW)
    return all_


def test_a_sep1_device_from_its_code_to_its_first_data() -> None:
    all_ = Pairings()
    shown = []
    changes = all_.accept(Kind.DOWN_SEP1, DEVICE, "tstat", NOW)
    for event in (Event.OPENED, Event.JOINED, Event.KEYS, Event.REGISTERED, Event.READING):
        shown.append(all_.told(NOW)[0])
        changes += all_.seen(KEY, Happened(event), NOW)
    shown.append(all_.told(NOW)[0])
    assert [t.state for t in shown] == [state.name for state in list(DownSep1)[1:7]]
    assert [t.step for t in shown] == [2, 3, 4, 5, 6, 7]
    assert [t.done for t in shown] == [False] * 5 + [True]
    assert not any(t.failed for t in shown)
    assert shown[-1].name == "tstat"
    rows = [change.body for change in changes if isinstance(change, Keep)]
    assert [row.state for row in rows] == [t.state for t in shown]
    assert len([change for change in changes if isinstance(change, Audit)]) == 6


def test_the_window_counts_down_and_closes() -> None:
    all_ = open_window()
    assert all_.told(NOW)[0].countdown == 180
    assert all_.told(NOW + 100.5)[0].countdown == 80
    assert all_.deadline() == NOW + 180
    assert all_.tick(NOW + 179.9) == []
    assert all_.tick(NOW + 180)
    (told,) = all_.told(NOW + 180)
    assert (told.state, told.failed, told.countdown) == ("TIMEOUT", True, None)
    all_.happened(KEY, Happened(Event.AGAIN), NOW + 200)
    all_.happened(KEY, Happened(Event.OPENED), NOW + 201)
    assert all_.told(NOW + 201)[0].countdown == 180


def test_a_stranger_does_not_end_the_turn_of_the_expected_device() -> None:
    all_ = open_window()
    all_.seen(KEY, Happened(Event.STRANGER, "device 00124B00000000FF"), NOW + 60)
    (told,) = all_.told(NOW + 60)
    assert (told.state, told.countdown, told.detail) == ("UNKNOWN_DEVICE", 120, "device 00124B00000000FF")
    all_.seen(KEY, Happened(Event.JOINED), NOW + 90)
    assert all_.told(NOW + 90)[0].state == "JOINED"


def test_what_a_peer_says_is_shown_as_one_plain_line() -> None:
    all_ = open_window()
    all_.seen(KEY, Happened(Event.REFUSED, "a\x1b[31m\nb" + "c" * 1000), NOW)
    assert all_.told(NOW)[0].detail.startswith("a [31m b")
    assert len(all_.told(NOW)[0].detail) == 300


def test_the_install_code_goes_when_the_device_has_a_key() -> None:
    all_ = open_window()
    gone = Forget(expected.RECORD, f"{DEVICE:016X}")
    assert gone not in all_.seen(KEY, Happened(Event.JOINED), NOW)
    assert gone in all_.seen(KEY, Happened(Event.KEYS), NOW)
    assert gone in open_window().happened(KEY, Happened(Event.REMOVED), NOW)
    assert gone in open_window().forget(KEY, NOW)


def test_a_secret_is_in_no_progress_and_no_audit_entry() -> None:
    code = parse(CODE)
    wish = expected.expect(DEVICE, code, "tstat", NOW)
    assert wish.body.code == code.text
    assert wish.body.link_key == code.link_key
    assert code.text not in repr(wish)
    changes = Pairings().accept(Kind.DOWN_SEP1, DEVICE, "tstat", NOW)
    assert code.text.split()[0] not in repr(changes)


def test_beginning_again_is_possible_in_every_state() -> None:
    for state in DownSep1:
        all_ = Pairings({KEY: Progress(KEY, "sep1", state.name, NOW)})
        all_.accept(Kind.DOWN_SEP1, DEVICE, "new", NOW)
        (told,) = all_.told(NOW)
        assert (told.state, told.name) == ("CODE_ENTERED", "new")


def test_what_makes_no_sense_is_refused_to_a_person_and_ignored_from_a_network() -> None:
    all_ = open_window()
    with pytest.raises(NotNow, match="READING is not possible in state WINDOW_OPEN"):
        all_.happened(KEY, Happened(Event.READING), NOW)
    assert all_.seen(KEY, Happened(Event.READING), NOW) == []
    assert all_.seen("sep1:0000000000000000", Happened(Event.JOINED), NOW) == []
    with pytest.raises(ConfigError, match=f"known: {KEY}"):
        all_.get("sep1:0")


def test_what_the_journal_holds_is_taken_over_and_what_a_newer_version_wrote_is_left() -> None:
    pairing = Pairing.new(Kind.DOWN_SEP2, key_of(Kind.DOWN_SEP2, 167261211391), NOW)
    (row, _) = pairing.handle(Happened(Event.ACCEPTED), NOW)
    assert isinstance(row, Keep)
    assert (row.kind, row.key) == (RECORD, "sep2:167261211391")
    strange = Progress("x", "sep3", "BEYOND", NOW), Progress("y", "sep2", "BEYOND", NOW)
    all_ = Pairings({row.key: row.body} | {p.key: p for p in strange})
    assert [told.state for told in all_.told(NOW)] == ["CODE_ENTERED"]
