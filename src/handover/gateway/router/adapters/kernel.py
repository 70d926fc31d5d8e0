"""Carries a plan out on this machine: `nft` for the ruleset, /proc/sys/net for the settings. Root only."""

import os
import subprocess
from pathlib import Path

import msgspec

from handover.errors import ConfigError, NotNow
from handover.gateway.router.plan import Plan, closed, plan, removal
from handover.gateway.router.policy import Policy

PROC = Path("/proc/sys/net")
FORWARDING = "forwarding"


class _Before(msgspec.Struct, frozen=True):
    """What was there before: the settings, and the interfaces that were taken for the home's."""

    inside: tuple[str, ...] = ()
    settings: dict[str, str] = {}


class Kernel:
    """The network of this machine. `memory` keeps the settings that were there before, for `off`."""

    def __init__(self, memory: Path, proc: Path = PROC) -> None:
        self._memory = memory
        self._proc = proc

    def on(self, policy: Policy) -> None:
        """Forward as `policy` says. Raises ConfigError or NotNow; then nothing is forwarded by us."""
        made = plan(policy)
        self._check(policy)
        before = {**self._settings(made), **self._remembered().settings}
        self._remember(_Before(policy.inside, before))
        # Never the other way round: forwarding without the rules would let everything through.
        self._nft(made.ruleset)
        for name, value in made.settings.items():
            self._set(name, value)

    def off(self) -> bool:
        """Forward no more; return whether a ruleset stays because others had forwarding on before."""
        before = self._remembered()
        for name, value in before.settings.items():
            if (self._proc / name).exists():
                self._set(name, value)
        stays = any(value != "0" for name, value in before.settings.items() if name.endswith(FORWARDING))
        self._nft(closed(before.inside) if stays else removal())
        self._memory.unlink(missing_ok=True)
        return stays

    def is_on(self, policy: Policy) -> bool:
        """Tell whether the settings of the policy are in force."""
        wanted = plan(policy).settings
        return self._memory.exists() and self._settings(Plan("", wanted)) == wanted

    def _check(self, policy: Policy) -> None:
        version = "ipv6" if 6 in policy.versions else "ipv4"
        for name in (*policy.inside, *policy.outside):
            if not (self._proc / version / "conf" / name).exists():
                raise ConfigError(
                    f"this machine has no interface {name!r} with {version}; list them with: ip link. "
                    "Then correct inside and outside in [router]"
                )

    def _settings(self, made: Plan) -> dict[str, str]:
        try:
            return {name: (self._proc / name).read_text().strip() for name in made.settings}
        except OSError as error:
            raise NotNow(f"the kernel's settings cannot be read: {error}") from error

    def _set(self, name: str, value: str) -> None:
        try:
            (self._proc / name).write_text(value)
        except OSError as error:
            raise NotNow(
                f"{self._proc / name} cannot be set to {value}: {error.strerror or error}; "
                "the router function must be switched by root"
            ) from error

    def _nft(self, ruleset: str) -> None:
        try:
            subprocess.run(["nft", "-f", "-"], input=ruleset, capture_output=True, text=True, check=True)
        except FileNotFoundError:
            raise ConfigError(
                "the program nft is missing, without which nothing is forwarded; "
                "install it (Debian: apt-get install nftables)"
            ) from None
        except subprocess.CalledProcessError as error:
            reason = error.stderr.strip().splitlines()
            rights = "" if os.geteuid() == 0 else "; the router function must be switched by root"
            raise NotNow(f"nft refuses the rules: {reason[0] if reason else error}{rights}") from error

    def _remembered(self) -> _Before:
        try:
            return msgspec.json.decode(self._memory.read_bytes(), type=_Before)
        except FileNotFoundError:
            return _Before()
        except (OSError, msgspec.DecodeError) as error:
            raise NotNow(f"{self._memory} cannot be read: {error}; remove it and try again") from error

    def _remember(self, before: _Before) -> None:
        try:
            self._memory.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            self._memory.write_bytes(msgspec.json.encode(before))
        except OSError as error:
            raise NotNow(f"{self._memory} cannot be written: {error.strerror or error}") from error
