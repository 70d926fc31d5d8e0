"""How a RAVEn stick behaves: which documents it shows, and what it answers to commands. No I/O, no clock.

The other end of the line from `transport`, for demonstrations and tests without hardware. `emulator` gives it
a line and the time.
"""

from collections import deque
from collections.abc import Iterable, Mapping
from xml.sax.saxutils import escape

from handover.errors import DecodeError
from handover.sep1.transports.raven.document import Document, hexadecimal
from handover.sep1.transports.raven.recording import Entry, Recording
from handover.sep1.types import ZIGBEE_EPOCH

Fields = Mapping[str, str | Iterable[str]]

UNKNOWN_COMMAND = b"<Warning><Text>Unknown command</Text></Warning>\r\n"

_ANSWERS = {
    "get_current_price": "PriceCluster",
    "get_message": "MessageCluster",
    "get_instantaneous_demand": "InstantaneousDemand",
    "get_current_summation_delivered": "CurrentSummationDelivered",
}
_SILENT = frozenset(
    {"initialize", "restart", "factory_reset", "set_fast_poll", "set_meter_info", "close_current_period"}
)
_EVENTS = (
    "time",
    "message",
    "price",
    "summation",
    "demand",
    "scheduled_prices",
    "profile_data",
    "billing_period",
    "block_period",
)

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
    and arguments; `schedules` what set_schedule asked for (event: seconds, enabled).
    """

    def __init__(self, recording: Recording) -> None:
        self.meters = recording.macs("MeterMacId") or [0x0007810000000001]
        self.device = (recording.macs("DeviceMacId") or [0xD8D5B90000000001])[0]
        self.coordinator = (recording.macs("CoordMacId") or self.meters)[0]
        self.confirmed: list[int] = []
        self.commands: deque[tuple[str, dict[str, str]]] = deque(maxlen=1000)
        self.schedules: dict[str, tuple[int, bool]] = dict.fromkeys(_EVENTS, (0, False))
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
        if self._is_confirmed(document):
            return self._write(document)
        return entry.octets.strip() + b"\r\n"

    def answer(self, command: Document, now: float) -> bytes:
        """Take a command at `now` (Unix seconds) and return the answer, empty when there is none."""
        name = command.text("Name")
        self.commands.append(
            (name, {key: values[0] for key, values in command.fields.items() if key != "Name"})
        )
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
            case "get_meter_info":
                return self._identified(
                    "MeterInfo", {"MeterMacId": self._meter(command), "MeterType": "electric", "Enabled": "Y"}
                )
            case "get_schedule":
                return b"".join(self._schedule(event) for event in self._events(command))
            case "set_schedule" | "set_schedule_default":
                return self._set_schedule(command)
        return UNKNOWN_COMMAND

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
