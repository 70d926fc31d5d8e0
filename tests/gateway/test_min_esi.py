"""The gateway itself is an ESI: the minimum profile, checked from outside over real TLS."""

from pathlib import Path
from time import monotonic, time
from urllib.parse import urlsplit

import pytest

from gateway.running import PIN, Client, make_config, running, until
from handover.clock import ScaledClock
from handover.sep2.conformance import Asking, TlsFacts, check, minimum
from handover.sep2.security import certificate
from handover.sep2.transports.https import Credentials, client_context
from handover.sep2.transports.tls_probe import probe
from handover.sim.premise import Premise


@pytest.mark.req("BP.MR.4")
@pytest.mark.req("REQ.ZA.1")
async def test_it_holds_every_requirement_that_sep1_behind_it_allows(tmp_path: Path) -> None:
    config = make_config(tmp_path)
    client = Client(config, "checker")
    client.admit()
    clock = ScaledClock(time(), 1.0, monotonic)
    premise = Premise(5, clock.now())
    premise.admit(config.eui64)
    async with running(config, premise, clock) as service:
        await client.open(service)
        try:
            await until(lambda: service.status()["readings"] and service.status()["prices"], 20)
            url = urlsplit(service.url)
            files = Credentials(client.files.certificate, client.files.key, (tmp_path / "pki" / "ca.pem",))
            context = client_context(files, lambda der: certificate.check_peer(der, time()))
            facts = TlsFacts(*await probe(url.hostname or "", url.port or 443, context, 5.0))
            asking = Asking(time(), facts, client.lfdi, PIN, "/dcap")
            assert client._transport is not None
            report = await check(client._transport.exchange, minimum(), "sep1", asking, lambda verdict: None)
        finally:
            await client.close()
    failed = {v.requirement.id: v.reason for v in report.verdicts if not v.passed}
    assert failed == {}
    assert len(report.verdicts) > 35
