"""Status codes of events: SEP 1.x reports, SEP 2.0 responses, and which responses a service knows and
wants.
"""

from enum import Enum

from handover.mapping.scalars import untranslatable
from handover.model.event import Status

EXPIRED, REJECTED = 0xFB, 0xFE
CANCEL_INVALID, CANCEL_INVALID_TIME, CANCEL_UNKNOWN = 0xF8, 0xF9, 0xFD


class Service(Enum):
    """The services whose events are answered."""

    PRICE = "Pricing"
    LOAD_CONTROL = "DRLC"
    MESSAGE = "Messaging"


_REPORT: dict[Status, int] = {status: int(status) for status in Status if status <= Status.NO_PARTICIPATION}
_REPORT |= {
    Status.ABORTED_SERVER: int(Status.SUPERSEDED),
    Status.ABORTED_PROGRAM: int(Status.SUPERSEDED),
    Status.NOT_APPLICABLE: REJECTED,
    Status.INVALID: REJECTED,
    Status.EXPIRED: EXPIRED,
}
_STATUS: dict[int, Status] = {int(status): status for status in Status if status <= Status.NO_PARTICIPATION}
_STATUS |= {EXPIRED: Status.EXPIRED, REJECTED: Status.INVALID}

_SHORT = frozenset(Status(code) for code in (1, 2, 3, 7, 13, 14, 254, 11))
_VALID: dict[Service, frozenset[Status]] = {
    Service.PRICE: _SHORT,
    Service.MESSAGE: _SHORT | {Status.CANNOT_DISPLAY},
    Service.LOAD_CONTROL: frozenset(Status) - {Status.CANNOT_DISPLAY},
}


def report_of(status: Status) -> int | None:
    """Return the code by which SEP 1.x reports a status; None where it has none (a user's
    acknowledgement).
    """
    return _REPORT.get(status)


def status_of(report: int) -> Status | None:
    """Return the status that a SEP 1.x report code stands for.

    None for complaints about a cancellation and for codes that later editions withdrew: they are not
    passed on.
    """
    return _STATUS.get(report)


def response_status(code: int | None, service: Service) -> Status:
    """Return the status of a SEP 2.0 response. Raises Untranslatable (HTTP 400) if the service has no such
    one.
    """
    try:
        status = Status(code or 0)
    except ValueError:
        status = None
    if status is None or status not in _VALID[service]:
        raise untranslatable(
            f"Response.status {code} means nothing for {service.value}: use one of "
            f"{', '.join(str(int(s)) for s in sorted(_VALID[service]))}"
        )
    return status


def required_bit(status: Status) -> int:
    """Return the bit of responseRequired that asks for a status."""
    if status is Status.RECEIVED:
        return 0x01
    return 0x04 if status is Status.ACKNOWLEDGED else 0x02


def is_wanted(status: Status, response_required: bytes | None, service: Service) -> bool:
    """Tell whether an event with this responseRequired is answered with `status`."""
    bits = response_required[-1] if response_required else 0
    return status in _VALID[service] and bool(bits & required_bit(status))
