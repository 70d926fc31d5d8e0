"""What a server shows to one client: every resource that its links lead to, and why others cannot be read."""

from collections import deque
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any

from handover.errors import DecodeError, HandoverError
from handover.sep2 import xml
from handover.sep2.declaration import fields_of
from handover.sep2.media import XML_CONTENT_TYPE
from handover.sep2.resources.common import Link
from handover.sep2.server.messages import Request, Response
from handover.sep2.server.target import normalise

Exchange = Callable[[Request], Awaitable[Response]]

ACCEPT = {"Accept": XML_CONTENT_TYPE}
PAGE = 255
MOST_REQUESTS = 2000


@dataclass(slots=True)
class Visit:
    """What was found at one path. `resource` is None when it could not be read, for the `reason`."""

    name: str
    path: str
    resource: Any = None
    reason: str = ""


@dataclass(slots=True)
class Survey:
    """All visits by path, and which links there are: (name of the parent, name of the link) to paths."""

    visits: dict[str, Visit] = field(default_factory=dict)
    links: dict[tuple[str, str], list[str]] = field(default_factory=dict)
    requests: int = 0

    def named(self, name: str) -> list[Visit]:
        """Return the visits of one resource of the method table that could be read."""
        return [v for v in self.visits.values() if v.name == name and v.resource is not None]

    def linked(self, sources: tuple[str, ...], name: str) -> list[Visit]:
        """Return what the links to `name` in any of `sources` lead to."""
        link = f"{name}Link"
        return [self.visits[path] for source in sources for path in self.links.get((source, link), ())]


async def survey(exchange: Exchange, dcap: str = "/dcap") -> Survey:
    """Walk over a server from its DeviceCapability. Raises NotNow or Refused without a connection."""
    found = Survey()
    waiting = deque([("DeviceCapability", dcap)])
    found.visits[dcap] = Visit("DeviceCapability", dcap)
    while waiting and found.requests < MOST_REQUESTS:
        name, path = waiting.popleft()
        visit = found.visits[path]
        await _read(exchange, visit, found)
        if visit.resource is not None:
            _follow(name, visit.resource, found, waiting)
    return found


async def _read(exchange: Exchange, visit: Visit, found: Survey) -> None:
    query = f"s=0&l={PAGE}" if visit.name.endswith("List") else ""
    found.requests += 1
    try:
        response = await exchange(Request("GET", visit.path, query, ACCEPT))
    except DecodeError as error:
        visit.reason = str(error)
        return
    if response.status != 200:
        visit.reason = f"GET {visit.path} is answered {response.status}"
        return
    try:
        visit.resource = xml.decode(response.body)
    except HandoverError as error:
        visit.reason = f"GET {visit.path} gives a document that is not valid: {error}"


def _follow(name: str, resource: Any, found: Survey, waiting: deque[tuple[str, str]]) -> None:
    """Note the links of a resource, and those of the items of a list."""
    for line in fields_of(type(resource)):
        value = getattr(resource, line.name)
        if isinstance(value, Link):
            _note(name, line.type_name, value.href, found, waiting)
        elif line.repeated and name.endswith("List"):
            for item in value:
                _item(item, found, waiting)


def _note(name: str, link: str, href: str, found: Survey, waiting: deque[tuple[str, str]]) -> None:
    path = _local(href)
    if path is None:
        return
    paths = found.links.setdefault((name, link), [])
    if path not in paths:
        paths.append(path)
    if path not in found.visits:
        target = link.removesuffix("Link")
        found.visits[path] = Visit(target, path)
        waiting.append((target, path))


def _item(item: Any, found: Survey, waiting: deque[tuple[str, str]]) -> None:
    """Take an item as it stands in its list; its own address is tried once, by the rules."""
    name, href = type(item).__name__, getattr(item, "href", None)
    path = None if href is None else _local(href)
    if path is None:
        return
    known = found.visits.get(path)
    if known is not None and known.resource is not None:
        return
    found.visits[path] = Visit(name, path, item)
    _follow(name, item, found, waiting)


def _local(href: str) -> str | None:
    """Return an href as a path on the server; None for what is elsewhere."""
    if not href.startswith("/"):
        return None
    try:
        return normalise(href.partition("?")[0])
    except DecodeError:
        return None
