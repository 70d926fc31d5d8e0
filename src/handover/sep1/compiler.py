"""Makes an encoder and a decoder of a layout: the source of one straight function each, compiled once.

Neighbouring integers become one `struct` call; integers of 3, 5, 6 and 7 octets are put together of two or
three. The functions raise bare Python errors when octets run out or a value does not fit; `codec` turns these
into errors that name the field.
"""

import struct
from collections.abc import Callable
from typing import Any, cast

from handover.sep1.declaration import Command
from handover.sep1.layout import Field, Layout
from handover.sep1.types import Counted, DataType, Kind, Octets

Decoder = Callable[[bytes], Command]
Encoder = Callable[[Command], bytes]

PARTS: dict[int, tuple[str, ...]] = {
    1: ("B",),
    2: ("H",),
    3: ("H", "B"),
    4: ("I",),
    5: ("I", "B"),
    6: ("I", "H"),
    7: ("I", "H", "B"),
    8: ("Q",),
}


def encode_text(value: bytes | None) -> bytes:
    """Return a length octet and `value`; None is the invalid string."""
    if value is None:
        return b"\xff"
    if len(value) > 254:
        raise ValueError(f"{len(value)} octets, the limit is 254")
    return bytes((len(value),)) + value


def encode_octets(value: bytes, size: int, short: bool) -> bytes:
    """Return `value`, which has exactly `size` octets, or fewer when `short`."""
    if len(value) > size or (len(value) < size and not short):
        raise ValueError(f"{len(value)} octets instead of {size}")
    return bytes(value)


def encode_counted(values: list[int], count: int, item: DataType) -> bytes:
    """Return `count` integers one behind the other."""
    if len(values) != count:
        raise ValueError(f"{len(values)} values, but the count says {count}")
    signed = item.kind is Kind.SIGNED
    return b"".join(value.to_bytes(item.size, "little", signed=signed) for value in values)


def codes(wire: DataType) -> str:
    """Return the struct codes of an integer; the sign is in the last of them."""
    parts = PARTS[wire.size]
    last = parts[-1].lower() if wire.kind is Kind.SIGNED else parts[-1]
    return "".join(parts[:-1]) + last


def runs(wanted: list[Field]) -> list[list[Field]]:
    """Return fields grouped: neighbouring integers together, every other field alone."""
    groups: list[list[Field]] = []
    for field in wanted:
        if field.is_integer and groups and groups[-1][-1].is_integer:
            groups[-1].append(field)
        else:
            groups.append([field])
    return groups


def _integers(group: list[Field]) -> list[tuple[Field, DataType]]:
    return [(f, f.wire) for f in group if isinstance(f.wire, DataType)]


def _run_struct(group: list[Field]) -> struct.Struct:
    return struct.Struct("<" + "".join(codes(wire) for _, wire in _integers(group)))


def _shifts(size: int) -> list[int]:
    """Return by how many bits each part of an integer of `size` octets stands to the left."""
    found, bits = [], 0
    for part in PARTS[size]:
        found.append(bits)
        bits += 8 * struct.calcsize(part)
    return found


class _DecoderSource:
    """Collects the lines of one decoding function."""

    def __init__(self, layout: Layout) -> None:
        self.layout = layout
        self.lines = ["def decode(_data):", "    _size = len(_data)", "    _pos = 0"]
        self.names: dict[str, Any] = {"_new": layout.command, "_from": int.from_bytes}

    def line(self, text: str) -> None:
        self.lines.append("    " + text)

    def integers(self, group: list[Field]) -> None:
        unpacker = _run_struct(group)
        name = f"_unpack{len(self.names)}"
        self.names[name] = unpacker.unpack_from
        targets, joins = [], []
        for field, wire in _integers(group):
            shifts = _shifts(wire.size)
            parts = [field.name, *(f"_{field.name}{bits}" for bits in shifts[1:])]
            targets += parts
            if len(parts) > 1:
                high = " | ".join(f"{p} << {bits}" for p, bits in zip(parts[1:], shifts[1:], strict=True))
                joins.append(f"{field.name} |= {high}")
        self.line(f"{', '.join(targets)}, = {name}(_data, _pos)")
        for join in joins:
            self.line(join)
        self.line(f"_pos += {unpacker.size}")

    def other(self, field: Field) -> None:
        wire = field.wire
        if isinstance(wire, Octets):
            self.line(f"_end = _pos + {wire.size}")
            if not wire.short:
                self.line("if _end > _size: raise IndexError")
            self.line(f"{field.name} = _data[_pos:_end]")
        elif isinstance(wire, Counted):
            step, signed = wire.item.size, wire.item.kind is Kind.SIGNED
            self.line(f"_end = _pos + {wire.by} * {step}")
            self.line("if _end > _size: raise IndexError")
            item = f'_from(_data[_i:_i + {step}], "little", signed={signed})'
            self.line(f"{field.name} = [{item} for _i in range(_pos, _end, {step})]")
        else:
            self.line("_end = _pos + 1 + _data[_pos]")
            self.line(f"if _data[_pos] == 255: {field.name} = None; _end = _pos + 1")
            self.line("elif _end > _size: raise IndexError")
            self.line(f"else: {field.name} = _data[_pos + 1:_end]")
        self.line("_pos = _end")

    def result(self, present: int) -> str:
        held = {f.number: f.name for f in self.layout.fields if f.number <= present}
        values = [held.get(number, "0") for number in range(1, present + 1)]
        return f"return _new({', '.join([*values, f'fields_present={present}'])})"


def compile_decoder(layout: Layout) -> Decoder:
    """Return the function that makes a command of a payload, which may stop before optional fields."""
    source = _DecoderSource(layout)
    must = [f for f in layout.fields if f.since is None]
    for group in runs(must):
        if group[0].is_integer:
            source.integers(group)
        else:
            source.other(group[0])
    present = layout.mandatory
    for field in layout.fields:
        if field.since is None:
            continue
        source.line(f"if _pos >= _size: {source.result(present)}")
        if field.is_integer:
            source.integers([field])
        else:
            source.other(field)
        present = field.number
    source.line(source.result(present))
    return cast(Decoder, _function(source.lines, source.names, "decode", layout))


def compile_encoder(layout: Layout, present: int) -> Encoder:
    """Return the function that makes a payload of a command, up to field number `present`."""
    names: dict[str, Any] = {
        "_text": encode_text,
        "_octets": encode_octets,
        "_counted": encode_counted,
    }
    terms = []
    for group in runs([f for f in layout.fields if f.number <= present]):
        field = group[0]
        if field.is_integer:
            name = f"_pack{len(names)}"
            names[name] = _run_struct(group).pack
            terms.append(f"{name}({', '.join(_arguments(group))})")
        elif isinstance(field.wire, Octets):
            terms.append(f"_octets(_c.{field.name}, {field.wire.size}, {field.wire.short})")
        elif isinstance(field.wire, Counted):
            item = f"_item{len(names)}"
            names[item] = field.wire.item
            terms.append(f"_counted(_c.{field.name}, _c.{field.wire.by}, {item})")
        else:
            terms.append(f"_text(_c.{field.name})")
    lines = ["def encode(_c):", "    return " + (" + ".join(terms) or 'b""')]
    return cast(Encoder, _function(lines, names, "encode", layout))


def _arguments(group: list[Field]) -> list[str]:
    """Return the arguments of a pack call: an integer of several parts is cut, its sign stays in the last."""
    found = []
    for field, wire in _integers(group):
        value, parts = f"_c.{field.name}", PARTS[wire.size]
        for part, bits in zip(parts[:-1], _shifts(wire.size), strict=False):
            mask = (1 << 8 * struct.calcsize(part)) - 1
            found.append(f"{value} >> {bits} & {mask}" if bits else f"{value} & {mask}")
        found.append(f"{value} >> {_shifts(wire.size)[-1]}" if len(parts) > 1 else value)
    return found


def _function(lines: list[str], names: dict[str, Any], name: str, layout: Layout) -> Any:
    code = compile("\n".join(lines), f"<{name} {layout.command.__name__}>", "exec")
    exec(code, names)
    return names[name]
