"""Parts of an order on a device: what is told, taken back, and left alone when the timeline changes."""

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from handover.gateway.downward.orders import Order, Part, Piece, revise
from handover.model.event import EventKey, EventState
from handover.model.load_control import Controls, DeviceCategory, LoadControl
from handover.model.timeline import segments

T = 1_700_000_000
HOUR = 3600


def order(subject: str = "0A", start: int = T + HOUR, duration: int = HOUR, created: int = T) -> Order:
    event = LoadControl(
        key=EventKey(0, 1, 0, 0),
        start=start,
        duration=duration,
        created=created,
        state=EventState.SCHEDULED,
        changed=created,
        categories=DeviceCategory.THERMOSTAT,
        group=0,
        criticality=2,
        controls=Controls(duty_cycle=50),
    )
    return Order(1, subject, event, "/drp/0", 1, "/rsps/0/rsp", 3)


def tell(order_: Order, piece: Piece) -> None:
    number = len(order_.parts)
    order_.parts.append(Part(number, 100 + number, piece.start, piece.minutes, order_.content()))


def plan(orders: list[Order], now: float) -> dict[str, tuple[list[Part], list[Piece]]]:
    """Carry one revision of a device's orders out, and return what it was."""
    found = segments([o.claim() for o in orders])
    made = {}
    for one in orders:
        places = [i for i, s in enumerate(found) if s.name == one.key]
        segment = found[places[0]] if places else None
        following = found[places[0] + 1].start if places and places[0] + 1 < len(found) else None
        revision = revise(one, segment, following, now)
        for part in revision.withdraw:
            part.withdrawn = True
        for piece in revision.tell:
            tell(one, piece)
        made[one.subject] = revision.withdraw, revision.tell
    return made


def test_two_adjacent_orders_of_odd_length_do_not_overlap_on_the_air() -> None:
    first, second = order("0A", T, 2730), order("0B", T + 2730, 2730)
    made = plan([first, second], T - 60)
    assert made["0A"][1] == [Piece(T, 45)]
    assert made["0B"][1] == [Piece(T + 2730, 46)]


def test_a_shifted_order_of_more_than_a_day_is_split() -> None:
    one = order("0A", T, 25 * HOUR)
    one.shift = 417
    made = plan([one], T - 60)
    assert made["0A"][1] == [Piece(T + 417, 1440), Piece(T + 417 + 86400, 60)]


def test_a_newer_order_inside_makes_the_first_shorter_under_a_new_id() -> None:
    x = order("0A", T + HOUR, 2 * HOUR, created=T)
    plan([x], T)
    y = order("0B", T + 2 * HOUR, HOUR // 2, created=T + 5)
    made = plan([x, y], T + 10)
    assert [part.minutes for part in made["0A"][0]] == [120]
    assert made["0A"][1] == [Piece(T + HOUR, 60)]
    assert made["0B"][1] == [Piece(T + 2 * HOUR, 30)]
    assert plan([x, y], T + 20) == {"0A": ([], []), "0B": ([], [])}


def test_a_running_part_is_left_to_end_by_itself_when_another_order_begins() -> None:
    x = order("0A", T, 2 * HOUR, created=T)
    plan([x], T - 60)
    y = order("0B", T + HOUR, HOUR // 2, created=T + 5)
    made = plan([x, y], T + 60)
    assert made["0A"] == ([], [])
    assert made["0B"][1] == [Piece(T + HOUR, 30)]


def test_what_was_cut_goes_on_when_the_winner_is_taken_back_in_time() -> None:
    x, y = order("0A", T, 2 * HOUR, created=T), order("0B", T + HOUR, HOUR // 2, created=T + 5)
    plan([x, y], T - 60)
    y.ended = T + 600
    made = plan([x, y], T + 600)
    assert [part.start for part in made["0B"][0]] == [T + HOUR]
    assert made["0A"] == ([], [Piece(T + HOUR, 60)])


def test_a_cancelled_order_is_taken_back_at_once_or_at_its_drawn_moment() -> None:
    waiting, running = order("0A", T + HOUR, HOUR), order("0B", T, HOUR // 2)
    plan([waiting, running], T - 60)
    waiting.ended = T + 60
    running.ended = T + 300
    found = segments([waiting.claim(), running.claim()])
    revision = revise(running, found[0], None, T + 60)
    assert (revision.withdraw, revision.tell, revision.again) == ([], [], T + 300)
    assert len(plan([waiting, running], T + 60)["0A"][0]) == 1
    assert len(plan([waiting, running], T + 300)["0B"][0]) == 1


def test_other_content_is_another_part() -> None:
    one = order()
    plan([one], T)
    one.event = replace(one.event, controls=Controls(duty_cycle=30))
    made = plan([one], T + 1)
    assert len(made["0A"][0]) == 1
    assert made["0A"][1] == [Piece(T + HOUR, 60)]


changes = st.lists(
    st.tuples(
        st.integers(0, 4),
        st.integers(-HOUR, 6 * HOUR),
        st.integers(60, 30 * HOUR),
        st.integers(0, 2),
        st.booleans(),
        st.integers(1, 3000),
    ),
    min_size=1,
    max_size=12,
)


@given(changes)
def test_whatever_comes_no_two_live_parts_of_a_device_overlap(
    steps: list[tuple[int, int, int, int, bool, int]],
) -> None:
    """A device drops a waiting event when another arrives that overlaps it: that must never happen."""
    orders: dict[int, Order] = {}
    now = T
    for number, (which, start, duration, primacy, cancel, pause) in enumerate(steps):
        now += pause
        if cancel and which in orders:
            orders[which].ended = orders[which].ended or now
        elif which not in orders:
            orders[which] = order(f"{which:02X}", now + start, duration, created=T + number)
            orders[which].primacy = primacy
        plan(list(orders.values()), now)
        waiting = [p for o in orders.values() for p in o.parts if p.live(now) and p.start > now]
        running = [p for o in orders.values() for p in o.parts if p.live(now) and p.start <= now]
        for part in waiting:
            assert all(p is part or p.end <= part.start or part.end <= p.start for p in waiting)
        assert len(running) <= 1 or all(p.minutes for p in running)
