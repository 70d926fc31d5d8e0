"""Bundles, records, slots and the choice at a start; and what a trial must do to be kept."""

import random
import stat
from pathlib import Path

import pytest

from gateway.selfupdate.faulty_disk import FaultyDisk
from gateway.selfupdate.releases import FACTORY, Shelf, release, updater, wheel
from handover.errors import DecodeError, NotNow, Refused
from handover.gateway.selfupdate import bundle, slots
from handover.gateway.selfupdate import record as records
from handover.gateway.selfupdate.adapters.real_disk import RealDisk
from handover.gateway.selfupdate.launch import choose, without_trial
from handover.gateway.selfupdate.preflight import Software, preflight
from handover.gateway.selfupdate.probation import Probation, Verdict
from handover.gateway.selfupdate.record import Record
from handover.gateway.selfupdate.states import SELF_UPDATE, Update

pytestmark = pytest.mark.req("REQ.GW.7")


def test_the_table_is_sound() -> None:
    assert SELF_UPDATE.problems() == []


# Bundles


def test_a_bundle_is_the_same_octets_each_time_and_read_back() -> None:
    assert release("1.1.0") == release("1.1.0")
    manifest, wheels = bundle.read(release("1.1.0"))
    assert (manifest.version, sorted(wheels)) == ("1.1.0", ["handover.whl", "lib.whl"])


def test_a_wheel_is_unpacked_onto_the_import_path_without_its_scripts() -> None:
    found = dict(bundle.unpacked(bundle.read(release("1.1.0"))[1]))
    assert found["lib/part.py"] == b"# 1.1.0\n"
    assert not [path for path in found if "scripts" in path]


@pytest.mark.parametrize(
    "path", ["../x.py", "/etc/x", "a/../../x", "a\\..\\x", "w.data/purelib/../x", "a//x"]
)
def test_a_path_that_leads_out_of_the_slot_is_refused(path: str) -> None:
    with pytest.raises(DecodeError, match="leads out of its slot"):
        list(bundle.unpacked({"w.whl": wheel({path: "x"})}))


def test_two_wheels_with_the_same_file_are_refused() -> None:
    with pytest.raises(DecodeError, match="two wheels"):
        list(bundle.unpacked({"a.whl": wheel({"x.py": "1"}), "b.whl": wheel({"x.py": "2"})}))


def test_any_octets_are_a_bundle_or_a_decode_error() -> None:
    good, dice, refused = release("1.1.0"), random.Random(7), 0
    for _ in range(2000):
        data = bytearray(good)
        for _ in range(dice.randint(1, 4)):
            data[dice.randrange(len(data))] = dice.randrange(256)
        try:
            list(bundle.unpacked(bundle.read(bytes(data[: dice.randint(0, len(data))]))[1]))
        except DecodeError:
            refused += 1
    assert refused > 1000


def test_a_file_that_the_manifest_does_not_name_is_refused() -> None:
    extra = wheel(
        {"manifest.json": '{"name":"sep-handover","version":"1.0","wheels":[]}', "wheels/x.whl": "x"}
    )
    with pytest.raises(DecodeError, match="does not name"):
        bundle.read(extra)
    other = wheel({"manifest.json": '{"name":"somebody","version":"1.0","wheels":[]}'})
    with pytest.raises(DecodeError, match="not for sep-handover"):
        bundle.read(other)


# The record


def test_a_record_is_read_back_and_a_damaged_one_is_noticed() -> None:
    record = Record(active="a", contents={"a": records.Content("1.1.0", "ab", "cd")}, floor="1.1.0")
    data = records.encode(record)
    assert records.decode(data) == record
    for bit in range(0, len(data) * 8, 5):
        hurt = bytearray(data)
        hurt[bit // 8] ^= 1 << bit % 8
        with pytest.raises(DecodeError):
            records.decode(bytes(hurt))


def test_nothing_at_or_below_what_was_committed_is_taken_again() -> None:
    record = Record(floor="1.4.0")
    for version in ("1.3.9", "1.4.0", "1.4.0rc1"):
        with pytest.raises(Refused, match=r"not newer than 1\.4\.0"):
            records.begin(record, version, "ab", current=FACTORY)
    assert records.begin(record, "1.4.1", "ab", current=FACTORY).at is Update.DOWNLOADING


def test_no_update_begins_during_a_trial() -> None:
    disk = FaultyDisk()
    updater(disk, Shelf("1.1.0")).apply()
    with pytest.raises(NotNow, match="on trial"):
        updater(disk, Shelf("1.2.0")).apply()


def test_what_was_never_started_is_not_kept() -> None:
    disk = FaultyDisk()
    record = updater(disk, Shelf("1.1.0")).apply()
    with pytest.raises(NotNow, match="not been started yet"):
        records.committed(record)
    assert records.committed(records.started(record)).active == "a"


def test_a_full_disk_is_told_and_the_update_can_be_done_again() -> None:
    whole = FaultyDisk()
    updater(whole, Shelf("1.1.0")).apply()
    for step in range(whole.steps - 1):  # after the last rename the trial stands
        disk = FaultyDisk()
        disk.full_at = step
        with pytest.raises(NotNow, match="Free some space"):
            updater(disk, Shelf("1.1.0")).apply()
        assert choose(slots.recorded(disk), lambda _: True).slot is None
        disk.full_at = None
        assert updater(disk, Shelf("1.1.0")).apply().at is Update.TRIAL


def test_what_was_given_up_is_taken_again_only_when_somebody_insists() -> None:
    disk = FaultyDisk()
    updater(disk, Shelf("1.1.0")).apply()
    slots.store(disk, records.given_up(slots.load(disk), "it did not start"))
    with pytest.raises(Refused, match="given up before"):
        updater(disk, Shelf("1.1.0")).apply()
    assert updater(disk, Shelf("1.1.0")).apply(again=True).at is Update.TRIAL


def test_there_is_nothing_to_keep_or_to_go_back_to_on_a_new_gateway() -> None:
    with pytest.raises(NotNow, match="nothing is on trial"):
        records.committed(Record())
    with pytest.raises(NotNow, match="factory"):
        records.reverted(Record(), "by order")


# Slots


@pytest.mark.parametrize("given", ["flipped", "short", "other", "none"])
def test_a_bundle_that_is_not_the_signed_one_ends_the_update(given: str) -> None:
    shelf = Shelf("1.1.0")
    shelf.given = {
        "flipped": shelf.bundle[:90] + bytes([shelf.bundle[90] ^ 1]) + shelf.bundle[91:],
        "short": shelf.bundle[:-1],
        "other": release("1.2.0"),
        "none": b"",
    }[given]
    disk = FaultyDisk()
    with pytest.raises(Refused, match="nothing was installed"):
        updater(disk, shelf).apply()
    record = slots.load(disk)
    assert (record.at, record.contents, choose(record, lambda _: True).slot) == (Update.IDLE, {}, None)


def test_software_that_calls_itself_otherwise_is_not_tried() -> None:
    disk, shelf = FaultyDisk(), Shelf("1.1.0")
    odd = updater(disk, shelf)
    odd._test_start = lambda _: "9.9.9"
    with pytest.raises(Refused, match=r"calls itself '9\.9\.9'"):
        odd.apply()
    assert slots.load(disk).at is Update.IDLE


def test_one_wrong_bit_anywhere_in_a_slot_is_noticed() -> None:
    disk = FaultyDisk()
    updater(disk, Shelf("1.1.0")).apply()
    record, dice = slots.load(disk), random.Random(3)
    assert slots.sound(disk, record, "a")
    for path in [p for p in disk.files("slots/a") if not p.endswith("bundle.zip")]:
        size = len(disk.read(path)) * 8
        for bit in dice.sample(range(size), min(size, 40)):
            disk.spoil(path, bit)
            assert not slots.sound(disk, record, "a"), path
            disk.spoil(path, bit)
    assert slots.sound(disk, record, "a")


def test_a_file_too_many_or_too_few_in_a_slot_is_noticed() -> None:
    disk = FaultyDisk()
    updater(disk, Shelf("1.1.0")).apply()
    content = slots.load(disk).content("a")
    disk.create("slots/a/site/sitecustomize.py")
    assert "not sealed" in (slots.fault(disk, "a", content) or "")
    disk.rename("slots/a/site/sitecustomize.py", "slots/a/site/x")
    disk.remove_tree("slots/a/site/lib")
    assert "missing" in (slots.fault(disk, "a", content) or "")
    assert slots.fault(disk, "b", None) == "slot b holds nothing"


# Starts


def trial() -> tuple[FaultyDisk, Record]:
    disk = FaultyDisk()
    updater(disk, Shelf("1.1.0")).apply()
    slots.store(disk, records.committed(records.started(slots.load(disk))))
    updater(disk, Shelf("1.2.0"), "1.1.0").apply()
    return disk, slots.load(disk)


def test_a_trial_is_given_up_after_three_starts_without_health() -> None:
    _, record = trial()
    for number in (1, 2, 3):
        choice = choose(record, lambda _: True)
        assert (choice.slot, choice.record.starts) == ("b", number)
        record = choice.record
    choice = choose(record, lambda _: True)
    assert (choice.slot, choice.record.at) == ("a", Update.ROLLED_BACK)
    assert "3 starts" in choice.record.reason


def test_damage_leads_to_the_next_best_and_last_to_the_factory() -> None:
    _, record = trial()
    assert choose(record, lambda slot: slot != "b").slot == "a"
    kept = records.committed(records.started(record))
    assert choose(kept, lambda _: True).slot == "b"
    choice = choose(kept, lambda slot: slot != "b")
    assert (choice.slot, choice.record.reason) == ("a", "slot b is damaged")
    assert choose(kept, lambda _: False).slot is None


def test_a_trial_that_cannot_be_counted_is_not_started() -> None:
    _, record = trial()
    assert without_trial(record, lambda _: True) == "a"
    assert without_trial(record, lambda _: False) is None


def test_a_damaged_record_leads_to_the_factory_and_the_next_update_works() -> None:
    disk, _ = trial()
    disk.spoil(slots.RECORD, 77)
    record = slots.recorded(disk)
    assert choose(record, lambda _: True).slot is None
    assert updater(disk, Shelf("1.3.0")).apply().at is Update.TRIAL


# The trial from inside


def test_a_trial_is_kept_after_a_minute_of_health_without_a_break() -> None:
    probation = Probation(1000.0)
    assert probation.look(True, 1000.0) is Verdict.WAIT
    assert probation.look(True, 1059.0) is Verdict.WAIT
    assert probation.look(False, 1059.5) is Verdict.WAIT
    assert probation.look(True, 1060.0) is Verdict.WAIT
    assert probation.look(True, 1119.0) is Verdict.WAIT
    assert probation.look(True, 1120.0) is Verdict.KEEP


def test_a_trial_that_is_never_well_gives_up_after_ten_minutes() -> None:
    probation = Probation(0.0)
    assert probation.look(False, 599.0) is Verdict.WAIT
    assert probation.look(False, 600.0) is Verdict.GIVE_UP


# Before a migration


def test_a_stale_gateway_or_device_blocks_the_migration() -> None:
    devices = [
        Software("thermostat", "2.0", "1.9"),
        Software("display", "1.0", "1.9"),
        Software("ev", None, "1"),
    ]
    report = preflight("1.1.0", Record(), minimum="1.2.0", offered="1.3.0", attached=devices)
    assert not report.ready
    assert [text.split(" runs ")[0] for text in report.objections[:3]] == [
        "the gateway",
        "the gateway",
        "display",
    ]
    assert "ev does not tell its version" in report.objections[3]
    with pytest.raises(Refused, match=r"1\.2\.0 is needed; next: handover update apply"):
        report.demand()


def test_software_that_is_new_enough_and_kept_does_not() -> None:
    report = preflight("1.2.0", Record(), minimum="1.2.0", offered="1.2.0")
    report.demand()
    assert report.plain() == {
        "version": "1.2.0",
        "state": "IDLE",
        "ready": True,
        "objections": [],
        "attached": [],
    }
    _, record = trial()
    assert "on trial" in preflight("1.2.0", record).objections[0]


def test_versions_that_cannot_be_compared_block_too() -> None:
    report = preflight("1.2.0", Record(), attached=[Software("plug", "rev B", "1.0")])
    assert "'rev B' is not a version" in report.objections[0]


# The disk


def test_the_real_disk_does_what_the_port_says(tmp_path: Path) -> None:
    disk = RealDisk(tmp_path / "software")
    with disk.locked():
        updater(disk, Shelf("1.1.0")).apply()
        record = slots.load(disk)
        assert slots.sound(disk, record, "a")
        with pytest.raises(NotNow, match="another update works"), RealDisk(disk.root).locked():
            pass
    assert stat.S_IMODE((disk.root / "lock").stat().st_mode) == 0o600
    path = disk.root / "slots" / "a" / "site" / "lib" / "part.py"
    path.write_bytes(b"# 1.1.1\n")
    assert "lib/part.py is not what was sealed" in (slots.fault(disk, "a", record.content("a")) or "")
