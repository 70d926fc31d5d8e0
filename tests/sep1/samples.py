"""Commands of every cluster, drawn by hypothesis or filled with telling values."""

from typing import Any

from hypothesis import strategies as st

from handover.sep1.codec import PLACES, coder
from handover.sep1.declaration import Command
from handover.sep1.layout import Field, Layout, layouts
from handover.sep1.types import Counted, DataType, Kind, Octets

COMMANDS = sorted(PLACES, key=lambda command: command.__name__)


def integers(wire: DataType) -> st.SearchStrategy[int]:
    bits = 8 * wire.size
    if wire.kind is Kind.SIGNED:
        return st.integers(-(1 << bits - 1), (1 << bits - 1) - 1)
    return st.integers(0, (1 << bits) - 1)


def values(field: Field) -> st.SearchStrategy[Any]:
    wire = field.wire
    if isinstance(wire, Octets):
        return st.binary(min_size=1 if wire.short else wire.size, max_size=wire.size)
    if isinstance(wire, Counted):
        return st.lists(integers(wire.item), max_size=20)
    if field.is_integer:
        return integers(wire)
    return st.none() | st.binary(max_size=254)


def layout_of(command: type[Command], present: int | None = None) -> Layout:
    """Return the layout of a payload that holds `present` fields."""
    before, after = layouts(command)
    late = after is not None and present is not None and present > before.last
    return after if late and after is not None else before


@st.composite
def commands(draw: st.DrawFn, command: type[Command]) -> Command:
    """Draw a command together with how many of its fields are sent; those not sent keep their default."""
    before, after = layouts(command)
    present = draw(st.sampled_from(coder(command).counts))
    layout = layout_of(command, present)
    held = [f for f in layout.fields if f.number <= present]
    drawn: dict[str, Any] = {f.name: draw(values(f)) for f in held}
    for field in held:
        if isinstance(field.wire, Counted):
            drawn[field.wire.by] = len(drawn[field.name])
    if after is not None and layout == after:
        drawn.update({f.name: 0 for f in before.fields if f.until is not None})
    return command(**drawn, fields_present=present)


def telling(command: type[Command]) -> Command:
    """Return a command in which every field has a value of its own."""
    chosen: dict[str, Any] = {}
    before, after = layouts(command)
    for field in (*before.fields, *(after.fields if after else ())):
        wire = field.wire
        if isinstance(wire, Octets):
            chosen[field.name] = bytes(range(1, wire.size + 1))
        elif isinstance(wire, Counted):
            chosen[wire.by], chosen[field.name] = 3, [0x010203, 0x040506, 0xFFFFFF]
        elif field.is_integer:
            number = int.from_bytes(bytes(range(0x21, 0x21 + wire.size)), "little") + field.number
            chosen[field.name] = -number if wire.kind is Kind.SIGNED else number
        else:
            chosen[field.name] = f"text {field.number}".encode()
    return command(**chosen)
