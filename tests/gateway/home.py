"""A home on paper: the engine with its journal and server, an ESI that says what a test wants, and devices.

Every step is committed to a real journal, so that a test may restart the gateway at any point.
"""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from handover.gateway.adapters.journal import Journal
from handover.gateway.adapters.restore import restore
from handover.gateway.adapters.writer import Writer
from handover.gateway.alg import Gateway, Identity
from handover.gateway.outputs import Admit, Registered
from handover.gateway.step import Step
from handover.sep1 import frame as zcl
from handover.sep1.aps import ApsFrame
from handover.sep1.client import ClientSettings
from handover.sep1.codec import PLACES
from handover.sep1.declaration import Command
from handover.sep1.general import DefaultResponse
from handover.sep2 import xml
from handover.sep2.peer import Peer
from handover.sep2.security.access import AccessRules
from handover.sep2.security.policy import Policy, Registering
from handover.sep2.server import Request, Response, Server

NOW = 1342548000
ESI = 0x000D6F0000123456
OWN = 0x000D6F0000ABCDEF
PEN = 32473
LFDI = bytes.fromhex("3E4F45AB31EDFE5B67E343E5E4562E31984E23E5")
SFDI = 167261211391
THERMOSTAT = Peer(bytes([0x11] * 20), 45764611)
DISPLAY = Peer(bytes([0x22] * 20), 91529222)
STRANGER = Peer(bytes([0x33] * 20), 137293833)

IDENTITY = Identity("gateway", OWN, LFDI, SFDI, PEN, "1.0")
SUCCESS, NOT_FOUND = 0x00, 0x8B
QUIET = ClientSettings(query_period=1e12, keep_alive_period=1e12, clock_period=1e12, poll_period=1e9)


def registered(peer: Peer, number: int, name: str, categories: int | None = None) -> Registered:
    return Registered(peer.sfdi, peer.lfdi, 111115, name, float(NOW - 60), number, False, categories)


@dataclass
class Home:
    """`heard` is what the ESI was sent since the last look: (cluster, body)."""

    folder: Path
    now: float = NOW
    registering: Registering = Registering.OUT_OF_BAND
    heard: list[tuple[int, Any]] = field(default_factory=list)
    logs: list[str] = field(default_factory=list)
    answering: bool = True
    _sequence: int = 100

    def __post_init__(self) -> None:
        self.open()

    def open(self) -> None:
        self.journal = Journal(self.folder / "journal.db")
        self.journal.open()
        self.writer = Writer(self.journal, self.folder / "audit.jsonl", self._release)
        self.gateway = Gateway(IDENTITY, settings=QUIET)
        self.access = AccessRules(
            self.gateway.store,
            Policy(registering=self.registering, public=frozenset({"/tp", "/msg"})),
        )
        self.server = Server(self.gateway.store, self.access, self.gateway.hooks())
        self._do(self.gateway.restore(restore(self.journal, self.now), self.now))

    def join(self, *devices: Registered) -> None:
        """Admit devices and meet the ESI; what is asked of it at once is not looked at."""
        self.journal.commit([Admit(device) for device in devices])
        self._do(self.gateway.register(list(devices), len(devices) + 1, self.now))
        self.meets_the_esi()
        self.told()

    def meets_the_esi(self) -> None:
        """Begin with the ESI again, as after the line to it was opened anew."""
        self._do(self.gateway.start(ESI, self.now))

    def restart(self) -> None:
        """Kill the gateway and start it again from its journal."""
        self.journal.close()
        self.open()
        self.meets_the_esi()

    def close(self) -> None:
        self.journal.close()

    def says(
        self, body: Any, cluster_id: int | None = None, *, secured: bool = True, source: int = ESI
    ) -> None:
        """Let the ESI send a command or a report."""
        self._sequence = self._sequence % 255 + 1
        cluster = PLACES[type(body)].cluster_id if cluster_id is None else cluster_id
        payload = zcl.build(cluster, body, sequence=self._sequence, to_client=True)
        self.carries(payload, cluster, secured=secured, source=source)

    def carries(self, payload: bytes, cluster: int, *, secured: bool = True, source: int = ESI) -> None:
        self._do(
            self.gateway.handle(
                ApsFrame(
                    source=source,
                    destination=OWN,
                    source_endpoint=1,
                    destination_endpoint=1,
                    cluster_id=cluster,
                    secured=secured,
                    payload=payload,
                ),
                self.now,
            )
        )

    def passes(self, seconds: float) -> None:
        """Let time pass, tick by tick, as the shell would."""
        end = self.now + seconds
        while (due := self.gateway.deadline(self.now)) is not None and due <= end:
            self.now = max(self.now, due)
            self._do(self.gateway.tick(self.now))
            if due <= self.now and (following := self.gateway.deadline(self.now)) is not None:
                assert following > self.now - 1e-6 or following != due, (
                    "a deadline that its tick does not meet"
                )
        self.now = end
        self._do(self.gateway.tick(self.now))

    def asks(self, path: str, peer: Peer = THERMOSTAT, method: str = "GET", body: Any = None) -> Response:
        """Let a device send a request."""
        target, _, query = path.partition("?")
        data = body if isinstance(body, bytes) else b"" if body is None else xml.encode(body)
        headers = {"Content-Type": "application/sep+xml"} if data else {}
        self._do(self.gateway.heard(peer, self.now))
        request = Request(method, target, query, headers, data, peer)
        response = self.server.handle(request, self.gateway.time.now(self.now))
        for step in self.gateway.done():
            self._do(step)
        return response

    def gets(self, path: str, peer: Peer = THERMOSTAT) -> Any:
        """Return the resource at `path` as a device reads it, over XML."""
        response = self.asks(path, peer)
        assert response.status == 200, (path, response)
        return xml.decode(response.body)

    def told(self, *kinds: type[Command]) -> list[Any]:
        """Return what the ESI was sent since the last look, of these kinds, oldest first."""
        heard, self.heard = self.heard, []
        return [body for _, body in heard if isinstance(body, kinds or Command)]

    def verdict(self) -> int | None:
        """Return the status of the newest Default Response that the ESI got, and forget all."""
        heard, self.heard = self.heard, []
        statuses = [body.status for _, body in heard if isinstance(body, DefaultResponse)]
        return statuses[-1] if statuses else None

    def _do(self, step: Step) -> None:
        self.writer.add(step)
        self.writer.flush()

    def _release(self, step: Step) -> None:
        self.logs += [f"{log.level}: {log.text} {log.detail}" for log in step.logs]
        answers = []
        for sent in step.frames:
            parsed = zcl.parse(sent.cluster_id, sent.payload)
            self.heard.append((sent.cluster_id, parsed.body))
            if self.answering and isinstance(parsed.body, Command):
                command_id = PLACES[type(parsed.body)].command_id
                status = NOT_FOUND if type(parsed.body).__name__.startswith("Get") else SUCCESS
                answers.append((sent.cluster_id, DefaultResponse(command_id, status), parsed.header.sequence))
        for cluster, body, sequence in answers:
            self.carries(zcl.build(cluster, body, sequence=sequence, to_client=True), cluster)
