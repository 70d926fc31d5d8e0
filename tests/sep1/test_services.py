"""What an engine does for the services that it takes on, on either side of a cluster."""

from typing import Any

import pytest

from handover.sep1.aps import ApsFrame
from handover.sep1.attributes import AttributeTable, Change, within
from handover.sep1.client import CommandReceived, HanClient
from handover.sep1.clusters import CLUSTERS
from handover.sep1.clusters.drlc import LoadControlEvent
from handover.sep1.clusters.metering import GetProfile, GetProfileResponse, RequestMirror
from handover.sep1.declaration import Command
from handover.sep1.exchange import Request
from handover.sep1.general import (
    AttributeRecord,
    DefaultResponse,
    ReadAttributes,
    ReadAttributesResponse,
    ReportAttributes,
    WriteAttributes,
    WriteAttributesResponse,
)
from handover.sep1.node import Node, Received
from handover.sep1.server import Esi
from handover.sep1.services import Indication, Output, Service
from sep1.dialogue import ESI, METERING, NOW, OURS, STRANGER, AnsweringEsi, Dialogue, report

MIRROR_ENDPOINT = 0x20


class Heard(Indication):
    def __init__(self, what: str, *details: Any) -> None:
        self.what, self.details = what, details


class Meters(Service):
    """A client of Simple Metering that notes what reaches it."""

    cluster_id = METERING
    client = True

    def __init__(self, node: Node) -> None:
        super().__init__(node)
        self.due: float | None = None
        self.forgotten: list[int] = []

    def command(
        self, received: Received, command: Command, request: Request | None, now: float
    ) -> list[Output]:
        return [Heard("command", command, request is not None)]

    def general(self, received: Received, now: float) -> list[Output] | None:
        return [Heard("report")] if isinstance(received.body, ReportAttributes) else None

    def answered(self, request: Request, received: Received | None, now: float) -> list[Output]:
        return [Heard("answered", received.body if received else None)]

    def written(self, received: Received, changes: list[Change], now: float) -> list[Output]:
        return [Heard("written", *changes)]

    def tick(self, now: float) -> list[Output]:
        self.due = None
        return [Heard("tick")]

    def deadline(self) -> float | None:
        return self.due

    def forget(self, peer: int) -> None:
        self.forgotten.append(peer)

    def ask(self, now: float) -> list[Output]:
        body = GetProfile(0, 0, 3)
        return [self.request(body, destination=OURS, endpoint=1, now=now, expects=frozenset({0}))]


class MetersOfMirror(Meters):
    endpoints = frozenset({MIRROR_ENDPOINT})


@pytest.fixture
def esi() -> Esi:
    esi = Esi(ESI)
    esi.admit(OURS)
    return esi


@pytest.fixture
def service(esi: Esi) -> Meters:
    service = Meters(esi.node)
    esi.add(service)
    return service


@pytest.fixture
def d(esi: Esi) -> Dialogue:
    return Dialogue(esi, us=ESI, them=OURS, to_client=True)


def heard(outputs: list[Any]) -> list[tuple[Any, ...]]:
    return [(o.what, *o.details) for o in outputs if isinstance(o, Heard)]


def test_a_command_of_an_admitted_device_reaches_the_service(service: Meters, d: Dialogue) -> None:
    assert heard(d.receives(RequestMirror())) == [("command", RequestMirror(), False)]


def test_a_stranger_reaches_no_service(service: Meters, d: Dialogue) -> None:
    assert heard(d.receives(RequestMirror(), source=STRANGER)) == []


def test_without_the_link_key_nobody_reaches_it(service: Meters, d: Dialogue) -> None:
    assert heard(d.receives(RequestMirror(), secured=False)) == []


def test_the_other_side_of_the_cluster_is_another_business(service: Meters, d: Dialogue) -> None:
    assert heard(d.receives(GetProfile(0, 0, 1), to_client=False)) == []
    assert isinstance(d.bodies()[0], DefaultResponse)


def test_reports_reach_it(service: Meters, d: Dialogue) -> None:
    assert heard(d.receives(report(METERING, current_summation_delivered=1), METERING)) == [("report",)]


@pytest.mark.parametrize("same_sequence", [True, False])
def test_an_answer_is_matched_to_its_request(service: Meters, d: Dialogue, same_sequence: bool) -> None:
    d.take(service.ask(NOW))
    sequence = d.only().header.sequence if same_sequence else 0x77
    answer = GetProfileResponse(0, 0, 1, 1, [5])
    assert heard(d.receives(answer, sequence=sequence)) == [("command", answer, True)]
    assert d.engine.deadline() is not None  # further answers may follow for a while
    assert heard(d.passes(60)) == []


def test_a_refusal_ends_its_request(service: Meters, d: Dialogue) -> None:
    d.take(service.ask(NOW))
    sequence = d.only().header.sequence
    refusal = DefaultResponse(0x00, 0x81)
    assert heard(d.receives(refusal, METERING, sequence=sequence)) == [("answered", refusal)]


def test_an_unanswered_request_ends_after_all_tries(service: Meters, d: Dialogue) -> None:
    d.take(service.ask(NOW))
    assert heard(d.passes_until(3600)) == [("answered", None)]
    assert len(d.sent()) == 4


def test_it_ticks_when_it_is_due(service: Meters, esi: Esi, d: Dialogue) -> None:
    service.due = NOW + 5
    assert esi.deadline() == NOW + 5
    assert heard(d.passes(4)) == []
    assert heard(d.passes(1)) == [("tick",)]


def test_it_hears_of_a_device_that_left(service: Meters, esi: Esi) -> None:
    esi.expel(OURS)
    assert service.forgotten == [OURS]


def test_a_further_endpoint_has_its_own_attributes_and_services(esi: Esi, d: Dialogue) -> None:
    mirror = MetersOfMirror(esi.node)
    esi.add(mirror)
    declared = CLUSTERS[METERING].server_attributes
    table = AttributeTable(declared, {0x0000: 42, 0x0802: 0}, {0x0802: within(0, 5)})
    esi.node.more[MIRROR_ENDPOINT] = {(METERING, False): table}

    def asks(body: Any, endpoint: int) -> Any:
        from handover.sep1 import frame as zcl

        payload = zcl.build(METERING, body, sequence=9, to_client=False)
        asked = ApsFrame(
            source=OURS,
            destination=ESI,
            source_endpoint=1,
            destination_endpoint=endpoint,
            cluster_id=METERING,
            secured=True,
            payload=payload,
        )
        d.take(esi.handle(asked, NOW))
        (answer,) = d.frames
        (sent,) = d.sent()
        return answer.source_endpoint, sent.body

    endpoint, body = asks(ReadAttributes([0x0000]), MIRROR_ENDPOINT)
    assert (endpoint, body) == (
        MIRROR_ENDPOINT,
        ReadAttributesResponse([AttributeRecord(0x0000, 0x25, 42)]),
    )
    endpoint, body = asks(ReadAttributes([0x0000]), 1)
    assert (endpoint, body) == (1, ReadAttributesResponse([AttributeRecord(0x0000, status=0x86)]))
    endpoint, body = asks(WriteAttributes([AttributeRecord(0x0802, 0x19, 3)]), MIRROR_ENDPOINT)
    assert (endpoint, body) == (MIRROR_ENDPOINT, WriteAttributesResponse([]))
    assert table.values[0x0802] == 3


class TestOnADevice:
    @pytest.fixture
    def client(self) -> HanClient:
        return HanClient(OURS)

    @pytest.fixture
    def device(self, client: HanClient) -> Dialogue:
        dialogue = Dialogue(client)
        dialogue.take(client.start(ESI, NOW))
        AnsweringEsi(dialogue).answers()
        return dialogue

    def test_a_service_takes_what_would_be_handed_up(self, client: HanClient, device: Dialogue) -> None:
        answer = GetProfileResponse(0, 0, 1, 1, [5])
        assert [type(i) for i in device.receives(answer)] == [CommandReceived]
        client.add(Meters(client.node))
        assert heard(device.receives(answer)) == [("command", answer, False)]

    def test_what_answers_the_devices_own_question_ends_it(self, client: HanClient) -> None:
        class Loads(Meters):
            cluster_id = 0x0701

        client.add(Loads(client.node))
        device = Dialogue(client)
        device.take(client.start(ESI, NOW))
        event = LoadControlEvent(1, 1, 0, 0, 30, 1, 0xFF, 0xFF, -0x8000, -0x8000, -0x80, 0xFF, 0)
        asked: list[int] = []
        for _ in range(40):
            for frame in list(device.frames):
                device.frames.remove(frame)
                if frame.cluster_id == 0x0701:
                    asked.append(frame.payload[1])
                    device.receives(event, sequence=frame.payload[1])
                else:
                    device.receives(
                        DefaultResponse(frame.payload[2], 0x8B), frame.cluster_id, sequence=frame.payload[1]
                    )
        assert len(asked) == len(set(asked)) == 2  # both forms of the question, neither repeated

    def test_partners_must_be_admitted(self, client: HanClient, device: Dialogue) -> None:
        client.add(Meters(client.node))
        assert heard(device.receives(RequestMirror(), source=STRANGER)) == []
        client.admit(STRANGER)
        assert heard(device.receives(RequestMirror(), source=STRANGER)) == [
            ("command", RequestMirror(), False)
        ]
