"""`Control`: what can be asked of a stick itself and set in it, beside the HAN that it shows.

Schedules, meters, the stick's own accounting period and price, its network, restart and reset. Answers are
documents like those it sends unasked, so the next one of the kind asked for counts. What has a counterpart on
a HAN goes as frames instead (`questions`).
"""

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from handover.errors import EncodeError, NotNow, Refused
from handover.sep1.transports.raven.document import Document, hexadecimal
from handover.sep1.transports.raven.facts import (
    EVENTS,
    DeviceInfo,
    FastPoll,
    MeterInfo,
    NetworkInfo,
    PeriodUsage,
    Schedule,
)

Tell = Callable[[str, Mapping[str, str]], None]
"""Writes a command with its arguments to the stick. Raises NotNow while the stick is away."""


@dataclass(slots=True)
class _Waiting:
    command: str
    tag: str
    meter: int | None
    event: str | None
    answer: "asyncio.Future[Document]"

    def is_answered_by(self, document: Document) -> bool:
        if document.tag != self.tag or self.answer.done():
            return False
        if self.event is not None and document.text("Event") != self.event:
            return False
        return self.meter is None or document.mac("MeterMacId") in (None, self.meter)


class Control:
    """The stick behind a transport. `meter` is an EUI-64, needed when the stick has several.

    Every question raises NotNow when the stick is away or does not answer within `patience` seconds, Refused
    when it does not know the command, DecodeError for an answer that cannot be read.
    """

    def __init__(self, tell: Tell, patience: float) -> None:
        self._tell = tell
        self._patience = patience
        self._waiting: list[_Waiting] = []

    async def device_info(self) -> DeviceInfo:
        """Ask what the stick is."""
        return DeviceInfo.of(await self._ask("get_device_info", "DeviceInfo"))

    async def network_info(self) -> NetworkInfo:
        """Ask how the stick stands on the HAN; older sticks know one, newer ones the other command for it."""
        try:
            return NetworkInfo.of(await self._ask("get_network_info", "NetworkInfo"))
        except Refused:
            return await self.connection_status()

    async def connection_status(self) -> NetworkInfo:
        """Ask how joining went."""
        return NetworkInfo.of(await self._ask("get_connection_status", "ConnectionStatus"))

    async def meters(self) -> list[int]:
        """Ask for the EUI-64s of the meters that the stick shows."""
        document = await self._ask("get_meter_list", "MeterList")
        found = (
            Document("", {"MeterMacId": (text,)}).mac("MeterMacId") for text in document.all("MeterMacId")
        )
        return [meter for meter in found if meter is not None]

    async def meter_info(self, meter: int | None = None) -> MeterInfo:
        """Ask what the stick remembers of a meter."""
        return MeterInfo.of(await self._ask("get_meter_info", "MeterInfo", meter))

    def set_meter_info(
        self,
        meter: int | None = None,
        *,
        nickname: str | None = None,
        account: str | None = None,
        host: str | None = None,
        enabled: bool | None = None,
    ) -> None:
        """Have the stick remember something of a meter; what is None stays. Raises NotNow."""
        given = {"NickName": nickname, "Account": account, "Host": host}
        arguments = {name: text for name, text in given.items() if text is not None}
        if enabled is not None:
            arguments["Enabled"] = _yes(enabled)
        self._set("set_meter_info", meter, arguments)

    async def schedule(self, event: str, meter: int | None = None) -> Schedule:
        """Ask how often documents of one kind come: see `facts.EVENTS`."""
        return Schedule.of(await self._ask("get_schedule", "ScheduleInfo", meter, {"Event": event}))

    async def schedules(self, meter: int | None = None) -> list[Schedule]:
        """Ask for the schedules that every stick has."""
        return [await self.schedule(event, meter) for event in EVENTS]

    def set_schedule(
        self, event: str, seconds: int, *, enabled: bool = True, meter: int | None = None
    ) -> None:
        """Have documents of one kind come every `seconds` (1 to 65535), or not at all. Raises NotNow,
        EncodeError.
        """
        frequency = hexadecimal(_within("a schedule", seconds, 1, 0xFFFF), 4)
        self._set("set_schedule", meter, {"Event": event, "Frequency": frequency, "Enabled": _yes(enabled)})

    def set_default_schedule(self, event: str | None = None, meter: int | None = None) -> None:
        """Go back to the stick's own schedule for one kind of document, or for all. Raises NotNow."""
        self._set("set_schedule_default", meter, {} if event is None else {"Event": event})

    async def current_period(self, meter: int | None = None) -> PeriodUsage:
        """Ask for the consumption in the accounting period that runs."""
        return PeriodUsage.of(await self._ask("get_current_period_usage", "CurrentPeriodUsage", meter))

    async def last_period(self, meter: int | None = None) -> PeriodUsage:
        """Ask for the consumption in the accounting period before."""
        return PeriodUsage.of(await self._ask("get_last_period_usage", "LastPeriodUsage", meter))

    def close_period(self, meter: int | None = None) -> None:
        """End the accounting period and begin the next. Raises NotNow."""
        self._set("close_current_period", meter)

    async def fast_poll(self, meter: int | None = None) -> FastPoll:
        """Ask whether the stick polls the meter fast."""
        return FastPoll.of(await self._ask("get_fast_poll_status", "FastPollStatus", meter))

    def set_price(self, price: int, digits: int, meter: int | None = None) -> None:
        """Have the stick show a price of the user's in place of the utility's: `price` x 10^-`digits` of its
        currency; 0 goes back to the utility's. Raises NotNow, EncodeError.
        """
        arguments = {
            "Price": hexadecimal(_within("a price", price, 0, 0xFFFF_FFFE), 8),
            "TrailingDigits": hexadecimal(_within("the digits of a price", digits, 0, 15), 2),
        }
        self._set("set_current_price", meter, arguments)

    def initialize(self) -> None:
        """Have the stick begin anew with reading commands, after one that broke off. Raises NotNow."""
        self._set("initialize", None)

    def restart(self) -> None:
        """Have the stick start anew; it stays on its network. Raises NotNow."""
        self._set("restart", None)

    def factory_reset(self) -> None:
        """Have the stick forget its network and keys: the utility must admit it again. Raises NotNow."""
        self._set("factory_reset", None)

    # For the transport.

    def take(self, document: Document) -> None:
        """Take a document: the oldest question that it answers is answered."""
        for waiting in self._waiting:
            if waiting.is_answered_by(document):
                waiting.answer.set_result(document)
                return

    def refused(self) -> bool:
        """The stick does not know a command; tell whether one of ours may have been meant: the oldest."""
        for waiting in self._waiting:
            if not waiting.answer.done():
                waiting.answer.set_exception(
                    Refused(f"this stick does not know {waiting.command}; its kind or firmware lacks it")
                )
                return True
        return False

    def clear(self) -> None:
        """The line was cut: nothing is answered any more."""
        for waiting in self._waiting:
            if not waiting.answer.done():
                waiting.answer.set_exception(NotNow("the stick was pulled out; plug it in and try again"))

    async def _ask(
        self, command: str, tag: str, meter: int | None = None, arguments: Mapping[str, str] | None = None
    ) -> Document:
        event = None if arguments is None else arguments.get("Event")
        future = asyncio.get_running_loop().create_future()
        waiting = _Waiting(command, tag, meter, event, future)
        self._waiting.append(waiting)
        try:
            self._set(command, meter, arguments or {})
            async with asyncio.timeout(self._patience):
                return await waiting.answer
        except TimeoutError:
            raise NotNow(f"the stick does not answer {command}; try again, or plug it in anew") from None
        finally:
            self._waiting.remove(waiting)

    def _set(self, command: str, meter: int | None, arguments: Mapping[str, str] | None = None) -> None:
        given = dict(arguments or {})
        if meter is not None:
            given["MeterMacId"] = hexadecimal(meter, 16)
        self._tell(command, given)


def _yes(value: bool) -> str:
    return "Y" if value else "N"


def _within(what: str, value: int, lowest: int, highest: int) -> int:
    if not lowest <= value <= highest:
        raise EncodeError(f"{what} can be {lowest} to {highest}, not {value}")
    return value
