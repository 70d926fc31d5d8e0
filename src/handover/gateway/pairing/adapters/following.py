"""`Following`: what a running gateway has to do with admissions, in one place for its service."""

import sqlite3
import time

from handover.clock import Clock
from handover.errors import Refused
from handover.gateway.alg import Gateway
from handover.gateway.config import Config
from handover.gateway.pairing.adapters import rows
from handover.gateway.pairing.adapters.api import PairingApi
from handover.gateway.pairing.adapters.desk import Desk
from handover.gateway.pairing.running import Admissions, Facts
from handover.gateway.step import Step
from handover.sep2.security import certificate
from handover.sep2.security.identity import lfdi, sfdi


class Following:
    """The admissions as the gateway sees them, and the desk for its local API.

    The desk has journals of its own: what a person does there reaches the engine as from the command line.
    """

    def __init__(self, config: Config, clock: Clock) -> None:
        self.admissions = Admissions()
        self._desk = Desk(config)
        self.api = PairingApi(self._desk, clock)

    def open(self) -> None:
        """Open the desk. Raises NotNow when its journals cannot be."""
        self._desk.open()

    def close(self) -> None:
        """Close the desk; harmless when repeated."""
        self._desk.close()

    def restore(self, connection: sqlite3.Connection) -> None:
        """Take over what the gateway's journal holds."""
        self.admissions.pairings.restore(rows.progress(connection))

    def check(self, der: bytes) -> None:
        """Check the certificate of a client; see `certificate.check_peer`."""
        try:
            certificate.check_peer(der, time.time())
        except Refused as error:
            self.admissions.certificate(sfdi(lfdi(der)), str(error))
            raise

    def look(self, gateway: Gateway, wall: float) -> Step:
        """Let the admissions see what the engine knows; return a step that is to be written at once.

        The desk reads the journal and must not write over what waits.
        """
        facts = Facts(
            esi=gateway.esi is not None,
            online=gateway.presence.online,
            readings=bool(gateway.meters.shown(gateway.time.now(wall))),
            registered=frozenset(device.sfdi for device in gateway.devices.active()),
            seen={sfdi: seen.last for sfdi, seen in gateway.devices.seen.items()},
        )
        return Step(gateway.time.now(wall), wall, self.admissions.look(facts, wall))
