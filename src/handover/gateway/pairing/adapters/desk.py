"""`Desk`: what a person does about admissions, over the journals, whether the gateway runs or not.

Admissions are kept by the half of the gateway that carries them out: at a SEP 1.x ESI and of SEP 2.0 devices
in its first journal, at a SEP 2.0 ESI and of SEP 1.x devices in that of its downward half.
The command line and the local API stand on it. A running gateway notices at once. Every method returns what
to tell the person; typing errors are told like everything else, and leave no trace in the journal.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from handover.errors import ConfigError
from handover.gateway.adapters import audit
from handover.gateway.adapters.journal import Journal
from handover.gateway.adapters.registry import Registry
from handover.gateway.config import Config
from handover.gateway.outputs import Change
from handover.gateway.pairing.adapters import rows
from handover.gateway.pairing.expected import expect
from handover.gateway.pairing.pairing import Happened, Pairing, Told
from handover.gateway.pairing.pairings import Pairings, key_of
from handover.gateway.pairing.states import Event, Kind
from handover.gateway.pairing.typed import Mistyped, Sep2Label, install_code, sep1_label, sep2_label

DOWNWARD, DOWNWARD_AUDIT = "downward.db", "downward-audit.jsonl"
_BELOW = (Kind.DOWN_SEP1, Kind.UP_SEP2)


class Desk:
    """The admissions in the journals of one gateway. `open` it before, `close` it after."""

    def __init__(self, config: Config) -> None:
        self._config = config
        self._above = Journal(config.journal_path)
        self._below = Journal(config.data_dir / DOWNWARD)
        self._is_below = False

    def open(self) -> None:
        """Open the journals. Raises NotNow when that cannot be."""
        self._above.open()

    def close(self) -> None:
        """Close them; harmless when repeated."""
        self._above.close()
        self._below.close()
        self._is_below = False

    def all(self, now: float) -> list[Told]:
        """Return where every admission stands."""
        return sorted((told for half in self._halves() for told in _told(half, now)), key=lambda t: t.key)

    def told(self, key: str, now: float) -> Told:
        """Return where one admission stands. Raises ConfigError for a key that is none."""
        all_ = {told.key: told for told in self.all(now)}
        if key not in all_:
            raise ConfigError(f"there is no admission {key!r}; known: {', '.join(all_) or 'none'}")
        return all_[key]

    def sep2_device(
        self,
        *,
        sfdi: str = "",
        pin: str = "",
        lfdi: str = "",
        name: str = "",
        categories: int | None = None,
        now: float,
    ) -> Told:
        """Register a SEP 2.0 device by the numbers of its label."""
        try:
            label = sep2_label(sfdi, pin, lfdi)
        except Mistyped as error:
            return _mistyped(Kind.DOWN_SEP2, error, name, now)
        key = key_of(Kind.DOWN_SEP2, label.sfdi)
        self._change(Kind.DOWN_SEP2, lambda pairings: pairings.accept(Kind.DOWN_SEP2, label.sfdi, name, now))
        outcome = self._register(label, name, categories, now)
        return self._happened(key, outcome, now)

    def sep1_device(self, *, code: str, eui64: str = "", name: str = "", now: float) -> Told:
        """Have the gateway expect a SEP 1.x device by its install code."""
        try:
            label = sep1_label(code, eui64)
        except Mistyped as error:
            return _mistyped(Kind.DOWN_SEP1, error, name, now)
        if label.eui64 == self._config.eui64:
            own = Mistyped(Event.BAD_CODE, "this is the label of the gateway itself, not that of a device")
            return _mistyped(Kind.DOWN_SEP1, own, name, now)
        key = key_of(Kind.DOWN_SEP1, label.eui64)
        self._change(
            Kind.DOWN_SEP1,
            lambda pairings: [
                *pairings.accept(Kind.DOWN_SEP1, label.eui64, name, now),
                expect(label.eui64, label.code, name, now),
            ],
        )
        return self.told(key, now)

    def gateway_sep1(self, *, code: str, now: float) -> Told:
        """Check the gateway's own install code before the utility is told it; the code is not kept."""
        try:
            install_code(code)
        except Mistyped as error:
            return _mistyped(Kind.UP_SEP1, error, "", now)
        self._change(Kind.UP_SEP1, lambda pairings: pairings.accept(Kind.UP_SEP1, 0, "", now))
        return self.told(key_of(Kind.UP_SEP1), now)

    def gateway_sep2(self, *, sfdi: str, pin: str, now: float) -> Told:
        """Check the gateway's own SFDI and PIN before the utility is told them; neither is kept."""
        try:
            sep2_label(sfdi, pin)
        except Mistyped as error:
            return _mistyped(Kind.UP_SEP2, error, "", now)
        self._change(Kind.UP_SEP2, lambda pairings: pairings.accept(Kind.UP_SEP2, 0, "", now))
        return self.told(key_of(Kind.UP_SEP2), now)

    def again(self, key: str, now: float) -> Told:
        """Try once more after a failure. Raises NotNow when there is none, ConfigError for no such key."""
        told = self._happened(key, Happened(Event.AGAIN), now)
        if told.kind == Kind.DOWN_SEP2.value and self._is_registered(key):
            return self._happened(key, Happened(Event.REGISTERED), now)
        if told.kind == Kind.DOWN_SEP1.value:
            self._ask_again(key, now)
        return told

    def end(self, key: str, now: float) -> None:
        """End an admission; a SEP 1.x device is expected no longer. Raises ConfigError for no such key."""
        self._change(Kind(self.told(key, now).kind), lambda pairings: pairings.forget(key, now))

    def removed(self, sfdi: int, now: float) -> None:
        """Forget how a SEP 2.0 device was admitted, for it has been removed; harmless for a stranger."""
        key = key_of(Kind.DOWN_SEP2, sfdi)
        if any(told.key == key for told in self.all(now)):
            self.end(key, now)

    def _register(self, label: Sep2Label, name: str, categories: int | None, now: float) -> Happened:
        try:
            Registry(self._above, self._config).add(
                lfdi=label.lfdi, sfdi_=label.sfdi, pin=label.pin, name=name, categories=categories, now=now
            )
        except ConfigError as error:
            return Happened(Event.REFUSED, str(error))
        return Happened(Event.REGISTERED)

    def _is_registered(self, key: str) -> bool:
        known = {key_of(Kind.DOWN_SEP2, d.sfdi) for d in Registry(self._above, self._config).all()}
        return key in known

    def _ask_again(self, key: str, now: float) -> None:
        """Make the wish newer, so that the gateway opens its network again."""
        with self._half(Kind.DOWN_SEP1).transaction() as connection:
            for wish in rows.expected(connection):
                if key_of(Kind.DOWN_SEP1, wish.eui64) == key:
                    code = install_code(wish.code)
                    rows.write(connection, [expect(wish.eui64, code, wish.name, now)])

    def _happened(self, key: str, happened: Happened, now: float) -> Told:
        kind = Kind(self.told(key, now).kind)
        self._change(kind, lambda pairings: [*pairings.tick(now), *pairings.happened(key, happened, now)])
        return self.told(key, now)

    def _change(self, kind: Kind, change: Callable[[Pairings], list[Change]]) -> None:
        """Read, change and write in one transaction: another process may do the same."""
        journal = self._half(kind)
        with journal.transaction() as connection:
            rows.write(connection, change(Pairings(rows.progress(connection))))
        below = self._config.data_dir / DOWNWARD_AUDIT
        audit.flush(journal, below if journal is self._below else self._config.audit_path)

    def _half(self, kind: Kind) -> Journal:
        """Return the journal of a kind, open; that of the downward half is made when it is first needed."""
        if kind not in _BELOW:
            return self._above
        if not self._is_below:
            self._below.open()
            self._is_below = True
        return self._below

    def _halves(self) -> list[Journal]:
        if self._is_below or self._below.path.exists():
            return [self._above, self._half(Kind.DOWN_SEP1)]
        return [self._above]


def _told(journal: Journal, now: float) -> list[Told]:
    with journal.reading() as connection:
        pairings = Pairings(rows.progress(connection))
    pairings.tick(now)
    return pairings.told(now)


def _mistyped(kind: Kind, error: Mistyped, name: str, now: float) -> Told:
    """Return what to tell about a typing error, as of an admission that has not begun."""
    pairing = Pairing.new(kind, "", now, name)
    pairing.handle(Happened(error.event, str(error)), now)
    return pairing.told(now)


@contextmanager
def desk(config: Config) -> Iterator[Desk]:
    """Open the admissions of the gateway that `config` describes."""
    opened = Desk(config)
    opened.open()
    try:
        yield opened
    finally:
        opened.close()
