"""Quantities of distributed energy resources: `value` x 10^`multiplier` of a unit."""

from handover.sep2.declaration import resource
from handover.sep2.types import DERUnitRefType, Int16, PowerOfTenMultiplierType, SignedPerCent, UInt16, UInt32


@resource
class AmpereHour:
    """Charge in Ah."""

    multiplier: PowerOfTenMultiplierType
    value: UInt16


@resource
class ApparentPower:
    """Apparent power in VA."""

    multiplier: PowerOfTenMultiplierType
    value: UInt16


@resource
class CurrentRMS:
    """Current in A."""

    multiplier: PowerOfTenMultiplierType
    value: UInt16


@resource
class FixedPointType:
    """A signed number without a unit."""

    multiplier: PowerOfTenMultiplierType
    value: Int16


@resource
class UnsignedFixedPointType:
    """A number without a unit, never negative."""

    multiplier: PowerOfTenMultiplierType
    value: UInt16


@resource
class PowerFactor:
    """Cosine of the phase angle, 0..1: `displacement` x 10^`multiplier`."""

    displacement: UInt16
    multiplier: PowerOfTenMultiplierType


@resource
class PowerFactorWithExcitation:
    """A power factor with its side: `excitation` true absorbs reactive power (under-excited)."""

    displacement: UInt16
    excitation: bool
    multiplier: PowerOfTenMultiplierType


@resource
class ReactivePower:
    """Reactive power in var, signed."""

    multiplier: PowerOfTenMultiplierType
    value: Int16


@resource
class ReactiveSusceptance:
    """Susceptance in siemens."""

    multiplier: PowerOfTenMultiplierType
    value: UInt16


@resource
class VoltageRMS:
    """Voltage in V."""

    multiplier: PowerOfTenMultiplierType
    value: UInt16


@resource
class WattHour:
    """Energy in Wh."""

    multiplier: PowerOfTenMultiplierType
    value: UInt16


@resource
class FixedVar:
    """Reactive power in hundredths of a per cent of what `refType` names (2 %setMaxVar, 3 %statVarAvail)."""

    refType: DERUnitRefType
    value: SignedPerCent


@resource
class FreqDroopType:
    """Power against frequency.

    Dead bands in mHz, slopes in thousandths, response time in hundredths of a second.
    """

    dBOF: UInt32
    dBUF: UInt32
    kOF: UInt16
    kUF: UInt16
    openLoopTms: UInt16
