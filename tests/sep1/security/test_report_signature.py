"""Signed event reports: from the device that obeys to the ESI that judges, and with openssl as judge."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from handover.errors import DecodeError, Refused
from handover.sep1.client.load_control.reports import report
from handover.sep1.clusters.drlc import LoadControlEvent, ReportEventStatus, SignatureType
from handover.sep1.codec import decode, encode
from handover.sep1.security import ecdsa
from handover.sep1.security.authority import Authority
from handover.sep1.security.curve import SECT163K1
from handover.sep1.security.mmo import mmo
from handover.sep1.security.report_signature import ReportVerifier, Verdict, signer
from handover.sep1.security.trust import Trust
from sep1.security import openssl
from sep1.security.vectors import drawing

DEVICE, SECOND = 0x00124B0000ABCD01, 0x00124B0000ABCD02
HOME = Authority.new(drawing(1))
OWN = HOME.issue(DEVICE, 1, drawing(3))
OTHERS = HOME.issue(SECOND, 1, drawing(4))
SIGNER = signer(OWN)
EVENT = LoadControlEvent(7, 1, 0, 1000, 30, 4, 20, 0xFF, 2600, -0x8000, -20, 50, 3)
SIGNED = report(EVENT, 2, 395_864_400, SIGNER)


def verifier(*, demand: bool = False) -> ReportVerifier:
    made = ReportVerifier(Trust.of(OWN), demand=demand)
    assert made.learn(OWN.certificate.octets) == DEVICE
    return made


VERIFIER = verifier()


def test_a_signed_report_is_genuine_also_off_the_wire() -> None:
    assert VERIFIER.judge(DEVICE, SIGNED) is Verdict.GENUINE
    received = decode(0x0701, False, 0x00, encode(SIGNED))
    assert isinstance(received, ReportEventStatus)
    assert VERIFIER.judge(DEVICE, received) is Verdict.GENUINE
    assert report(EVENT, 2, 395_864_400, SIGNER) == SIGNED


@settings(max_examples=15, deadline=None)
@given(st.integers(0, 60 * 8 - 1))
def test_no_changed_bit_is_genuine(bit: int) -> None:
    changed = bytearray(encode(SIGNED))
    changed[bit // 8] ^= 1 << bit % 8
    received = decode(0x0701, False, 0x00, bytes(changed))
    assert isinstance(received, ReportEventStatus)
    assert VERIFIER.judge(DEVICE, received) in (Verdict.FALSE, Verdict.UNSIGNED)


@pytest.mark.parametrize(
    ("changes", "verdict"),
    [
        ({"signature_type": 0}, Verdict.UNSIGNED),
        ({"signature": b"\xff" * 42}, Verdict.UNSIGNED),
        ({"signature": b""}, Verdict.UNSIGNED),
        ({"signature": b"\xff" * 12}, Verdict.UNSIGNED),
        ({"signature": bytes(42)}, Verdict.FALSE),
        ({"signature": SIGNED.signature[:-1]}, Verdict.FALSE),
        ({"signature_type": 2}, Verdict.FALSE),
        ({"event_status": 3}, Verdict.FALSE),
    ],
)
def test_verdicts(changes: dict[str, Any], verdict: Verdict) -> None:
    assert VERIFIER.judge(DEVICE, replace(SIGNED, **changes)) is verdict


def test_a_report_of_another_device_is_false_and_of_an_unknown_one_unknown() -> None:
    both = verifier()
    assert both.judge(SECOND, SIGNED) is Verdict.UNKNOWN
    both.learn(OTHERS.certificate.octets)
    assert both.judge(SECOND, SIGNED) is Verdict.FALSE
    assert both.judge(DEVICE, report(EVENT, 2, 1, signer(OTHERS))) is Verdict.FALSE
    both.forget(DEVICE)
    assert both.judge(DEVICE, SIGNED) is Verdict.UNKNOWN


def test_certificates_that_are_not_trusted_are_not_learned() -> None:
    foreign = Authority(99, HOME.private_keys).issue(DEVICE, 1, drawing(5))
    with pytest.raises(Refused, match="not trusted"):
        verifier().learn(foreign.certificate.octets)
    with pytest.raises(DecodeError):
        verifier().learn(b"")


def test_a_forged_certificate_signs_nothing() -> None:
    forger = Authority.new(drawing(9)).issue(DEVICE, 1, drawing(6))
    deceived = verifier()
    deceived.learn(forger.certificate.octets)
    assert deceived.judge(DEVICE, report(EVENT, 2, 1, signer(forger))) is Verdict.FALSE


def test_signatures_that_leave_the_type_out_are_taken() -> None:
    fields = encode(SIGNED)[:17]
    signature = ecdsa.sign(OWN.curve, OWN.private_key, mmo(fields))
    assert VERIFIER.judge(DEVICE, replace(SIGNED, signature=signature)) is Verdict.GENUINE
    shorter = ecdsa.sign(OWN.curve, OWN.private_key, mmo(fields[:-1]))
    assert VERIFIER.judge(DEVICE, replace(SIGNED, signature=shorter)) is Verdict.FALSE


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 255), st.integers(0, 255), st.binary(max_size=42))
def test_any_signature_gets_a_verdict(status: int, kind: int, signature: bytes) -> None:
    made = replace(SIGNED, event_status=status, signature_type=kind, signature=signature)
    assert VERIFIER.judge(DEVICE, made) in (Verdict.UNSIGNED, Verdict.FALSE)


@settings(max_examples=100, deadline=None)
@given(st.binary(max_size=80) | st.binary(min_size=48, max_size=48))
def test_any_octets_are_learned_or_refused(octets: bytes) -> None:
    made = verifier()
    with pytest.raises((DecodeError, Refused)):
        made.learn(octets)
    assert made.judge(DEVICE, SIGNED) is Verdict.GENUINE


def test_credentials_of_suite_2_do_not_sign_reports() -> None:
    with pytest.raises(Refused, match="of suite 2"):
        signer(HOME.issue(DEVICE, 2, drawing(7)))


def test_openssl_takes_our_signature(require_program: Callable[[str], str], tmp_path: Path) -> None:
    program = require_program("openssl")
    key = openssl.public_key(SECT163K1, OWN.public_key)
    digest = mmo(encode(SIGNED)[:18])
    assert SIGNED.signature_type == SignatureType.ECDSA
    assert openssl.verifies(program, tmp_path, key, digest, SIGNED.signature)
    assert not openssl.verifies(program, tmp_path, key, digest[::-1], SIGNED.signature)


def test_we_take_the_signature_of_openssl(require_program: Callable[[str], str], tmp_path: Path) -> None:
    key = openssl.private_key(SECT163K1, OWN.private_key, OWN.public_key)
    made = openssl.signs(require_program("openssl"), tmp_path, key, mmo(encode(SIGNED)[:18]))
    signature = openssl.raw(made, 21)
    assert signature != SIGNED.signature
    assert VERIFIER.judge(DEVICE, replace(SIGNED, signature=signature)) is Verdict.GENUINE
