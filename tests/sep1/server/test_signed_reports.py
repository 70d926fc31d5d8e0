"""Signed reports end to end: a device that obeys and signs, and an ESI that judges."""

from typing import Any

import pytest

from handover.sep1.client import HanClient, LoadControlAttributes
from handover.sep1.client.load_control import LoadController
from handover.sep1.clusters.drlc import EventStatus, LoadControlEvent
from handover.sep1.security.authority import Authority
from handover.sep1.security.report_signature import ReportVerifier, Verdict, signer
from handover.sep1.security.trust import Trust
from handover.sep1.server import Esi, EventStatusRefused, EventStatusReported
from sep1.dialogue import ESI, OURS, ZIGBEE_NOW
from sep1.security.vectors import drawing
from sep1.wire import Wire

HOME = Authority.new(drawing(1))
OWN = HOME.issue(OURS, 1, drawing(2))
FORGED = Authority.new(drawing(3)).issue(OURS, 1, drawing(4))
EVENT = LoadControlEvent(7, 1, 0, ZIGBEE_NOW + 60, 1, 4, 0xFF, 0xFF, -0x8000, -0x8000, -0x80, 0xFF, 0)
RECEIVED, STARTED, COMPLETED = EventStatus.RECEIVED, EventStatus.STARTED, EventStatus.COMPLETED


class SignedWire(Wire):
    def __init__(
        self, signing: Any, *, demand: bool = False, known: bool = True, judged: bool = True
    ) -> None:
        super().__init__()
        self.verifier = ReportVerifier(Trust.of(OWN), demand=demand)
        self.esi = Esi(ESI, report_verifier=self.verifier if judged else None)
        self.esi.admit(OURS, certificate=OWN.certificate.octets if known else b"")
        self.client = HanClient(OURS, load_control=LoadControlAttributes(device_class=1))
        self.controller = LoadController(
            self.client.node, utc=self.utc, draw=lambda most: 0, signer=signer(signing) if signing else None
        )
        self.client.add(self.controller)
        self.start()
        self.esi_does(self.esi.publish_event(EVENT, self.now))
        self.passes(300)

    def verdicts(self) -> list[tuple[int, Verdict | None]]:
        return [(o.command.event_status, o.signature) for o in self.esi_heard(EventStatusReported)]

    def refused(self) -> list[tuple[int, Verdict]]:
        return [(o.command.event_status, o.signature) for o in self.esi_heard(EventStatusRefused)]


@pytest.mark.parametrize("demand", [False, True])
def test_reports_of_a_device_that_signs_are_genuine(demand: bool) -> None:
    wire = SignedWire(OWN, demand=demand)
    assert wire.verdicts() == [(status, Verdict.GENUINE) for status in (RECEIVED, STARTED, COMPLETED)]
    assert wire.refused() == []


@pytest.mark.parametrize(
    ("signing", "known", "verdict"),
    [
        (None, True, Verdict.UNSIGNED),
        (FORGED, True, Verdict.FALSE),
        (OWN, False, Verdict.UNKNOWN),
    ],
)
def test_others_are_flagged_or_thrown_away(signing: Any, known: bool, verdict: Verdict) -> None:
    flagged = SignedWire(signing, known=known)
    assert flagged.verdicts() == [(status, verdict) for status in (RECEIVED, STARTED, COMPLETED)]
    assert flagged.esi.dropped["signature"] == 0
    refused = SignedWire(signing, known=known, demand=True)
    assert refused.verdicts() == []
    assert refused.refused() == [(status, verdict) for status in (RECEIVED, STARTED, COMPLETED)]
    assert refused.esi.dropped["signature"] == 3
    assert refused.controller.deadline() is None  # told so, the device does not repeat them


def test_an_esi_without_a_verifier_says_nothing_of_signatures() -> None:
    wire = SignedWire(OWN, judged=False)
    assert wire.verdicts() == [(status, None) for status in (RECEIVED, STARTED, COMPLETED)]


def test_a_device_that_was_expelled_is_not_judged_by_its_old_certificate() -> None:
    wire = SignedWire(OWN)
    report = wire.esi_heard(EventStatusReported)[0].command
    assert wire.verifier.judge(OURS, report) is Verdict.GENUINE
    wire.esi.expel(OURS)
    assert wire.verifier.judge(OURS, report) is Verdict.UNKNOWN


@pytest.mark.parametrize(
    ("certificate", "verdict"),
    [(FORGED.certificate.octets, Verdict.FALSE), (b"no certificate", Verdict.UNKNOWN)],
)
def test_another_certificate_does_not_vouch(certificate: bytes, verdict: Verdict) -> None:
    wire = SignedWire(OWN)
    wire.esi.expel(OURS)
    wire.esi.admit(OURS, certificate=certificate)
    report = wire.esi_heard(EventStatusReported)[0].command
    assert wire.verifier.judge(OURS, report) is verdict
