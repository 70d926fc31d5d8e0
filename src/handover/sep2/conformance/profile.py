"""A profile: what a server has to offer, as a table that programs and people read.

The table is a TOML file; `min_esi.toml` beside this module is ours. What a requirement's `check` means is
said in `rules`.
"""

import tomllib
from dataclasses import dataclass, field
from importlib.resources import files
from pathlib import Path
from typing import Any

from handover.errors import ConfigError
from handover.sep2.resources import RESOURCES

CHECKS = ("resource", "item", "reading", "http", "tls", "pin", "clock", "mirror")
_NAMES = frozenset(entry.name for entry in RESOURCES)


@dataclass(frozen=True, slots=True)
class Requirement:
    """One line of a profile."""

    id: str
    title: str
    tiers: tuple[str, ...]
    check: str
    resource: str = ""
    sources: tuple[str, ...] = ()
    rule: str = ""
    uom: tuple[int, ...] = ()
    behaviour: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Profile:
    """A profile by name and version. `tiers` are its levels with their meaning, the strictest first."""

    name: str
    version: str
    tiers: dict[str, str]
    requirements: tuple[Requirement, ...] = field(default=())

    def of(self, tier: str) -> list[Requirement]:
        """Return the requirements of one tier. Raises ConfigError when there is no such tier."""
        if tier not in self.tiers:
            raise ConfigError(f"{tier!r} is not a tier of {self.name}; there are: {', '.join(self.tiers)}")
        return [requirement for requirement in self.requirements if tier in requirement.tiers]


def minimum() -> Profile:
    """Return the minimum Utility ESI profile (REQ.ZA.1)."""
    return parse(files(__package__).joinpath("min_esi.toml").read_text("utf-8"), "min_esi.toml")


def load(path: Path) -> Profile:
    """Return the profile in a file. Raises ConfigError."""
    try:
        return parse(path.read_text("utf-8"), str(path))
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(f"{path} cannot be read: {error}") from error


def parse(text: str, where: str) -> Profile:
    """Read a profile; `where` is for messages. Raises ConfigError that names what is wrong."""
    try:
        table = tomllib.loads(text)
        tiers = {str(name): str(meaning) for name, meaning in table["tiers"].items()}
        requirements = tuple(_requirement(row) for row in table["requirement"])
        profile = Profile(str(table["name"]), str(table["version"]), tiers, requirements)
    except (tomllib.TOMLDecodeError, KeyError, TypeError, AttributeError) as error:
        raise ConfigError(f"{where} is not a profile: {error!r}") from error
    for requirement in profile.requirements:
        _check(requirement, profile, where)
    return profile


def _requirement(row: dict[str, Any]) -> Requirement:
    return Requirement(
        row["id"],
        row["title"],
        tuple(row["tiers"]),
        row["check"],
        row.get("resource", ""),
        tuple(row.get("from", ())),
        row.get("rule", ""),
        tuple(row.get("uom", ())),
        tuple(row.get("behaviour", ())),
    )


def _check(requirement: Requirement, profile: Profile, where: str) -> None:
    unknown = [tier for tier in requirement.tiers if tier not in profile.tiers]
    names = [name for name in (requirement.resource, *requirement.sources) if name and name not in _NAMES]
    if unknown or names or requirement.check not in CHECKS:
        what = unknown or names or [requirement.check]
        raise ConfigError(f"{where}: requirement {requirement.id} names {what[0]!r}, which does not exist")
