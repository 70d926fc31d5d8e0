"""How a radio is named and set: the table of sticks, the text that names one, seconds and counts."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from handover.errors import ConfigError

STICKS: Final[Mapping[str, str]] = {
    "bellows": "handover.sep1.transports.radio.ezsp:EzspCoordinator",
    "znp": "handover.sep1.transports.radio.zstack:ZstackCoordinator",
}
"""Where the coordinator of a kind of stick is found: bellows for Silicon Labs, znp for Texas Instruments."""


@dataclass(frozen=True, slots=True)
class RadioSettings:
    """Seconds and counts.

    `open_within`: how long the stick may take to start its network; `close_within`: to stop it;
    `permit_within`: wait for a stick to take an install code; `backoff_first`, `backoff_limit`: pauses
    between attempts to open a stick that was lost; `inbox_limit`: frames kept for a reader that does not
    come; `outbox_limit`: frames kept for one node that does not take them; `key_table`: link keys that a
    Silicon Labs stick is asked to hold (its firmware may grant fewer).
    """

    open_within: float = 60.0
    close_within: float = 10.0
    permit_within: float = 10.0
    backoff_first: float = 1.0
    backoff_limit: float = 60.0
    inbox_limit: int = 4096
    outbox_limit: int = 32
    key_table: int = 32


def parse(device: str) -> tuple[str, str]:
    """Return kind and path of a stick: "bellows:/dev/ttyUSB0", "znp:socket://192.168.1.20:6638".

    Raises ConfigError.
    """
    kind, _, path = device.partition(":")
    if not kind or not path:
        raise ConfigError(
            f"the radio {device!r} cannot be meant: write its kind and path, such as "
            f"{' or '.join(f'{name}:/dev/ttyUSB0' for name in STICKS)}"
        )
    return kind, path
