import pytest

from handover.clock import ScaledClock, VirtualClock


def test_a_virtual_clock_moves_only_when_told() -> None:
    clock = VirtualClock(1342548000)
    assert clock.now() == clock.now() == 1342548000
    assert clock.advance(60) == 1342548060
    clock.set(1342540000)
    assert clock.now() == 1342540000


def test_a_virtual_clock_does_not_advance_backwards() -> None:
    with pytest.raises(ValueError, match="0 seconds or more"):
        VirtualClock().advance(-1)


def test_a_scaled_clock_runs_at_its_speed_from_its_epoch() -> None:
    ticks = iter([100.0, 100.0, 101.5])
    clock = ScaledClock(1_000_000, 3600, lambda: next(ticks))
    assert clock.now() == 1_000_000
    assert clock.now() == 1_000_000 + 5400
    assert clock.speed == 3600


@pytest.mark.parametrize("speed", [0, -1])
def test_a_clock_that_does_not_run_forward_is_refused(speed: float) -> None:
    with pytest.raises(ValueError, match="positive"):
        ScaledClock(0, speed, lambda: 0.0)


def test_a_scaled_clock_skips_forward_over_a_gap() -> None:
    clock = ScaledClock(1000, 60, lambda: 0.0)
    clock.skip(500)
    assert clock.now() == 1500
    with pytest.raises(ValueError, match="0 seconds or more"):
        clock.skip(-1)
