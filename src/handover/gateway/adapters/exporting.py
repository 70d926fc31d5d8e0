"""Reads the journal for an export, on a connection of its own that cannot write: a gateway may be running."""

import sqlite3
from contextlib import closing
from pathlib import Path

import msgspec

from handover.errors import ConfigError, NotNow
from handover.gateway import history, metering, timekeeping
from handover.gateway.adapters import readings, records
from handover.gateway.adapters.journal import BUSY_MILLISECONDS, SCHEMA_VERSION
from handover.gateway.book import Held
from handover.gateway.config import Config
from handover.gateway.export.archive import Archive, Period, meter_lines, points, price_unit
from handover.gateway.history import REGISTERS, SKEW
from handover.model.price import Price


def archive(config: Config, period: Period, now: float) -> Archive:
    """Return what the journal of `config` holds of `period`; `now` is our clock.

    Raises ConfigError when there is no journal, NotNow when it cannot be read.
    """
    path = config.journal_path
    if not path.is_file():
        raise ConfigError(f"{path}: no such journal. A gateway makes it: handover gateway run")
    try:
        with closing(_connect(path)) as connection:
            return _read(connection, config, period, now)
    except (sqlite3.Error, msgspec.DecodeError, ValueError) as error:
        raise NotNow(
            f"journal {path} cannot be read: {error}. Check it with: handover gateway run"
        ) from error


def _connect(path: Path) -> sqlite3.Connection:
    return sqlite3.connect(
        f"{path.resolve().as_uri()}?mode=ro", uri=True, isolation_level=None, timeout=BUSY_MILLISECONDS / 1000
    )


def _read(connection: sqlite3.Connection, config: Config, period: Period, now: float) -> Archive:
    version = int(connection.execute("PRAGMA user_version").fetchone()[0])
    if version != SCHEMA_VERSION:
        raise ValueError(f"it has schema {version}, this program knows {SCHEMA_VERSION}")
    connection.execute("BEGIN")  # one moment for everything that is read
    clocks = records.load(connection, timekeeping.RECORD, timekeeping.Upstream)
    upstream = clocks.get(timekeeping.RECORD)
    made = now + (upstream.offset if upstream else 0.0)
    period = Period(period.since, min(period.until, made + SKEW))
    known = records.load(connection, metering.RECORD, metering.KnownMeter)
    prices = records.load(connection, "price", Held[Price])
    names = connection.execute(
        "SELECT DISTINCT series FROM reading WHERE series >= ? AND series < ?", (REGISTERS, REGISTERS + "~")
    ).fetchall()
    registers = {series: readings.load(connection, series, period.since) for (series,) in names}
    demand = readings.load(connection, history.DEMAND, period.since)
    price = readings.load(connection, history.PRICE, period.since)
    return Archive(
        name=config.gateway.name,
        eui64=config.eui64,
        made=int(made),
        meters=meter_lines(known.values(), registers, demand, period),
        prices=points(price, period),
        price_unit=price_unit(held.event for held in prices.values()),
        time=upstream.state if upstream else None,
    )
