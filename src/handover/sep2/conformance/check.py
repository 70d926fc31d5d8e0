"""Checks a server against a profile and says, for each requirement, whether it holds and why not."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from handover.errors import HandoverError
from handover.sep2.conformance.profile import Profile, Requirement
from handover.sep2.conformance.rules import RULES, Subject, TlsFacts
from handover.sep2.conformance.survey import Exchange, survey


@dataclass(frozen=True, slots=True)
class Verdict:
    """What became of one requirement; `reason` is None when it holds."""

    requirement: Requirement
    reason: str | None

    @property
    def passed(self) -> bool:
        """Whether the requirement holds."""
        return self.reason is None


@dataclass(slots=True)
class Report:
    """The verdicts of one check, in the order of the profile."""

    profile: Profile
    tier: str
    verdicts: list[Verdict]
    resources: int
    requests: int

    @property
    def passed(self) -> bool:
        """Whether every requirement holds."""
        return all(verdict.passed for verdict in self.verdicts)

    def plain(self) -> dict[str, Any]:
        """Return the report as values that JSON can carry."""
        return {
            "profile": self.profile.name,
            "version": self.profile.version,
            "tier": self.tier,
            "passed": self.passed,
            "resources": self.resources,
            "requests": self.requests,
            "requirements": [
                {
                    "id": verdict.requirement.id,
                    "title": verdict.requirement.title,
                    "passed": verdict.passed,
                    "reason": verdict.reason,
                }
                for verdict in self.verdicts
            ],
        }


@dataclass(frozen=True, slots=True)
class Asking:
    """Who asks, and what is known before: our identity and PIN, the time, what handshakes have shown."""

    now: float
    tls: TlsFacts | None = None
    lfdi: bytes | None = None
    pin: int | None = None
    dcap: str = "/dcap"


async def check(
    exchange: Exchange,
    profile: Profile,
    tier: str,
    asking: Asking,
    progress: Callable[[Verdict], None] = lambda _: None,
) -> Report:
    """Check the server behind `exchange`. Raises NotNow or Refused when there is no connection at all.

    `progress` is told each verdict as it is known. Raises ConfigError for a tier that does not exist.
    """
    requirements = profile.of(tier)
    found = await survey(exchange, asking.dcap)
    subject = Subject(found, _counted(exchange, found), asking.now, asking.tls, asking.lfdi, asking.pin)
    verdicts = []
    for requirement in requirements:
        try:
            reason = await RULES[requirement.check](requirement, subject)
        except HandoverError as error:
            reason = f"{requirement.resource or requirement.check}: {error}"
        verdict = Verdict(requirement, reason)
        verdicts.append(verdict)
        progress(verdict)
    readable = sum(visit.resource is not None for visit in found.visits.values())
    return Report(profile, tier, verdicts, readable, found.requests)


def _counted(exchange: Exchange, found: Any) -> Exchange:
    async def counted(request: Any) -> Any:
        found.requests += 1
        return await exchange(request)

    return counted
