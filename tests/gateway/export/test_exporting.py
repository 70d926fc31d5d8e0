"""Exports of real journals: beside a running gateway, over its local API, and of files that are none."""

import sqlite3
from pathlib import Path

import aiohttp
import pytest

from gateway.export.conftest import Exporting
from gateway.export.reading import Feed, rows
from gateway.home import Home
from gateway.running import fast_clock, make_config, running, until
from handover.errors import ConfigError, NotNow
from handover.gateway.adapters.exporting import archive
from handover.gateway.config import Config
from handover.gateway.export.archive import Period
from handover.gateway.export.formats import Format
from handover.sim.premise import Premise


async def test_a_running_gateway_gives_its_history_to_those_with_the_token(tmp_path: Path) -> None:
    config, clock = make_config(tmp_path), fast_clock()
    premise = Premise(seed=3, start=clock.now())
    premise.admit(config.eui64)
    async with running(config, premise, clock) as service, aiohttp.ClientSession() as session:
        await until(lambda: service.gateway.meters.shown(clock.now()))
        base = service.local.url.replace("/api/status", "")
        headers = {"Authorization": f"Bearer {config.token_path.read_text().strip()}"}
        for path in ("/export.csv", "/export.xml"):
            async with session.get(base + path) as answer:
                assert answer.status == 401
        async with session.get(f"{base}/export.csv", headers=headers) as answer:
            assert answer.headers["Content-Type"] == "text/csv; charset=utf-8"
            assert "attachment" in answer.headers["Content-Disposition"]
            document = rows(await answer.read())
        async with session.get(f"{base}/export.xml", headers=headers) as answer:
            assert answer.headers["Content-Type"] == "application/atom+xml"
            feed = Feed(await answer.read())
        async with session.get(f"{base}/export.csv?since=2100-01-01", headers=headers) as answer:
            assert rows(await answer.read()) == []
        async with session.get(f"{base}/export.csv?since=never", headers=headers) as answer:
            assert (answer.status, "Examples" in await answer.text()) == (400, True)
    values = {
        row["value"] for row in document if (row["series"], row["direction"]) == ("register", "delivered")
    }
    assert values <= {str(row[0]) for row in premise.observed.readings}
    assert values
    assert {str(value) for value in feed.series(1)[0].amounts} >= values


def test_an_export_changes_nothing(metered: Home, config: Config, export: Exporting) -> None:
    metered.journal.close()
    before = config.journal_path.read_bytes()
    assert export(Format.CSV)
    assert config.journal_path.read_bytes() == before


def test_without_a_journal_there_is_none_afterwards(tmp_path: Path) -> None:
    config = Config(base=str(tmp_path))
    with pytest.raises(ConfigError, match="handover gateway run"):
        archive(config, Period(), 0.0)
    assert not config.journal_path.exists()


def test_a_file_that_is_no_journal_is_refused(tmp_path: Path) -> None:
    config = Config(base=str(tmp_path))
    config.data_dir.mkdir()
    config.journal_path.write_bytes(b"something else" * 100)
    with pytest.raises(NotNow, match="cannot be read"):
        archive(config, Period(), 0.0)


def test_a_journal_of_a_later_release_is_refused(metered: Home, config: Config) -> None:
    metered.journal.close()
    with sqlite3.connect(config.journal_path) as connection:
        connection.execute("PRAGMA user_version=99")
    connection.close()
    with pytest.raises(NotNow, match="schema 99"):
        archive(config, Period(), 0.0)
