"""What docs/feeds.md shows is so."""

import re
from pathlib import Path

import pytest

from gateway.home import NOW, OWN, Home
from gateway.utility import ELECTRIC, U48, report
from handover.gateway.adapters.metrics import Shell, exposition
from handover.gateway.config import EXAMPLES, parse
from handover.gateway.export.table import COLUMNS
from handover.gateway.feeds.publication import Publication, Topics
from handover.gateway.status import snapshot

PAGE = Path(__file__).parents[1] / "docs" / "feeds.md"
TEXT = PAGE.read_text()


@pytest.fixture
def home(tmp_path: Path) -> Home:
    made = Home(tmp_path)
    made.join()
    report(made, ELECTRIC | {0x0000: (U48, 7)})
    return made


def test_the_section_is_a_configuration_and_has_every_key() -> None:
    (section,) = re.findall(r"```toml\n(.*?)```", TEXT, re.DOTALL)
    config = parse(section, PAGE)
    assert config.mqtt.messages
    assert all(f"{key.split('.')[1]} = " in section for key in EXAMPLES if key.startswith("mqtt."))


def test_the_metrics_are_those_that_are_given(home: Home) -> None:
    shown = exposition(home.gateway, NOW, Shell(well=True)).decode()
    named = set(re.findall(r"`(handover_\w+)`", TEXT))
    given = set(re.findall(r"^# TYPE (handover_\w+)", shown, re.MULTILINE))
    assert named == given
    home.close()


def test_the_topics_are_those_that_are_published(home: Home) -> None:
    said = dict(
        Publication(Topics("handover", "homeassistant", OWN), messages=True).update(
            snapshot(home.gateway, NOW)
        )
    )
    (example,) = re.findall(r"`(\w+_0000_delivered)`", TEXT)
    assert f"handover/{OWN:016X}/{example}/state" in said
    home.close()


def test_the_columns_are_those_of_the_table() -> None:
    (sentence,) = re.findall(r"the columns (.*?)\. `register`", TEXT)
    assert tuple(re.findall(r"`(\w+)`", sentence)) == COLUMNS
