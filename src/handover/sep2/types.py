"""The wire types of the IEEE 2030.5 schema, as annotations.

A resource class writes `currentTime: TimeType`; the type checker sees an `int`, and the XML (and EXI)
codecs find name, range and width in the annotation. Names are the schema's. What a class or a field *is*
(attribute, element, edition) lives in `declaration`; conversion to and from text lives in `xml`.

Two ranges follow the schema although its names say otherwise: UInt40 reaches to 2^48 - 1, and Int48 ends
at 2^47 on both sides.
"""

from dataclasses import dataclass
from typing import Annotated, TypeAlias


@dataclass(frozen=True, slots=True)
class Integer:
    """A whole number from `low` to `high`, both included."""

    name: str
    low: int
    high: int


@dataclass(frozen=True, slots=True)
class HexBinary:
    """At most `octets` octets, big-endian, two hexadecimal digits each.

    `padded` types are numbers and bit strings: peers drop leading zero octets, so they are filled up from
    the left to `octets`. The others (mRIDs, IP addresses) are kept as they were sent.
    """

    name: str
    octets: int
    padded: bool = True


@dataclass(frozen=True, slots=True)
class Characters:
    """Text of at most `longest` characters; None means that the schema sets no limit."""

    name: str
    longest: int | None = None


@dataclass(frozen=True, slots=True)
class Uri:
    """A URI reference; white space around it does not count."""

    name: str = "xs:anyURI"


@dataclass(frozen=True, slots=True)
class Boolean:
    """true or false."""

    name: str = "xs:boolean"


@dataclass(frozen=True, slots=True)
class Named:
    """The name of a type that adds only meaning to the wire type it is made of."""

    name: str


Scalar: TypeAlias = Integer | HexBinary | Characters | Uri | Boolean

AnyURI = Annotated[str, Uri()]

Int8 = Annotated[int, Integer("Int8", -(2**7), 2**7 - 1)]
Int16 = Annotated[int, Integer("Int16", -(2**15), 2**15 - 1)]
Int32 = Annotated[int, Integer("Int32", -(2**31), 2**31 - 1)]
Int48 = Annotated[int, Integer("Int48", -(2**47), 2**47)]
Int64 = Annotated[int, Integer("Int64", -(2**63), 2**63 - 1)]
UInt8 = Annotated[int, Integer("UInt8", 0, 2**8 - 1)]
UInt16 = Annotated[int, Integer("UInt16", 0, 2**16 - 1)]
UInt32 = Annotated[int, Integer("UInt32", 0, 2**32 - 1)]
UInt40 = Annotated[int, Integer("UInt40", 0, 2**48 - 1)]
UInt48 = Annotated[int, Integer("UInt48", 0, 2**48 - 1)]
UInt64 = Annotated[int, Integer("UInt64", 0, 2**64 - 1)]

HexBinary8 = Annotated[bytes, HexBinary("HexBinary8", 1)]
HexBinary16 = Annotated[bytes, HexBinary("HexBinary16", 2)]
HexBinary32 = Annotated[bytes, HexBinary("HexBinary32", 4)]
HexBinary48 = Annotated[bytes, HexBinary("HexBinary48", 6)]
HexBinary64 = Annotated[bytes, HexBinary("HexBinary64", 8)]
HexBinary128 = Annotated[bytes, HexBinary("HexBinary128", 16, padded=False)]
HexBinary160 = Annotated[bytes, HexBinary("HexBinary160", 20)]

String6 = Annotated[str, Characters("String6", 6)]
String16 = Annotated[str, Characters("String16", 16)]
String20 = Annotated[str, Characters("String20", 20)]
String32 = Annotated[str, Characters("String32", 32)]
String42 = Annotated[str, Characters("String42", 42)]
String192 = Annotated[str, Characters("String192", 192)]

SubscribableType = Annotated[UInt8, Named("SubscribableType")]

AccumulationBehaviourType = Annotated[UInt8, Named("AccumulationBehaviourType")]
ApplianceLoadReductionType = Annotated[UInt8, Named("ApplianceLoadReductionType")]
ChargeKind = Annotated[UInt8, Named("ChargeKind")]
CommodityType = Annotated[UInt8, Named("CommodityType")]
ConsumptionBlockType = Annotated[UInt8, Named("ConsumptionBlockType")]
CostKindType = Annotated[UInt8, Named("CostKindType")]
CreditStatusType = Annotated[UInt8, Named("CreditStatusType")]
CreditTypeType = Annotated[UInt8, Named("CreditTypeType")]
CurrencyCode = Annotated[UInt16, Named("CurrencyCode")]
DataQualifierType = Annotated[UInt8, Named("DataQualifierType")]
DERControlType = Annotated[HexBinary32, Named("DERControlType")]
DERCurveType = Annotated[UInt8, Named("DERCurveType")]
DERType = Annotated[UInt8, Named("DERType")]
DERUnitRefType = Annotated[UInt8, Named("DERUnitRefType")]
DeviceCategoryType = Annotated[HexBinary32, Named("DeviceCategoryType")]
DstRuleType = Annotated[HexBinary32, Named("DstRuleType")]
FlowDirectionType = Annotated[UInt8, Named("FlowDirectionType")]
KindType = Annotated[UInt8, Named("KindType")]
LocaleType = Annotated[String42, Named("LocaleType")]
mRIDType = Annotated[HexBinary128, Named("mRIDType")]
OneHourRangeType = Annotated[Int16, Named("OneHourRangeType")]
PENType = Annotated[UInt32, Named("PENType")]
PerCent = Annotated[UInt16, Named("PerCent")]
PhaseCode = Annotated[UInt8, Named("PhaseCode")]
PINType = Annotated[UInt32, Named("PINType")]
PowerOfTenMultiplierType = Annotated[Int8, Named("PowerOfTenMultiplierType")]
PowerSourceType = Annotated[UInt8, Named("PowerSourceType")]
PrepayModeType = Annotated[UInt8, Named("PrepayModeType")]
PrimacyType = Annotated[UInt8, Named("PrimacyType")]
PriorityType = Annotated[UInt8, Named("PriorityType")]
RoleFlagsType = Annotated[HexBinary16, Named("RoleFlagsType")]
ServiceKind = Annotated[UInt8, Named("ServiceKind")]
ServiceStatusType = Annotated[UInt8, Named("ServiceStatusType")]
SFDIType = Annotated[UInt40, Named("SFDIType")]
SignedPerCent = Annotated[Int16, Named("SignedPerCent")]
TimeOffsetType = Annotated[Int32, Named("TimeOffsetType")]
TimeType = Annotated[Int64, Named("TimeType")]
TOUType = Annotated[UInt8, Named("TOUType")]
UnitType = Annotated[UInt8, Named("UnitType")]
UomType = Annotated[UInt8, Named("UomType")]
VersionType = Annotated[UInt16, Named("VersionType")]
