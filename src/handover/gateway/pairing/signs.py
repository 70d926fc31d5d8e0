"""What the networks tell, as events of admissions: pure functions from indications to keys and events.

For SEP 1.x the stack of the trust centre tells; for SEP 2.0 the server's refusals and what devices ask.
"""

from handover.gateway.pairing.pairing import Happened
from handover.gateway.pairing.pairings import key_of
from handover.gateway.pairing.states import Event, Kind
from handover.sep1.han import DeviceReady, NotReady
from handover.sep1.stack.outputs import DeviceJoined, DeviceRefused, Output

Sign = tuple[str, Happened]
"""The key of the admission that it belongs to, and the event."""

_NOT_REGISTERED = "its install code is not registered"


def of_stack(output: Output, waiting: list[str]) -> list[Sign]:
    """Return what an indication of the trust centre means; `waiting` are the keys for which a window is open.

    A device that nobody expects is a stranger to all who wait.
    """
    match output:
        case DeviceJoined(eui64=eui64, how="join"):
            return [(key_of(Kind.DOWN_SEP1, eui64), Happened(Event.JOINED))]
        case DeviceReady(eui64=eui64):
            return [(key_of(Kind.DOWN_SEP1, eui64), Happened(Event.KEYS))]
        case NotReady(partner=partner, reason=reason):
            event = _of_establishing(reason)
            return [] if event is None else [(key_of(Kind.DOWN_SEP1, partner), Happened(event, reason))]
        case DeviceRefused(eui64=eui64, reason=reason):
            key = key_of(Kind.DOWN_SEP1, eui64)
            if key in waiting or reason != _NOT_REGISTERED:
                return [(key, Happened(_of_joining(reason), reason))]
            return [(other, Happened(Event.STRANGER, f"device {eui64:016X}")) for other in waiting]
    return []


def _of_joining(reason: str) -> Event:
    return Event.LATE if "in time" in reason else Event.REFUSED


def _of_establishing(reason: str) -> Event | None:
    """Return what a failed exchange means; None for one that the next attempt may put right."""
    if "issuer" in reason or "certificate" in reason:
        return Event.EXPIRED
    return Event.WRONG_PROFILE if "suite" in reason else None


def of_certificate(reason: str) -> Happened:
    """Return what the refusal of a SEP 2.0 device's certificate means for its admission."""
    if any(words in reason for words in ("expired", "not valid before", "not valid yet")):
        return Happened(Event.EXPIRED, reason)
    if "P-256" in reason or "ECDSA" in reason:
        return Happened(Event.WRONG_PROFILE, reason)
    return Happened(Event.REFUSED, reason)
