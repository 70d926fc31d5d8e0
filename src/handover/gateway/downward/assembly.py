"""Makes the downward service out of a configuration: who we are to the server, and how we reach it."""

import time
from pathlib import Path

from handover.clock import Clock
from handover.errors import ConfigError, DecodeError
from handover.gateway.config import Config
from handover.gateway.downward.alg import FOLLOWED, Identity
from handover.gateway.downward.places import Coordinator
from handover.gateway.downward.service import DownwardService, Setup
from handover.sep1.key_establishment import KeyEstablishment
from handover.sep1.security import certicom
from handover.sep1.security.ecqv import Credentials as ImplicitCredentials
from handover.sep2.client.follower import Settings
from handover.sep2.client_service import seeded_draw
from handover.sep2.security import certificate
from handover.sep2.security.identity import lfdi, sfdi
from handover.sep2.security.pki import certificate_der
from handover.sep2.transports.https import Credentials, HttpsTransport, client_context

FLOOR = 5.0
"""Real seconds between two readings of a document."""


def downward(config: Config, han: Coordinator, clock: Clock) -> DownwardService:
    """Return the service of the [server] and [han] sections. Raises ConfigError naming what is wrong."""
    server = config.server
    files = config.path(server.certificate), config.path(server.key), config.path(server.ca)
    try:
        own = certificate.load(files[0].read_bytes())
    except (OSError, DecodeError) as error:
        raise ConfigError(f"[server] certificate {files[0]} cannot be used: {error}") from error
    long = lfdi(certificate_der(own))
    credentials = Credentials(files[0], files[1], (files[2],))
    context = client_context(credentials, lambda der: certificate.check_peer(der, time.time()))
    transport = HttpsTransport(server.url, context)
    speed = float(getattr(clock, "speed", 1.0))
    setup = Setup(
        folder=config.data_dir,
        identity=Identity(
            name=config.gateway.name,
            eui64=int(config.han.eui64, 16),
            lfdi=long,
            sfdi=sfdi(long),
            pen=config.gateway.pen,
        ),
        settings=Settings(
            lfdi=long,
            sfdi=sfdi(long),
            pin=server.pin or None,
            dcap="/" + server.url.split("/", 3)[3] if server.url.count("/") > 2 else "/dcap",
            authority=transport.authority,
            follow=FOLLOWED,
            floor=FLOOR * speed,
        ),
        draw=seeded_draw,
    )
    return DownwardService(setup, transport, han, clock)


def wallet(folder: Path) -> dict[int, ImplicitCredentials]:
    """Return the certificates in the files of `folder`, by suite. Raises ConfigError when there is none."""
    found: dict[int, ImplicitCredentials] = {}
    for path in sorted(folder.glob("*.txt")):
        try:
            made = certicom.read(path.read_text())
        except (OSError, UnicodeDecodeError, DecodeError) as error:
            raise ConfigError(f"[han] credentials: {path} cannot be used: {error}") from error
        found[made.suite] = made
    if not found:
        raise ConfigError(
            f"[han] credentials: {folder} holds no certificate; put the file there (*.txt) that the Smart "
            "Energy authority has issued for the radio's EUI-64"
        )
    return found


def radio(config: Config, clock: Clock) -> Coordinator:
    """Return the HAN over the stick of the [han] section. Raises ConfigError for an impossible one."""
    import secrets

    from handover.gateway.downward.adapters.radio import RadioCoordinator
    from handover.sep1.transports.radio import RadioTransport

    certificates = wallet(config.path(config.han.credentials))
    stick = RadioTransport(config.han.device, form=True, channel=config.han.channel or None)
    return RadioCoordinator(
        stick, lambda eui64: KeyEstablishment(eui64, certificates, secrets.token_bytes), clock
    )
