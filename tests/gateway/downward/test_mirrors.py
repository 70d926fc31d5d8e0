"""A battery meter on the HAN: it asks for a mirror, sleeps, and its readings are at the server."""

from pathlib import Path

from gateway.downward.premise import Premise
from handover.sep1.metering.mirror import MirrorFeed
from handover.sep2.resources.metering import Reading, UsagePoint
from handover.sep2.resources.metering_mirror import MirrorUsagePoint

GAS = 0x00124B00000000AA


class GasMeter:
    """A gas meter of ours that feeds its mirror every ten minutes."""

    def __init__(self, home: Premise) -> None:
        self.home = home
        self.volume = 123_456
        self.appliance = home.add(GAS)
        self.feed = MirrorFeed(self.appliance.client.node, self._values, period=600)
        self.appliance.client.add(self.feed)

    def _values(self) -> dict[int, int]:
        return {0x0000: self.volume, 0x0200: 0, 0x0300: 0x01, 0x0301: 1, 0x0302: 1000, 0x0306: 1}

    def begins(self) -> None:
        from gateway.downward.premise import GATEWAY

        self.home.does(GAS, self.feed.start(GATEWAY, self.home.now))


def served(home: Premise) -> tuple[list[MirrorUsagePoint], list[int]]:
    store = home.utility.esi.store
    mirrors = list(store.of_class(MirrorUsagePoint).values())
    path = next(p for p, u in store.of_class(UsagePoint).items() if u.deviceLFDI == home.lfdi(GAS))
    values = [r.value for p, r in store.of_class(Reading).items() if p.startswith(path)]
    return mirrors, values


def test_its_readings_are_at_the_server_under_its_own_name() -> None:
    home = Premise()
    home.start()
    home.passes(120)
    meter = GasMeter(home)
    meter.begins()
    home.passes(300)
    (mirror,), values = served(home)
    assert mirror.deviceLFDI == home.lfdi(GAS)
    assert (mirror.serviceCategoryKind, mirror.roleFlags[-1] & 1) == (1, 1)
    assert 123_456 in values
    meter.volume = 123_999
    home.passes(1300)
    assert 123_999 in served(home)[1]
    home.does(GAS, meter.feed.remove(home.now))
    home.passes(60)
    assert home.utility.esi.store.of_class(MirrorUsagePoint) == {}


def test_it_keeps_its_mirror_over_a_restart_and_a_server_that_forgot_it_gets_it_again(tmp_path: Path) -> None:
    home = Premise(journal=tmp_path / "journal.db")
    home.start()
    home.passes(120)
    meter = GasMeter(home)
    meter.begins()
    home.passes(300)
    endpoint = meter.feed.endpoint
    home.killed()
    home.passes(1300)
    assert [m.endpoint for m in home.gateway.mirrors.all()] == [endpoint]
    store = home.utility.esi.store
    for path in list(store.of_class(MirrorUsagePoint)):
        store.delete(path)
    meter.volume = 200_000
    home.passes(2500)
    assert 200_000 in served(home)[1]
