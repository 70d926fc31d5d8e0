"""A client that follows DER controls and flow reservations, in lockstep with the engine of our ESI."""

from typing import Any

from handover.sep2.client.engine import Client, Settings
from handover.sep2.client.outputs import Answer, EventChanged, Fetch, Post, Put
from handover.sep2.client.requests import request_of
from handover.sep2.client_service import seeded_draw
from handover.sep2.esi import RESPONSES, Esi
from handover.sep2.esi import Settings as EsiSettings
from handover.sep2.resources.common import (
    ActivePower,
    DateTimeInterval,
    EventStatus,
    ListLink,
    SignedRealEnergy,
)
from handover.sep2.resources.der import DERControl, DERControlBase, DERProgram
from handover.sep2.resources.flow_reservation import FlowReservationResponse
from handover.sep2.resources.response import DERControlResponse, FlowReservationResponseResponse
from sep2.tree_samples import OWN

T = 1_700_000_000.0
CONTROLS, GRANTS = "/derp/0/derc", "/edev/0/frp"


class World:
    def __init__(self) -> None:
        self.heard: list[Any] = []
        self.esi = Esi(EsiSettings(poll_rate=60), heard=lambda peer, response: self.heard.append(response))
        self.esi.admit(OWN, 111115, T)
        for number, primacy in ((0, 1), (1, 5)):
            program = DERProgram(mRID=bytes([number + 1]), primacy=primacy)
            program.DERControlListLink = ListLink(href=f"/derp/{number}/derc")
            self.esi.store.put(f"/derp/{number}", program)
        self.now = T
        self.states: dict[int, str] = {}
        self.client = Client(Settings(OWN.lfdi, OWN.sfdi, 111115, category=1 << 21), seeded_draw(OWN.lfdi))

    def run(self, seconds: float) -> None:
        """Let time pass in steps of ten seconds."""
        if self.now == T and not self.states:
            self.perform(self.client.start(self.now))
        until = self.now + seconds
        while self.now < until:
            self.now += 10
            self.perform(self.client.tick(self.now))

    def perform(self, outputs: list[Any]) -> None:
        while outputs:
            output = outputs.pop(0)
            if isinstance(output, EventChanged):
                self.states[output.event.key >> 32] = output.new.name
            elif isinstance(output, Fetch | Post | Put):
                request = request_of(output)
                request.peer = OWN
                response = self.esi.handle(request, self.now)
                answer = Answer(output, response.status, response.headers, response.body)
                outputs += self.client.handle(answer, self.now)

    def issue(self, event: Any, path: str = CONTROLS) -> None:
        self.esi.schedule.issue(path, event, self.now)

    def statuses(self, number: int) -> list[int]:
        return [r.status for r in self.heard if int.from_bytes(r.subject) >> 32 == number]


def common(number: int, start: float, duration: int) -> dict[str, Any]:
    return {
        "mRID": number.to_bytes(12) + (37250).to_bytes(4),
        "creationTime": int(T) + number,
        "EventStatus": EventStatus(currentStatus=0, dateTime=0, potentiallySuperseded=False),
        "interval": DateTimeInterval(start=int(T + start), duration=duration),
        "replyTo": RESPONSES,
        "responseRequired": b"\x03",
    }


def control(
    number: int, start: float = 100, duration: int = 300, category: bytes | None = None, **modes: Any
) -> DERControl:
    return DERControl(
        DERControlBase=DERControlBase(**modes), deviceCategory=category, **common(number, start, duration)
    )


def test_a_control_is_followed_and_answered() -> None:
    world = World()
    world.issue(control(1, opModMaxLimW=5000))
    world.run(600)
    assert world.states == {1: "COMPLETED"}
    assert world.statuses(1) == [1, 2, 3]
    assert {type(response) for response in world.heard} == {DERControlResponse}


def test_a_control_for_other_devices_is_not_answered() -> None:
    world = World()
    world.issue(control(1, category=(1 << 3).to_bytes(4), opModMaxLimW=5000))
    world.issue(control(2, category=(1 << 21).to_bytes(4), opModMaxLimW=5000))
    world.run(200)
    assert world.states == {2: "ACTIVE"}


def test_another_programme_wins_by_primacy_for_what_it_sets_only() -> None:
    world = World()
    world.issue(control(1, opModMaxLimW=5000), "/derp/1/derc")
    world.issue(control(2, opModConnect=True, opModMaxLimW=1), "/derp/1/derc")
    world.issue(control(3, start=200, opModMaxLimW=2000))
    world.run(150)
    assert world.states == {1: "SUPERSEDED", 2: "ACTIVE", 3: "SCHEDULED"}
    world.run(100)
    assert world.states == {1: "SUPERSEDED", 2: "ACTIVE", 3: "ACTIVE"}  # 2 still connects
    world.issue(control(4, start=300, opModMaxLimW=1000, opModConnect=False))
    world.run(100)
    assert world.states == {1: "SUPERSEDED", 2: "SUPERSEDED", 3: "SUPERSEDED", 4: "ACTIVE"}
    assert world.statuses(2)[-1] == 14  # by an event of another programme
    assert world.statuses(3)[-1] == 7


def test_a_flow_reservation_is_followed_and_answered() -> None:
    world = World()
    granted = FlowReservationResponse(
        energyAvailable=SignedRealEnergy(multiplier=0, value=7000),
        powerAvailable=ActivePower(multiplier=0, value=3500),
        subject=b"\1",
        **common(9, 60, 120),
    )
    world.issue(granted, GRANTS)
    world.run(400)
    assert world.states == {9: "COMPLETED"}
    assert world.statuses(9) == [1, 2, 3]
    assert {type(response) for response in world.heard} == {FlowReservationResponseResponse}
