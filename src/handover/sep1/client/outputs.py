"""What the client engine hands up: frames to send, and what the HAN said.

Values are raw wire values throughout (see `sep1.types`); times are Unix seconds of the caller's own clock.
"""

from dataclasses import dataclass

from handover.sep1.declaration import Command
from handover.sep1.node import FrameDropped as FrameDropped
from handover.sep1.node import Send as Send
from handover.sep1.services import Indication
from handover.sep1.types import Value


@dataclass(slots=True)
class CommandReceived:
    """A cluster command came in that is allowed to come from this node.

    Whoever takes it must call `HanClient.conclude` once with a ZCL status, after having stored what must
    survive. `answer` tells that it answers one of our own queries. `answerable` and `quiet` are for
    `conclude`: whether a Default Response may follow at all, and whether the sender wants to hear of errors
    only.
    """

    source: int
    endpoint: int
    cluster_id: int
    command: Command
    sequence: int
    answer: bool
    received: float
    command_id: int = 0
    answerable: bool = True
    quiet: bool = False


@dataclass(slots=True)
class AttributesReceived:
    """Attribute values of a peer, reported by it (`report`) or read by us; `unsupported`: what it lacks."""

    source: int
    endpoint: int
    cluster_id: int
    values: dict[int, Value]
    report: bool
    received: float
    unsupported: tuple[int, ...] = ()


@dataclass(slots=True)
class AttributeWritten:
    """The ESI changed one of our own attributes. The new value must survive a restart."""

    source: int
    cluster_id: int
    attribute_id: int
    old: Value
    new: Value


@dataclass(slots=True)
class Concluded:
    """A request of ours came to its end: answered with `status`, or (None) unanswered after all tries.

    `token` is what was given to `HanClient.send`. An answer in form of a cluster command counts as SUCCESS.
    """

    destination: int
    cluster_id: int
    command_id: int
    status: int | None
    token: object = None


@dataclass(slots=True)
class EsiLost:
    """Keep-alives went unanswered in a row; `heard` is when the ESI last gave a sign of life, if ever."""

    esi: int
    heard: float | None


@dataclass(slots=True)
class EsiBack:
    """The ESI gave a sign of life after it had been lost; everything is being queried anew."""

    esi: int


Output = (
    Send
    | CommandReceived
    | AttributesReceived
    | AttributeWritten
    | Concluded
    | EsiLost
    | EsiBack
    | FrameDropped
    | Indication
)
