"""Any bytes on any entrance: the engine goes on, what it had stays, and nothing leaves unasked."""

from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gateway.home import DISPLAY, ESI, STRANGER, THERMOSTAT, Home, registered
from gateway.test_load_control import lce
from gateway.test_messages import message
from gateway.test_prices import price
from handover.sep1 import frame as zcl
from handover.sep1.clusters.drlc import ReportEventStatus
from handover.sep1.clusters.messaging import MessageConfirmation

CLUSTERS = st.sampled_from([0x0000, 0x000A, 0x0700, 0x0701, 0x0702, 0x0703, 0x0704, 0x0019, 0xFFFF])
PATHS = st.sampled_from(["/rsps/0/rsp", "/edev", "/edev/1/di", "/edev/1/dstat", "/edev/1/lel", "/edev/2/ps"])
SEEDS = [
    zcl.build(0x0701, lce(), sequence=1, to_client=True),
    zcl.build(0x0700, price(), sequence=1, to_client=True),
    zcl.build(0x0703, message(), sequence=1, to_client=True),
]


@pytest.fixture(scope="module")
def lived_in() -> Iterator[Home]:
    with TemporaryDirectory() as folder:
        home = Home(Path(folder))
        home.join(registered(THERMOSTAT, 1, "tstat", 1), registered(DISPLAY, 2, "display", 0))
        home.says(lce(0x7001, start=0, minutes=1440))
        home.says(price(0x7FFFFFFF, minutes=0xFFFF))
        yield home
        home.close()


def mutated() -> st.SearchStrategy[bytes]:
    def change(seed: bytes, at: int, new: bytes) -> bytes:
        at %= len(seed)
        return seed[:at] + new + seed[at + len(new) :]

    return st.builds(change, st.sampled_from(SEEDS), st.integers(3, 60), st.binary(min_size=1, max_size=4))


@settings(max_examples=300, deadline=None, suppress_health_check=list(HealthCheck))
@given(CLUSTERS, st.one_of(st.binary(max_size=100), mutated()), st.sampled_from([ESI, 0x1234]), st.booleans())
def test_any_frame_is_survived(
    lived_in: Home, cluster: int, payload: bytes, source: int, secured: bool
) -> None:
    lived_in.told()
    running = lived_in.gateway.events.subject(
        lived_in.gateway.events.context.event(1, next(iter(lived_in.gateway.events.book)).event.key)
    )
    lived_in.carries(payload, cluster, source=source, secured=secured)
    if source != ESI or not secured:
        assert lived_in.told(ReportEventStatus, MessageConfirmation) == []
    assert lived_in.asks("/dr/0/edc").status == 200
    assert running is not None


@settings(max_examples=150, deadline=None, suppress_health_check=list(HealthCheck))
@given(
    PATHS,
    st.one_of(st.binary(max_size=200), st.text(max_size=100).map(str.encode)),
    st.sampled_from(["PUT", "POST"]),
)
def test_any_body_is_refused_and_changes_nothing(lived_in: Home, path: str, body: bytes, method: str) -> None:
    lived_in.told()
    version = lived_in.gateway.store.version
    for peer in (THERMOSTAT, STRANGER):
        assert 400 <= lived_in.asks(path, peer, method, body or b"?").status < 500
    assert lived_in.gateway.store.version == version
    assert lived_in.told(ReportEventStatus, MessageConfirmation) == []


@settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.data())
def test_duplicates_and_disorder_change_nothing_that_is_told(data: st.DataObject) -> None:
    """Frames repeated and swapped, with kills between: each status of each event is told once."""
    with TemporaryDirectory() as folder:
        home = Home(Path(folder))
        home.join(registered(THERMOSTAT, 1, "tstat", 1))
        try:
            commands = [
                lce(1, start=0, minutes=10),
                message(2),
                price(3),
                lce(4, start=home.now + 900, minutes=5),
            ]
            order = data.draw(st.permutations(commands * 2))
            told = []
            for command in order:
                home.says(command)
                told += home.told(ReportEventStatus)
                if data.draw(st.booleans()):
                    home.restart()
                    told += home.told(ReportEventStatus)
            home.passes(3000)
            told += home.told(ReportEventStatus)
            said = [(t.issuer_event_id, t.event_status) for t in told]
            assert sorted(said) == sorted(set(said))
            assert {(1, 1), (4, 1)} <= set(said)
        finally:
            home.close()
