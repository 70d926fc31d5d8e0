"""`Initiator`: the side that asks for a key, the HAN device's."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from handover.errors import NotNow, Refused
from handover.machine import Machine
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
from handover.sep1.exchange import Request, Retry
from handover.sep1.general import ReadAttributes, ReadAttributesResponse
from handover.sep1.key_establishment.agreement import (
    BITS,
    Agreement,
    Fault,
    Wallet,
    checked,
    of_mask,
    strongest,
    supported,
)
from handover.sep1.key_establishment.outputs import KeyEstablished, KeyEstablishmentFailed
from handover.sep1.key_establishment.states import INITIATOR, Asking, Event
from handover.sep1.node import Node, Received, Send
from handover.sep1.security.authority import Draw
from handover.sep1.services import Output, Service

GENERATE_TIME: Final = 5
"""Seconds that we need at most for an ephemeral key, and for a confirmation."""

MARGIN: Final = 15.0
"""Seconds added to what the peer says it needs: the way there and back, repeats, a sleeper's polls."""

WAIT: Final = 10
"""Seconds after which a new attempt is welcome when an exchange has failed."""

_SUITE_ATTRIBUTE: Final = 0x0000
_TERMINATE: Final = 0x03
_MACHINE: Machine[Asking, Event] = INITIATOR


@dataclass(slots=True)
class _Exchange:
    """One exchange with one partner."""

    partner: int
    endpoint: int
    state: Asking = INITIATOR.initial
    suite: int | None = None
    agreement: Agreement | None = None
    peer_generates: float = 0.0
    peer_confirms: float = 0.0


class Initiator(Service):
    """Establishes keys with partners, one exchange with each at a time. `wallet` holds our credentials.

    `draw` gives random octets fit for keys. `timeout` is what a partner gets that has not yet said how long
    it needs, in seconds.
    """

    cluster_id = KEY_ESTABLISHMENT.id
    client = True

    def __init__(self, node: Node, wallet: Wallet, draw: Draw, *, timeout: float = 20.0) -> None:
        super().__init__(node)
        if not wallet:
            raise Refused("key establishment needs credentials of at least one suite")
        self._wallet = wallet
        self._draw = draw
        self._timeout = timeout
        self._exchanges: dict[int, _Exchange] = {}
        self._blocked: dict[int, float] = {}

    @property
    def partners(self) -> list[int]:
        """Those with whom an exchange is under way."""
        return list(self._exchanges)

    def start(self, partner: int, now: float, *, endpoint: int = 1, suite: int | None = None) -> list[Output]:
        """Begin an exchange; without a `suite` the strongest one that the partner has, too.

        Raises NotNow while one is under way or the partner has asked for time, Refused for a suite that is
        not ours.
        """
        if partner in self._exchanges:
            raise NotNow(f"a key is being established with {partner:016X} already")
        blocked = self._blocked.get(partner, 0.0)
        if now < blocked:
            raise NotNow(f"{partner:016X} asked to wait {blocked - now:.0f} seconds more")
        if suite is not None and suite not in self._wallet:
            raise Refused(f"there are no credentials of suite {suite} here")
        exchange = self._exchanges[partner] = _Exchange(partner, endpoint)
        if suite is not None or len(self._wallet) == 1:
            return self._initiate(exchange, suite or next(iter(self._wallet)), now)
        return [self._request(exchange, ReadAttributes([_SUITE_ATTRIBUTE]), self._timeout, now)]

    def _request(
        self, exchange: _Exchange, body: Command | ReadAttributes, timeout: float, now: float, *answers: int
    ) -> Send:
        return self.request(
            body,
            destination=exchange.partner,
            endpoint=exchange.endpoint,
            now=now,
            retry=Retry(timeout=timeout, tries=1),
            expects=frozenset(answers),
            token=exchange,
        )

    def _initiate(self, exchange: _Exchange, suite: int, now: float) -> list[Output]:
        exchange.suite = suite
        exchange.state = _MACHINE.step(exchange.state, Event.SUITE)
        certificate = self._wallet[suite].certificate.octets
        body = InitiateKeyEstablishmentRequest(BITS[suite], GENERATE_TIME, GENERATE_TIME, certificate)
        return [self._request(exchange, body, self._timeout, now, 0x00, _TERMINATE)]

    def command(
        self, received: Received, command: Command, request: Request | None, now: float
    ) -> list[Output]:
        """Take an answer, or the end of the exchange."""
        exchange = self._exchanges.get(received.frame.source)
        if exchange is None:
            return [self.node.drop(received.frame, "unmatched")]
        if isinstance(command, TerminateKeyEstablishmentToClient):
            return self._terminated(exchange, command, now)
        steps: dict[type[Command], tuple[Asking, Callable[..., list[Output]]]] = {
            InitiateKeyEstablishmentResponse: (Asking.INITIATING, self._certificate),
            EphemeralDataResponse: (Asking.EXCHANGING, self._ephemeral),
            ConfirmKeyDataResponse: (Asking.CONFIRMING, self._confirmed),
        }
        found = steps.get(type(command))
        if found is None:
            return self.unsupported(received)
        state, step = found
        if exchange.state is not state or request is None or request.token is None:
            return [self.node.drop(received.frame, "unmatched")]
        try:
            return step(exchange, command, now)
        except Fault as fault:
            return self._fault(exchange, fault, now)

    def _certificate(
        self, exchange: _Exchange, command: InitiateKeyEstablishmentResponse, now: float
    ) -> list[Output]:
        own = of_mask(self._wallet, command.requested_key_establishment_suite)
        if own.suite != exchange.suite:
            raise Fault(TerminationStatus.UNSUPPORTED_SUITE, f"suite {exchange.suite} was asked for")
        certificate = checked(own, command.identity, exchange.partner, now)
        exchange.state = _MACHINE.step(exchange.state, Event.CERTIFICATE)
        exchange.peer_generates = command.ephemeral_data_generate_time + MARGIN
        exchange.peer_confirms = command.confirm_key_generate_time + MARGIN
        exchange.agreement = Agreement(own, certificate, self._draw, initiator=True)
        body = EphemeralDataRequest(exchange.agreement.ephemeral)
        return [self._request(exchange, body, exchange.peer_generates, now, 0x01, _TERMINATE)]

    def _ephemeral(self, exchange: _Exchange, command: EphemeralDataResponse, now: float) -> list[Output]:
        assert exchange.agreement is not None
        exchange.agreement.meet(command.ephemeral_data)
        exchange.state = _MACHINE.step(exchange.state, Event.EPHEMERAL)
        body = ConfirmKeyDataRequest(exchange.agreement.proof())
        return [self._request(exchange, body, exchange.peer_confirms, now, 0x02, _TERMINATE)]

    def _confirmed(self, exchange: _Exchange, command: ConfirmKeyDataResponse, now: float) -> list[Output]:
        assert exchange.agreement is not None
        key = exchange.agreement.check(command.secure_message_authentication_code)
        exchange.state = _MACHINE.step(exchange.state, Event.CONFIRMATION)
        del self._exchanges[exchange.partner]
        return [
            KeyEstablished(exchange.partner, key, exchange.agreement.suite, exchange.agreement.certificate)
        ]

    def answered(self, request: Request, received: Received | None, now: float) -> list[Output]:
        """Take the partner's suites; or note that a request of ours was refused or stayed unanswered."""
        exchange = self._exchanges.get(request.destination)
        if exchange is None:
            return []
        if exchange.state is Asking.CHOOSING:
            offered = self._offered(received)
            suite = strongest(self._wallet, offered)
            if suite is None:
                fault = Fault(TerminationStatus.UNSUPPORTED_SUITE, "the partner has no suite of ours")
                return self._fault(exchange, fault, now, tell=False)
            return self._initiate(exchange, suite, now)
        if received is None:
            return self._end(
                exchange, Event.TIMEOUT, None, "the partner did not answer", WAIT, now, ours=True
            )
        return self._end(
            exchange, Event.TERMINATED, None, "the partner refused a command", WAIT, now, ours=False
        )

    def _offered(self, received: Received | None) -> int:
        """Return the suites of the partner; one that does not tell has the first."""
        if received is not None and isinstance(received.body, ReadAttributesResponse):
            for record in received.body.records:
                if record.attribute_id == _SUITE_ATTRIBUTE and isinstance(record.value, int):
                    return record.value
        return BITS[1]

    def _terminated(
        self, exchange: _Exchange, command: TerminateKeyEstablishmentToClient, now: float
    ) -> list[Output]:
        return self._end(
            exchange,
            Event.TERMINATED,
            command.status_code,
            "the partner ended the exchange",
            command.wait_time,
            now,
            ours=False,
        )

    def _fault(self, exchange: _Exchange, fault: Fault, now: float, *, tell: bool = True) -> list[Output]:
        outputs: list[Output] = []
        if tell:
            suite = BITS[exchange.suite] if exchange.suite is not None else supported(self._wallet)
            body = TerminateKeyEstablishment(fault.status, WAIT, suite)
            outputs.append(self.tell(body, destination=exchange.partner, endpoint=exchange.endpoint))
        return outputs + self._end(exchange, Event.FAULT, fault.status, str(fault), WAIT, now, ours=True)

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
        self._blocked[exchange.partner] = now + wait
        return [KeyEstablishmentFailed(exchange.partner, status, reason, ours, wait)]

    def forget(self, peer: int) -> None:
        """Forget an exchange with a node that has left."""
        self._exchanges.pop(peer, None)
        self._blocked.pop(peer, None)
