"""How a RAVEn stick behaves: which documents it shows, and what it answers to commands. No I/O, no clock.

The other end of the line from `transport`, for demonstrations and tests without hardware. `emulator` gives it
a line and the time.
"""

import contextlib
from collections import deque
from collections.abc import Iterable, Mapping
from xml.sax.saxutils import escape

from handover.errors import DecodeError
from handover.sep1.clusters.metering import ProfileStatus
from handover.sep1.transports.raven.document import Document, hexadecimal
from handover.sep1.transports.raven.facts import EVENTS, MORE_EVENTS
from handover.sep1.transports.raven.intervals import CHANNELS
from handover.sep1.transports.raven.readings import QUARTER_CODE, Readings
from handover.sep1.transports.raven.recording import Entry, Recording
from handover.sep1.types import ZIGBEE_EPOCH

Fields = Mapping[str, str | Iterable[str]]

UNKNOWN_COMMAND = b"<Warning><Text>Unknown command</Text></Warning>\r\n"

_ANSWERS = {
    "get_current_price": "PriceCluster",
    "get_message": "MessageCluster",
    "get_instantaneous_demand": "InstantaneousDemand",
    "get_current_summation_delivered": "CurrentSummationDelivered",
    "get_price_blocks": "BlockPriceDetail",
    "get_billing_periods": "BillingPeriodList",
}
_SILENT = frozenset({"initialize", "restart"})
_EVENTS = (*EVENTS, *MORE_EVENTS)
_REMEMBERED = ("NickName", "Account", "Host", "Enabled")

_NOTHING: Mapping[str, Fields] = {
    "PriceCluster": {
        "TimeStamp": "0x00000000",
        "Price": "0xffffffff",
        "Currency": "0x0000",
        "TrailingDigits": "0x00",
        "Tier": "0x00",
        "StartTime": "0xffffffff",
        "Duration": "0xffff",
        "RateLabel": "",
    },
    "MessageCluster": dict.fromkeys(
        (
            "TimeStamp",
            "Id",
            "Text",
            "Priority",
            "StartTime",
            "Duration",
            "ConfirmationRequired",
            "Confirmed",
            "Queue",
        ),
        "",
    ),
    "InstantaneousDemand": {
        "TimeStamp": "0x00000000",
        "Demand": "0x000000",
        "Multiplier": "0x00000001",
        "Divisor": "0x000003e8",
    },
    "CurrentSummationDelivered": {
        "TimeStamp": "0x00000000",
        "SummationDelivered": "0x0000000000000000",
        "SummationReceived": "0x0000000000000000",
        "Multiplier": "0x00000001",
        "Divisor": "0x000003e8",
    },
    "BlockPriceDetail": {"TimeStamp": "0x00000000", "CurrentStart": "0x00000000", "NumberOfBlocks": "0x00"},
    "BillingPeriodList": {"TimeStamp": "0x00000000", "NumberOfPeriods": "0x00", "CurrentStart": "0x00000000"},
}
"""What a stick answers that has heard nothing from the meter yet."""


def compose(tag: str, fields: Fields) -> bytes:
    """Return a document as a stick writes it: a field with several values occurs once for each."""
    parts = (
        f"<{name}>{escape(value)}</{name}>"
        for name, values in fields.items()
        for value in ([values] if isinstance(values, str) else values)
    )
    return f"<{tag}>{''.join(parts)}</{tag}>\r\n".encode()


class Stick:
    """A stick joined to the ESI of a recording.

    `confirmed` are the ids of the messages confirmed, in order; `commands` the last commands taken, by name
    and arguments; `schedules` what set_schedule asked for (event: seconds, enabled); `price` the user's own
    price and its digits, if one was set; `resets` how often it was reset.
    """

    def __init__(self, recording: Recording) -> None:
        self.meters = recording.macs("MeterMacId") or [0x0007810000000001]
        self.device = (recording.macs("DeviceMacId") or [0xD8D5B90000000001])[0]
        self.coordinator = (recording.macs("CoordMacId") or self.meters)[0]
        self.confirmed: list[int] = []
        self.commands: deque[tuple[str, dict[str, str]]] = deque(maxlen=1000)
        self.schedules: dict[str, tuple[int, bool]] = dict.fromkeys(_EVENTS, (0, False))
        self.price: tuple[int, int] | None = None
        self.resets = 0
        self._fast_poll: tuple[int, int] = (0, 0)
        self._remembered: dict[str, str] = {"Enabled": "Y"}
        self._readings: dict[int, Readings] = {}
        self._shown: dict[tuple[str, int | None], Document] = {}
        self._offset = 0

    def show(self, entry: Entry) -> bytes:
        """Take the next document of the recording and return what goes over the line for it."""
        document, meter = entry.document, entry.document.mac("MeterMacId")
        if document.tag == "TimeCluster":
            utc, local = _number(document, "UTCTime"), _number(document, "LocalTime")
            if utc and local and abs(local - utc) <= 86400:
                self._offset = local - utc
        self._shown[document.tag, meter] = self._shown[document.tag, None] = document
        if document.tag == "CurrentSummationDelivered":
            with contextlib.suppress(DecodeError):
                self._of(meter).note(document)
        if self._is_confirmed(document):
            return self._write(document)
        return entry.octets.strip() + b"\r\n"

    def answer(self, command: Document, now: float) -> bytes:
        """Take a command at `now` (Unix seconds) and return the answer, empty when there is none."""
        name = command.text("Name")
        self.commands.append(
            (name, {key: values[0] for key, values in command.fields.items() if key != "Name"})
        )
        if name == "get_current_price" and self.price is not None:
            return self._own_price(now)
        if name in _ANSWERS:
            return self._last(_ANSWERS[name], command.mac("MeterMacId"))
        if name in _SILENT:
            return b""
        match name:
            case "confirm_message":
                return self._confirm(command)
            case "get_time":
                return self._time(now)
            case "get_meter_list":
                return self._identified(
                    "MeterList", {"MeterMacId": [hexadecimal(meter, 16) for meter in self.meters]}
                )
            case "get_device_info":
                return self._identified("DeviceInfo", _DEVICE_INFO)
            case "get_network_info":
                return self._identified("NetworkInfo", self._network())
            case "get_connection_status":
                return self._identified("ConnectionStatus", self._network())
            case "get_schedule":
                return b"".join(self._schedule(event) for event in self._events(command))
            case "set_schedule" | "set_schedule_default":
                return self._set_schedule(command)
            case "factory_reset":
                self.resets += 1
                self.schedules = dict.fromkeys(_EVENTS, (0, False))
                self.price = None
                return b""
        return self._metering(name, command, now)

    def _metering(self, name: str, command: Document, now: float) -> bytes:
        """Answer what concerns a meter."""
        readings, utc = self._of(command.mac("MeterMacId")), int(now) - ZIGBEE_EPOCH
        match name:
            case "get_meter_info":
                kind = {"MeterMacId": self._meter(command), "MeterType": "electric"}
                return self._identified("MeterInfo", kind | self._remembered)
            case "set_meter_info":
                self._remembered |= {key: command.text(key) for key in _REMEMBERED if key in command.fields}
                return b""
            case "get_current_period_usage":
                began = readings.began or (0, 0)
                period = {
                    "CurrentUsage": hexadecimal(readings.usage(), 8),
                    "StartDate": hexadecimal(began[0], 8),
                }
                return self._usage("CurrentPeriodUsage", command, period | {"TimeStamp": hexadecimal(utc, 8)})
            case "get_last_period_usage":
                usage, start, end = readings.closed or (0, 0, 0)
                period = {"LastUsage": hexadecimal(usage, 8), "StartDate": hexadecimal(start, 8)}
                return self._usage("LastPeriodUsage", command, period | {"EndDate": hexadecimal(end, 8)})
            case "close_current_period":
                readings.close(utc)
                return b""
            case "set_fast_poll":
                seconds, minutes = _number(command, "Frequency") or 0, _number(command, "Duration") or 0
                minutes = min(minutes, 15)
                self._fast_poll = (seconds, utc + 60 * minutes) if seconds and minutes else (0, 0)
                return b""
            case "get_fast_poll_status":
                seconds, end = self._fast_poll if self._fast_poll[1] > utc else (0, 0)
                status = {"Frequency": hexadecimal(seconds, 4), "EndTime": hexadecimal(end, 8)}
                return self._identified("FastPollStatus", {"MeterMacId": self._meter(command), **status})
            case "get_profile_data":
                return self._profile(command, readings)
            case "set_current_price":
                price = _number(command, "Price") or 0
                self.price = (price, _number(command, "TrailingDigits") or 0) if price else None
                return b""
        return UNKNOWN_COMMAND

    def _of(self, meter: int | None) -> Readings:
        return self._readings.setdefault(meter or self.meters[0], Readings())

    def _usage(self, tag: str, command: Document, fields: Mapping[str, str]) -> bytes:
        meter, scale = self._meter(command), self._of(command.mac("MeterMacId")).scale
        return self._identified(tag, {"MeterMacId": meter, **fields, **scale})

    def _profile(self, command: Document, readings: Readings) -> bytes:
        channel = command.text("IntervalChannel").capitalize()
        count = _number(command, "NumberOfPeriods") or 0
        asked = _number(command, "EndTime") or 0
        end, found = readings.profile(channel, asked, count) if channel in CHANNELS.values() else (0, [])
        status = ProfileStatus.SUCCESS if found else ProfileStatus.NO_INTERVALS
        fields = {
            "MeterMacId": self._meter(command),
            "EndTime": hexadecimal(end, 8),
            "Status": hexadecimal(status, 2),
            "ProfileIntervalPeriod": str(QUARTER_CODE),
            "NumberOfPeriodsDelivered": hexadecimal(len(found), 2),
        }
        intervals = {f"IntervalData{number}": hexadecimal(value, 6) for number, value in enumerate(found, 1)}
        return self._identified("ProfileData", fields | intervals)

    def _own_price(self, now: float) -> bytes:
        price, digits = self.price or (0, 0)
        stamp = hexadecimal(int(now) - ZIGBEE_EPOCH, 8)
        shown = self._shown.get(("PriceCluster", None))
        fields = {
            "MeterMacId": hexadecimal(self.meters[0], 16),
            "TimeStamp": stamp,
            "Price": hexadecimal(price, 8),
            "Currency": (shown.text("Currency") if shown else "") or "0x0348",
            "TrailingDigits": hexadecimal(digits, 2),
            "Tier": "0x00",
            "StartTime": "0xffffffff",
            "Duration": "0xffff",
            "RateLabel": "Set by User",
        }
        return self._identified("PriceCluster", fields)

    def _identified(self, tag: str, fields: Fields) -> bytes:
        return compose(tag, {"DeviceMacId": hexadecimal(self.device, 16), **fields})

    def _meter(self, command: Document) -> str:
        return hexadecimal(command.mac("MeterMacId") or self.meters[0], 16)

    def _network(self) -> Fields:
        return {
            "CoordMacId": hexadecimal(self.coordinator, 16),
            "Status": "Connected",
            "Description": "Successfully Joined",
            "StatusCode": "0x00",
            "ExtPanId": hexadecimal(self.coordinator, 16),
            "Channel": "20",
            "ShortAddr": "0x1a2b",
            "LinkStrength": "0x64",
        }

    def _last(self, tag: str, meter: int | None) -> bytes:
        document = self._shown.get((tag, meter))
        if document is None:
            return self._identified(
                tag, {"MeterMacId": hexadecimal(meter or self.meters[0], 16), **_NOTHING[tag]}
            )
        return self._write(document)

    def _write(self, document: Document) -> bytes:
        fields = dict(document.fields)
        if self._is_confirmed(document):
            fields["Confirmed"] = ("Y",)
        return compose(document.tag, fields)

    def _is_confirmed(self, document: Document) -> bool:
        return document.tag == "MessageCluster" and _number(document, "Id") in self.confirmed

    def _confirm(self, command: Document) -> bytes:
        message_id = _number(command, "Id")
        if message_id is not None and message_id not in self.confirmed:
            self.confirmed.append(message_id)
        return b""

    def _time(self, now: float) -> bytes:
        utc = max(1, int(now) - ZIGBEE_EPOCH)
        return self._identified(
            "TimeCluster",
            {
                "MeterMacId": hexadecimal(self.meters[0], 16),
                "UTCTime": hexadecimal(utc, 8),
                "LocalTime": hexadecimal(utc + self._offset, 8),
            },
        )

    def _events(self, command: Document) -> list[str]:
        event = command.text("Event")
        return [event] if event in self.schedules else list(self.schedules)

    def _schedule(self, event: str) -> bytes:
        seconds, enabled = self.schedules[event]
        return self._identified(
            "ScheduleInfo",
            {
                "MeterMacId": hexadecimal(self.meters[0], 16),
                "Event": event,
                "Frequency": hexadecimal(seconds, 4),
                "Enabled": "Y" if enabled else "N",
            },
        )

    def _set_schedule(self, command: Document) -> bytes:
        for event in self._events(command):
            self.schedules[event] = (_number(command, "Frequency") or 0, command.text("Enabled") == "Y")
        return b""


def _number(document: Document, name: str) -> int | None:
    try:
        return document.number(name)
    except DecodeError:
        return None


_DEVICE_INFO: Fields = {
    "InstallCode": "0x0000000000000000",
    "FWVersion": "2.0.0 (7400)",
    "HWVersion": "1.2.7",
    "ImageType": "0x1301",
    "Manufacturer": "Handover",
    "ModelId": "RAVEn emulator",
    "DateCode": "2026010100000000",
}
