from pathlib import Path

import pytest

from handover.errors import ConfigError
from handover.sep1.transports.raven import load, parse
from handover.sim import raven_day
from sep1.transports.raven.samples import STAMP, demand, octets

UNIX = STAMP + 946684800


def test_the_shipped_recording_is_what_its_script_writes() -> None:
    assert b"".join(entry.octets + b"\n" for entry in load()) == raven_day.day().removeprefix(
        raven_day.HEAD.encode()
    )


def test_the_shipped_recording_is_a_day_with_a_bit_of_everything() -> None:
    day = load()
    assert not day.complaints
    assert day.end - day.start == pytest.approx(86400, abs=300)
    tags = {entry.document.tag for entry in day}
    assert tags >= {
        "InstantaneousDemand",
        "CurrentSummationDelivered",
        "PriceCluster",
        "MessageCluster",
        "TimeCluster",
    }
    assert tags >= {
        "Warning",
        "BlockPriceDetail",
        "ApplianceStatus",
        "NetworkInfo",
        "DeviceInfo",
        "MeterList",
    }
    demands = [entry.document.text("Demand") for entry in day if entry.document.tag == "InstantaneousDemand"]
    assert any(text.startswith("0xff") and len(text) == 8 for text in demands)
    assert any(text.startswith("0xffff") and len(text) == 10 for text in demands)
    registers = [entry.document.text("SummationDelivered") for entry in day]
    assert any(0xFFFFFFFF < int(text, 16) < 1 << 34 for text in registers if text)
    assert day.macs("CoordMacId") == [raven_day.COORDINATOR]
    assert day.macs("MeterMacId") == [raven_day.METER]


def test_comments_wrappers_lines_and_garbage() -> None:
    text = b"# a comment <PriceCluster>\n  # another\n<rainforest timestamp='1s'>\n"
    text += (
        demand().replace(b"><", b">\n  <")
        + b"</rainforest>\nnoise\n"
        + octets("TimeCluster", UTCTime="0x00000000")
    )
    recording = parse(text)
    assert [(entry.at, entry.document.tag) for entry in recording] == [
        (UNIX, "InstantaneousDemand"),
        (UNIX, "TimeCluster"),
    ]
    assert len(recording.complaints) == 1


def test_times_never_go_back_and_fill_the_gaps() -> None:
    rows = [
        demand(stamp="0x00000000"),
        demand(),
        demand(stamp=STAMP - 5),
        demand(stamp="rubbish"),
        demand(stamp=STAMP + 9),
    ]
    assert [entry.at - UNIX for entry in parse(b"\n".join(rows))] == [0, 0, 0, 0, 9]


@pytest.mark.parametrize("text", [b"", b"# nothing\n", b"hello", demand(stamp="0xffffffff")])
def test_a_recording_without_a_time_is_refused(text: bytes) -> None:
    with pytest.raises(ConfigError, match="TimeStamp"):
        parse(text)


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="check the path"):
        load(tmp_path / "nothing.xml")
    with pytest.raises(ConfigError, match="check the path"):
        load(tmp_path)
