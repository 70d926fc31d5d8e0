"""Everything that a gateway takes over from its journal when it starts. How it is read is not said here."""

from dataclasses import dataclass, field

from handover.gateway.book import Held
from handover.gateway.identities import Number
from handover.gateway.messages import Confirmed
from handover.gateway.metering import KnownMeter
from handover.gateway.outputs import Answer, Registered
from handover.gateway.posted import Posted
from handover.gateway.prices import Tariff
from handover.gateway.reports import Participation
from handover.gateway.responses import Given
from handover.gateway.timekeeping import Upstream
from handover.gateway.upstream import Esi
from handover.model.load_control import LoadControl
from handover.model.message import Message
from handover.model.price import Price
from handover.sep1.client.settings import LoadControlAttributes


@dataclass(slots=True)
class Restored:
    """The rows by key; empty for a gateway that starts for the first time."""

    registrations: list[Registered] = field(default_factory=list)
    outbox: list[Answer] = field(default_factory=list)
    identities: dict[str, Number] = field(default_factory=dict)
    prices: dict[str, Held[Price]] = field(default_factory=dict)
    tariffs: dict[str, Tariff] = field(default_factory=dict)
    messages: dict[str, Held[Message]] = field(default_factory=dict)
    confirmed: dict[str, Confirmed] = field(default_factory=dict)
    events: dict[str, Held[LoadControl]] = field(default_factory=dict)
    participation: dict[str, Participation] = field(default_factory=dict)
    responses: dict[str, Given] = field(default_factory=dict)
    posted: dict[str, Posted] = field(default_factory=dict)
    time: dict[str, Upstream] = field(default_factory=dict)
    esi: dict[str, Esi] = field(default_factory=dict)
    attributes: dict[str, LoadControlAttributes] = field(default_factory=dict)
    meters: dict[str, KnownMeter] = field(default_factory=dict)
    history: dict[str, list[tuple[float, str]]] = field(default_factory=dict)
    next_number: int = 1
