"""The three measured frames as zigpy and scapy read and write them, declared as their users would."""

from collections.abc import Callable
from typing import Any

import zigpy.types as t
from scapy.fields import (
    ByteField,
    FieldLenField,
    LEIntField,
    LEShortField,
    LESignedShortField,
    SignedByteField,
    StrLenField,
)
from scapy.layers.zigbee import ZCLGeneralReportAttributes, ZigbeeClusterLibrary
from scapy.packet import Packet
from zigpy.zcl import foundation

Pair = tuple[Callable[[], Any], Callable[[], bytes]]
"""Decodes the frame; encodes what was decoded."""

SCHEMAS: dict[str, dict[str, Any]] = {
    "LoadControlEvent": {
        "issuer_event_id": t.uint32_t,
        "device_class": t.bitmap16,
        "utility_enrollment_group": t.uint8_t,
        "start_time": t.UTCTime,
        "duration_in_minutes": t.uint16_t,
        "criticality_level": t.enum8,
        "cooling_temperature_offset": t.uint8_t,
        "heating_temperature_offset": t.uint8_t,
        "cooling_temperature_set_point": t.int16s,
        "heating_temperature_set_point": t.int16s,
        "average_load_adjustment_percentage": t.int8s,
        "duty_cycle": t.uint8_t,
        "event_control": t.bitmap8,
    },
    "PublishPrice": {
        "provider_id": t.uint32_t,
        "rate_label": t.LVBytes,
        "issuer_event_id": t.uint32_t,
        "current_time": t.UTCTime,
        "unit_of_measure": t.enum8,
        "currency": t.uint16_t,
        "price_trailing_digit_and_price_tier": t.bitmap8,
        "number_of_price_tiers_and_register_tier": t.bitmap8,
        "start_time": t.UTCTime,
        "duration_in_minutes": t.uint16_t,
        "price": t.uint32_t,
        "price_ratio": t.uint8_t,
        "generation_price": t.uint32_t,
        "generation_price_ratio": t.uint8_t,
    },
}


def zigpy(name: str, octets: bytes) -> Pair:
    """Return zigpy's decoder and encoder of a frame."""
    if name in SCHEMAS:
        definition = foundation.ZCLCommandDef(name=name, id=0, schema=SCHEMAS[name]).with_compiled_schema()
        schema = definition.schema
    else:
        schema = foundation.GENERAL_COMMANDS[foundation.GeneralCommand.Report_Attributes].schema

    def decode() -> Any:
        header, rest = foundation.ZCLHeader.deserialize(octets)
        return header, schema.deserialize(rest)[0]

    header, body = decode()

    def encode() -> bytes:
        octets: bytes = header.serialize() + body.serialize()
        return octets

    return decode, encode


class ScapyLoadControlEvent(Packet):
    name = "LoadControlEvent"
    fields_desc = [  # noqa: RUF012
        LEIntField("issuer_event_id", 0),
        LEShortField("device_class", 0),
        ByteField("utility_enrollment_group", 0),
        LEIntField("start_time", 0),
        LEShortField("duration_in_minutes", 0),
        ByteField("criticality_level", 0),
        ByteField("cooling_temperature_offset", 0),
        ByteField("heating_temperature_offset", 0),
        LESignedShortField("cooling_temperature_set_point", 0),
        LESignedShortField("heating_temperature_set_point", 0),
        SignedByteField("average_load_adjustment_percentage", 0),
        ByteField("duty_cycle", 0),
        ByteField("event_control", 0),
    ]


class ScapyPublishPrice(Packet):
    """scapy's own class reads the label's length wrongly; this is its layout with a length field."""

    name = "PublishPrice"
    fields_desc = [  # noqa: RUF012
        LEIntField("provider_id", 0),
        FieldLenField("rate_label_length", None, length_of="rate_label", fmt="B"),
        StrLenField("rate_label", b"", length_from=lambda packet: packet.rate_label_length),
        LEIntField("issuer_event_id", 0),
        LEIntField("current_time", 0),
        ByteField("unit_of_measure", 0),
        LEShortField("currency", 0),
        ByteField("price_trailing_digit_and_price_tier", 0),
        ByteField("number_of_price_tiers_and_register_tier", 0),
        LEIntField("start_time", 0),
        LEShortField("duration_in_minutes", 0),
        LEIntField("price", 0),
        ByteField("price_ratio", 0),
        LEIntField("generation_price", 0),
        ByteField("generation_price_ratio", 0),
    ]


BODIES: dict[str, type[Packet]] = {
    "LoadControlEvent": ScapyLoadControlEvent,
    "PublishPrice": ScapyPublishPrice,
}


class ScapyFrame(ZigbeeClusterLibrary):
    """A cluster library header that does not look for its payload's class in the layers below."""

    name = "ZCL"
    fields_desc = ZigbeeClusterLibrary.fields_desc
    body: type[Packet] = ZCLGeneralReportAttributes

    def guess_payload_class(self, payload: bytes) -> type[Packet]:
        return self.body


def scapy(name: str, octets: bytes) -> Pair:
    """Return scapy's decoder and encoder of a frame."""
    kind = type("Frame", (ScapyFrame,), {"name": "ZCL", "body": BODIES.get(name, ZCLGeneralReportAttributes)})

    def decode() -> Any:
        return kind(octets)

    packet = decode()
    fields = dict(packet.fields)
    inner = packet.payload

    def encode() -> bytes:
        # a fresh header and a copy of the body, since scapy answers for a dissected packet from its cache
        body = inner.copy()
        body.clear_cache()
        return bytes(kind(**fields) / body)

    return decode, encode
