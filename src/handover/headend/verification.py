"""How it is known that a migration worked (KQ.7): eight checks, one verdict. Unknown is never success."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum


class Check(StrEnum):
    """What is looked at after a switch."""

    VERSION = "version"
    REGISTRATION = "registration"
    TIME = "time"
    METERING = "metering"  # continuity: the registers go on where they were
    PRICE = "price"
    LOAD_CONTROL = "load control"  # a round trip
    MESSAGE = "message"
    CERTIFICATE = "certificate"


class Verdict(StrEnum):
    """What the checks come to."""

    VERIFIED = "verified"
    FAILED = "failed"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Result:
    """The outcome of one check: `passed` is None when it could not be made."""

    passed: bool | None
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Evidence:
    """What was found out about one meter or device. A check that does not concern it is absent.

    `asked` are the checks that concern it: one of them without a result is unknown.
    """

    asked: frozenset[Check]
    results: Mapping[Check, Result] = field(default_factory=dict)

    @property
    def verdict(self) -> Verdict:
        """Failed when one check has failed, else unknown when one is open, else verified."""
        found = [self.results.get(check, Result(None)).passed for check in self.asked]
        if False in found:
            return Verdict.FAILED
        return Verdict.UNKNOWN if None in found or not found else Verdict.VERIFIED

    @property
    def reasons(self) -> list[str]:
        """Return why the verdict is not "verified"."""
        said = []
        for check in sorted(self.asked):
            result = self.results.get(check, Result(None, "nothing was heard"))
            if result.passed is not True:
                said.append(f"{check}: {result.reason or 'nothing was heard'}")
        return said


METER_CHECKS = frozenset({Check.VERSION, Check.TIME, Check.METERING, Check.CERTIFICATE})
"""What a meter is asked about."""


def device_checks(kind: str, *, controls: bool) -> frozenset[Check]:
    """Return what a device is asked about; `controls`: it takes part in load control."""
    checks = {Check.VERSION, Check.REGISTRATION, Check.TIME, Check.PRICE, Check.CERTIFICATE}
    if controls:
        checks.add(Check.LOAD_CONTROL)
    if kind == "display":
        checks |= {Check.METERING, Check.MESSAGE}
    return frozenset(checks)


def continuous(before: int | None, after: int | None, *, most: int) -> Result:
    """Judge a register's continuity: it goes on from `before`, by `most` at the most (same unit).

    Registers never go back; one that jumps has been read wrongly or belongs to another meter.
    """
    if before is None or after is None:
        return Result(None, "no reading to compare")
    if after < before:
        return Result(False, f"the register went back from {before} to {after}")
    if after - before > most:
        return Result(False, f"the register jumped from {before} to {after}, by more than {most}")
    return Result(True)
