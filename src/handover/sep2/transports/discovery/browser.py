"""Finds servers: asks in `.local` and `.site` and waits for the answers."""

import asyncio
import contextlib
from collections.abc import Callable, Iterable, Sequence

from handover.sep2.transports.discovery.records import DOMAINS, DiscoveredServer, Domain
from handover.sep2.transports.discovery.search import Search
from handover.sep2.transports.discovery.sockets import Address, GroupSocket, open_group

ASK_AGAIN = 1.0
"""Seconds after which the questions are asked once more: multicast loses packets."""

COMPLETE_AFTER = 0.1
"""Seconds between questions for what an answer left out."""

Enough = Callable[[list[DiscoveredServer]], bool]


async def browse(
    *,
    seconds: float = 3.0,
    subtypes: Iterable[str] = (),
    domains: Sequence[Domain] = DOMAINS,
    chosen: Sequence[str] | None = None,
    enough: Enough | None = None,
) -> list[DiscoveredServer]:
    """Return the servers that answer within `seconds`, those in `.local` first.

    `subtypes` are function sets whose path is asked for too ("edev", or "edev-<SFDI>" for the server that
    holds a device). `chosen` are literal addresses of the interfaces to ask on, all but loopback by default.
    `enough` ends the search early. A host without any network finds nothing; that is no error.
    """
    names = list(subtypes)
    searches = [Search(domain, names) for domain in domains]
    changed = asyncio.Event()
    wires: list[tuple[Search, list[GroupSocket]]] = []
    try:
        for search, domain in zip(searches, domains, strict=True):
            wires.append(
                (search, await open_group(domain, chosen, _receiver(search, changed), listening=False))
            )
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await _ask(wires, changed, enough)
    finally:
        for _, opened in wires:
            for wire in opened:
                wire.close()
    return _servers(searches)


def _receiver(search: Search, changed: asyncio.Event) -> Callable[[bytes, Address], None]:
    def receive(packet: bytes, address: Address) -> None:
        search.handle(packet, str(address[0]))
        changed.set()

    return receive


def _servers(searches: Iterable[Search]) -> list[DiscoveredServer]:
    return [server for search in searches for server in search.servers()]


async def _ask(
    wires: Sequence[tuple[Search, Sequence[GroupSocket]]], changed: asyncio.Event, enough: Enough | None
) -> None:
    """Ask until it is enough, or for ever."""
    loop = asyncio.get_running_loop()
    again = loop.time()
    while True:
        if loop.time() >= again:
            again = loop.time() + ASK_AGAIN
            _send(wires, Search.queries)
        _send(wires, Search.missing)
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout_at(again):
                await changed.wait()
        changed.clear()
        if enough is not None and enough(_servers(search for search, _ in wires)):
            return
        await asyncio.sleep(COMPLETE_AFTER)


def _send(
    wires: Sequence[tuple[Search, Sequence[GroupSocket]]], questions: Callable[[Search], list[bytes]]
) -> None:
    for search, opened in wires:
        for packet in questions(search):
            for wire in opened:
                wire.send(packet)
