"""The feed for Home Assistant: what is described, what is said, and what is not said twice."""

import json
import re
from typing import Any

import pytest

from gateway.home import ESI, NOW, OWN, Home
from gateway.utility import ELECTRIC, GAS, GAS_METER, S24, U8, U48, load_control, message, price, report
from handover.gateway.feeds.entities import entities
from handover.gateway.feeds.publication import Publication, Topics
from handover.gateway.status import snapshot
from handover.gateway.texts import plain

pytestmark = pytest.mark.req("REQ.GW.1")

BASE = f"handover/{OWN:016X}"
DISCOVERY = f"/handover_{OWN:016X}/"


def feed(*, messages: bool = True) -> Publication:
    return Publication(Topics("handover", "homeassistant", OWN), messages=messages)


def told(publication: Publication, home: Home) -> dict[str, str]:
    return dict(publication.update(snapshot(home.gateway, home.now)))


def described(said: dict[str, str]) -> dict[str, dict[str, Any]]:
    """Return the descriptions by the key of their entity."""
    return {topic.split("/")[3]: json.loads(body) for topic, body in said.items() if DISCOVERY in topic}


def test_a_meter_is_a_device_with_an_entity_for_each_register(home: Home) -> None:
    report(home, ELECTRIC | {0x0000: (U48, 102546839), 0x0001: (U48, 5), 0x0400: (S24, -333)})
    report(home, GAS | {0x0000: (U48, 1234)}, source=GAS_METER)
    said = told(feed(), home)
    found = described(said)
    electric = f"{ESI:016X}_1"
    assert set(found) == {
        "esi", "load_control", "message", f"{electric}_0000_delivered", f"{electric}_0001_received",
        f"{electric}_0400_net", f"{GAS_METER:016X}_1_0000_delivered",
    }  # fmt: skip
    energy = found[f"{electric}_0000_delivered"]
    assert energy | {"availability": 0, "origin": 0} == {
        "name": "Energy delivered",
        "unique_id": f"handover_{OWN:016X}_{electric}_0000_delivered",
        "state_topic": f"{BASE}/{electric}_0000_delivered/state",
        "availability": 0,
        "availability_mode": "all",
        "origin": 0,
        "device": {
            "identifiers": [f"handover_{OWN:016X}_{electric}"],
            "name": "Electricity meter 3456",
            "model": "Smart Energy meter",
            "via_device": f"handover_{OWN:016X}",
        },
        "device_class": "energy",
        "state_class": "total_increasing",
        "unit_of_measurement": "kWh",
    }
    assert said[energy["state_topic"]] == "102546.839"
    demand = found[f"{electric}_0400_net"]
    assert (demand["device_class"], demand["state_class"]) == ("power", "measurement")
    assert said[demand["state_topic"]] == "-0.333"
    gas = found[f"{GAS_METER:016X}_1_0000_delivered"]
    assert (gas["device_class"], gas["unit_of_measurement"]) == ("gas", "m³")
    assert said[gas["state_topic"]] == "12.34"
    assert len({body["unique_id"] for body in found.values()}) == len(found)


def test_every_topic_that_a_description_names_is_published(home: Home) -> None:
    report(home, ELECTRIC | {0x0000: (U48, 7)})
    publication = feed()
    said = told(publication, home)
    for body in described(said).values():
        named = [body["state_topic"], *(item["topic"] for item in body["availability"])]
        named += [body["json_attributes_topic"]] if "json_attributes_topic" in body else []
        assert set(named) <= set(said)
    assert said[publication.farewell.topic] == "online"
    assert publication.farewell.payload == "offline"


def test_only_what_has_changed_is_said_again(home: Home) -> None:
    publication = feed()
    report(home, ELECTRIC | {0x0000: (U48, 7)})
    assert told(publication, home)
    assert told(publication, home) == {}
    report(home, {0x0000: (U48, 8)})
    assert list(told(publication, home).values()) == ["0.008"]
    publication.renew()
    assert len(described(told(publication, home))) == 4


def test_an_old_reading_is_not_available_and_neither_is_one_that_is_gone(home: Home) -> None:
    publication = feed()
    report(home, ELECTRIC | {0x0000: (U48, 7), 0x000A: (U8, 30)})
    told(publication, home)
    topic = f"{BASE}/{ESI:016X}_1_0000_delivered/availability"
    home.passes(91)
    assert told(publication, home)[topic] == "offline"
    report(home, {0x0000: (U48, 8)})
    assert told(publication, home)[topic] == "online"
    home.passes(86500)
    assert told(publication, home)[topic] == "offline"


def test_the_price_in_force_has_its_currency(home: Home) -> None:
    price(home, b"=peak")
    publication = feed()
    said = told(publication, home)
    assert described(said)["price"]["unit_of_measurement"] == "USD/kWh"
    assert said[f"{BASE}/price/state"] == "0.1134"
    attributes = json.loads(said[f"{BASE}/price/attributes"])
    assert (attributes["label"], attributes["end"]) == ("=peak", "2012-07-17T19:00:00+00:00")
    home.passes(3700)
    assert told(publication, home)[f"{BASE}/price/availability"] == "offline"


def test_a_load_control_event_switches_on_and_off(home: Home) -> None:
    publication = feed()
    assert told(publication, home)[f"{BASE}/load_control/state"] == "OFF"
    load_control(home)
    said = told(publication, home)
    assert said[f"{BASE}/load_control/state"] == "ON"
    (event,) = json.loads(said[f"{BASE}/load_control/attributes"])["active"]
    assert event["controls"] == "on for 50 % of the time"
    home.passes(700)
    assert told(publication, home)[f"{BASE}/load_control/state"] == "OFF"


def test_a_silent_esi_is_said_to_be_silent(home: Home) -> None:
    publication = feed()
    report(home, ELECTRIC)
    assert told(publication, home)[f"{BASE}/esi/state"] == "ON"
    home.gateway.presence.online = False
    assert told(publication, home) == {f"{BASE}/esi/state": "OFF"}


@pytest.mark.parametrize(
    "text", ["{{ states('lock.door') }}", "+/#", "a\x00b\nc", "<script>", "../../homeassistant", "x" * 5000]
)
def test_a_hostile_text_is_a_text(text: str) -> None:
    document: dict[str, Any] = {
        "gateway": {"name": "g", "version": "1"},
        "esi": {"online": True},
        "readings": [],
        "prices": [],
        "events": [],
        "messages": [
            {
                "text": text,
                "priority": 0,
                "status": 1,
                "start": NOW,
                "end": None,
                "confirm_required": False,
                "confirmed_by": None,
            }
        ],
    }
    said = dict(feed().update(document))
    assert all(re.fullmatch(r"[A-Za-z0-9_/]+", topic) for topic in said)
    assert "template" not in json.dumps(described(said))
    assert not [topic for topic, body in said.items() if DISCOVERY in topic and text in body]
    state = said[f"{BASE}/message/state"]
    assert len(state) <= 255
    assert state.isprintable()
    assert state[:200] == plain(text)[:200]


def test_a_message_of_the_utility_is_shown_while_it_is_in_force(home: Home) -> None:
    publication = feed()
    assert told(publication, home)[f"{BASE}/message/state"] == "None"
    message(home, b"Peak today")
    assert told(publication, home)[f"{BASE}/message/state"] == "Peak today"
    home.passes(3700)
    assert told(publication, home)[f"{BASE}/message/state"] == "None"


def test_messages_can_be_kept_at_home(home: Home) -> None:
    message(home, b"Peak today")
    said = told(feed(messages=False), home)
    assert "Peak" not in str(said)
    taken_back = {topic for topic, body in said.items() if body == ""}
    everything = told(feed(), home)
    assert taken_back == {topic for topic in everything if "/message/" in topic}


def test_times_beyond_all_calendars_are_left_out() -> None:
    row = {"label": "", "price": "1", "unit": "kWh", "currency": 0, "status": 1, "tier": None}
    document = {
        "esi": {"online": False},
        "readings": [],
        "events": [],
        "prices": [row | {"start": 1e300, "end": None}],
    }
    shown = next(entity for entity in entities(document, messages=False) if entity.key == "price")
    assert shown.attributes is not None
    assert shown.attributes["start"] is None
    assert shown.facts["unit_of_measurement"] == "1/kWh"
