"""Device information (clause 9.3): make, model, versions and locales of a device."""

from dataclasses import field
from typing import Annotated

from handover.sep2.declaration import Edition, Since, resource
from handover.sep2.resources.common import ActivePower, List, ListLink, PollRate, RealEnergy, Resource
from handover.sep2.types import (
    HexBinary32,
    HexBinary64,
    HexBinary160,
    LocaleType,
    PENType,
    PowerSourceType,
    String32,
    TimeType,
)


@resource
class DRLCCapabilities:
    """What a device can shed: average Wh an hour, maximum W, and a bit string of supported controls."""

    averageEnergy: RealEnergy
    maxDemand: ActivePower
    optionsImplemented: HexBinary32


DRLCCapabilities_ = DRLCCapabilities


@resource
class GPSLocationType:
    """Latitude and longitude in degrees, as decimal text."""

    lat: String32
    lon: String32


@resource
class DeviceInformation(Resource):
    """Who made the device and what runs on it.

    `mfID` is the IANA private enterprise number; `mfDate` and `swActTime` are Unix seconds; power sources:
    0 none, 1 mains, 2 battery, 3 local generation, 4 emergency, 5 unknown.
    """

    pollRate: PollRate = None
    connectionPointID: Annotated[String32 | None, Since(Edition.E2023)] = None
    DRLCCapabilities: DRLCCapabilities_ | None = None
    functionsImplemented: HexBinary64 | None = None
    gpsLocation: Annotated[GPSLocationType | None, Since(Edition.E2018)] = None
    lFDI: HexBinary160
    mfDate: TimeType
    mfHwVer: String32
    mfID: PENType
    mfInfo: String32 | None = None
    mfModel: String32
    mfSerNum: String32
    primaryPower: PowerSourceType
    secondaryPower: PowerSourceType
    SupportedLocaleListLink: ListLink | None = None
    swActTime: TimeType
    swVer: String32


@resource
class SupportedLocale(Resource):
    """A locale in which the device can show text, such as "en-US"."""

    locale: LocaleType


SupportedLocale_ = SupportedLocale


@resource
class SupportedLocaleList(List):
    """A page of locales."""

    SupportedLocale: list[SupportedLocale_] = field(default_factory=list)
