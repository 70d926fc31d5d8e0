"""`Responder`: the side that is asked for a key, the ESI's."""

from dataclasses import dataclass
from typing import Final

from handover.errors import Refused
from handover.machine import Machine
from handover.sep1.aps import BROADCAST
from handover.sep1.clusters.key_establishment import (
    KEY_ESTABLISHMENT,
    ConfirmKeyDataRequest,
    ConfirmKeyDataResponse,
    EphemeralDataRequest,
    EphemeralDataResponse,
    InitiateKeyEstablishmentRequest,
    InitiateKeyEstablishmentResponse,
    TerminateKeyEstablishment,
    TerminateKeyEstablishmentToClient,
    TerminationStatus,
)
from handover.sep1.declaration import Command
from handover.sep1.exchange import Request
from handover.sep1.key_establishment.agreement import BITS, Agreement, Fault, Wallet, checked, of_mask
from handover.sep1.key_establishment.initiator import GENERATE_TIME, MARGIN, WAIT
from handover.sep1.key_establishment.outputs import KeyEstablished, KeyEstablishmentFailed
from handover.sep1.key_establishment.states import RESPONDER, Answering, Event
from handover.sep1.node import Node, Received
from handover.sep1.security.authority import Draw
from handover.sep1.services import Output, Service

LIMIT: Final = 8
"""Exchanges at once; another device is asked to wait."""

_MACHINE: Machine[Answering, Event] = RESPONDER


@dataclass(slots=True)
class _Exchange:
    """One exchange with one device."""

    partner: int
    endpoint: int
    suite: int
    sequence: int
    agreement: Agreement
    due: float
    confirms_in: float
    state: Answering = RESPONDER.initial


class Responder(Service):
    """Establishes keys with those who ask. `wallet` holds our credentials, `draw` gives random octets."""

    cluster_id = KEY_ESTABLISHMENT.id
    client = False

    def __init__(self, node: Node, wallet: Wallet, draw: Draw, *, limit: int = LIMIT) -> None:
        super().__init__(node)
        if not wallet:
            raise Refused("key establishment needs credentials of at least one suite")
        self._wallet = wallet
        self._draw = draw
        self._limit = limit
        self._exchanges: dict[int, _Exchange] = {}
        self._blocked: dict[int, float] = {}

    @property
    def partners(self) -> list[int]:
        """Those with whom an exchange is under way."""
        return list(self._exchanges)

    def command(
        self, received: Received, command: Command, request: Request | None, now: float
    ) -> list[Output]:
        """Take a step of an exchange."""
        if received.frame.destination == BROADCAST:
            return [self.node.drop(received.frame, "unsupported")]
        if isinstance(command, InitiateKeyEstablishmentRequest):
            return self._initiate(received, command, now)
        if not isinstance(command, EphemeralDataRequest | ConfirmKeyDataRequest | TerminateKeyEstablishment):
            return self.unsupported(received)
        exchange = self._exchanges.get(received.frame.source)
        if exchange is None or exchange.endpoint != received.frame.source_endpoint:
            return [self.node.drop(received.frame, "unmatched")]
        try:
            if isinstance(command, EphemeralDataRequest):
                return self._ephemeral(exchange, received, command, now)
            if isinstance(command, ConfirmKeyDataRequest):
                return self._confirm(exchange, received, command)
        except Fault as fault:
            return [
                self._terminate(received, fault.status, exchange.suite),
                *self._end(exchange, Event.FAULT, fault.status, str(fault), WAIT, now, ours=True),
            ]
        return self._end(
            exchange,
            Event.TERMINATED,
            command.status_code,
            "the partner ended the exchange",
            command.wait_time,
            now,
            ours=False,
        )

    def _initiate(
        self, received: Received, command: InitiateKeyEstablishmentRequest, now: float
    ) -> list[Output]:
        """Begin an exchange; a device that has started again replaces its own one before."""
        source, mask = received.frame.source, command.key_establishment_suite
        present = self._exchanges.get(source)
        if present is not None and present.sequence == received.header.sequence:
            return [self.node.drop(received.frame, "repeated")]
        full = present is None and len(self._exchanges) >= self._limit
        if full or now < self._blocked.get(source, 0.0):
            return [self._terminate(received, TerminationStatus.NO_RESOURCES, mask)]
        try:
            own = of_mask(self._wallet, mask)
            certificate = checked(own, command.identity, source, now)
        except Fault as fault:
            return [
                self._terminate(received, fault.status, mask),
                KeyEstablishmentFailed(source, fault.status, str(fault), True, WAIT),
            ]
        self._exchanges[source] = _Exchange(
            partner=source,
            endpoint=received.frame.source_endpoint,
            suite=mask,
            sequence=received.header.sequence,
            agreement=Agreement(own, certificate, self._draw, initiator=False),
            due=now + command.ephemeral_data_generate_time + MARGIN,
            confirms_in=command.confirm_key_generate_time + MARGIN,
        )
        answer = InitiateKeyEstablishmentResponse(
            BITS[own.suite], GENERATE_TIME, GENERATE_TIME, own.certificate.octets
        )
        return [*self.node.answer(received, answer)]

    def _ephemeral(
        self, exchange: _Exchange, received: Received, command: EphemeralDataRequest, now: float
    ) -> list[Output]:
        if not _MACHINE.allows(exchange.state, Event.EPHEMERAL):
            raise Fault(TerminationStatus.BAD_MESSAGE, "a second ephemeral key came")
        exchange.agreement.meet(command.ephemeral_data)
        exchange.state = _MACHINE.step(exchange.state, Event.EPHEMERAL)
        exchange.due = now + exchange.confirms_in
        return [*self.node.answer(received, EphemeralDataResponse(exchange.agreement.ephemeral))]

    def _confirm(
        self, exchange: _Exchange, received: Received, command: ConfirmKeyDataRequest
    ) -> list[Output]:
        if not _MACHINE.allows(exchange.state, Event.CONFIRMATION):
            raise Fault(TerminationStatus.BAD_MESSAGE, "the confirmation came before the ephemeral key")
        key = exchange.agreement.check(command.secure_message_authentication_code)
        exchange.state = _MACHINE.step(exchange.state, Event.CONFIRMATION)
        del self._exchanges[exchange.partner]
        answer = ConfirmKeyDataResponse(exchange.agreement.proof())
        return [
            *self.node.answer(received, answer),
            KeyEstablished(exchange.partner, key, exchange.agreement.suite, exchange.agreement.certificate),
        ]

    def _terminate(self, received: Received, status: int, mask: int) -> Output:
        return self.tell(
            TerminateKeyEstablishmentToClient(status, WAIT, mask),
            destination=received.frame.source,
            endpoint=received.frame.source_endpoint,
        )

    def _end(
        self,
        exchange: _Exchange,
        event: Event,
        status: int | None,
        reason: str,
        wait: float,
        now: float,
        *,
        ours: bool,
    ) -> list[Output]:
        exchange.state = _MACHINE.step(exchange.state, event)
        self._exchanges.pop(exchange.partner, None)
        if event is Event.FAULT:
            self._blocked[exchange.partner] = now + wait
        return [KeyEstablishmentFailed(exchange.partner, status, reason, ours, wait)]

    def tick(self, now: float) -> list[Output]:
        """End the exchanges that have waited long enough."""
        self._blocked = {peer: until for peer, until in self._blocked.items() if until > now}
        outputs: list[Output] = []
        for exchange in [e for e in self._exchanges.values() if e.due <= now]:
            outputs += self._end(
                exchange, Event.TIMEOUT, None, "the partner did not go on", WAIT, now, ours=True
            )
        return outputs

    def deadline(self) -> float | None:
        """Return when the next exchange has waited long enough."""
        return min((exchange.due for exchange in self._exchanges.values()), default=None)

    def forget(self, peer: int) -> None:
        """Forget an exchange with a node that has left."""
        self._exchanges.pop(peer, None)
        self._blocked.pop(peer, None)
