"""Where the gateway stands with an update of its own software."""

from enum import Enum, auto
from typing import Final

from handover.machine import Machine


class Update(Enum):
    """States of the gateway."""

    IDLE = auto()
    DOWNLOADING = auto()
    VERIFYING = auto()
    INSTALLING = auto()
    STAGED = auto()
    TRIAL = auto()
    COMMITTED = auto()
    ROLLED_BACK = auto()


class Step(Enum):
    """What moves it on. A cut of power leaves the state as it is; BEGIN starts over from any but TRIAL."""

    BEGIN = auto()
    WHOLE = auto()
    GENUINE = auto()
    SPOILT = auto()
    FAILED = auto()
    SEALED = auto()
    SWITCH = auto()
    START = auto()
    HEALTHY = auto()
    GIVE_UP = auto()
    REVERT = auto()


SELF_UPDATE: Final = Machine(
    "self-update",
    Update.IDLE,
    frozenset(),
    {
        (Update.IDLE, Step.BEGIN): Update.DOWNLOADING,
        (Update.IDLE, Step.REVERT): Update.ROLLED_BACK,
        (Update.DOWNLOADING, Step.BEGIN): Update.DOWNLOADING,
        (Update.DOWNLOADING, Step.WHOLE): Update.VERIFYING,
        (Update.DOWNLOADING, Step.FAILED): Update.IDLE,
        (Update.DOWNLOADING, Step.REVERT): Update.ROLLED_BACK,
        (Update.VERIFYING, Step.BEGIN): Update.DOWNLOADING,
        (Update.VERIFYING, Step.GENUINE): Update.INSTALLING,
        (Update.VERIFYING, Step.SPOILT): Update.IDLE,
        (Update.VERIFYING, Step.REVERT): Update.ROLLED_BACK,
        (Update.INSTALLING, Step.BEGIN): Update.DOWNLOADING,
        (Update.INSTALLING, Step.SEALED): Update.STAGED,
        (Update.INSTALLING, Step.FAILED): Update.IDLE,
        (Update.INSTALLING, Step.REVERT): Update.ROLLED_BACK,
        (Update.STAGED, Step.BEGIN): Update.DOWNLOADING,
        (Update.STAGED, Step.SWITCH): Update.TRIAL,
        (Update.STAGED, Step.REVERT): Update.ROLLED_BACK,
        (Update.TRIAL, Step.START): Update.TRIAL,
        (Update.TRIAL, Step.HEALTHY): Update.COMMITTED,
        (Update.TRIAL, Step.GIVE_UP): Update.ROLLED_BACK,
        (Update.COMMITTED, Step.BEGIN): Update.DOWNLOADING,
        (Update.COMMITTED, Step.REVERT): Update.ROLLED_BACK,
        (Update.ROLLED_BACK, Step.BEGIN): Update.DOWNLOADING,
        (Update.ROLLED_BACK, Step.REVERT): Update.ROLLED_BACK,
    },
)
