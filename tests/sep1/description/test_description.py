"""Frames described and built again: nothing is lost, and what is wrong is named."""

import json
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from fuzz.parsers import GENERAL_FRAMES
from handover.errors import EncodeError
from handover.sep1 import frame as zcl
from handover.sep1.clusters.drlc import LoadControlEvent
from handover.sep1.clusters.price import PublishPrice
from handover.sep1.codec import PLACES
from handover.sep1.declaration import Command
from handover.sep1.description import build, describe
from handover.sep1.description.meaning import MEANINGS
from handover.sep1.layout import fields
from sep1.samples import COMMANDS, commands, telling


def octets_of(command: Command) -> tuple[int, bytes]:
    place = PLACES[type(command)]
    payload = zcl.build(place.cluster_id, command, sequence=7, to_client=place.to_client)
    return place.cluster_id, payload


def there_and_back(cluster_id: int, octets: bytes) -> bytes:
    return build(json.loads(json.dumps(describe(cluster_id, octets))))


@pytest.mark.parametrize("kind", COMMANDS, ids=lambda kind: kind.__name__)
def test_every_command_comes_back_octet_for_octet(kind: type[Command]) -> None:
    @settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))
    @given(commands(kind))
    def check(command: Command) -> None:
        cluster_id, octets = octets_of(command)
        assert there_and_back(cluster_id, octets) == octets

    check()


@pytest.mark.parametrize("kind", COMMANDS, ids=lambda kind: kind.__name__)
def test_telling_values_have_meanings_where_some_are_declared(kind: type[Command]) -> None:
    cluster_id, octets = octets_of(telling(kind))
    described = describe(cluster_id, octets)
    assert set(described["values"]) >= set(MEANINGS.get(kind, {})) & {
        name for name, value in described["fields"].items() if value is not None
    }
    assert set(described["units"]) <= set(described["values"])


def test_the_table_of_meanings_names_fields_that_exist() -> None:
    for kind, row in MEANINGS.items():
        assert set(row) <= {field.name for field in fields(kind)}


@pytest.mark.parametrize("octets", GENERAL_FRAMES, ids=lambda o: o.hex()[:8])
def test_general_commands_come_back(octets: bytes) -> None:
    assert there_and_back(0x0702, octets) == octets


@settings(max_examples=300, deadline=None)
@given(st.sampled_from(GENERAL_FRAMES), st.binary(max_size=8))
def test_octets_behind_the_last_field_are_kept(frame: bytes, rest: bytes) -> None:
    place = PLACES[PublishPrice]
    octets = zcl.build(place.cluster_id, telling(PublishPrice), sequence=1, to_client=True) + rest
    assert there_and_back(0x0700, octets) == octets


def test_a_load_control_event_in_engineering_units() -> None:
    event = LoadControlEvent(
        issuer_event_id=5,
        device_class=0x0005,
        utility_enrollment_group=0,
        start_time=395_863_200,
        duration_in_minutes=30,
        criticality_level=7,
        cooling_temperature_offset=25,
        heating_temperature_offset=0xFF,
        cooling_temperature_set_point=2750,
        heating_temperature_set_point=-32768,
        average_load_adjustment_percentage=-10,
        duty_cycle=0xFF,
        event_control=3,
    )
    described = describe(*octets_of(event))
    assert (described["cluster"], described["command"], described["direction"]) == (
        "0x0701",
        "load_control_event",
        "server_to_client",
    )
    assert described["fields"]["cooling_temperature_set_point"] == 2750
    assert described["values"] == {
        "device_class": ["hvac", "water_heater"],
        "start_time": "2012-07-17T18:00:00Z",
        "duration_in_minutes": 30,
        "criticality_level": "emergency",
        "cooling_temperature_offset": 2.5,
        "heating_temperature_offset": None,
        "cooling_temperature_set_point": 27.5,
        "heating_temperature_set_point": None,
        "average_load_adjustment_percentage": -10,
        "duty_cycle": None,
        "event_control": ["randomize_start", "randomize_end"],
    }
    assert described["units"] == {
        "duration_in_minutes": "min",
        "cooling_temperature_offset": "K",
        "cooling_temperature_set_point": "°C",
        "average_load_adjustment_percentage": "%",
    }


def test_a_price_in_money_per_unit() -> None:
    published = telling(PublishPrice)
    published.price, published.currency, published.unit_of_measure = 12345, 978, 0
    published.price_trailing_digit_and_price_tier = 0x42
    described = describe(*octets_of(published))
    assert (described["values"]["price"], described["units"]["price"]) == (1.2345, "EUR/kWh")
    assert described["values"]["price_trailing_digit_and_price_tier"] == {"trailing_digits": 4, "tier": 2}


def test_a_report_names_its_attributes() -> None:
    octets = bytes.fromhex("08010a" "000025" "87d612000000" "000318" "00")  # fmt: skip
    described = describe(0x0702, octets)
    assert described["general"]
    assert described["attributes"] == [
        {"id": "0x0000", "name": "current_summation_delivered", "type": "uint48", "value": 1234567},
        {"id": "0x0300", "name": "unit_of_measure", "type": "map8", "value": 0},
    ]


BASE: dict[str, Any] = {"cluster": "0x0701", "direction": "server_to_client", "sequence": 1}


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"cluster": "zz"}, "cluster: 'zz' is no number"),
        ({"direction": "up"}, "direction: 'up' is neither"),
        ({"command": "nonsense"}, "command: 'nonsense' is no command of 0x0701"),
        ({"command": "cancel_all_load_control_events"}, "fields.cancel_control: .* cannot be built without"),
        (
            {"command": "cancel_all_load_control_events", "fields": {"cancel_control": "x"}},
            "fields.cancel_control: 'x' is no integer",
        ),
        (
            {"command": "cancel_all_load_control_events", "fields": {"cancel_control": 256}},
            "cancel_control",
        ),
        (
            {"command": "cancel_all_load_control_events", "fields": {"odd": 1}},
            "fields.odd: .* has no such field",
        ),
        ({"command": "default_response", "fields": {"command_id": 1}}, "fields.status"),
        (
            {"command": "report_attributes", "fields": {"records": [1]}},
            r"fields.records\[0\]: an object is expected",
        ),
        (
            {
                "command": "report_attributes",
                "fields": {"records": [{"attribute_id": 1, "data_type": 66, "value": "x"}]},
            },
            r"fields.records\[0\].value: 'x' is no hexadecimal text",
        ),
        ({"command": "default_response", "fields": 1}, "fields: an object is expected"),
        ({"command": "cancel_all_load_control_events", "sequence": 300}, "sequence: 300"),
        ({"command": "nonsense", "general": True}, "is no general command"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_named(changes: dict[str, Any], message: str) -> None:
    described = BASE | changes
    if "sequence" in changes:
        described["fields"] = {"cancel_control": 0}
    with pytest.raises(EncodeError, match=message):
        build(described)
