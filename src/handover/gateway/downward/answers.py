"""What a device's reports about parts mean for the order, and so which Response goes up.

Reports about parts that we took back ourselves say nothing to the server; a part's end is not the order's end
while another part is left; and how an order ended is known here better than by the device, which only saw
parts.
"""

from handover.gateway.downward.orders import Order, Part
from handover.model.event import Status

_ONCE = frozenset({Status.RECEIVED, Status.STARTED})
FINAL = frozenset(
    {
        Status.COMPLETED,
        Status.CANCELLED,
        Status.SUPERSEDED,
        Status.PARTIAL_OPT_OUT,
        Status.PARTIAL_OPT_IN,
        Status.NO_PARTICIPATION,
        Status.EXPIRED,
        Status.INVALID,
    }
)


def heard(
    order: Order, part: Part, status: Status, at: float, now: float, cut: Status | None = None
) -> Status | None:
    """Take in a device's report about a part, and return what goes up; None when nothing does.

    `cut` says how the order gives way if it ends now: another order cuts it off.
    """
    again = part.final == int(status)
    part.told = True
    if status is Status.OPT_OUT:
        return _out(order, at)
    if status is Status.OPT_IN:
        return _back(order, at)
    if status in FINAL:
        part.final = int(status)
    if part.withdrawn and order.ended is None and order.beaten is None:
        return None
    if status in _ONCE:
        return _once(order, status)
    if again or any(other.live(now) for other in order.parts if other is not part):
        return None
    if order.ended is None:
        order.beaten = order.beaten or cut
    return _once(order, outcome(order, at))


def outcome(order: Order, at: float) -> Status:
    """Return how an order has ended whose last part is over."""
    finals = {Status(part.final) for part in order.parts if part.final is not None and not part.withdrawn}
    if order.beaten is not None:
        return order.beaten
    if order.ended is not None:
        return Status.CANCELLED
    for status in (Status.INVALID, Status.EXPIRED, Status.SUPERSEDED, Status.CANCELLED):
        if finals == {status}:
            return status
    total = out_for(order, at)
    allowed = order.event.override_after
    if finals <= {Status.NO_PARTICIPATION} or (total and allowed is not None and total > allowed):
        return Status.NO_PARTICIPATION
    if Status.PARTIAL_OPT_OUT in finals or order.out_since is not None or Status.NO_PARTICIPATION in finals:
        return Status.PARTIAL_OPT_OUT
    return Status.PARTIAL_OPT_IN if Status.PARTIAL_OPT_IN in finals or total else Status.COMPLETED


def out_for(order: Order, at: float) -> float:
    """Return for how many seconds of the order the user was out, up to `at`."""
    since = order.out_since
    running = max(0.0, at - max(since, order.event.start + order.shift)) if since is not None else 0.0
    return order.overridden + running


def _out(order: Order, at: float) -> Status | None:
    if order.out_since is not None:
        return None
    order.out_since = at
    return Status.OPT_OUT


def _back(order: Order, at: float) -> Status | None:
    if order.out_since is None:
        return None
    order.overridden, order.out_since = out_for(order, at), None
    return Status.OPT_IN


def _once(order: Order, status: Status) -> Status | None:
    if int(status) in order.given:
        return None
    order.given.append(int(status))
    return status
