"""The tables of admissions: no dead ends, and a sentence and a next step for every state."""

import re
from itertools import pairwise

import pytest

from handover.gateway.pairing.states import (
    LIMITS,
    MACHINES,
    Event,
    Kind,
    failures,
    states,
    steps,
)
from handover.gateway.pairing.words import KINDS, WORDS

pytestmark = pytest.mark.req("REQ.GW.3")


@pytest.mark.parametrize("kind", Kind)
def test_the_table_has_no_dead_end(kind: Kind) -> None:
    assert MACHINES[kind].problems() == []


@pytest.mark.parametrize("kind", Kind)
def test_every_state_has_words_of_its_own(kind: Kind) -> None:
    assert set(WORDS[kind]) == set(states(kind))
    assert kind in KINDS
    sentences = [words.sentence for words in WORDS[kind].values()]
    assert len(set(sentences)) == len(sentences)
    for words in WORDS[kind].values():
        for text in (words.sentence, words.next_step):
            assert re.fullmatch(r"[A-Z].*\.", text), text
        assert len(words.title) < 45


@pytest.mark.parametrize("kind", Kind)
def test_plain_language_has_no_terms_of_the_standards(kind: Kind) -> None:
    shown = [*WORDS[kind].values(), KINDS[kind]]
    text = " ".join(f"{w.title} {w.sentence} {w.next_step}" for w in shown)
    for term in ("CBKE", "TLS", "LFDI", "EndDevice", "trust centre", "APS", "HAN", "PAN", "cluster", "mRID"):
        assert not re.search(rf"\b{term}\b", text), term


@pytest.mark.parametrize("kind", Kind)
def test_the_steps_follow_each_other(kind: Kind) -> None:
    """From each step one event leads to the next."""
    path = steps(kind)
    for here, there in pairwise(path):
        assert there in [MACHINES[kind].table[here, event] for event in MACHINES[kind].events(here)]


@pytest.mark.parametrize("kind", Kind)
def test_every_failure_can_be_put_right_and_given_up(kind: Kind) -> None:
    machine = MACHINES[kind]
    for state in failures(kind):
        assert machine.allows(state, Event.ACCEPTED)
        assert machine.allows(state, Event.REMOVED)
        assert machine.allows(state, Event.AGAIN) is not state.name.startswith("BAD_")


def test_every_state_with_a_limit_can_be_late() -> None:
    for state in LIMITS:
        kind = next(kind for kind in Kind if state in states(kind))
        assert MACHINES[kind].allows(state, Event.LATE), state


def test_the_failures_that_the_requirement_names_are_there() -> None:
    names = {state.name for kind in Kind for state in failures(kind)}
    assert names >= {"BAD_CODE", "BAD_PIN", "BAD_SFDI", "TIMEOUT", "WRONG_PROFILE", "CERTIFICATE_EXPIRED"}
