"""Commands of every cluster, drawn by hypothesis or filled with telling values."""

from typing import Any

from hypothesis import strategies as st

from handover.sep1.codec import PLACES, coder
from handover.sep1.declaration import Command
from handover.sep1.layout import Field, Layout, layouts
from handover.sep1.types import (
    BOOLEAN,
    Counted,
    CountedOctets,
    CountedRows,
    DataType,
    Kind,
    Octets,
    Rest,
    RestBy,
)

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
    if isinstance(wire, CountedRows):
        columns = st.integers(0, 255)
        return st.lists(st.builds(wire.row, *(columns for _ in wire.row.__annotations__)), max_size=20)
    if isinstance(wire, CountedOctets | RestBy):
        return st.binary(max_size=80)
    if isinstance(wire, Rest):
        sizes = st.sampled_from(wire.sizes) if wire.sizes else st.integers(0, 80)
        return sizes.flatmap(lambda size: st.binary(min_size=size, max_size=size))
    if field.is_integer:
        return integers(wire)
    return st.none() | st.binary(max_size=254)


def layout_of(command: type[Command], present: int | None = None) -> Layout:
    """Return the layout of a payload that holds `present` fields."""
    before, after = layouts(command)
    late = after is not None and present is not None and present > before.last
    return after if late and after is not None else before


def controls(layout: Layout) -> dict[str, list[int]]:
    """Return the values worth trying of every field on which others depend."""
    found: dict[str, list[int]] = {}
    for field in layout.fields:
        if field.when is not None:
            found.setdefault(field.when.by, [0]).append(field.when.value)
        if isinstance(field.wire, RestBy):
            found.setdefault(field.wire.by, [0]).extend(key for key, _ in field.wire.sizes)
    for values_of in found.values():
        combined = 0
        for value in values_of:
            combined |= value
        values_of.append(combined)
    return found


def consistent(layout: Layout, values_by_name: dict[str, Any]) -> dict[str, Any]:
    """Return the values with counts, sizes and absences as the fields demand that decide them."""
    fitting = dict(values_by_name)
    for field in layout.fields:
        if field.name not in fitting:
            continue
        wire = field.wire
        if field.when is not None and not field.when.holds(fitting[field.when.by]):
            fitting[field.name] = None
        elif isinstance(wire, Counted | CountedOctets | CountedRows):
            fitting[wire.by] = len(fitting[field.name])
        elif isinstance(wire, RestBy):
            size = dict(wire.sizes).get(fitting[wire.by])
            if size is not None:
                fitting[field.name] = (fitting[field.name] + bytes(size))[:size]
    return fitting


@st.composite
def commands(draw: st.DrawFn, command: type[Command]) -> Command:
    """Draw a command together with how many of its fields are sent; those not sent keep their default."""
    before, after = layouts(command)
    present = draw(st.sampled_from(coder(command).counts))
    layout = layout_of(command, present)
    deciding = controls(layout)
    held = [f for f in layout.fields if f.number <= present]
    drawn: dict[str, Any] = {
        f.name: draw(st.sampled_from(deciding[f.name]) if f.name in deciding else values(f)) for f in held
    }
    drawn = consistent(layout, drawn)
    last = held[-1] if held else None
    if last is not None and last.since is not None and last.when is not None and drawn[last.name] is None:
        present = layout.mandatory  # the field on which it depends says that it is not sent
    if after is not None and layout == after:
        drawn.update({f.name: absent(f) for f in before.fields if f.until is not None})
    return command(**drawn, fields_present=present)


def absent(field: Field) -> Any:
    """Return what stands for a field that the layout in use does not have."""
    return 0 if field.is_integer else None


def telling(command: type[Command]) -> Command:
    """Return a command in which every field that can be sent together has a value of its own."""
    chosen: dict[str, Any] = {}
    before, after = layouts(command)
    every = (*before.fields, *(after.fields if after else ()))
    deciding = controls(before)
    for field in every:
        wire = field.wire
        if field.name in deciding:
            exclusive = isinstance(before.fields[-1].wire, RestBy) or any(
                f.when is not None and f.when.test == "==" for f in before.fields
            )
            chosen[field.name] = deciding[field.name][1 if exclusive else -1]
        elif isinstance(wire, Octets):
            chosen[field.name] = bytes(range(1, wire.size + 1))
        elif isinstance(wire, Counted):
            chosen[field.name] = [0x010203, 0x040506, 0xFFFFFF]
        elif isinstance(wire, CountedRows):
            chosen[field.name] = [wire.row(*range(n, n + len(wire.row.__annotations__))) for n in (1, 11)]
        elif isinstance(wire, CountedOctets | RestBy):
            chosen[field.name] = bytes(range(1, 13))
        elif isinstance(wire, Rest):
            chosen[field.name] = bytes(range(1, 1 + max(wire.sizes, default=12)))
        elif wire == BOOLEAN:
            chosen[field.name] = 1
        elif field.is_integer and isinstance(wire, DataType):
            number = int.from_bytes(bytes(range(0x21, 0x21 + wire.size)), "little") + field.number
            chosen[field.name] = -number if wire.kind is Kind.SIGNED else number
        else:
            chosen[field.name] = f"text {field.number}".encode()
    return command(**consistent(Layout(command, every), chosen))


def open_ended(command: type[Command]) -> bool:
    """Tell whether the last field takes whatever follows."""
    last = layouts(command)[0].fields[-1:]
    return bool(last) and isinstance(last[0].wire, Rest | RestBy)
