"""The four kinds of admission as state tables: the gateway at its ESI, and a device at the gateway.

Steps are the states in the order in which an admission that goes well passes through them; failures are the
others. Every failure can be tried again. Source: ZigBee SE, 5.4 (install codes, joining, key establishment);
IEEE 2030.5, clause 6 (SFDI, PIN, registration).
"""

from collections.abc import Iterable
from enum import Enum, auto
from typing import Any, Final

from handover.machine import Machine


class Event(Enum):
    """What moves an admission on."""

    ACCEPTED = auto()
    """What was typed from the label is right."""
    BAD_CODE = auto()
    BAD_SFDI = auto()
    BAD_PIN = auto()
    SEARCH = auto()
    OPENED = auto()
    """The network admits devices, for a while."""
    JOINED = auto()
    KEYS = auto()
    """A link key is established, or a TLS connection stands."""
    REGISTERED = auto()
    READING = auto()
    """The first data came, or were fetched."""
    LATE = auto()
    """The time of the state has run out."""
    STRANGER = auto()
    """Somebody else knocked, or the other side does not know us."""
    REFUSED = auto()
    WRONG_PROFILE = auto()
    EXPIRED = auto()
    """A certificate is not valid at this date."""
    AGAIN = auto()
    REMOVED = auto()


class UpSep1(Enum):
    """The gateway at a SEP 1.x ESI."""

    NOT_STARTED = auto()
    CODE_ENTERED = auto()
    DETECTING_ESI = auto()
    JOINED = auto()
    KEYS_ESTABLISHED = auto()
    FIRST_READING = auto()
    BAD_CODE = auto()
    TIMEOUT = auto()
    REFUSED = auto()
    WRONG_PROFILE = auto()
    CERTIFICATE_EXPIRED = auto()
    NO_READING = auto()


class UpSep2(Enum):
    """The gateway at a SEP 2.0 ESI."""

    NOT_STARTED = auto()
    CODE_ENTERED = auto()
    DETECTING_ESI = auto()
    KEYS_ESTABLISHED = auto()
    REGISTERED = auto()
    FIRST_READING = auto()
    BAD_SFDI = auto()
    BAD_PIN = auto()
    TIMEOUT = auto()
    REFUSED = auto()
    UNKNOWN_DEVICE = auto()
    WRONG_PROFILE = auto()
    CERTIFICATE_EXPIRED = auto()
    NO_READING = auto()


class DownSep1(Enum):
    """A SEP 1.x device at the gateway."""

    NOT_STARTED = auto()
    CODE_ENTERED = auto()
    WINDOW_OPEN = auto()
    JOINED = auto()
    KEYS_ESTABLISHED = auto()
    REGISTERED = auto()
    VERIFIED = auto()
    BAD_CODE = auto()
    TIMEOUT = auto()
    REFUSED = auto()
    UNKNOWN_DEVICE = auto()
    WRONG_PROFILE = auto()
    CERTIFICATE_EXPIRED = auto()
    NO_READING = auto()


class DownSep2(Enum):
    """A SEP 2.0 device at the gateway."""

    NOT_STARTED = auto()
    CODE_ENTERED = auto()
    REGISTERED = auto()
    VERIFIED = auto()
    BAD_SFDI = auto()
    BAD_PIN = auto()
    REFUSED = auto()
    UNKNOWN_DEVICE = auto()
    WRONG_PROFILE = auto()
    CERTIFICATE_EXPIRED = auto()
    NO_READING = auto()


class Kind(Enum):
    """Who is admitted where."""

    UP_SEP1 = "gateway-sep1"
    UP_SEP2 = "gateway-sep2"
    DOWN_SEP1 = "sep1"
    DOWN_SEP2 = "sep2"


FAILURES: Final = frozenset(
    {
        "BAD_CODE",
        "BAD_SFDI",
        "BAD_PIN",
        "TIMEOUT",
        "REFUSED",
        "UNKNOWN_DEVICE",
        "WRONG_PROFILE",
        "CERTIFICATE_EXPIRED",
        "NO_READING",
    }
)
"""Names of the states in which something is wrong."""

Table = dict[tuple[Any, Event], Any]

_FAULTS: Final = {
    Event.BAD_CODE: "BAD_CODE",
    Event.BAD_SFDI: "BAD_SFDI",
    Event.BAD_PIN: "BAD_PIN",
    Event.STRANGER: "UNKNOWN_DEVICE",
    Event.REFUSED: "REFUSED",
    Event.WRONG_PROFILE: "WRONG_PROFILE",
    Event.EXPIRED: "CERTIFICATE_EXPIRED",
}


def _faults(states: Iterable[Any], *events: Event) -> Table:
    """Return the ways from each state to the failure that the event is named after."""
    return {(state, event): type(state)[_FAULTS[event]] for state in states for event in events}


def _typed(kind: Any, *events: Event) -> Table:
    """Return what typing leads to, at the beginning and after a failure."""
    begins = [state for state in kind if state.name in {"NOT_STARTED", "CODE_ENTERED", *FAILURES}]
    right: Table = {(state, Event.ACCEPTED): kind.CODE_ENTERED for state in begins}
    return right | _faults(begins, *events)


def _out(kind: Any) -> Table:
    """Return the ways back: another try after a failure, and the end of an admission."""
    failed = [state for state in kind if state.name in FAILURES and not state.name.startswith("BAD_")]
    again: Table = {(state, Event.AGAIN): kind.CODE_ENTERED for state in failed}
    return again | {(state, Event.REMOVED): kind.NOT_STARTED for state in kind if state.name != "NOT_STARTED"}


def _up_sep1() -> Table:
    s = UpSep1
    return {
        **_typed(s, Event.BAD_CODE, Event.WRONG_PROFILE),
        # A stick may have been admitted before this software saw it.
        (s.NOT_STARTED, Event.SEARCH): s.DETECTING_ESI,
        (s.CODE_ENTERED, Event.SEARCH): s.DETECTING_ESI,
        (s.DETECTING_ESI, Event.JOINED): s.JOINED,
        (s.DETECTING_ESI, Event.LATE): s.TIMEOUT,
        (s.TIMEOUT, Event.JOINED): s.JOINED,
        **_faults([s.DETECTING_ESI, s.JOINED], Event.REFUSED, Event.WRONG_PROFILE),
        (s.JOINED, Event.KEYS): s.KEYS_ESTABLISHED,
        (s.JOINED, Event.LATE): s.TIMEOUT,
        **_faults([s.JOINED], Event.EXPIRED),
        (s.KEYS_ESTABLISHED, Event.READING): s.FIRST_READING,
        (s.KEYS_ESTABLISHED, Event.LATE): s.NO_READING,
        (s.NO_READING, Event.READING): s.FIRST_READING,
        **_out(s),
    }


def _up_sep2() -> Table:
    s = UpSep2
    return {
        **_typed(s, Event.BAD_SFDI, Event.BAD_PIN, Event.WRONG_PROFILE),
        (s.NOT_STARTED, Event.SEARCH): s.DETECTING_ESI,
        (s.CODE_ENTERED, Event.SEARCH): s.DETECTING_ESI,
        (s.DETECTING_ESI, Event.KEYS): s.KEYS_ESTABLISHED,
        (s.DETECTING_ESI, Event.LATE): s.TIMEOUT,
        (s.TIMEOUT, Event.KEYS): s.KEYS_ESTABLISHED,
        **_faults([s.DETECTING_ESI], Event.REFUSED, Event.WRONG_PROFILE, Event.EXPIRED),
        (s.KEYS_ESTABLISHED, Event.REGISTERED): s.REGISTERED,
        **_faults([s.KEYS_ESTABLISHED], Event.STRANGER, Event.BAD_PIN),
        # The utility may add us at any time; the gateway asks again by itself.
        (s.UNKNOWN_DEVICE, Event.REGISTERED): s.REGISTERED,
        (s.BAD_PIN, Event.REGISTERED): s.REGISTERED,
        (s.REGISTERED, Event.READING): s.FIRST_READING,
        (s.REGISTERED, Event.LATE): s.NO_READING,
        (s.NO_READING, Event.READING): s.FIRST_READING,
        **_out(s),
    }


def _down_sep1() -> Table:
    s = DownSep1
    trying = (s.TIMEOUT, s.REFUSED, s.UNKNOWN_DEVICE, s.WRONG_PROFILE, s.CERTIFICATE_EXPIRED)
    return {
        **_typed(s, Event.BAD_CODE, Event.WRONG_PROFILE),
        (s.CODE_ENTERED, Event.OPENED): s.WINDOW_OPEN,
        # A stranger must not be able to end somebody else's turn: the window stays open.
        **_faults([s.WINDOW_OPEN], Event.STRANGER),
        (s.WINDOW_OPEN, Event.JOINED): s.JOINED,
        (s.WINDOW_OPEN, Event.LATE): s.TIMEOUT,
        (s.UNKNOWN_DEVICE, Event.LATE): s.TIMEOUT,
        **_faults([s.WINDOW_OPEN, s.JOINED], Event.REFUSED),
        (s.JOINED, Event.KEYS): s.KEYS_ESTABLISHED,
        (s.JOINED, Event.LATE): s.TIMEOUT,
        **_faults([s.JOINED], Event.WRONG_PROFILE, Event.EXPIRED),
        (s.KEYS_ESTABLISHED, Event.REGISTERED): s.REGISTERED,
        (s.KEYS_ESTABLISHED, Event.REFUSED): s.REFUSED,
        (s.REGISTERED, Event.READING): s.VERIFIED,
        (s.REGISTERED, Event.LATE): s.NO_READING,
        (s.NO_READING, Event.READING): s.VERIFIED,
        # A device goes on trying by itself, and what the trust centre lets in is in.
        **{(state, Event.JOINED): s.JOINED for state in trying},
        # Some radios tell of no more than the end of it.
        **{(state, Event.KEYS): s.KEYS_ESTABLISHED for state in (s.CODE_ENTERED, s.WINDOW_OPEN, *trying)},
        **_out(s),
    }


def _down_sep2() -> Table:
    s = DownSep2
    return {
        **_typed(s, Event.BAD_SFDI, Event.BAD_PIN, Event.WRONG_PROFILE),
        (s.CODE_ENTERED, Event.REGISTERED): s.REGISTERED,
        (s.CODE_ENTERED, Event.REFUSED): s.REFUSED,
        (s.REGISTERED, Event.READING): s.VERIFIED,
        (s.REGISTERED, Event.LATE): s.NO_READING,
        **_faults(
            [s.REGISTERED, s.NO_READING], Event.STRANGER, Event.REFUSED, Event.WRONG_PROFILE, Event.EXPIRED
        ),
        # The gateway knows the device all the while, so a device that was put right needs nothing of it.
        **{
            (state, Event.READING): s.VERIFIED
            for state in (s.NO_READING, s.UNKNOWN_DEVICE, s.REFUSED, s.WRONG_PROFILE, s.CERTIFICATE_EXPIRED)
        },
        **_out(s),
    }


_STATES: Final[dict[Kind, type[Enum]]] = {
    Kind.UP_SEP1: UpSep1,
    Kind.UP_SEP2: UpSep2,
    Kind.DOWN_SEP1: DownSep1,
    Kind.DOWN_SEP2: DownSep2,
}


def _machine(kind: Kind, states: Any, table: Table) -> Machine[Any, Event]:
    return Machine(f"admission {kind.value}", states.NOT_STARTED, frozenset(), table)


MACHINES: Final = {
    Kind.UP_SEP1: _machine(Kind.UP_SEP1, UpSep1, _up_sep1()),
    Kind.UP_SEP2: _machine(Kind.UP_SEP2, UpSep2, _up_sep2()),
    Kind.DOWN_SEP1: _machine(Kind.DOWN_SEP1, DownSep1, _down_sep1()),
    Kind.DOWN_SEP2: _machine(Kind.DOWN_SEP2, DownSep2, _down_sep2()),
}

LIMITS: Final = {
    UpSep1.DETECTING_ESI: 900.0,
    UpSep1.JOINED: 300.0,
    UpSep1.KEYS_ESTABLISHED: 300.0,
    UpSep2.DETECTING_ESI: 900.0,
    UpSep2.REGISTERED: 300.0,
    DownSep1.WINDOW_OPEN: 180.0,
    DownSep1.JOINED: 300.0,
    DownSep1.REGISTERED: 600.0,
    DownSep2.REGISTERED: 600.0,
}
"""Seconds after which a state is LATE. UNKNOWN_DEVICE of `DownSep1` goes on with the time of the window."""


def states(kind: Kind) -> list[Any]:
    """Return the states of a kind: the steps in their order, then the failures."""
    return list(_STATES[kind])


def steps(kind: Kind) -> list[Any]:
    """Return the states of an admission that goes well, in order."""
    return [state for state in states(kind) if state.name not in FAILURES]


def failures(kind: Kind) -> list[Any]:
    """Return the states in which something is wrong."""
    return [state for state in states(kind) if state.name in FAILURES]
