"""The tables of a tunnel's states."""

import pytest

from handover.errors import NotNow
from handover.sep1.tunneling.states import SENDING, TUNNEL, SendState, SendStep, TunnelState, TunnelStep


def test_every_state_can_be_reached_and_left() -> None:
    assert TUNNEL.problems() == []
    assert SENDING.problems() == []


def test_a_closed_tunnel_stays_closed() -> None:
    with pytest.raises(NotNow, match="it is final"):
        TUNNEL.step(TunnelState.CLOSED, TunnelStep.ACCEPTED)


def test_one_chunk_at_a_time_is_under_way() -> None:
    for state in (SendState.SENT, SendState.UNACKNOWLEDGED, SendState.PAUSED):
        assert not SENDING.allows(state, SendStep.SEND)
