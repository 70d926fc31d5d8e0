"""Makes an encoder and a decoder of a layout: the source of one straight function each, compiled once.

Neighbouring integers become one `struct` call; integers of 3, 5, 6 and 7 octets are put together of two or
three. The functions raise bare Python errors when octets run out or a value does not fit; `codec` turns these
into errors that name the field.
"""

import struct
from collections.abc import Callable, Iterable, Mapping
from itertools import groupby
from typing import Any, cast

from handover.sep1.declaration import Command
from handover.sep1.layout import Field, Layout, columns
from handover.sep1.types import Counted, CountedOctets, CountedRows, DataType, Kind, Octets, Rest, RestBy

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


def encode_counted_octets(value: bytes, count: int) -> bytes:
    """Return `value`, which has `count` octets."""
    if len(value) != count:
        raise ValueError(f"{len(value)} octets, but the count says {count}")
    return bytes(value)


def encode_rows(rows: list[tuple[int, ...]], count: int, layout: struct.Struct) -> bytes:
    """Return `count` rows one behind the other."""
    if len(rows) != count:
        raise ValueError(f"{len(rows)} rows, but the count says {count}")
    return b"".join(layout.pack(*row) for row in rows)


def encode_rest(value: bytes, sizes: Iterable[int]) -> bytes:
    """Return `value`, which has one of `sizes` where any is given."""
    if not isinstance(value, bytes):
        raise TypeError("octets are expected")
    if sizes and len(value) not in sizes:
        raise ValueError(f"{len(value)} octets instead of {' or '.join(map(str, sizes))}")
    return value


def encode_absent(*values: object) -> bytes:
    """Return nothing, for fields that an earlier one rules out; they must be None."""
    if any(value is not None for value in values):
        raise ValueError("it is given, but the field it depends on says that it is not sent")
    return b""


def sizes_by(wire: RestBy) -> Mapping[int, tuple[int, ...]]:
    """Return the sizes that are possible for each value of the field that decides."""
    return {value: (size,) for value, size in wire.sizes}


def row_struct(wire: CountedRows) -> struct.Struct:
    """Return the struct of one row. Raises TypeError when a column is not of 1, 2, 4 or 8 octets."""
    types = [data_type for _, data_type in columns(wire)]
    if any(len(PARTS.get(t.size, ())) != 1 for t in types):
        raise TypeError(f"{wire.row.__name__}: columns have 1, 2, 4 or 8 octets")
    return struct.Struct("<" + "".join(map(codes, types)))


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
        self.indent = "    "

    def line(self, text: str) -> None:
        self.lines.append(self.indent + text)

    def name(self, value: object) -> str:
        """Return the name under which the function finds `value`."""
        name = f"_given{len(self.names)}"
        self.names[name] = value
        return name

    def part(self, wanted: list[Field]) -> None:
        """Read fields, those that depend on an earlier one only if it says so."""
        for when, group in groupby(wanted, key=lambda field: field.when):
            held = list(group)
            if when is None:
                self.plain(held)
                continue
            self.line(f"if {when.expression()}:")
            self.indent += "    "
            self.plain(held)
            self.indent = self.indent[:-4]
            self.line(f"else: {' = '.join(field.name for field in held)} = None")

    def plain(self, wanted: list[Field]) -> None:
        for group in runs(wanted):
            if group[0].is_integer:
                self.integers(group)
            else:
                self.other(group[0])

    def integers(self, group: list[Field]) -> None:
        unpacker = _run_struct(group)
        name = self.name(unpacker.unpack_from)
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
        elif isinstance(wire, CountedOctets):
            self.line(f"_end = _pos + {wire.by}")
            self.line("if _end > _size: raise IndexError")
            self.line(f"{field.name} = _data[_pos:_end]")
        elif isinstance(wire, CountedRows):
            rows = row_struct(wire)
            row, split = self.name(wire.row), self.name(rows.iter_unpack)
            self.line(f"_end = _pos + {wire.by} * {rows.size}")
            self.line("if _end > _size: raise IndexError")
            self.line(f"{field.name} = [{row}(*_row) for _row in {split}(_data[_pos:_end])]")
        elif isinstance(wire, Rest):
            self.line(f"{field.name} = _data[_pos:]; _end = _size")
            if wire.sizes:
                self.line(f"if _size - _pos not in {wire.sizes}: raise IndexError")
        elif isinstance(wire, RestBy):
            self.line(f"{field.name} = _data[_pos:]; _end = _size")
            sizes = self.name(dict(wire.sizes))
            self.line(f"if {sizes}.get({wire.by}, _size - _pos) != _size - _pos: raise IndexError")
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
    source.part([f for f in layout.fields if f.since is None])
    present = layout.mandatory
    for field in layout.fields:
        if field.since is None:
            continue
        source.line(f"if _pos >= _size: {source.result(present)}")
        source.part([field])
        present = field.number
    source.line(source.result(present))
    return cast(Decoder, _function(source.lines, source.names, "decode", layout))


def compile_encoder(layout: Layout, present: int) -> Encoder:
    """Return the function that makes a payload of a command, up to field number `present`."""
    names: dict[str, Any] = {
        "_text": encode_text,
        "_octets": encode_octets,
        "_counted": encode_counted,
        "_counted_octets": encode_counted_octets,
        "_rows": encode_rows,
        "_rest": encode_rest,
        "_absent": encode_absent,
    }
    terms = []
    sent = [f for f in layout.fields if f.number <= present]
    for when, group in groupby(sent, key=lambda field: field.when):
        held = list(group)
        parts = [_term(run, names) for run in runs(held)]
        if when is not None:
            absent = f"_absent({', '.join('_c.' + field.name for field in held)})"
            parts = [f"({' + '.join(parts)} if {when.expression('_c.')} else {absent})"]
        terms += parts
    lines = ["def encode(_c):", "    return " + (" + ".join(terms) or 'b""')]
    return cast(Encoder, _function(lines, names, "encode", layout))


def _term(group: list[Field], names: dict[str, Any]) -> str:
    """Return the expression that encodes neighbouring integers or another field."""

    def given(value: object) -> str:
        name = f"_given{len(names)}"
        names[name] = value
        return name

    field, wire = group[0], group[0].wire
    value = f"_c.{field.name}"
    if field.is_integer:
        return f"{given(_run_struct(group).pack)}({', '.join(_arguments(group))})"
    if isinstance(wire, Octets):
        return f"_octets({value}, {wire.size}, {wire.short})"
    if isinstance(wire, Counted):
        return f"_counted({value}, _c.{wire.by}, {given(wire.item)})"
    if isinstance(wire, CountedOctets):
        return f"_counted_octets({value}, _c.{wire.by})"
    if isinstance(wire, CountedRows):
        return f"_rows({value}, _c.{wire.by}, {given(row_struct(wire))})"
    if isinstance(wire, Rest):
        return f"_rest({value}, {wire.sizes})"
    if isinstance(wire, RestBy):
        return f"_rest({value}, {given(sizes_by(wire))}.get(_c.{wire.by}, ()))"
    return f"_text({value})"


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
