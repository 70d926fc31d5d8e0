"""Where an event was seen: its program, its group, its clock. No event is judged here."""

from typing import Any

from handover.sep2.client.events import Sighting
from handover.sep2.client.tree import Node, Tree
from handover.sep2.declaration import elements_of
from handover.sep2.resources.der import DERControl, DERControlBase, DERControlList
from handover.sep2.resources.drlc import EndDeviceControl, EndDeviceControlList
from handover.sep2.resources.flow_reservation import FlowReservationResponseList
from handover.sep2.resources.messaging import TextMessageList
from handover.sep2.resources.pricing import TimeTariffIntervalList

EVENT_LISTS = (
    EndDeviceControlList,
    DERControlList,
    TimeTariffIntervalList,
    TextMessageList,
    FlowReservationResponseList,
)
_MODES = tuple(line.name for line in elements_of(DERControlBase) if line.name.startswith("opMod"))


def sighting(tree: Tree, node: Node, event: Any, verdict: int | None = None) -> Sighting:
    """Return what is known of an event on the list `node`; `verdict` is the device's (see `Sighting`)."""
    program, where = node.owner, node
    group: str | None = None
    modes = None
    if isinstance(event, EndDeviceControl):
        group = "demand response"
    elif isinstance(event, DERControl):
        base, group = event.DERControlBase, "distributed energy"
        modes = frozenset(mode for mode in _MODES if getattr(base, mode) is not None)
    elif node.kind is TimeTariffIntervalList:
        group = node.path
        where = tree.get(node.parent) or node
        program = where.owner
    path = getattr(program, "href", None) or where.parent
    primacy = getattr(program, "primacy", 0)
    return Sighting(event, node.path, group, primacy, program, path, node.clock, modes, verdict)
