"""What a unit is to Home Assistant."""

import pytest

from handover.gateway.feeds.quantities import quantity, shifted
from handover.gateway.status import KILO
from handover.model.units import Unit

SHOWN = sorted({KILO.get(unit, unit.value) for unit in Unit})


@pytest.mark.parametrize(
    ("unit", "commodity", "device_class", "shown"),
    [
        ("kWh", "electricity", "energy", "kWh"),
        ("kW", "electricity", "power", "kW"),
        ("m³", "gas", "gas", "m³"),
        ("ft³", "gas", "gas", "ft³"),
        ("m³", "water", "water", "m³"),
        ("US gal", "water", "water", "gal"),
        ("US gal", "gas", None, "gal"),
        ("m³", "heat", None, "m³"),
        ("J", "heat", "energy", "MJ"),
        ("kvarh", "electricity", None, "kvarh"),
        ("imp gal", "water", None, "imp gal"),
        ("cos φ", "electricity", "power_factor", None),
        ("", "unknown", None, None),
    ],
)
def test_a_class_is_given_only_with_a_unit_of_that_class(
    unit: str, commodity: str, device_class: str | None, shown: str | None
) -> None:
    found = quantity(unit, commodity)
    assert (found.device_class, found.unit) == (device_class, shown)


@pytest.mark.parametrize("unit", SHOWN)
def test_every_unit_of_the_status_document_is_shown(unit: str) -> None:
    assert (quantity(unit, "gas").unit is None) == (unit in ("", "cos φ"))


def test_shifting_keeps_every_digit() -> None:
    assert shifted("102546839", -6) == "102.546839"
    assert shifted("0.10", 0) == "0.10"
