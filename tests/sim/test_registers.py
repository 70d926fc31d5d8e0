from hypothesis import given
from hypothesis import strategies as st

from handover.sim.registers import EnergyRegisters

START = 1_342_548_000.0


@given(
    steps=st.lists(st.floats(-600, 3600), max_size=40),
    powers=st.lists(st.floats(-9000, 9000), min_size=1, max_size=20),
)
def test_registers_never_go_back(steps: list[float], powers: list[float]) -> None:
    registers = EnergyRegisters(START, delivered=1000, received=5)
    now = START
    for step in steps:
        before = (registers.delivered, registers.received, registers.read_at)
        now += step
        registers.advance(now, lambda t: powers[int(t // 60) % len(powers)])
        after = (registers.delivered, registers.received, registers.read_at)
        assert all(b <= a for b, a in zip(before, after, strict=True))
        assert isinstance(registers.delivered, int)


def test_the_way_there_does_not_matter() -> None:
    one, many = EnergyRegisters(START), EnergyRegisters(START)
    one.advance(START + 3600, lambda t: (t - START) - 1800)
    for second in range(0, 3601, 7):
        many.advance(START + second, lambda t: (t - START) - 1800)
    many.advance(START + 3600, lambda t: (t - START) - 1800)
    assert (one.delivered, one.received) == (many.delivered, many.received)


def test_a_kilowatt_for_an_hour_is_a_thousand_watt_hours() -> None:
    registers = EnergyRegisters(START)
    registers.advance(START + 3600, lambda t: 1000.0)
    registers.advance(START + 7200, lambda t: -500.0)
    assert (registers.delivered, registers.received) == (1000, 500)
