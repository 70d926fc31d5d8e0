"""How much a SEP 2.0 client may write to a running gateway."""

from pathlib import Path
from time import time

import pytest

from gateway.running import PIN, Client, fast_clock, make_config, running
from handover.gateway.adapters.registry import registry
from handover.gateway.service import WRITES
from handover.sep2.resources.end_device import DeviceStatus
from handover.sim.premise import Premise

pytestmark = pytest.mark.req("REQ.GW.8")


async def test_a_client_that_floods_is_told_to_wait_and_others_are_served(tmp_path: Path) -> None:
    config, clock = make_config(tmp_path), fast_clock()
    premise = Premise(seed=3, start=clock.now())
    premise.admit(config.eui64)
    burst, rate = WRITES
    async with running(config, premise, clock) as service:
        loud, quiet = Client(config, "loud"), Client(config, "quiet")
        with registry(config) as known:
            for client, name in ((loud, "loud"), (quiet, "quiet")):
                known.add(lfdi=client.lfdi, pin=PIN, name=name, now=time())
        for client in (loud, quiet):
            await client.open(service)
        began = time()
        answers = [
            await loud.asks("PUT", "/edev/1/dstat", DeviceStatus(changedTime=number))
            for number in range(3 * burst)
        ]
        took = time() - began
        statuses = [answer.status for answer in answers]
        refused = answers[statuses.index(503)]
        assert int(refused.headers["Retry-After"]) >= 1
        assert b"too many writes" in refused.body
        assert statuses[:burst] == [204] * burst
        assert statuses.count(204) <= burst + rate * (took + 1)
        assert (await loud.asks("GET", "/edev/1/dstat")).status == 200, "it may read"
        assert (await quiet.asks("PUT", "/edev/2/dstat", DeviceStatus(changedTime=1))).status == 204
        await loud.close()
        await quiet.close()
