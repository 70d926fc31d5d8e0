"""The server of tunnels against what a client may send, the strange included."""

import pytest

from handover.errors import NotNow, Refused
from handover.sep1.clusters.tunneling import (
    NO_MANUFACTURER,
    AckTransferDataClientToServer,
    AckTransferDataServerToClient,
    CloseTunnel,
    GetSupportedTunnelProtocols,
    Protocol,
    ReadyDataClientToServer,
    ReadyDataServerToClient,
    RequestTunnel,
    RequestTunnelResponse,
    SupportedTunnelProtocolsResponse,
    TransferDataClientToServer,
    TransferDataErrorClientToServer,
    TransferDataErrorServerToClient,
    TransferDataServerToClient,
    TransferDataStatus,
    TunnelClosureNotification,
    TunnelStatus,
)
from handover.sep1.general import DefaultResponse, ReadAttributes, ReadAttributesResponse
from handover.sep1.server import Esi
from handover.sep1.tunneling.outputs import (
    CloseReason,
    TunnelClosed,
    TunnelOpened,
    TunnelReadable,
    TunnelWritten,
)
from handover.sep1.tunneling.server import TunnelServer
from sep1.dialogue import ESI, OURS, STRANGER, Dialogue, record

TUNNELING = 0x0704
OTHER = 0x000D6F0000000002
DLMS = Protocol(NO_MANUFACTURER, 0)
OWN = Protocol(0x1002, 200)
DATA, CLOSE = 0x02, 0x01


@pytest.fixture
def esi() -> Esi:
    esi = Esi(ESI)
    esi.admit(OURS)
    esi.admit(OTHER)
    return esi


@pytest.fixture
def server(esi: Esi) -> TunnelServer:
    server = TunnelServer(
        esi.node,
        protocols=[DLMS, OWN],
        capacity=2,
        timeout=300,
        transfer_size=100,
        buffer_size=250,
        outgoing=40,
    )
    esi.add(server)
    return server


@pytest.fixture
def d(esi: Esi, server: TunnelServer) -> Dialogue:
    return Dialogue(esi, us=ESI, them=OURS, to_client=False)


def opens(d: Dialogue, *, flow_control: int = 0, size: int = 100) -> int:
    (opened,) = d.receives(RequestTunnel(0, NO_MANUFACTURER, flow_control, size))
    assert opened == TunnelOpened(OURS, opened.tunnel_id, DLMS)
    assert d.bodies() == [RequestTunnelResponse(opened.tunnel_id, TunnelStatus.SUCCESS, 100)]
    return int(opened.tunnel_id)


class TestOpening:
    @pytest.mark.parametrize(
        ("request_", "status"),
        [
            (RequestTunnel(2, NO_MANUFACTURER, 0, 100), TunnelStatus.PROTOCOL_NOT_SUPPORTED),
            (RequestTunnel(200, NO_MANUFACTURER, 0, 100), TunnelStatus.PROTOCOL_NOT_SUPPORTED),
            (RequestTunnel(200, 0x1002, 0, 100), TunnelStatus.SUCCESS),
        ],
    )
    def test_the_protocol_and_its_manufacturer_count(
        self, d: Dialogue, request_: RequestTunnel, status: TunnelStatus
    ) -> None:
        d.receives(request_)
        (answer,) = d.bodies()
        assert isinstance(answer, RequestTunnelResponse)
        assert answer.tunnel_status == status
        assert (answer.tunnel_id == 0xFFFF) == (status != TunnelStatus.SUCCESS)

    def test_flow_control_may_be_more_than_the_server_has(self, esi: Esi, d: Dialogue) -> None:
        esi.add(TunnelServer(esi.node, protocols=[DLMS], flow_control=False))
        d.receives(RequestTunnel(0, NO_MANUFACTURER, 1, 100))
        assert d.bodies() == [RequestTunnelResponse(0xFFFF, TunnelStatus.FLOW_CONTROL_NOT_SUPPORTED, 0)]

    def test_a_busy_server_says_so(self, server: TunnelServer, d: Dialogue) -> None:
        server.busy = True
        d.receives(RequestTunnel(0, NO_MANUFACTURER, 0, 100))
        assert d.bodies() == [RequestTunnelResponse(0xFFFF, TunnelStatus.BUSY, 0)]

    def test_ids_run_out(self, d: Dialogue) -> None:
        assert opens(d) != opens(d)
        d.receives(RequestTunnel(0, NO_MANUFACTURER, 0, 100))
        assert d.bodies() == [RequestTunnelResponse(0xFFFF, TunnelStatus.NO_MORE_TUNNEL_IDS, 0)]

    def test_a_repeated_request_gets_the_same_tunnel(self, server: TunnelServer, d: Dialogue) -> None:
        request = RequestTunnel(0, NO_MANUFACTURER, 0, 100)
        assert len(d.receives(request, sequence=0x31)) == 1
        assert d.receives(request, sequence=0x31) == []
        first, second = d.bodies()
        assert first == second
        assert len(server.tunnels) == 1

    def test_a_stranger_gets_none(self, server: TunnelServer, d: Dialogue) -> None:
        d.receives(RequestTunnel(0, NO_MANUFACTURER, 0, 100), source=STRANGER)
        assert d.bodies() == [DefaultResponse(0, 0x7E)]
        d.receives(RequestTunnel(0, NO_MANUFACTURER, 0, 100), secured=False)
        assert server.tunnels == []

    def test_a_sender_of_se_11_does_not_tell_its_size(self, server: TunnelServer, d: Dialogue) -> None:
        d.receives_octets(bytes([0x01, 0x05, 0x00, 0x00, 0xFF, 0xFF, 0x00]), TUNNELING)
        assert server.tunnels[0].peer_size == 1500


class TestData:
    def test_octets_arrive_once_and_are_acknowledged(self, server: TunnelServer, d: Dialogue) -> None:
        tunnel = opens(d)
        assert d.receives(TransferDataClientToServer(tunnel, b"abc"), sequence=1) == [
            TunnelReadable(OURS, tunnel)
        ]
        assert d.receives(TransferDataClientToServer(tunnel, b"abc"), sequence=1) == []
        assert d.bodies() == [DefaultResponse(DATA, 0)] * 2
        assert server.read(OURS, tunnel, d.now) == (b"abc", [])

    def test_equal_octets_under_another_number_are_new(self, server: TunnelServer, d: Dialogue) -> None:
        tunnel = opens(d)
        d.receives(TransferDataClientToServer(tunnel, b"abc"), sequence=1)
        d.receives(TransferDataClientToServer(tunnel, b"abc"), sequence=2)
        assert server.read(OURS, tunnel, d.now)[0] == b"abcabc"

    def test_numbers_come_round_again(self, server: TunnelServer, d: Dialogue) -> None:
        tunnel = opens(d)
        d.receives(TransferDataClientToServer(tunnel, b"abc"), sequence=1)
        d.passes(61)
        d.receives(TransferDataClientToServer(tunnel, b"abc"), sequence=1)
        assert server.read(OURS, tunnel, d.now)[0] == b"abcabc"

    def test_errors(self, d: Dialogue) -> None:
        tunnel = opens(d)
        d.receives(TransferDataClientToServer(tunnel + 1, b"abc"))
        d.receives(TransferDataClientToServer(tunnel, b"abc"), source=OTHER)
        d.receives(TransferDataClientToServer(tunnel, b"abc"), endpoint=9)
        d.receives(TransferDataClientToServer(tunnel, b"x" * 101))
        assert d.bodies() == [
            TransferDataErrorServerToClient(tunnel + 1, TransferDataStatus.NO_SUCH_TUNNEL),
            TransferDataErrorServerToClient(tunnel, TransferDataStatus.WRONG_DEVICE),
            TransferDataErrorServerToClient(tunnel, TransferDataStatus.WRONG_DEVICE),
            TransferDataErrorServerToClient(tunnel, TransferDataStatus.DATA_OVERFLOW),
        ]

    def test_what_is_not_read_fills_the_buffer(self, server: TunnelServer, d: Dialogue) -> None:
        tunnel = opens(d)
        for sequence in range(3):
            d.receives(TransferDataClientToServer(tunnel, b"x" * 100), sequence=sequence)
        overflow = TransferDataErrorServerToClient(tunnel, TransferDataStatus.DATA_OVERFLOW)
        assert d.bodies()[-1] == overflow
        assert len(server.read(OURS, tunnel, d.now)[0]) == 200
        # a late copy of what was refused is not taken: it will come again under another number
        d.receives(TransferDataClientToServer(tunnel, b"x" * 100), sequence=2)
        assert d.bodies() == [overflow]
        d.receives(TransferDataClientToServer(tunnel, b"x" * 100), sequence=3)
        assert d.bodies() == [DefaultResponse(DATA, 0)]

    def test_what_is_written_leaves_in_chunks_in_order(self, server: TunnelServer, d: Dialogue) -> None:
        tunnel = opens(d, size=30)
        d.take(server.write(OURS, tunnel, b"a" * 30 + b"b" * 15, d.now))
        first = d.only()
        assert first.body == TransferDataServerToClient(tunnel, b"a" * 30)
        d.receives(DefaultResponse(0x01, 0), TUNNELING, sequence=first.header.sequence)
        second = d.only()
        assert second.body == TransferDataServerToClient(tunnel, b"b" * 15)
        written = d.receives(DefaultResponse(0x01, 0), TUNNELING, sequence=second.header.sequence)
        assert written == [TunnelWritten(OURS, tunnel)]

    def test_an_unanswered_chunk_ends_the_tunnel(self, server: TunnelServer, d: Dialogue) -> None:
        tunnel = opens(d)
        d.take(server.write(OURS, tunnel, b"abc", d.now))
        assert d.passes_until(200) == [TunnelClosed(OURS, tunnel, CloseReason.UNANSWERED, 3)]
        assert len({sent.header.sequence for sent in d.sent()}) == 1
        with pytest.raises(Refused, match="no tunnel"):
            server.write(OURS, tunnel, b"x", d.now)

    @pytest.mark.parametrize("status", [TransferDataStatus.NO_SUCH_TUNNEL, TransferDataStatus.WRONG_DEVICE])
    def test_a_client_that_knows_no_tunnel_ends_it(
        self, server: TunnelServer, d: Dialogue, status: TransferDataStatus
    ) -> None:
        tunnel = opens(d)
        d.take(server.write(OURS, tunnel, b"abc", d.now))
        sequence = d.only().header.sequence
        ended = d.receives(TransferDataErrorClientToServer(tunnel, status), sequence=sequence)
        assert ended == [TunnelClosed(OURS, tunnel, CloseReason.NO_SUCH_TUNNEL, 3)]
        d.sent()
        d.passes_until(200)
        d.nothing()

    def test_somebody_elses_error_ends_nothing(self, server: TunnelServer, d: Dialogue) -> None:
        tunnel = opens(d)
        d.receives(TransferDataErrorClientToServer(tunnel, 0), source=OTHER)
        d.receives(TransferDataErrorClientToServer(99, 0))
        assert d.bodies() == [DefaultResponse(0x03, 0x7E), DefaultResponse(0x03, 0x8B)]
        assert len(server.tunnels) == 1

    def test_an_overflow_is_tried_again_later_and_not_for_ever(self, esi: Esi, d: Dialogue) -> None:
        server = TunnelServer(esi.node, protocols=[DLMS], transfer_size=100)
        esi.add(server)
        tunnel = opens(d)
        d.take(server.write(OURS, tunnel, b"abc", d.now))
        numbers = set()
        outputs = []
        for _ in range(9):
            sequence = d.only().header.sequence
            numbers.add(sequence)
            error = TransferDataErrorClientToServer(tunnel, TransferDataStatus.DATA_OVERFLOW)
            outputs += d.receives(error, sequence=sequence, quiet=True)
            d.passes(640)
        assert outputs == [TunnelClosed(OURS, tunnel, CloseReason.OVERFLOW, 3)]
        assert len(numbers) == 9

    def test_too_much_to_write_is_for_later(self, server: TunnelServer, d: Dialogue) -> None:
        tunnel = opens(d)
        with pytest.raises(NotNow, match="wait for TunnelWritten"):
            server.write(OURS, tunnel, b"x" * 65537, d.now)


class TestFlowControl:
    def test_each_chunk_is_acknowledged_with_the_room_left(self, server: TunnelServer, d: Dialogue) -> None:
        tunnel = opens(d, flow_control=1)
        d.receives(TransferDataClientToServer(tunnel, b"x" * 100), sequence=1)
        d.receives(TransferDataClientToServer(tunnel, b"x" * 100), sequence=2)
        assert d.bodies() == [
            AckTransferDataServerToClient(tunnel, 150),
            AckTransferDataServerToClient(tunnel, 50),
        ]

    def test_ready_follows_once_there_is_room_for_a_transfer(self, server: TunnelServer, d: Dialogue) -> None:
        tunnel = opens(d, flow_control=1)
        for sequence in (1, 2):
            d.receives(TransferDataClientToServer(tunnel, b"x" * 100), sequence=sequence)
        d.sent()
        assert server.read(OURS, tunnel, d.now, limit=20)[1] == []
        d.take(server.read(OURS, tunnel, d.now)[1])
        assert d.bodies() == [ReadyDataServerToClient(tunnel, 250)]
        assert server.read(OURS, tunnel, d.now)[1] == []

    def test_nothing_leaves_without_room(self, server: TunnelServer, d: Dialogue) -> None:
        tunnel = opens(d, flow_control=1, size=40)
        d.take(server.write(OURS, tunnel, b"a" * 40 + b"b" * 40, d.now))
        sent = d.only()
        d.receives(AckTransferDataClientToServer(tunnel, 0), sequence=sent.header.sequence, quiet=True)
        d.nothing()
        d.receives(ReadyDataClientToServer(tunnel, 25), quiet=True)
        assert d.bodies() == [TransferDataServerToClient(tunnel, b"b" * 25)]

    def test_a_lost_ready_does_not_stop_it_for_ever(self, server: TunnelServer, d: Dialogue) -> None:
        tunnel = opens(d, flow_control=1, size=40)
        d.take(server.write(OURS, tunnel, b"a" * 40 + b"b" * 40, d.now))
        d.receives(AckTransferDataClientToServer(tunnel, 0), sequence=d.only().header.sequence, quiet=True)
        d.passes(59)
        d.nothing()
        d.passes(1)
        assert d.bodies() == [TransferDataServerToClient(tunnel, b"b" * 40)]

    def test_a_default_response_alone_is_taken_for_an_acknowledgement_after_a_while(
        self, server: TunnelServer, d: Dialogue
    ) -> None:
        tunnel = opens(d, flow_control=1, size=100)
        d.take(server.write(OURS, tunnel, b"a" * 40 + b"b" * 40, d.now))
        d.receives(DefaultResponse(0x01, 0), TUNNELING, sequence=d.only().header.sequence)
        d.nothing()
        d.passes(10)
        assert d.bodies() == [TransferDataServerToClient(tunnel, b"b" * 40)]

    def test_a_late_copy_of_an_acknowledgement_acknowledges_nothing(
        self, server: TunnelServer, d: Dialogue
    ) -> None:
        tunnel = opens(d, flow_control=1, size=100)
        d.take(server.write(OURS, tunnel, b"a" * 120, d.now))
        first = d.only().header.sequence
        for _ in range(3):
            d.receives(AckTransferDataClientToServer(tunnel, 100), sequence=first, quiet=True)
        assert d.bodies() == [TransferDataServerToClient(tunnel, b"a" * 40)]

    def test_an_acknowledgement_under_a_number_of_its_own_counts_once(
        self, server: TunnelServer, d: Dialogue
    ) -> None:
        tunnel = opens(d, flow_control=1, size=100)
        d.take(server.write(OURS, tunnel, b"a" * 120, d.now))
        d.sent()
        for _ in range(2):
            d.receives(AckTransferDataClientToServer(tunnel, 100), sequence=0xE1, quiet=True)
        assert d.bodies() == [TransferDataServerToClient(tunnel, b"a" * 40)]
        d.receives(AckTransferDataClientToServer(tunnel, 100), sequence=0xE2, quiet=True)
        assert d.bodies() == [TransferDataServerToClient(tunnel, b"a" * 40)]


class TestEnding:
    def test_a_client_closes_its_own_tunnel_only(self, server: TunnelServer, d: Dialogue) -> None:
        tunnel = opens(d)
        d.receives(CloseTunnel(tunnel), source=OTHER)
        d.receives(CloseTunnel(tunnel + 5))
        assert d.receives(CloseTunnel(tunnel)) == [TunnelClosed(OURS, tunnel, CloseReason.PEER_CLOSED, 0)]
        d.receives(CloseTunnel(tunnel))
        assert d.bodies() == [DefaultResponse(CLOSE, status) for status in (0x7E, 0x8B, 0, 0x8B)]

    def test_an_idle_tunnel_is_closed_and_the_client_told(self, server: TunnelServer, d: Dialogue) -> None:
        tunnel = opens(d)
        d.passes_until(200)
        d.receives(TransferDataClientToServer(tunnel, b"x"), quiet=True)
        assert d.passes_until(499) == []
        assert d.passes_until(500) == [TunnelClosed(OURS, tunnel, CloseReason.IDLE, 0)]
        assert d.bodies() == [TunnelClosureNotification(tunnel)]

    def test_the_time_out_can_be_read(self, d: Dialogue) -> None:
        d.receives(ReadAttributes([0x0000]), TUNNELING)
        assert d.bodies() == [ReadAttributesResponse([record(TUNNELING, 0x0000, 300)])]

    def test_a_device_that_leaves_takes_its_tunnels_along(
        self, esi: Esi, server: TunnelServer, d: Dialogue
    ) -> None:
        opens(d)
        esi.expel(OURS)
        assert server.tunnels == []

    def test_a_closed_id_is_not_given_out_at_once(self, d: Dialogue) -> None:
        tunnel = opens(d)
        d.receives(CloseTunnel(tunnel), quiet=True)
        assert opens(d) != tunnel


class TestProtocols:
    def test_pages_until_the_list_is_complete(self, esi: Esi, d: Dialogue) -> None:
        many = [Protocol(0x1000 + i, 200) for i in range(20)]
        esi.add(TunnelServer(esi.node, protocols=many))
        d.receives(GetSupportedTunnelProtocols(0))
        d.receives(GetSupportedTunnelProtocols(16))
        d.receives(GetSupportedTunnelProtocols(250))
        assert d.bodies() == [
            SupportedTunnelProtocolsResponse(0, 16, many[:16]),
            SupportedTunnelProtocolsResponse(1, 4, many[16:]),
            SupportedTunnelProtocolsResponse(1, 0, []),
        ]

    def test_a_command_of_the_wrong_direction_means_nothing(self, d: Dialogue) -> None:
        d.receives_octets(bytes([0x01, 0x07, 0x44, 0x00, 0x00]), TUNNELING)
        assert d.bodies() == [DefaultResponse(0x44, 0x81)]
