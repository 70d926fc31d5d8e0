"""Where translated resources are placed. Every path follows from the identity, so it survives a restart.

The gateway may give other roots; that the paths below a root are consistent is what matters.
"""

from dataclasses import dataclass

from handover.model.event import Event, EventKey
from handover.model.units import Flow

_FLOW = {Flow.NONE: "0", Flow.DELIVERED: "0", Flow.RECEIVED: "1"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Hrefs:
    """The roots, and the paths below them. Ids are lower-case hexadecimal; a generation follows a dash."""

    time: str = "/tm"
    responses: str = "/rsps/0/rsp"
    tariffs: str = "/tp"
    programs: str = "/drp"
    messages: str = "/msg/0"
    usage_point: str = "/upt/0"
    prepayment: str = "/ppy/0"
    accounts: str = "/bill"
    files: str = "/file"

    def tariff(self, provider: int, generation: int = 0) -> str:
        """Return the path of a TariffProfile."""
        return f"{self.tariffs}/{provider:x}" + (f"-{generation}" if generation else "")

    def account(self, provider: int) -> str:
        """Return the path of a provider's CustomerAccount."""
        return f"{self.accounts}/{provider:x}"

    def agreement(self, provider: int) -> str:
        """Return the path of the one CustomerAgreement of an account."""
        return f"{self.account(provider)}/ca/0"

    def rate(self, tariff: str, flow: Flow) -> str:
        """Return the path of a RateComponent: one a direction."""
        return f"{tariff}/rc/{_FLOW[flow]}"

    def tariff_interval(self, rate: str, key: EventKey) -> str:
        """Return the path of a TimeTariffInterval."""
        return f"{rate}/tti/{event_id(key)}"

    def program(self, group: int) -> str:
        """Return the path of the DemandResponseProgram of an enrolment group."""
        return f"{self.programs}/{group}"

    def control(self, group: int, event: Event) -> str:
        """Return the path of an EndDeviceControl."""
        return f"{self.programs}/{group}/edc/{event_id(event.key, event.part)}"

    def message(self, key: EventKey) -> str:
        """Return the path of a TextMessage."""
        return f"{self.messages}/txt/{event_id(key)}"

    def meter_reading(self, register: int, flow: Flow) -> str:
        """Return the path of a MeterReading: one a register and direction."""
        return f"{self.usage_point}/mr/{register:04x}-{_FLOW[flow]}"


def event_id(key: EventKey, part: int = 0) -> str:
    """Return the last segment of an event's path."""
    name = f"{key.id:08x}"
    if key.generation or part:
        name += f"-{key.generation}"
    return f"{name}-{part}" if part else name
