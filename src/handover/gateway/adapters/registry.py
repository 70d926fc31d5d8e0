"""What the operator's commands do to the registrations, whether the gateway runs or not.

They write into the journal; a running gateway notices at once. Every change is an entry of the audit log.
"""

from collections.abc import Iterator
from contextlib import contextmanager

from handover.errors import ConfigError
from handover.gateway.adapters import audit, audit_queue, registrations
from handover.gateway.adapters.journal import Journal
from handover.gateway.adapters.sealed_pins import pins
from handover.gateway.config import Config
from handover.gateway.outputs import Admit, Audit, Registered, Scalar
from handover.sep2.security.identity import is_checked, sfdi


class Registry:
    """The registrations in the journal of one gateway."""

    def __init__(self, journal: Journal, config: Config) -> None:
        self._journal = journal
        self._config = config

    def all(self) -> list[Registered]:
        """Return the registrations in the order of their numbers."""
        with self._journal.reading() as connection:
            return registrations.load(connection, self._journal.pins)

    def add(
        self,
        *,
        lfdi: bytes = b"",
        sfdi_: int | None = None,
        pin: int,
        name: str = "",
        categories: int | None = None,
        now: float,
    ) -> Registered:
        """Admit a device, or change what is known of it. Raises ConfigError for numbers that do not fit."""
        short = sfdi(lfdi) if lfdi else sfdi_
        if short is None:
            raise ConfigError("give the device's --lfdi or --sfdi; `handover pki show FILE` prints both")
        if lfdi and sfdi_ is not None and sfdi_ != short:
            raise ConfigError(f"SFDI {sfdi_} does not belong to that LFDI, whose SFDI is {short}; check both")
        if not is_checked(pin) or pin > 999999:
            raise ConfigError("the PIN has six digits, the last of which is a check digit; read it again")
        with self._journal.transaction() as connection:
            known = {device.sfdi: device for device in registrations.load(connection, self._journal.pins)}
            old = known.get(short)
            if old is not None and old.lfdi and lfdi and old.lfdi != lfdi:
                raise ConfigError(
                    f"SFDI {short} belongs to another certificate here; remove that device first"
                )
            device = Registered(
                sfdi=short,
                lfdi=lfdi or (old.lfdi if old else b""),
                pin=pin,
                name=name or (old.name if old else ""),
                admitted_at=now,
                number=old.number if old else registrations.next_number(connection),
                categories=categories if categories is not None else (old.categories if old else None),
            )
            registrations.admit(connection, Admit(device), self._journal.pins)
            detail: dict[str, Scalar] = {
                "sfdi": short,
                "lfdi": device.lfdi.hex().upper(),
                "name": device.name,
            }
            audit_queue.add(connection, Audit(round(now, 3), "admitted", detail))
        audit.flush(self._journal, self._config.audit_path)
        return device

    def remove(self, which: str, *, now: float) -> Registered:
        """Remove the device with this SFDI, LFDI (hexadecimal) or name. Raises ConfigError when unclear."""
        text = which.replace(":", "").replace("-", "").strip().upper()
        found = [
            device
            for device in self.all()
            if text in (str(device.sfdi), device.lfdi.hex().upper()) or which == device.name
        ]
        if len(found) != 1:
            raise ConfigError(
                f"{len(found) or 'no'} registered device is called {which!r}; "
                "`handover gateway list-devices` shows them with their SFDI"
            )
        device = found[0]
        with self._journal.transaction() as connection:
            registrations.remove(connection, device.sfdi)
            audit_queue.add(connection, Audit(round(now, 3), "removed", {"sfdi": device.sfdi}))
        audit.flush(self._journal, self._config.audit_path)
        return device


@contextmanager
def registry(config: Config) -> Iterator[Registry]:
    """Open the registrations of the gateway that `config` describes."""
    journal = Journal(config.journal_path, pins(config))
    journal.open()
    try:
        yield Registry(journal, config)
    finally:
        journal.close()
