"""`PrepaymentClient`: the display's side of Prepayment: reads a meter's credit, asks for emergency credit."""

from dataclasses import dataclass

from handover.sep1.clusters.prepayment import (
    PREPAYMENT,
    CreditStatus,
    OriginatingDevice,
    PaymentControl,
    SelectAvailableEmergencyCredit,
)
from handover.sep1.exchange import Request, Retry
from handover.sep1.general import ReadAttributes, ReadAttributesResponse, ReportAttributes
from handover.sep1.node import Node, Received
from handover.sep1.prepayment.account import LOG_SIZE, TopUp
from handover.sep1.records import collect
from handover.sep1.services import Indication, Output, Service, Ticket
from handover.sep1.types import Status, Value, is_invalid

CREDIT_IDS = [0x0000, 0x0001, 0x0002, 0x0003]
TOP_UP_IDS = [0x0100 + 0x10 * number + part for number in range(LOG_SIZE) for part in range(3)]


@dataclass(frozen=True, slots=True)
class Credit:
    """What a meter tells of its credit; None is what it does not tell. `top_ups` are newest first."""

    control: PaymentControl | None = None
    remaining: int | None = None
    emergency: int | None = None
    status: CreditStatus | None = None
    top_ups: tuple[TopUp, ...] = ()

    @property
    def in_units(self) -> bool:
        """Whether amounts count units of consumption instead of money."""
        return self.control is not None and bool(self.control & PaymentControl.ACCOUNT_BASE)


@dataclass(slots=True)
class CreditTold(Indication):
    """The credit of a meter, as read or reported so far."""

    meter: int
    endpoint: int
    credit: Credit


@dataclass(slots=True)
class EmergencyCreditAnswered(Indication):
    """An order for emergency credit was answered with `status`, or (None) not at all."""

    meter: int
    status: int | None


class PrepaymentClient(Service):
    """The credits of the meters that a device shows."""

    cluster_id = PREPAYMENT.id
    client = True

    def __init__(self, node: Node, *, retry: Retry | None = None) -> None:
        super().__init__(node)
        self._retry = retry or Retry()
        self._values: dict[tuple[int, int], dict[int, Value]] = {}

    def credit(self, meter: int, *, endpoint: int = 1) -> Credit:
        """Return what is known of a meter's credit."""
        return _credit(self._values.get((meter, endpoint), {}))

    def read(self, meter: int, now: float, *, endpoint: int = 1) -> list[Output]:
        """Read credit and top-ups; CreditTold follows for each. Raises NotNow."""
        return [
            self.request(
                ReadAttributes(list(ids)),
                destination=meter,
                endpoint=endpoint,
                now=now,
                retry=self._retry,
                token="read",
            )
            for ids in (CREDIT_IDS, TOP_UP_IDS[:6], TOP_UP_IDS[6:])
        ]

    def select_emergency_credit(
        self,
        meter: int,
        utc: int,
        now: float,
        *,
        endpoint: int = 1,
        origin: int = OriginatingDevice.IN_HOME_DISPLAY,
        site_id: bytes = b"",
        serial: bytes = b"",
    ) -> list[Output]:
        """Ask for emergency credit at `utc` (ZigBee seconds); its answer is indicated. Raises NotNow."""
        body = SelectAvailableEmergencyCredit(utc, origin, site_id, serial)
        return [self.request(body, destination=meter, endpoint=endpoint, now=now, retry=self._retry)]

    def general(self, received: Received, now: float) -> list[Output] | None:
        """Take a report."""
        if not isinstance(received.body, ReportAttributes):
            return None
        told = self._told(received, received.body)
        return [*told, *self.node.default_response(received, Status.SUCCESS)]

    def answered(self, request: Request, received: Received | None, now: float) -> list[Output]:
        """Take the end of a reading or of an order."""
        if received is not None and isinstance(received.body, ReadAttributesResponse):
            return self._told(received, received.body)
        if isinstance(request.token, Ticket) and request.token.token == "read":
            return []
        status = getattr(received.body, "status", None) if received is not None else None
        return [EmergencyCreditAnswered(request.destination, status)]

    def forget(self, peer: int) -> None:
        """Forget a meter."""
        self._values = {key: values for key, values in self._values.items() if key[0] != peer}

    def _told(self, received: Received, body: ReadAttributesResponse | ReportAttributes) -> list[Output]:
        key = (received.frame.source, received.frame.source_endpoint)
        values, _, misfits = collect(PREPAYMENT.id, body.records)
        self._values.setdefault(key, {}).update(values)
        outputs: list[Output] = [self.node.drop(received.frame, "misfit") for _ in misfits]
        return [*outputs, CreditTold(*key, _credit(self._values[key]))]


def _credit(values: dict[int, Value]) -> Credit:
    numbers: dict[int, int] = {}
    for attribute_id, value in values.items():
        known = PREPAYMENT.server_attributes.get(attribute_id)
        if known is not None and isinstance(value, int) and not is_invalid(known.type.code, value):
            numbers[attribute_id] = value
    top_ups = [
        TopUp(numbers[first], numbers[first + 1], numbers.get(first + 2, 0xFF))
        for first in range(0x0100, 0x0100 + 0x10 * LOG_SIZE, 0x10)
        if first in numbers and first + 1 in numbers
    ]
    control, status = numbers.get(0x0000), numbers.get(0x0003)
    return Credit(
        control=None if control is None else PaymentControl(control),
        remaining=numbers.get(0x0001),
        emergency=numbers.get(0x0002),
        status=None if status is None else CreditStatus(status),
        top_ups=tuple(top_ups),
    )
