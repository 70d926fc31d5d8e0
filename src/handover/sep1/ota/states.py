"""Where a device stands with an upgrade."""

from enum import Enum, auto
from typing import Final

from handover.machine import Machine
from handover.sep1.clusters.ota import ImageUpgradeStatus


class Upgrade(Enum):
    """States of a client."""

    NORMAL = auto()
    QUERYING = auto()
    DOWNLOADING = auto()
    PAUSED = auto()
    COMPLETE = auto()
    HELD = auto()
    COUNT_DOWN = auto()


class Step(Enum):
    """What moves a client on."""

    QUERY = auto()
    NOTHING = auto()
    OFFERED = auto()
    WAIT = auto()
    RESUME = auto()
    WHOLE = auto()
    SPOILT = auto()
    HOLD = auto()
    ORDERED = auto()
    DUE = auto()
    FAILED = auto()


UPGRADE: Final = Machine(
    "upgrade",
    Upgrade.NORMAL,
    frozenset(),
    {
        (Upgrade.NORMAL, Step.QUERY): Upgrade.QUERYING,
        (Upgrade.QUERYING, Step.NOTHING): Upgrade.NORMAL,
        (Upgrade.QUERYING, Step.OFFERED): Upgrade.DOWNLOADING,
        (Upgrade.DOWNLOADING, Step.WAIT): Upgrade.PAUSED,
        (Upgrade.DOWNLOADING, Step.WHOLE): Upgrade.COMPLETE,
        (Upgrade.DOWNLOADING, Step.SPOILT): Upgrade.NORMAL,
        (Upgrade.DOWNLOADING, Step.FAILED): Upgrade.NORMAL,
        (Upgrade.PAUSED, Step.RESUME): Upgrade.DOWNLOADING,
        (Upgrade.PAUSED, Step.FAILED): Upgrade.NORMAL,
        (Upgrade.COMPLETE, Step.HOLD): Upgrade.HELD,
        (Upgrade.COMPLETE, Step.ORDERED): Upgrade.COUNT_DOWN,
        (Upgrade.COMPLETE, Step.FAILED): Upgrade.NORMAL,
        (Upgrade.HELD, Step.HOLD): Upgrade.HELD,
        (Upgrade.HELD, Step.ORDERED): Upgrade.COUNT_DOWN,
        (Upgrade.HELD, Step.FAILED): Upgrade.NORMAL,
        (Upgrade.COUNT_DOWN, Step.ORDERED): Upgrade.COUNT_DOWN,
        (Upgrade.COUNT_DOWN, Step.HOLD): Upgrade.HELD,
        (Upgrade.COUNT_DOWN, Step.DUE): Upgrade.NORMAL,
    },
)

TOLD: Final = {
    Upgrade.NORMAL: ImageUpgradeStatus.NORMAL,
    Upgrade.QUERYING: ImageUpgradeStatus.NORMAL,
    Upgrade.DOWNLOADING: ImageUpgradeStatus.DOWNLOAD_IN_PROGRESS,
    Upgrade.PAUSED: ImageUpgradeStatus.DOWNLOAD_IN_PROGRESS,
    Upgrade.COMPLETE: ImageUpgradeStatus.DOWNLOAD_COMPLETE,
    Upgrade.HELD: ImageUpgradeStatus.WAITING_TO_UPGRADE,
    Upgrade.COUNT_DOWN: ImageUpgradeStatus.COUNT_DOWN,
}
"""The upgrade status attribute of each state."""
