"""Units, commodities and flow directions of neutral quantities. Codes of either standard are in
`mapping.units`.
"""

from enum import Enum


class Unit(Enum):
    """A base unit; every quantity is an integer times a power of ten of one of these. The value is its
    symbol.
    """

    NONE = ""
    WATT_HOUR = "Wh"
    WATT = "W"
    VAR_HOUR = "varh"
    VAR = "var"
    JOULE = "J"
    CUBIC_METRE = "m³"
    CUBIC_METRE_PER_HOUR = "m³/h"
    CUBIC_FOOT = "ft³"
    CUBIC_FOOT_PER_HOUR = "ft³/h"
    US_GALLON = "US gal"
    US_GALLON_PER_HOUR = "US gal/h"
    IMPERIAL_GALLON = "imp gal"
    IMPERIAL_GALLON_PER_HOUR = "imp gal/h"
    BTU = "BTU"
    BTU_PER_HOUR = "BTU/h"
    LITRE = "L"
    LITRE_PER_HOUR = "L/h"
    PASCAL_GAUGE = "Pa gauge"
    PASCAL_ABSOLUTE = "Pa absolute"
    POWER_FACTOR = "cos φ"


class Commodity(Enum):
    """What is delivered."""

    UNKNOWN = "unknown"
    ELECTRICITY = "electricity"
    GAS = "gas"
    WATER = "water"
    HEAT = "heat"
    COOLING = "cooling"


class Flow(Enum):
    """Which way it flows, seen from the premises; NONE where a direction makes no sense."""

    NONE = "none"
    DELIVERED = "delivered"
    RECEIVED = "received"


CURRENCY_LETTERS = {36: "AUD", 124: "CAD", 756: "CHF", 826: "GBP", 840: "USD", 978: "EUR"}
"""The usual letters of ISO 4217 numeric codes that tariffs of this field are in."""
