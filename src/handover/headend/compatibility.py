"""Will a device work in this HAN? The one answer behind notices, the call centre and the shop (REQ.GW.5)."""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from handover.model.application import Application


class Works(StrEnum):
    """The verdict for one device at one meter."""

    YES = "works"
    WITH_GATEWAY = "works through the gateway"
    NEEDS_GATEWAY = "needs a gateway"
    UNKNOWN = "not known"


@dataclass(frozen=True, slots=True)
class Outlook:
    """A verdict with its reason, in words for the customer. `limited`: some functions get lost on the way."""

    works: Works
    reason: str
    limited: bool = False


def outlook(meter: Application, device: Iterable[Application], *, gateway: bool) -> Outlook:
    """Return whether a device that speaks `device` works at a meter that speaks `meter`.

    A device of two modes names both. One of which nobody knows what it speaks is not guessed at.
    """
    spoken = frozenset(device)
    if not spoken:
        return Outlook(
            Works.UNKNOWN, "what this device speaks is not known; its manufacturer can say (see its label)"
        )
    if any(meter.understands(application) for application in spoken):
        mode = " in the mode that fits the meter" if len({a.legacy for a in spoken}) > 1 else ""
        return Outlook(Works.YES, f"device and meter both speak SEP {_generation(meter)}{mode}")
    difference = (
        f"the meter speaks SEP {_generation(meter)}, the device SEP {_generation(next(iter(spoken)))}"
    )
    if gateway:
        return Outlook(Works.WITH_GATEWAY, f"{difference}; the gateway translates", limited=True)
    return Outlook(
        Works.NEEDS_GATEWAY,
        f"{difference}: they do not understand each other; a gateway translates, "
        f"or choose a device for SEP {_generation(meter)}",
    )


def _generation(application: Application) -> str:
    return "1.x" if application.legacy else "2.0"
