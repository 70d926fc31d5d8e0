"""Where the demo's SEP 1.x data come from: a virtual premise, or a recording played by a RAVEn emulator."""

import asyncio
import time
from decimal import Decimal
from typing import Protocol, Self

from handover.clock import ScaledClock
from handover.errors import DecodeError
from handover.sep1.client.settings import ClientSettings
from handover.sep1.exchange import Retry
from handover.sep1.transports.base import Transport
from handover.sep1.transports.raven.document import Document
from handover.sep1.transports.raven.emulator import Emulator
from handover.sep1.transports.raven.recording import Recording
from handover.sep1.transports.raven.transport import RavenTransport
from handover.sim.demo.journeys import (
    LOAD_CONTROL,
    MESSAGE,
    PRICE,
    READINGS,
    State,
    event_obeyed,
    price_arrived,
    reading_arrived,
)
from handover.sim.meter import DELIVERED
from handover.sim.virtual_home import VirtualHome

SUMMER_AFTERNOON = 1784316000
"""2026-07-17 19:20 UTC, a quarter past three in the home: air conditioning, sun on the roof."""

ACTION_PAUSE = 1.0
"""Real seconds between two acts of the demo's utility."""

SPECIAL_PRICES = (4100, 5300, 4700)
TEXTS = (
    "Hot afternoon: please save power from 16 to 19 h",
    "Thank you. Your usage last week was 7 % below that of the week before",
)


class Source(Protocol):
    """One origin of SEP 1.x data, open while it is used as a context.

    `clock` is its time, `carries` names the journeys that it can start, `settings` are the gateway's periods
    on that clock, `transport` is the gateway's place on the HAN (available once open).
    """

    name: str
    clock: ScaledClock
    carries: tuple[str, ...]
    settings: ClientSettings | None
    transport: Transport

    async def __aenter__(self) -> Self: ...

    async def __aexit__(self, *_: object) -> None: ...

    async def run(self, ready: asyncio.Event) -> None:
        """Live until cancelled; acts of the utility begin when `ready` is set."""

    def look(self, display: State, thermostat: State) -> dict[str, bool]:
        """Compare both ends and return which journeys have come through so far."""


class VirtualSource:
    """A premise with ESI and meter in this process, `speed` times as fast as real time."""

    name = "virtual"
    carries: tuple[str, ...] = (READINGS, PRICE, MESSAGE, LOAD_CONTROL)

    def __init__(self, *, seed: int, speed: float, eui64: int) -> None:
        self.clock = ScaledClock(SUMMER_AFTERNOON, speed, time.monotonic)
        self._home = VirtualHome(self.clock, eui64=eui64, seed=seed, speed=speed)
        self._network: list[asyncio.Task[None]] = []
        self.premise = self._home.premise
        self.transport: Transport = self._home.transport
        self._special: dict[Decimal, int] = {}
        self._messages: set[int] = set()
        self._events: set[int] = set()
        self._obeyed: set[int] = set()
        self.settings: ClientSettings | None = ClientSettings(report_minimum=1)
        self._done = dict.fromkeys(self.carries, False)

    async def __aenter__(self) -> Self:
        self._network = [asyncio.create_task(part) for part in self._home.network()]
        return self

    async def __aexit__(self, *_: object) -> None:
        for task in self._network:
            task.cancel()
        for ended in await asyncio.gather(*self._network, return_exceptions=True):
            if isinstance(ended, Exception):
                raise ended

    async def run(self, ready: asyncio.Event) -> None:
        """Run the meter and the ESI, and the utility's plan over and over."""
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self._home.utility())
            tasks.create_task(self._utility(ready))

    async def _utility(self, ready: asyncio.Event) -> None:
        await ready.wait()
        turn = 0
        while True:
            await asyncio.sleep(ACTION_PAUSE)
            price = SPECIAL_PRICES[turn % len(SPECIAL_PRICES)]
            event_id = self.premise.change_price(self.clock.now(), price=price, minutes=30)
            self._special[Decimal(price).scaleb(-4)] = event_id
            await asyncio.sleep(ACTION_PAUSE)
            text = TEXTS[turn % len(TEXTS)]
            self._messages.add(self.premise.send_message(self.clock.now(), text, importance=2))
            await asyncio.sleep(ACTION_PAUSE)
            self._events.add(
                self.premise.send_load_control(
                    self.clock.now(), start_in=60, minutes=3, cooling_set_point=2750, criticality=4
                )
            )
            await asyncio.sleep(30 * ACTION_PAUSE)
            turn += 1

    def look(self, display: State, thermostat: State) -> dict[str, bool]:
        """Compare the premise's books with the two devices."""
        observed = self.premise.observed
        registers = {_kilo(reading[DELIVERED]) for reading in observed.readings}
        acknowledged = {got.command.issuer_event_id for got in observed.acknowledgements}
        confirmed = {got.command.message_id for got in observed.confirmations}
        statuses = [
            (got.command.issuer_event_id, got.command.event_status) for got in observed.event_statuses
        ]
        if thermostat.get("event") and thermostat["aim"]["cooling"] > thermostat["normal"]["cooling"]:
            self._obeyed |= observed.obeyed & self._events
        self._note(READINGS, reading_arrived(display, registers))
        stored = {price for price, event_id in self._special.items() if event_id in acknowledged}
        self._note(PRICE, price_arrived(display, stored))
        self._note(MESSAGE, bool(self._messages & confirmed))
        self._note(LOAD_CONTROL, any(event_obeyed(e, statuses, e in self._obeyed) for e in self._events))
        return dict(self._done)

    def _note(self, journey: str, came_through: bool) -> None:
        self._done[journey] = self._done[journey] or came_through


class RavenSource:
    """A recording played through a pseudo-terminal, as a stick would send it, on the recording's own time.

    Pauses longer than `longest_gap` seconds are cut down to it.
    """

    name = "raven"

    def __init__(self, recording: Recording, *, speed: float, longest_gap: float, eui64: int) -> None:
        self.clock = ScaledClock(recording.start, speed, time.monotonic)
        self.emulator = Emulator(recording, self.clock, longest_gap=longest_gap)
        # The stick answers in real time, however fast the recording is played.
        self.settings: ClientSettings | None = ClientSettings(
            retry=Retry(timeout=max(10.0, 2 * speed)),
            keep_alive_period=max(300.0, 5 * speed),
            poll_period=max(30.0, speed),
        )
        self._eui64 = eui64
        documents = [entry.document for entry in recording]
        self._registers = {value for value in map(_register, documents) if value is not None}
        self._prices = {value for value in map(_price, documents) if value is not None}
        self._messages = {number for number in map(_asking, documents) if number is not None}
        carried = {READINGS: self._registers, PRICE: self._prices, MESSAGE: self._messages}
        self.carries = tuple(name for name, found in carried.items() if found)
        self._done = dict.fromkeys(self.carries, False)

    async def __aenter__(self) -> Self:
        await self.emulator.start()
        self.transport: Transport = RavenTransport(self.emulator.path, clock=self.clock, eui64=self._eui64)
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.emulator.close()

    async def run(self, ready: asyncio.Event) -> None:
        """Play the recording, then stay."""
        await ready.wait()
        await self.emulator.play()
        await asyncio.Event().wait()

    def look(self, display: State, thermostat: State) -> dict[str, bool]:
        """Compare the recording, and what the stick was told, with the display."""
        found = {
            READINGS: reading_arrived(display, self._registers),
            PRICE: price_arrived(display, self._prices),
            MESSAGE: bool(self._messages & set(self.emulator.stick.confirmed)),
        }
        for journey in self.carries:
            self._done[journey] = self._done[journey] or found[journey]
        return dict(self._done)


def duration(recording: Recording, longest_gap: float) -> float:
    """Return the recorded seconds that are played, at least one."""
    return max(recording.seconds(longest_gap), 1.0)


def _kilo(value: object) -> Decimal:
    return Decimal(value).scaleb(-3) if isinstance(value, int) else Decimal("NaN")


def _register(document: Document) -> Decimal | None:
    """Return the register of a summation document in kWh, exactly."""
    if document.tag not in ("CurrentSummationDelivered", "CurrentSummation"):
        return None
    try:
        raw, multiplier = document.number("SummationDelivered"), document.number("Multiplier")
        divisor = document.number("Divisor")
        timed = document.time("TimeStamp") is not None
    except DecodeError:
        return None
    return Decimal(raw) * (multiplier or 1) / (divisor or 1) if raw is not None and timed else None


def _price(document: Document) -> Decimal | None:
    """Return the price of a price document."""
    if document.tag != "PriceCluster":
        return None
    try:
        raw, digits = document.number("Price"), document.number("TrailingDigits")
    except DecodeError:
        return None
    return Decimal(raw).scaleb(-(digits or 0)) if raw is not None else None


def _asking(document: Document) -> int | None:
    """Return the id of a message that waits for a confirmation."""
    if document.tag != "MessageCluster" or document.text("ConfirmationRequired") != "Y":
        return None
    if document.text("Confirmed") == "Y" or not document.text("Text"):
        return None
    try:
        return document.number("Id")
    except DecodeError:
        return None
