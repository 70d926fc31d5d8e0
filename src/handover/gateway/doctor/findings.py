"""One finding of the doctor."""

from dataclasses import asdict, dataclass
from enum import StrEnum


class Level(StrEnum):
    """How bad it is: fine, worth a look, or in the way of working."""

    OK = "ok"
    WARN = "warn"
    FAIL = "fail"


@dataclass(frozen=True)
class Finding:
    """What was found about one subject, and what to do; nothing to do when it is fine."""

    subject: str
    level: Level
    text: str
    next_step: str = ""

    def plain(self) -> dict[str, str]:
        """Return it, ready for JSON."""
        return {key: str(value) for key, value in asdict(self).items()}


def ok(subject: str, text: str) -> Finding:
    """Return a finding that needs nothing."""
    return Finding(subject, Level.OK, text)


def warn(subject: str, text: str, next_step: str) -> Finding:
    """Return a finding that is worth a look."""
    return Finding(subject, Level.WARN, text, next_step)


def fail(subject: str, text: str, next_step: str) -> Finding:
    """Return a finding that is in the way."""
    return Finding(subject, Level.FAIL, text, next_step)


def worst(findings: list[Finding]) -> Level:
    """Return the worst level among `findings`."""
    levels = {finding.level for finding in findings}
    return next((level for level in (Level.FAIL, Level.WARN) if level in levels), Level.OK)
