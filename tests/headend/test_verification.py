"""Eight checks, one verdict; unknown is never success."""

import itertools

import pytest

from handover.headend.verification import Check, Evidence, Result, Verdict, continuous, device_checks

OUTCOMES = (Result(True), Result(False, "wrong"), Result(None, "silent"), None)


@pytest.mark.req("KQ.7")
def test_a_verdict_is_the_worst_of_its_checks() -> None:
    for outcome in itertools.product(OUTCOMES, repeat=3):
        checks = (Check.VERSION, Check.TIME, Check.PRICE)
        results = {check: result for check, result in zip(checks, outcome, strict=True) if result is not None}
        verdict = Evidence(frozenset(checks), results).verdict
        passed = [None if result is None else result.passed for result in outcome]
        if False in passed:
            assert verdict is Verdict.FAILED
        elif None in passed:
            assert verdict is Verdict.UNKNOWN
        else:
            assert verdict is Verdict.VERIFIED


@pytest.mark.req("KQ.7")
def test_no_check_is_no_verdict() -> None:
    assert Evidence(frozenset()).verdict is Verdict.UNKNOWN


@pytest.mark.req("KQ.7")
@pytest.mark.parametrize("check", list(Check))
def test_a_failed_check_says_why(check: Check) -> None:
    evidence = Evidence(frozenset(Check), {c: Result(c is not check, "it is wrong") for c in Check})
    assert evidence.verdict is Verdict.FAILED
    assert evidence.reasons == [f"{check}: it is wrong"]


@pytest.mark.parametrize(
    ("before", "after", "passed"),
    [(5, 5, True), (5, 15, True), (5, 16, False), (5, 4, False), (None, 4, None), (4, None, None)],
)
def test_registers_go_on_where_they_were(before: int | None, after: int | None, passed: bool | None) -> None:
    assert continuous(before, after, most=10).passed is passed


def test_devices_are_asked_what_concerns_them() -> None:
    assert Check.MESSAGE in device_checks("display", controls=False)
    assert Check.LOAD_CONTROL not in device_checks("display", controls=False)
    assert Check.LOAD_CONTROL in device_checks("thermostat", controls=True)
