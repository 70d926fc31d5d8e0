"""What translating by hand is told, and what it gives back."""

from dataclasses import dataclass, field
from typing import Any

from handover.mapping.context import Context
from handover.mapping.losses import Loss
from handover.model.firmware import Product
from handover.sep2.resources.common import Resource


@dataclass(slots=True)
class Facts:
    """What is not in a frame or document: the gateway's context, the time (Unix s), the answering device.

    `number` is the event id for what comes from SEP 2.0, None: that of the mRID where it is one of ours.
    `currency` and `digits` are the scale of credit, `products` the table of what images are for.
    """

    context: Context
    now: float
    device: bytes
    number: int | None = None
    currency: int = 0
    digits: int = 0
    products: tuple[Product, ...] = ()


@dataclass(slots=True)
class Result:
    """What came out: resources, or bodies of frames by cluster (`to_client`); and what was lost."""

    resources: list[Resource] = field(default_factory=list)
    frames: list[tuple[int, Any, bool]] = field(default_factory=list)
    lost: list[Loss] = field(default_factory=list)
