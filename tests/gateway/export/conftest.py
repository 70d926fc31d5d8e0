"""A home on paper with two hours of readings, and its export."""

from collections.abc import Callable
from pathlib import Path

import pytest

from gateway.home import OWN, Home
from gateway.utility import ELECTRIC, GAS, GAS_METER, S24, U48, price, register, report
from handover.gateway.adapters.exporting import archive
from handover.gateway.config import Config, GatewaySection, Sep1Section
from handover.gateway.export.formats import Format
from handover.gateway.export.period import period
from handover.gateway.export.render import render

Exporting = Callable[..., bytes]


@pytest.fixture
def config(home: Home, tmp_path: Path) -> Config:
    """The configuration of the home's gateway."""
    return Config(
        gateway=GatewaySection(name="Home & garden", data_dir=str(tmp_path)),
        sep1=Sep1Section(eui64=f"{OWN:016X}"),
        base=str(tmp_path),
    )


@pytest.fixture
def export(home: Home, config: Config) -> Exporting:
    """Return a function that gives an export of what the home's journal holds."""

    def give(form: Format, since: str | None = None, until: str | None = None) -> bytes:
        return render(archive(config, period(since, until), home.now), form)

    return give


@pytest.fixture
def metered(home: Home) -> Home:
    """Two hours: 10 Wh every five minutes, a demand that turns, a gas meter, and a price."""
    report(home, ELECTRIC)
    report(home, GAS | {0x0000: (U48, 1234)}, source=GAS_METER)
    price(home)
    for number in range(25):
        register(home, 100_000 + 10 * number)
        report(home, {0x0400: (S24, 120 if number % 2 else -60)})
        home.passes(300)
    return home
