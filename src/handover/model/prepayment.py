"""What is left of a service that is paid in advance, and what was paid for it."""

from dataclasses import dataclass
from enum import Enum, IntEnum


class CreditState(IntEnum):
    """How the credit stands. The numbers are those that SEP 2.0 gives them."""

    FINE = 0
    LOW = 1
    EXHAUSTED = 2
    NEGATIVE = 3


class Wallet(IntEnum):
    """Who keeps the credit; NONE is paid afterwards. The numbers are those that SEP 2.0 gives them."""

    CENTRAL = 0
    ESI = 1
    LOCAL = 2
    NONE = 3


class Origin(Enum):
    """Where a payment was made. The value is what people are told."""

    ESI = "ESI"
    METER = "meter"
    DISPLAY = "display"
    UNKNOWN = "unknown"


class Supply(Enum):
    """What the supply of the premises is; ARMED waits for somebody there to switch it on."""

    OFF = "off"
    ARMED = "armed"
    ON = "on"


@dataclass(frozen=True, slots=True)
class TopUp:
    """A payment at `at` (Unix s); `amount` is in the unit of its account."""

    at: int
    amount: int
    origin: Origin = Origin.UNKNOWN


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """The account of one meter; amounts x 10^`power` are money, or kWh where `counts_energy`.

    `currency` is the ISO 4217 number, 0 for none. `available` and `emergency` None: not known. Of emergency
    credit: whether it has been `selected`, and whether it is `in_use`. `top_ups` come newest first.
    """

    wallet: Wallet
    available: int | None
    emergency: int | None = None
    currency: int = 0
    power: int = 0
    counts_energy: bool = False
    state: CreditState = CreditState.FINE
    selected: bool = False
    in_use: bool = False
    supply: Supply | None = None
    top_ups: tuple[TopUp, ...] = ()
