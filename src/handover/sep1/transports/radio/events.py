"""What a radio tells of its network beside the frames: who came, who left, and whether the stick is there."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class DeviceJoined:
    """A node joined, rejoined or was found under the short address `short`.

    It says nothing of keys: a node that was admitted with an install code has to establish its link key yet.
    """

    eui64: int
    short: int


@dataclass(frozen=True, slots=True)
class DeviceLeft:
    """A node left the network or was taken off it."""

    eui64: int


@dataclass(frozen=True, slots=True)
class RadioLost:
    """The stick does not answer any more; it is opened again in the background."""


@dataclass(frozen=True, slots=True)
class RadioBack:
    """The stick was opened again; nodes may have sent frames meanwhile that nobody heard."""


RadioEvent = DeviceJoined | DeviceLeft | RadioLost | RadioBack
