"""Before a migration: is the software new enough, on the gateway itself and on what is behind it (REQ.GW.7)?

SEP 2.0 is not to be switched on by software that is known to be too old for it. The report goes to whoever
orders the migration; `Report.demand` blocks it.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from handover.errors import DecodeError, Refused
from handover.gateway.selfupdate.record import Record
from handover.gateway.selfupdate.states import Update
from handover.gateway.selfupdate.versions import newer


@dataclass(frozen=True)
class Software:
    """Software somewhere: whose it is, its version, and the least version that the migration needs."""

    name: str
    version: str | None
    minimum: str = ""


@dataclass(frozen=True)
class Report:
    """The versions that were found, and what stands against the migration, in words."""

    own: str
    state: str
    attached: tuple[Software, ...]
    objections: tuple[str, ...]

    @property
    def ready(self) -> bool:
        """Whether the migration may begin."""
        return not self.objections

    def demand(self) -> None:
        """Raise Refused with every objection unless the migration may begin."""
        if self.objections:
            raise Refused("the migration may not begin: " + "; ".join(self.objections))

    def plain(self) -> dict[str, object]:
        """Return the report, ready for JSON."""
        return {
            "version": self.own,
            "state": self.state,
            "ready": self.ready,
            "objections": list(self.objections),
            "attached": [
                {"name": one.name, "version": one.version, "minimum": one.minimum} for one in self.attached
            ],
        }


def preflight(
    own: str, record: Record, *, minimum: str = "", attached: Iterable[Software] = (), offered: str = ""
) -> Report:
    """Compare what runs with what a migration needs.

    `own` is the version of this gateway, `minimum` the least that is demanded of it, `offered` what the
    repository has. A trial that has not been kept yet counts as stale: it may be gone after the next start.
    """
    devices, found = tuple(attached), []
    if minimum:
        found += _stale("the gateway", own, minimum, "handover update apply")
    if offered and newer(offered, own):
        found.append(f"the gateway runs {own}, and {offered} is published; next: handover update apply")
    if record.at is Update.TRIAL:
        found.append(f"version {own} is still on trial; wait until it is kept, or: handover update commit")
    for device in devices:
        if device.minimum:
            found += _stale(device.name, device.version, device.minimum, "update it first")
    return Report(own, record.state, devices, tuple(found))


def _stale(name: str, version: str | None, minimum: str, step: str) -> list[str]:
    if version is None:
        return [f"{name} does not tell its version, {minimum} is needed; next: {step}"]
    try:
        old = newer(minimum, version)
    except DecodeError as error:
        return [f"{name}: {error}"]
    return [f"{name} runs {version}, {minimum} is needed; next: {step}"] if old else []
