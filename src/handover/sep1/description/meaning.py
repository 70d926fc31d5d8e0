"""What raw fields mean: names of codes and bits, times of day, and numbers in engineering units.

A field without an entry here means what its number says. Not here: values that only another frame can
explain, a meter's multiplier and divisor say.
"""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from decimal import Decimal
from enum import IntEnum, IntFlag
from typing import Any, Final, NamedTuple

from handover.sep1.clusters import drlc, key_establishment, messaging, metering, ota, prepayment, price
from handover.sep1.clusters import tunneling as tunnels
from handover.sep1.declaration import Command
from handover.sep1.layout import fields
from handover.sep1.types import OCTSTR, UTC_TIME, ZIGBEE_EPOCH, Status

NOW: Final = "now"
ALWAYS: Final = 0xFFFFFFFF


class Meaning(NamedTuple):
    """A value in engineering terms, with its unit where it has one."""

    value: Any
    unit: str | None = None


Explain = Callable[[int, Mapping[str, Any]], Meaning | None]
"""Gives the meaning of a raw number, seen beside the other fields; None where it has none ("not used")."""


def moment(raw: int) -> str | None:
    """Return a ZigBee time as ISO 8601 in UTC, None when it is invalid."""
    if raw == ALWAYS:
        return None
    return datetime.fromtimestamp(raw + ZIGBEE_EPOCH, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def scaled(factor: str, unit: str, *unused: int) -> Explain:
    """Return what explains a number that counts `factor` of a unit, unless it is one of `unused`."""

    def explain(raw: int, others: Mapping[str, Any]) -> Meaning | None:
        return None if raw in unused else Meaning(float(Decimal(raw) * Decimal(factor)), unit)

    return explain


def counted(unit: str, *unused: int) -> Explain:
    """Return what explains a whole number of a unit, unless it is one of `unused`."""
    return lambda raw, others: None if raw in unused else Meaning(raw, unit)


def named(codes: type[IntEnum]) -> Explain:
    """Return what explains a code by its name."""

    def explain(raw: int, others: Mapping[str, Any]) -> Meaning | None:
        try:
            return Meaning(codes(raw).name.lower())
        except ValueError:
            return None

    return explain


def flagged(bits: type[IntFlag]) -> Explain:
    """Return what explains a bit map by the names of the bits that are set."""

    def explain(raw: int, others: Mapping[str, Any]) -> Meaning:
        return Meaning([bit.name.lower() for bit in bits if bit.name and raw & bit == bit])

    return explain


def begins(raw: int, others: Mapping[str, Any]) -> Meaning:
    """Explain a start time, of which 0 is now."""
    return Meaning(NOW if raw == 0 else moment(raw))


def _digits(raw: int, others: Mapping[str, Any]) -> Meaning:
    return Meaning({"trailing_digits": raw >> 4, "tier": raw & 15})


def _tiers(raw: int, others: Mapping[str, Any]) -> Meaning:
    return Meaning({"number_of_tiers": raw >> 4, "register_tier": raw & 15})


def _money(raw: int, others: Mapping[str, Any]) -> Meaning | None:
    if raw == ALWAYS:
        return None
    digits = int(others["price_trailing_digit_and_price_tier"]) >> 4
    unit = UNITS.get(int(others["unit_of_measure"]) & 0x7F, "unit")
    return Meaning(float(Decimal(raw).scaleb(-digits)), f"{currency(int(others['currency']))}/{unit}")


def _message_control(raw: int, others: Mapping[str, Any]) -> Meaning:
    control = messaging.MessageControl
    return Meaning(
        {
            "transmission": messaging.Transmission(raw & control.TRANSMISSION).name.lower()
            if raw & control.TRANSMISSION != control.TRANSMISSION
            else None,
            "importance": messaging.Importance((raw & control.IMPORTANCE) >> 2).name.lower(),
            "confirmation_required": bool(raw & 0x80),
        }
    )


UNITS: Final = {
    0x00: "kWh",
    0x01: "m3",
    0x02: "ft3",
    0x03: "ccf",
    0x04: "US gal",
    0x05: "imp gal",
    0x06: "BTU",
    0x07: "l",
    0x08: "kPa gauge",
    0x09: "kPa",
}
"""Units of measure; with bit 7 the same in binary coded decimals."""

_CURRENCIES: Final = {
    36: "AUD",
    124: "CAD",
    392: "JPY",
    554: "NZD",
    756: "CHF",
    826: "GBP",
    840: "USD",
    978: "EUR",
}


def currency(code: int) -> str:
    """Return the letters of an ISO 4217 number, the number where they are not known here."""
    return _CURRENCIES.get(code, str(code))


_MINUTES: Final = counted("min", 0xFFFF)
_SET_POINT: Final = scaled("0.01", "°C", -32768, 0x8000)
_OFFSET: Final = scaled("0.1", "K", 0xFF)
_SECONDS: Final = counted("s")
_PERIODS: Final = {0: 1440, 1: 60, 2: 30, 3: 15, 4: 10, 5: 7.5, 6: 5, 7: 2.5}


def _period(raw: int, others: Mapping[str, Any]) -> Meaning | None:
    return Meaning(_PERIODS[raw], "min") if raw in _PERIODS else None


MEANINGS: Final[Mapping[type[Command], Mapping[str, Explain]]] = {
    drlc.LoadControlEvent: {
        "device_class": flagged(drlc.DeviceClass),
        "start_time": begins,
        "duration_in_minutes": counted("min"),
        "criticality_level": named(drlc.Criticality),
        "cooling_temperature_offset": _OFFSET,
        "heating_temperature_offset": _OFFSET,
        "cooling_temperature_set_point": _SET_POINT,
        "heating_temperature_set_point": _SET_POINT,
        "average_load_adjustment_percentage": counted("%", -128),
        "duty_cycle": counted("%", 0xFF),
        "event_control": flagged(drlc.EventControl),
    },
    drlc.CancelLoadControlEvent: {
        "device_class": flagged(drlc.DeviceClass),
        "cancel_control": flagged(drlc.CancelControl),
        "effective_time": begins,
    },
    drlc.CancelAllLoadControlEvents: {"cancel_control": flagged(drlc.CancelControl)},
    drlc.ReportEventStatus: {
        "event_status": named(drlc.EventStatus),
        "criticality_level_applied": named(drlc.Criticality),
        "cooling_temperature_set_point_applied": _SET_POINT,
        "heating_temperature_set_point_applied": _SET_POINT,
        "average_load_adjustment_percentage_applied": counted("%", -128),
        "duty_cycle_applied": counted("%", 0xFF),
        "event_control": flagged(drlc.EventControl),
        "signature_type": named(drlc.SignatureType),
    },
    price.PublishPrice: {
        "unit_of_measure": lambda raw, _: Meaning(UNITS[raw & 0x7F]) if raw & 0x7F in UNITS else None,
        "currency": lambda raw, _: Meaning(currency(raw)),
        "price_trailing_digit_and_price_tier": _digits,
        "number_of_price_tiers_and_register_tier": _tiers,
        "start_time": begins,
        "duration_in_minutes": _MINUTES,
        "price": _money,
        "generation_price": _money,
        "price_ratio": counted("", 0xFF),
        "generation_price_ratio": counted("", 0xFF),
        "price_control": flagged(price.PriceControl),
    },
    price.PublishBlockPeriod: {
        "block_period_start_time": begins,
        "block_period_duration": counted("min", 0xFFFFFF),
        "block_period_control": flagged(price.BlockPeriodControl),
    },
    price.PublishConversionFactor: {
        "start_time": begins,
        "conversion_factor": lambda raw, o: Meaning(
            float(Decimal(raw).scaleb(-(int(o["conversion_factor_trailing_digit"]) >> 4)))
        ),
    },
    price.PublishCalorificValue: {
        "start_time": begins,
        "calorific_value": lambda raw, o: Meaning(
            float(Decimal(raw).scaleb(-(int(o["calorific_value_trailing_digit"]) >> 4))),
            {1: "MJ/m3", 2: "MJ/kg"}.get(int(o["calorific_value_unit"])),
        ),
    },
    price.GetCurrentPrice: {"command_options": flagged(price.CommandOptions)},
    price.PriceAcknowledgement: {"control": flagged(price.PriceControl)},
    messaging.DisplayMessage: {
        "message_control": _message_control,
        "start_time": begins,
        "duration_in_minutes": _MINUTES,
    },
    metering.GetProfile: {"interval_channel": named(metering.IntervalChannel)},
    metering.GetProfileResponse: {
        "status": named(metering.ProfileStatus),
        "profile_interval_period": _period,
    },
    metering.RequestFastPollMode: {"fast_poll_update_period": _SECONDS, "duration": counted("min")},
    metering.RequestFastPollModeResponse: {"applied_update_period": _SECONDS},
    key_establishment.InitiateKeyEstablishmentRequest: {
        "key_establishment_suite": flagged(key_establishment.Suite),
        "ephemeral_data_generate_time": _SECONDS,
        "confirm_key_generate_time": _SECONDS,
    },
    key_establishment.InitiateKeyEstablishmentResponse: {
        "requested_key_establishment_suite": flagged(key_establishment.Suite),
        "ephemeral_data_generate_time": _SECONDS,
        "confirm_key_generate_time": _SECONDS,
    },
    **{
        kind: {
            "status_code": named(key_establishment.TerminationStatus),
            "wait_time": _SECONDS,
            "key_establishment_suite": flagged(key_establishment.Suite),
        }
        for kind in (
            key_establishment.TerminateKeyEstablishment,
            key_establishment.TerminateKeyEstablishmentToClient,
        )
    },
    ota.ImageNotify: {"payload_type": named(ota.PayloadType), "query_jitter": counted("%")},
    ota.QueryNextImageRequest: {"field_control": flagged(ota.QueryFieldControl)},
    ota.ImageBlockRequest: {
        "field_control": flagged(ota.BlockFieldControl),
        "block_request_delay": counted("ms"),
    },
    ota.ImagePageRequest: {
        "field_control": flagged(ota.BlockFieldControl),
        "response_spacing": counted("ms"),
    },
    ota.UpgradeEndResponse: {
        "upgrade_time": lambda raw, _: Meaning("wait for command") if raw == ALWAYS else begins(raw, _),
    },
    **{
        kind: {"status": named(Status)}
        for kind in (
            ota.QueryNextImageResponse,
            ota.ImageBlockResponse,
            ota.UpgradeEndRequest,
            ota.QuerySpecificFileResponse,
        )
    },
    prepayment.SelectAvailableEmergencyCredit: {"originating_device": named(prepayment.OriginatingDevice)},
    tunnels.RequestTunnel: {"protocol_id": named(tunnels.TunnelProtocolId)},
    tunnels.RequestTunnelResponse: {"tunnel_status": named(tunnels.TunnelStatus)},
}
"""What fields mean, by command. Times of type UTC and texts need no entry."""


def meanings(command: Command, raw: Mapping[str, Any]) -> tuple[dict[str, Any], dict[str, str]]:
    """Return the fields that mean more than their numbers say, and their units. Unused ones are None."""
    values: dict[str, Any] = {}
    units: dict[str, str] = {}
    known = MEANINGS.get(type(command), {})
    for field in fields(type(command)):
        value = getattr(command, field.name)
        if value is None:
            continue
        if field.name in known:
            found = known[field.name](value, raw)
            values[field.name] = None if found is None else found.value
            if found is not None and found.unit:
                units[field.name] = found.unit
        elif field.wire is UTC_TIME:
            values[field.name] = moment(value)
        elif (isinstance(value, bytes) and field.wire is OCTSTR) or field.name == "message":
            values[field.name] = value.decode("utf-8", "replace")
    return values, units
