"""Basic 0x0000 <-> DeviceInformation: who made a device and what runs on it."""

from collections.abc import Mapping
from datetime import UTC, datetime

from handover.mapping.context import Context
from handover.mapping.losses import Loss, Lost, Orientation, note
from handover.mapping.power_source import code_of, raw_of, source_of_code, sources_of
from handover.mapping.scalars import cut, text
from handover.model.device import Description, PowerSource
from handover.sep1.types import Value
from handover.sep2.resources.device_information import DeviceInformation

APPLICATION, HARDWARE, MANUFACTURER, MODEL, DATE, POWER = 0x0001, 0x0003, 0x0004, 0x0005, 0x0006, 0x0007
LOCATION = 0x0010
_TEXT, _PLACE = 32, 16
_UNKNOWN = "unknown"

DATE_REST = Loss("dateCode", Orientation.A, "what follows the eight digits of the date has no element")
DATE_ODD = Loss("dateCode", Orientation.BOTH, "no date can be read: said as unknown")
SOURCES = Loss("powerSource", Orientation.BOTH, "three-phase mains and DC have no equal")
VERSIONS = Loss("swVer, mfHwVer", Orientation.B, "only numbers up to 255 fit the versions of Basic")
NAMES = Loss("manufacturerName, modelIdentifier", Orientation.BOTH, "32 octets of text; UTF-8, or Latin-1")
LOSSES = (
    DATE_REST,
    DATE_ODD,
    SOURCES,
    VERSIONS,
    NAMES,
    Loss("zclVersion, stackVersion", Orientation.BOTH, "no element; constants of the gateway"),
    Loss("physicalEnvironment, alarmMask, disableLocalConfig", Orientation.A, "no element"),
    Loss("mfID", Orientation.B, "ZigBee makers have numbers of their own: the gateway's PEN stands in"),
    Loss("mfSerNum, lFDI, swActTime", Orientation.A, "no attribute: EUI-64, certificate, 0"),
    Loss("resetToFactoryDefaults", Orientation.BOTH, "never carried out from the far side", "0x81"),
)


def from_sep1(attributes: Mapping[int, Value], *, serial: str = "", lost: Lost = None) -> Description:
    """Return what the attributes of a Basic server say; `serial` is known from elsewhere (EUI-64, meter)."""
    source = attributes.get(POWER)
    raw = source if isinstance(source, int) else None
    primary, secondary = sources_of(raw)
    if raw is not None and raw & 0x7F in (2, 4, 6):
        note(lost, SOURCES)
    return Description(
        manufacturer=_words(attributes.get(MANUFACTURER), lost),
        model=_words(attributes.get(MODEL), lost),
        software=_number(attributes.get(APPLICATION)),
        hardware=_number(attributes.get(HARDWARE)),
        serial=serial,
        made=_date(attributes.get(DATE), lost),
        primary=primary,
        secondary=secondary,
        location=_words(attributes.get(LOCATION), lost),
    )


def to_sep1(description: Description, *, lost: Lost = None) -> dict[int, int | bytes]:
    """Return the attributes of a Basic server that say the same."""
    values: dict[int, int | bytes] = {
        MANUFACTURER: _fitting(description.manufacturer, _TEXT, lost),
        MODEL: _fitting(description.model, _TEXT, lost),
        POWER: raw_of(description.primary, description.secondary),
    }
    if description.primary in (PowerSource.GENERATION, PowerSource.NONE):
        note(lost, SOURCES)
    for attribute, version in ((APPLICATION, description.software), (HARDWARE, description.hardware)):
        if version.isascii() and version.isdecimal() and int(version) <= 0xFF:
            values[attribute] = int(version)
        elif version:
            note(lost, VERSIONS)
    if description.made:
        values[DATE] = datetime.fromtimestamp(description.made, UTC).strftime("%Y%m%d").encode()
    if description.location:
        values[LOCATION] = _fitting(description.location, _PLACE, lost)
    return values


def from_sep2(information: DeviceInformation) -> Description:
    """Return what a DeviceInformation says."""
    return Description(
        manufacturer=information.mfInfo or "",
        model=_known(information.mfModel),
        software=_known(information.swVer),
        hardware=_known(information.mfHwVer),
        serial=_known(information.mfSerNum),
        made=information.mfDate,
        primary=source_of_code(information.primaryPower),
        secondary=source_of_code(information.secondaryPower),
    )


def to_sep2(
    description: Description, context: Context, *, lfdi: bytes, functions: int | None = None
) -> DeviceInformation:
    """Return the DeviceInformation of the device with this LFDI; `functions` are functionsImplemented."""
    return DeviceInformation(
        functionsImplemented=None if functions is None else functions.to_bytes(8, "big"),
        lFDI=lfdi,
        mfDate=description.made,
        mfHwVer=description.hardware or _UNKNOWN,
        mfID=context.pen,
        mfInfo=description.manufacturer or None,
        mfModel=description.model or _UNKNOWN,
        mfSerNum=description.serial or _UNKNOWN,
        primaryPower=code_of(description.primary),
        secondaryPower=code_of(description.secondary),
        swActTime=0,
        swVer=description.software or _UNKNOWN,
    )


def _words(value: Value, lost: Lost) -> str:
    words, proper = text(value if isinstance(value, bytes) else None)
    if not proper:
        note(lost, NAMES)
    return words[:_TEXT]


def _number(value: Value) -> str:
    return str(value) if isinstance(value, int) and value != 0xFF else ""


def _known(words: str) -> str:
    return "" if words == _UNKNOWN else words


def _fitting(words: str, octets: int, lost: Lost) -> bytes:
    made = cut(words, octets)
    if len(made) < len(words.encode()):
        note(lost, NAMES)
    return made


def _date(value: Value, lost: Lost) -> int:
    """Return the day that a date code begins with, as Unix seconds; 0 when it begins with none."""
    if not isinstance(value, bytes) or not value:
        return 0
    digits, rest = value[:8], value[8:]
    try:
        day = datetime.strptime(digits.decode("ascii"), "%Y%m%d").replace(tzinfo=UTC)
    except ValueError:
        note(lost, DATE_ODD)
        return 0
    if rest:
        note(lost, DATE_REST)
    return int(day.timestamp())
