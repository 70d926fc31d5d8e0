"""What the network layers of a node hand out: to its radio, and to the application above."""

from dataclasses import dataclass

from handover.sep1.aps import ApsFrame
from handover.sep1.declaration import Command


@dataclass(slots=True)
class Output:
    """Base of everything that the stack hands out."""


@dataclass(slots=True)
class Transmit(Output):
    """Put these MAC octets on the air; one that asks for an acknowledgement comes back as `confirm`."""

    octets: bytes


@dataclass(slots=True)
class Tune(Output):
    """Set the receiver: our addresses, whether it is always on, whether beacon requests and beacons pass."""

    pan_id: int
    short: int
    receiving: bool
    coordinating: bool = False
    scanning: bool = False


@dataclass(slots=True)
class Arrived(Output):
    """An application frame came; `secured` in it says whether a key that authorises protected it."""

    frame: ApsFrame


@dataclass(slots=True)
class Delivered(Output):
    """The receiver has acknowledged this frame of ours."""

    frame: ApsFrame


@dataclass(slots=True)
class Undelivered(Output):
    """A frame of ours was given up; `reason`: no key, no address, unacknowledged, crowded, not joined."""

    frame: ApsFrame
    reason: str


@dataclass(slots=True)
class Joined(Output):
    """We are in, with the network key; `rejoined` when we were here before."""

    short: int
    extended_pan_id: int
    trust_centre: int
    rejoined: bool


@dataclass(slots=True)
class JoinFailed(Output):
    """An attempt to come in failed; the next one begins by itself after a while."""

    reason: str


@dataclass(slots=True)
class Left(Output):
    """We are out, by our own will or because we were told; `rejoining` when we come back at once."""

    reason: str
    rejoining: bool = False


@dataclass(slots=True)
class TrustCentreChanged(Output):
    """Another trust centre has the hash of our key (SE 1.1 swap-out): establish a new key with it."""

    old: int
    new: int


@dataclass(slots=True)
class PartnerKeyReceived(Output):
    """The trust centre has given us a link key with another node."""

    partner: int


@dataclass(slots=True)
class DeviceJoined(Output):
    """The trust centre has let a device in; `how`: join, rejoin, key rejoin."""

    eui64: int
    short: int
    how: str


@dataclass(slots=True)
class DeviceRefused(Output):
    """The trust centre has not let a device in, and why."""

    eui64: int
    reason: str


@dataclass(slots=True)
class DeviceAnnounced(Output):
    """A device tells that it is here."""

    eui64: int
    short: int
    capability: int


@dataclass(slots=True)
class DeviceLeft(Output):
    """A device has left, or was sent away."""

    eui64: int


@dataclass(slots=True)
class Answered(Output):
    """The answer to a ZDP question of ours, or None when there was none in time; `token` is the asker's."""

    source: int
    command: Command | None
    token: object = None
