"""The event machine of the gateway."""

import pytest

from handover.errors import NotNow
from handover.gateway.events import EVENT, LIVE, Cause, State


def test_every_state_is_reachable_and_can_be_left() -> None:
    assert EVENT.problems() == []


def test_a_running_event_completes() -> None:
    state = State.NEW
    for cause in (Cause.STORED, Cause.PLANNED, Cause.STARTED, Cause.ENDED):
        state = EVENT.step(state, cause)
    assert state is State.COMPLETED


@pytest.mark.parametrize("state", sorted(EVENT.final))
def test_a_final_state_refuses_everything(state: State) -> None:
    with pytest.raises(NotNow):
        EVENT.step(state, Cause.STARTED)


def test_live_states_are_those_that_a_cancel_can_meet() -> None:
    assert {state for state in State if EVENT.allows(state, Cause.CANCELLED)} == LIVE - {State.ACCEPTED}
