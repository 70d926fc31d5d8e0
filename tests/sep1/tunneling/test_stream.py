"""Both ends of a tunnel: what goes in comes out, in order and once, whatever the network does to frames."""

import random
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from handover.sep1.aps import ApsFrame
from handover.sep1.clusters.tunneling import NO_MANUFACTURER, Protocol, TunnelStatus
from handover.sep1.exchange import Retry
from handover.sep1.tunneling.client import TunnelClient
from handover.sep1.tunneling.outputs import (
    CloseReason,
    ProtocolsListed,
    TunnelClosed,
    TunnelOpened,
    TunnelReadable,
    TunnelRefused,
)
from handover.sep1.tunneling.server import TunnelServer
from sep1.dialogue import ESI, OURS
from sep1.wire import Wire

DLMS = Protocol(NO_MANUFACTURER, 0)
PATIENT = Retry(timeout=2.0, tries=12, factor=1.0)


class Tunnels:
    """A wire with a tunnel through it."""

    def __init__(self, *, flow_control: bool, protocols: int = 1, **sizes: int) -> None:
        self.wire = Wire()
        listed = [Protocol(NO_MANUFACTURER, i) for i in range(protocols)]
        self.server = TunnelServer(self.wire.esi.node, protocols=listed, timeout=5000, retry=PATIENT, **sizes)
        self.client = TunnelClient(self.wire.client.node, retry=PATIENT, **sizes)
        self.wire.esi.add(self.server)
        self.wire.client.add(self.client)
        self.wire.start()
        self.flow_control = flow_control
        self.at_client, self.at_server = bytearray(), bytearray()

    def open(self) -> int:
        self.wire.client_does(
            self.client.open(ESI, 0, self.wire.now, flow_control=self.flow_control, token="mine")
        )
        (opened,) = self.wire.client_heard(TunnelOpened)
        assert (opened.peer, opened.protocol, opened.token) == (ESI, DLMS, "mine")
        return opened.tunnel_id

    def read(self, tunnel: int, limit: int = 65536) -> None:
        data, outputs = self.client.read(ESI, tunnel, self.wire.now, limit=limit)
        self.at_client += data
        self.wire.client_does(outputs)
        data, outputs = self.server.read(OURS, tunnel, self.wire.now, limit=limit)
        self.at_server += data
        self.wire.esi_does(outputs)


@pytest.mark.parametrize("flow_control", [False, True])
def test_octets_go_both_ways(flow_control: bool) -> None:
    t = Tunnels(flow_control=flow_control)
    tunnel = t.open()
    up, down = bytes(range(256)) * 4, b"down" * 500
    t.wire.client_does(t.client.write(ESI, tunnel, up, t.wire.now))
    t.wire.esi_does(t.server.write(OURS, tunnel, down, t.wire.now))
    t.read(tunnel)
    assert (bytes(t.at_server), bytes(t.at_client)) == (up, down)
    assert all(i.tunnel_id == tunnel for i in t.wire.esi_heard(TunnelReadable))


def test_a_slow_reader_holds_the_writer_back() -> None:
    t = Tunnels(flow_control=True, transfer_size=50, buffer_size=200)
    tunnel = t.open()
    sent = bytes(i & 0xFF for i in range(3000))
    t.wire.client_does(t.client.write(ESI, tunnel, sent, t.wire.now))
    t.wire.passes(30)
    assert t.server.tunnel(OURS, tunnel).readable <= 200
    assert t.client.tunnel(ESI, tunnel).unsent >= 2800
    for _ in range(100):
        t.read(tunnel, 70)
        t.wire.passes(1)
    assert bytes(t.at_server) == sent
    assert t.wire.client_heard(TunnelClosed) == []


@settings(max_examples=40, deadline=None)
@given(
    seed=st.integers(0, 2**32),
    flow_control=st.booleans(),
    loss=st.sampled_from([0.0, 0.1, 0.3]),
    doubling=st.sampled_from([0.0, 0.2, 0.5]),
    delay=st.sampled_from([0.0, 0.5, 3.0]),
    writes=st.lists(
        st.tuples(st.booleans(), st.binary(max_size=200), st.integers(1, 120)), min_size=1, max_size=8
    ),
)
def test_what_goes_in_comes_out_in_order(
    seed: int,
    flow_control: bool,
    loss: float,
    doubling: float,
    delay: float,
    writes: list[tuple[bool, bytes, int]],
) -> None:
    t = Tunnels(flow_control=flow_control, transfer_size=60, buffer_size=120, outgoing=40)
    tunnel = t.open()
    dice = random.Random(seed)

    def fate(frame: ApsFrame) -> list[float]:
        copies = 0 if dice.random() < loss else 2 if dice.random() < doubling else 1
        return [dice.uniform(0, delay) for _ in range(copies)]

    t.wire.fate = fate
    up, down = b"", b""
    for is_up, data, limit in writes:
        if is_up:
            up += data
            t.wire.client_does(t.client.write(ESI, tunnel, data, t.wire.now))
        else:
            down += data
            t.wire.esi_does(t.server.write(OURS, tunnel, data, t.wire.now))
        t.wire.passes(5)
        t.read(tunnel, limit)
    for _ in range(200):
        if (len(t.at_server), len(t.at_client)) == (len(up), len(down)):
            break
        t.wire.passes(10)
        t.read(tunnel)
    t.wire.passes(30)
    t.read(tunnel)
    assert (bytes(t.at_server), bytes(t.at_client)) == (up, down)


def heard(t: Tunnels, kind: type[Any]) -> list[Any]:
    return t.wire.client_heard(kind)


class TestBeginningAndEnd:
    def test_a_refusal_is_told(self) -> None:
        t = Tunnels(flow_control=False)
        t.wire.client_does(t.client.open(ESI, 2, t.wire.now, token=7))
        assert heard(t, TunnelRefused) == [TunnelRefused(ESI, TunnelStatus.PROTOCOL_NOT_SUPPORTED, 7)]

    def test_a_server_without_tunneling_refuses(self) -> None:
        wire = Wire()
        client = TunnelClient(wire.client.node)
        wire.client.add(client)
        wire.start()
        wire.client_does(client.open(ESI, 0, wire.now))
        assert wire.client_heard(TunnelRefused) == [TunnelRefused(ESI, None)]

    def test_a_silent_server_opens_nothing(self) -> None:
        t = Tunnels(flow_control=False)
        t.wire.fate = lambda frame: ()
        t.wire.client_does(t.client.open(ESI, 0, t.wire.now))
        t.wire.passes(100)
        assert heard(t, TunnelRefused) == [TunnelRefused(ESI, None)]

    def test_a_lost_response_opens_one_tunnel_only(self) -> None:
        t = Tunnels(flow_control=False)
        frames = iter([(0,), ()])  # the request arrives, its response does not
        t.wire.fate = lambda frame: next(frames, (0,))
        t.wire.client_does(t.client.open(ESI, 0, t.wire.now))
        t.wire.passes(10)
        assert len(heard(t, TunnelOpened)) == len(t.server.tunnels) == 1

    def test_the_client_closes(self) -> None:
        t = Tunnels(flow_control=False)
        tunnel = t.open()
        t.wire.client_does(t.client.close(ESI, tunnel, t.wire.now))
        assert heard(t, TunnelClosed) == [TunnelClosed(ESI, tunnel, CloseReason.CLOSED, 0)]
        assert t.wire.esi_heard(TunnelClosed) == [TunnelClosed(OURS, tunnel, CloseReason.PEER_CLOSED, 0)]
        assert t.client.tunnels == t.server.tunnels == []

    def test_both_ends_learn_of_an_idle_tunnel(self) -> None:
        t = Tunnels(flow_control=False)
        tunnel = t.open()
        t.wire.passes(5001)
        assert heard(t, TunnelClosed) == [TunnelClosed(ESI, tunnel, CloseReason.IDLE, 0)]
        assert t.wire.esi_heard(TunnelClosed) == [TunnelClosed(OURS, tunnel, CloseReason.IDLE, 0)]

    def test_protocols_are_listed_page_by_page(self) -> None:
        t = Tunnels(flow_control=False, protocols=40)
        t.wire.client_does(t.client.list_protocols(ESI, t.wire.now))
        (listed,) = heard(t, ProtocolsListed)
        assert (len(listed.protocols), listed.complete) == (40, True)

    def test_a_list_that_stops_is_not_complete(self) -> None:
        t = Tunnels(flow_control=False, protocols=40)
        frames = iter([(0,), (0,)])
        t.wire.fate = lambda frame: next(frames, ())
        t.wire.client_does(t.client.list_protocols(ESI, t.wire.now))
        t.wire.passes(100)
        (listed,) = heard(t, ProtocolsListed)
        assert (len(listed.protocols), listed.complete) == (16, False)
