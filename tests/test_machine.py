from enum import Enum, auto

import pytest

from handover.errors import NotNow
from handover.machine import Machine


class Door(Enum):
    OPEN = auto()
    CLOSED = auto()
    BRICKED = auto()


class Act(Enum):
    PUSH = auto()
    PULL = auto()
    BRICK = auto()


DOOR = Machine(
    "door",
    Door.OPEN,
    frozenset({Door.BRICKED}),
    {
        (Door.OPEN, Act.PUSH): Door.CLOSED,
        (Door.CLOSED, Act.PULL): Door.OPEN,
        (Door.CLOSED, Act.BRICK): Door.BRICKED,
    },
)


def test_a_step_follows_the_table() -> None:
    assert DOOR.step(Door.OPEN, Act.PUSH) is Door.CLOSED


def test_an_absent_pair_is_refused_and_names_what_is_possible() -> None:
    with pytest.raises(NotNow, match="BRICK is not possible in state OPEN; possible: PUSH"):
        DOOR.step(Door.OPEN, Act.BRICK)
    with pytest.raises(NotNow, match="nothing, it is final"):
        DOOR.step(Door.BRICKED, Act.PUSH)
    assert not DOOR.allows(Door.OPEN, Act.BRICK)


def test_a_sound_table_has_no_problems() -> None:
    assert DOOR.problems() == []


def test_problems_names_unreachable_states_dead_ends_and_exits_of_final_states() -> None:
    broken = Machine(
        "broken",
        Door.OPEN,
        frozenset({Door.OPEN}),
        {(Door.OPEN, Act.PUSH): Door.CLOSED},
    )
    assert broken.problems() == [
        "OPEN is final but accepts PUSH",
        "CLOSED cannot be left",
        "BRICKED cannot be reached",
        "BRICKED cannot be left",
    ]


def test_the_diagram_names_every_transition() -> None:
    diagram = DOOR.mermaid()
    assert "[*] --> OPEN" in diagram
    assert "CLOSED --> BRICKED: brick" in diagram
    assert "BRICKED --> [*]" in diagram
