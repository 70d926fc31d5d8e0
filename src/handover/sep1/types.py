"""ZCL data types: their codes, sizes and invalid markers, and the aliases that declarations are written with.

Here: the table of data types, ZCL status codes, the ZigBee epoch. Not here: reading and writing values
(`values`), command and attribute declarations (`declaration`). Source: ZCL data type table; SE 1.x.
"""

from dataclasses import dataclass
from enum import Enum, IntEnum
from typing import Annotated, Final

ZIGBEE_EPOCH: Final = 946684800
"""Unix time of ZigBee UTC 0, which is 2000-01-01 00:00:00 UTC."""

SE_PROFILE: Final = 0x0109
"""Application profile of Smart Energy."""


class Kind(Enum):
    """How the octets of a data type are to be read."""

    NOTHING = "no octets"
    UNSIGNED = "unsigned integer, little-endian"
    SIGNED = "two's complement integer, little-endian"
    FLOAT = "IEEE 754, little-endian"
    TEXT = "one length octet and as many octets"
    LONG_TEXT = "two length octets and as many octets"
    RAW = "octets as they are"
    COLLECTION = "element type, count, elements"
    STRUCTURE = "count, then a type before every element"


@dataclass(frozen=True, slots=True)
class DataType:
    """One row of the ZCL data type table.

    `size` is the number of octets, 0 when it varies. `invalid` is the raw value that stands for "no value",
    None where the standard has none (bitmaps, general data) or where decoding already gives None (strings).
    """

    code: int
    name: str
    kind: Kind
    size: int = 0
    invalid: int | None = None


def _unsigned(code: int, name: str, size: int, *, marker: bool = True) -> DataType:
    return DataType(code, name, Kind.UNSIGNED, size, (1 << 8 * size) - 1 if marker else None)


def _signed(code: int, name: str, size: int) -> DataType:
    return DataType(code, name, Kind.SIGNED, size, -(1 << 8 * size - 1))


NODATA = DataType(0x00, "nodata", Kind.NOTHING)
DATA8, DATA16, DATA24, DATA32, DATA40, DATA48, DATA56, DATA64 = (
    _unsigned(0x07 + n, f"data{8 * n}", n, marker=False) for n in range(1, 9)
)
BOOLEAN = _unsigned(0x10, "bool", 1)
BITMAP8, BITMAP16, BITMAP24, BITMAP32, BITMAP40, BITMAP48, BITMAP56, BITMAP64 = (
    _unsigned(0x17 + n, f"map{8 * n}", n, marker=False) for n in range(1, 9)
)
UINT8, UINT16, UINT24, UINT32, UINT40, UINT48, UINT56, UINT64 = (
    _unsigned(0x1F + n, f"uint{8 * n}", n) for n in range(1, 9)
)
INT8, INT16, INT24, INT32, INT40, INT48, INT56, INT64 = (
    _signed(0x27 + n, f"int{8 * n}", n) for n in range(1, 9)
)
ENUM8_TYPE = _unsigned(0x30, "enum8", 1)
ENUM16_TYPE = _unsigned(0x31, "enum16", 2)
SEMI = DataType(0x38, "semi", Kind.FLOAT, 2)
SINGLE = DataType(0x39, "single", Kind.FLOAT, 4)
DOUBLE = DataType(0x3A, "double", Kind.FLOAT, 8)
OCTSTR = DataType(0x41, "octstr", Kind.TEXT)
CHARSTR = DataType(0x42, "string", Kind.TEXT)
LONG_OCTSTR = DataType(0x43, "octstr16", Kind.LONG_TEXT)
LONG_CHARSTR = DataType(0x44, "string16", Kind.LONG_TEXT)
ARRAY = DataType(0x48, "array", Kind.COLLECTION)
STRUCT = DataType(0x4C, "struct", Kind.STRUCTURE)
SET = DataType(0x50, "set", Kind.COLLECTION)
BAG = DataType(0x51, "bag", Kind.COLLECTION)
TIME_OF_DAY = _unsigned(0xE0, "ToD", 4)
DATE = _unsigned(0xE1, "date", 4)
UTC_TIME = _unsigned(0xE2, "UTC", 4)
CLUSTER_ID = _unsigned(0xE8, "clusterId", 2)
ATTRIBUTE_ID = _unsigned(0xE9, "attribId", 2)
BACNET_OID = _unsigned(0xEA, "bacOID", 4)
EUI64 = _unsigned(0xF0, "EUI64", 8)
KEY128 = DataType(0xF1, "key128", Kind.RAW, 16)
UNKNOWN = DataType(0xFF, "unknown", Kind.NOTHING)

DATA_TYPES: Final[dict[int, DataType]] = {t.code: t for t in (
    NODATA, DATA8, DATA16, DATA24, DATA32, DATA40, DATA48, DATA56, DATA64, BOOLEAN,
    BITMAP8, BITMAP16, BITMAP24, BITMAP32, BITMAP40, BITMAP48, BITMAP56, BITMAP64,
    UINT8, UINT16, UINT24, UINT32, UINT40, UINT48, UINT56, UINT64,
    INT8, INT16, INT24, INT32, INT40, INT48, INT56, INT64,
    ENUM8_TYPE, ENUM16_TYPE, SEMI, SINGLE, DOUBLE, OCTSTR, CHARSTR, LONG_OCTSTR, LONG_CHARSTR,
    ARRAY, STRUCT, SET, BAG, TIME_OF_DAY, DATE, UTC_TIME, CLUSTER_ID, ATTRIBUTE_ID, BACNET_OID,
    EUI64, KEY128, UNKNOWN,
)}  # fmt: skip
"""Every data type by its code."""


@dataclass(frozen=True, slots=True)
class Octets:
    """A command field of exactly `size` octets without a length; `short` allows a sender to stop early."""

    size: int
    short: bool = False


@dataclass(frozen=True, slots=True)
class Counted:
    """A command field that repeats `item` as often as the earlier field named `by` says."""

    item: DataType
    by: str


@dataclass(frozen=True, slots=True)
class CountedOctets:
    """A command field of as many octets as the earlier field named `by` says."""

    by: str


@dataclass(frozen=True, slots=True)
class CountedRows:
    """A command field that repeats the columns of `row` as often as the earlier field named `by` says.

    `row` is a NamedTuple whose members are integers of 1, 2, 4 or 8 octets.
    """

    row: type[tuple[int, ...]]
    by: str


@dataclass(frozen=True, slots=True)
class Rest:
    """A command field that takes the rest of the payload; its size is one of `sizes` where any is given."""

    sizes: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class RestBy:
    """A command field that takes the rest of the payload, whose size the earlier field named `by` decides.

    `sizes` are pairs of a value of that field and the number of octets; beside any other value the rest may
    have any size.
    """

    by: str
    sizes: tuple[tuple[int, int], ...]


U8 = Annotated[int, UINT8]
U16 = Annotated[int, UINT16]
U24 = Annotated[int, UINT24]
U32 = Annotated[int, UINT32]
U48 = Annotated[int, UINT48]
S8 = Annotated[int, INT8]
S16 = Annotated[int, INT16]
S24 = Annotated[int, INT24]
S32 = Annotated[int, INT32]
UTC = Annotated[int, UTC_TIME]
ENUM8 = Annotated[int, ENUM8_TYPE]
MAP8 = Annotated[int, BITMAP8]
MAP16 = Annotated[int, BITMAP16]
MAP24 = Annotated[int, BITMAP24]
MAP32 = Annotated[int, BITMAP32]
OCTETS = Annotated[bytes | None, OCTSTR]
STRING = Annotated[bytes | None, CHARSTR]
BOOL = Annotated[int, BOOLEAN]
CLUSTER = Annotated[int, CLUSTER_ID]
U8_IF_SENT = Annotated[int | None, UINT8]
U16_IF_SENT = Annotated[int | None, UINT16]
U32_IF_SENT = Annotated[int | None, UINT32]
UTC_IF_SENT = Annotated[int | None, UTC_TIME]
ENUM8_IF_SENT = Annotated[int | None, ENUM8_TYPE]
CLUSTER_IF_SENT = Annotated[int | None, CLUSTER_ID]
EUI64_IF_SENT = Annotated[int | None, EUI64]


@dataclass(slots=True)
class Collection:
    """Value of an array, set or bag attribute: elements of one data type."""

    element_type: int
    values: "list[Value]"


@dataclass(slots=True)
class Structure:
    """Value of a structure attribute: (data type, value) in order."""

    members: "list[tuple[int, Value]]"


Value = int | float | bytes | Collection | Structure | None
"""Value of an attribute as it lies on the wire; None for no data and for an invalid string or collection."""


def is_invalid(data_type: int, value: Value) -> bool:
    """Tell whether `value` is the marker by which `data_type` says that there is no value.

    Bitmaps and general data have no marker. TimeZone and DstShift have a second one, which belongs to the
    translation of the Time cluster. An unknown data type has no marker either.
    """
    if value is None:
        return True
    known = DATA_TYPES.get(data_type)
    if known is None:
        return False
    if known.kind is Kind.FLOAT:
        return value != value
    return known.invalid is not None and value == known.invalid


class Status(IntEnum):
    """ZCL status codes that a Smart Energy node sends or meets."""

    SUCCESS = 0x00
    FAILURE = 0x01
    NOT_AUTHORIZED = 0x7E
    MALFORMED_COMMAND = 0x80
    UNSUP_CLUSTER_COMMAND = 0x81
    UNSUP_GENERAL_COMMAND = 0x82
    UNSUP_MANUF_CLUSTER_COMMAND = 0x83
    UNSUP_MANUF_GENERAL_COMMAND = 0x84
    INVALID_FIELD = 0x85
    UNSUPPORTED_ATTRIBUTE = 0x86
    INVALID_VALUE = 0x87
    READ_ONLY = 0x88
    INSUFFICIENT_SPACE = 0x89
    DUPLICATE_EXISTS = 0x8A
    NOT_FOUND = 0x8B
    UNREPORTABLE_ATTRIBUTE = 0x8C
    INVALID_DATA_TYPE = 0x8D
    INVALID_SELECTOR = 0x8E
    WRITE_ONLY = 0x8F
    INCONSISTENT_STARTUP_STATE = 0x90
    DEFINED_OUT_OF_BAND = 0x91
    ACTION_DENIED = 0x93
    TIMEOUT = 0x94
    ABORT = 0x95
    INVALID_IMAGE = 0x96
    WAIT_FOR_DATA = 0x97
    NO_IMAGE_AVAILABLE = 0x98
    REQUIRE_MORE_IMAGE = 0x99
    NOTIFICATION_PENDING = 0x9A
    HARDWARE_FAILURE = 0xC0
    SOFTWARE_FAILURE = 0xC1
    UNSUPPORTED_CLUSTER = 0xC3
    LIMIT_REACHED = 0xC4
