"""Writes the recording that ships with the RAVEn transport: a day at a home with solar panels, in January.

`python -m handover.sim.raven_day` writes it anew; a test holds the shipped file to what this gives.
Everything in it is made up. Besides ordinary readings it holds one of everything that a stick has been seen
to send and that must not be passed on as if it were a reading, with values found nowhere else in it.
"""

import math
from collections.abc import Iterator
from importlib import resources
from pathlib import Path

from handover.sep1.transports.raven.document import hexadecimal
from handover.sep1.transports.raven.stick import Fields, compose
from handover.sep1.types import ZIGBEE_EPOCH

MIDNIGHT = 1768453200 - ZIGBEE_EPOCH
"""2026-01-15 00:00 in the home, which is 05:00 UTC, as a ZigBee time."""

ZONE = -5 * 3600
DEVICE, METER, COORDINATOR = 0xD8D5B90000001A2B, 0x000D6F0000123457, 0x000D6F0000123456

FIRST_DELIVERED = (1 << 32) - 4000
"""Wh: the register outgrows 32 bits in the early morning."""

FIRST_RECEIVED = 1_234_567

NO_TIME = "0xffffffff"
EPOCH_TIME = "0x00000000"

HEAD = """\
# A day of a RAVEn stick, written by handover.sim.raven_day: made up, no home's data.
# One document a line, as the stick sends them; lines that begin with a number sign are comments.
"""


def power(minute: int) -> int:
    """Return the net power in W at a minute of the day: negative when the panels give more than is used."""
    hour = minute / 60
    watts = 320 + 60 * math.sin(minute / 7) + 35 * math.sin(minute / 2.3)
    watts += 1700 * math.exp(-(((hour - 7.3) / 0.8) ** 2)) + 2500 * math.exp(-(((hour - 18.8) / 1.7) ** 2))
    if 8 < hour < 16.5:
        watts -= 3300 * math.sin(math.pi * (hour - 8) / 8.5) ** 1.5
    return round(watts)


def registers() -> list[tuple[int, int]]:
    """Return (delivered, received) in Wh at the start of every minute of the day."""
    delivered, received, rows = float(FIRST_DELIVERED), float(FIRST_RECEIVED), []
    for minute in range(1441):
        rows.append((int(delivered), int(received)))
        energy = power(minute) / 60
        delivered, received = delivered + max(energy, 0), received + max(-energy, 0)
    return rows


def at(clock: str, seconds: int = 0) -> int:
    """Return the ZigBee time of a local time of the day ("07:45")."""
    hours, minutes = clock.split(":")
    return MIDNIGHT + int(hours) * 3600 + int(minutes) * 60 + seconds


def document(tag: str, fields: Fields) -> bytes:
    """Return a document of our meter."""
    return compose(
        tag, {"DeviceMacId": hexadecimal(DEVICE, 16), "MeterMacId": hexadecimal(METER, 16), **fields}
    )


def _scaled(stamp: str, values: Fields) -> Fields:
    scale = {"Multiplier": "0x00000001", "Divisor": "0x000003e8"}
    digits = {"DigitsRight": "0x03", "DigitsLeft": "0x06", "SuppressLeadingZero": "Y"}
    return {"TimeStamp": stamp, **values, **scale, **digits}


def demand(stamp: str, value: str) -> bytes:
    """Return an InstantaneousDemand."""
    return document("InstantaneousDemand", _scaled(stamp, {"Demand": value}))


def summation(stamp: str, delivered: str, received: str = hexadecimal(FIRST_RECEIVED, 16)) -> bytes:
    """Return a CurrentSummationDelivered."""
    return document(
        "CurrentSummationDelivered",
        _scaled(stamp, {"SummationDelivered": delivered, "SummationReceived": received}),
    )


def price(stamp: int, value: int, tier: int, label: str, start: str, duration: int = 0xFFFF) -> bytes:
    """Return a PriceCluster in US dollars with four digits behind the point."""
    return document(
        "PriceCluster",
        {
            "TimeStamp": hexadecimal(stamp, 8),
            "Price": hexadecimal(value, 8),
            "Currency": "0x0348",
            "TrailingDigits": "0x04",
            "Tier": hexadecimal(tier, 2),
            "StartTime": start,
            "Duration": hexadecimal(duration, 4),
            "RateLabel": label,
        },
    )


def message(
    stamp: int, message_id: int, text: str, *, priority: str, confirm: str, queue: str = "Active"
) -> bytes:
    """Return a MessageCluster that runs from now on for a day."""
    return document(
        "MessageCluster",
        {
            "TimeStamp": hexadecimal(stamp, 8),
            "Id": hexadecimal(message_id, 8),
            "Text": text,
            "Priority": priority,
            "StartTime": EPOCH_TIME,
            "Duration": "0x05a0",
            "ConfirmationRequired": confirm,
            "Confirmed": "N",
            "Queue": queue,
        },
    )


def clock(utc: str, local: str) -> bytes:
    """Return a TimeCluster."""
    return document("TimeCluster", {"UTCTime": utc, "LocalTime": local})


def _greeting() -> Iterator[tuple[int, bytes]]:
    """What a stick says when it is plugged in."""
    device = {"DeviceMacId": hexadecimal(DEVICE, 16)}
    network = {"CoordMacId": hexadecimal(COORDINATOR, 16), "Status": "Connected", "LinkStrength": "0x64"}
    yield MIDNIGHT, compose("DeviceInfo", {**device, "FWVersion": "2.0.0 (7400)", "ModelId": "Z105-2-EMU2"})
    yield MIDNIGHT, compose("NetworkInfo", {**device, **network, "Description": "Successfully Joined"})
    yield MIDNIGHT, compose("MeterList", {**device, "MeterMacId": hexadecimal(METER, 16)})
    names = (
        "TimeStamp",
        "Id",
        "Text",
        "Priority",
        "StartTime",
        "Duration",
        "ConfirmationRequired",
        "Confirmed",
    )
    yield MIDNIGHT + 2, document("MessageCluster", {**dict.fromkeys(names, ""), "Queue": "Active"})


def _readings() -> Iterator[tuple[int, bytes]]:
    """Demand every three minutes, registers every ten, the time every hour."""
    rows = registers()
    for minute in range(0, 1440, 3):
        stamp = MIDNIGHT + 60 * minute + 7
        watts, wide = power(minute), minute % 2 == 1  # firmware has been seen to write 24 bits and 32
        digits, mask = (8, 0xFFFFFFFF) if wide and watts < 0 else (6, 0xFFFFFF)
        yield stamp, demand(hexadecimal(stamp, 8), hexadecimal(watts & mask, digits))
    for minute in range(0, 1440, 10):
        stamp = MIDNIGHT + 60 * minute
        delivered, received = rows[minute]
        yield stamp, summation(hexadecimal(stamp, 8), hexadecimal(delivered, 16), hexadecimal(received, 16))
    for hour in range(24):
        stamp = MIDNIGHT + 3600 * hour + 1
        yield stamp, clock(hexadecimal(stamp, 8), hexadecimal(stamp + ZONE, 8))


def _prices() -> Iterator[tuple[int, bytes]]:
    """Four prices: without a start, with one, with an end, and again without a start."""
    for hour in range(24):
        stamp = MIDNIGHT + 3600 * hour + 3
        if hour < 7:
            yield stamp, price(stamp, 870, 1, "Off peak", NO_TIME)
        elif hour < 17:
            yield stamp, price(stamp, 1320, 2, "Mid peak", hexadecimal(at("07:00"), 8))
        elif hour < 21:
            yield stamp, price(stamp, 1980, 3, "On peak", hexadecimal(at("17:00"), 8), 240)
        else:
            yield stamp, price(stamp, 870, 1, "Off peak", EPOCH_TIME)


def _messages() -> Iterator[tuple[int, bytes]]:
    """One to be confirmed, repeated until the next replaces it; that one is taken back."""
    text = "Cold evening ahead: please run washers & dryers before 17:00, prices > 19 ct until 21:00"
    for hour in (7, 8, 9, 10):
        stamp = at(f"{hour}:45")
        yield stamp, message(stamp, 0x00004A11, text, priority="High", confirm="Y")
    thanks, stamp = "Your meter will be read remotely tomorrow; nothing needs to be done", at("12:30")
    yield stamp, message(stamp, 0x00004A12, thanks, priority="Low", confirm="N")
    stamp = at("13:30")
    yield stamp, message(stamp, 0x00004A12, thanks, priority="Low", confirm="N", queue="Cancel Pending")


def _traps() -> Iterator[tuple[int, bytes]]:
    """What must not pass for a reading, a price or a time."""
    yield at("03:10", 30), demand(EPOCH_TIME, "0x0f4240")
    yield at("03:20", 30), demand(NO_TIME, "0x0f4241")
    yield at("04:05", 30), summation(EPOCH_TIME, "0x00000000deadbeef")
    yield at("04:15", 30), summation(NO_TIME, "0x00000000deadbee1")
    stamp = at("04:25", 30)
    yield stamp, summation(hexadecimal(stamp, 8), "0xffffffffffffffff")
    stamp = at("04:35", 30)
    yield stamp, summation(hexadecimal(stamp, 8), "0x0001000000000001")
    stamp = at("05:05", 30)
    yield stamp, demand(hexadecimal(stamp, 8), "0x800000")
    stamp = at("05:15", 30)
    yield stamp, demand(hexadecimal(stamp, 8), "0x80000000")
    stamp = at("05:30", 30)
    yield stamp, price(stamp, 0xFFFFFFFF, 0, "", NO_TIME)
    yield at("06:10", 30), clock(NO_TIME, NO_TIME)
    yield at("06:20", 30), clock(EPOCH_TIME, EPOCH_TIME)
    stamp = at("10:00", 30)
    block = {
        "TimeStamp": hexadecimal(stamp, 8),
        "CurrentStart": hexadecimal(MIDNIGHT, 8),
        "NumberOfBlocks": "0x02",
    }
    yield stamp, document("BlockPriceDetail", {**block, "Price1": "0x0000036e", "Price2": "0x00000528"})
    stamp = at("10:05", 30)
    yield stamp, document("ApplianceStatus", {"TimeStamp": hexadecimal(stamp, 8), "Appliance": "Washer"})
    yield at("10:10", 30), b"<Warning><Text>Link strength is low</Text></Warning>\r\n"


def day() -> bytes:
    """Return the recording."""
    parts = [*_greeting(), *_readings(), *_prices(), *_messages(), *_traps()]
    parts.sort(key=lambda part: part[0])
    return HEAD.encode() + b"".join(octets.replace(b"\r\n", b"\n") for _, octets in parts)


if __name__ == "__main__":
    with resources.as_file(resources.files("handover.sep1.transports.raven") / "data") as folder:
        (Path(folder) / "day.xml").write_bytes(day())
