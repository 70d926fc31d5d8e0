"""How each kind of requirement is checked. A rule gives None when it holds, else the reason why not."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

from handover.errors import DecodeError
from handover.sep2 import exi, xml
from handover.sep2.conformance.profile import Requirement
from handover.sep2.conformance.survey import ACCEPT, Exchange, Survey, Visit
from handover.sep2.media import EXI_CONTENT_TYPE, XML_CONTENT_TYPE
from handover.sep2.resources.metering import Reading, ReadingType
from handover.sep2.resources.metering_mirror import MirrorMeterReading, MirrorUsagePoint
from handover.sep2.security.identity import is_checked
from handover.sep2.server.messages import Request, Response

CLOCK_TOLERANCE = 60
QUALITIES = range(3, 8)
_NOWHERE = "/handover-check/nothing-is-here"
_MIRROR_MRID = bytes.fromhex("48616E646F766572436865636B000000")


@dataclass(frozen=True, slots=True)
class TlsFacts:
    """What handshakes have shown. `bare` tells whether a client without a certificate got an answer."""

    protocol: str
    cipher: str
    bare: bool


@dataclass(slots=True)
class Subject:
    """The server under check, as far as it is known: the walk over it, and ways to ask it more.

    `pin` is ours, where it is known; `lfdi` our identity; `tls` is None over plain HTTP.
    """

    survey: Survey
    exchange: Exchange
    now: float
    tls: TlsFacts | None = None
    lfdi: bytes | None = None
    pin: int | None = None

    async def ask(self, method: str, path: str, query: str = "", **headers: str) -> Response:
        """Send a request without a body."""
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        return await self.exchange(Request(method, path, query, named or ACCEPT))


Rule = Callable[[Requirement, Subject], Awaitable[str | None]]


async def resource(requirement: Requirement, subject: Subject) -> str | None:
    """Check that a resource is linked and can be read."""
    name, found = requirement.resource, subject.survey
    if not requirement.sources:
        visits = [v for v in found.visits.values() if v.name == name]
    else:
        visits = found.linked(requirement.sources, name)
    if any(_is(visit, name) for visit in visits):
        return None
    if visits:
        return f"{name} cannot be read: {visits[0].reason or f'{visits[0].path} holds something else'}"
    parents = [source for source in requirement.sources if found.named(source)]
    if not parents:
        return f"{name} cannot be found: there is no {' or '.join(requirement.sources)} that could link to it"
    return f"{name} is missing: no {name}Link in {' or '.join(parents)}"


async def item(requirement: Requirement, subject: Subject) -> str | None:
    """Check that a list has an item, and that the item can be read at its own address."""
    name = requirement.resource
    visits = subject.survey.named(name)
    if not visits:
        return f"{name} is missing: no list that could be read holds one"
    if name == "EndDevice" and subject.lfdi is not None:
        others = [v.path for v in visits if v.resource.lFDI not in (None, subject.lfdi)]
        if others:
            return f"EndDevice: the server shows other devices too, such as {others[0]}"
    answer = await subject.ask("GET", visits[0].path)
    if answer.status != 200:
        return f"{name}: its own address {visits[0].path} is answered {answer.status}"
    return None


async def reading(requirement: Requirement, subject: Subject) -> str | None:
    """Check that a quantity is measured: a meter reading of the unit, with a value to read."""
    found = subject.survey
    seen = []
    for meter in found.named("MeterReading"):
        kind = _target(found, meter.resource.ReadingTypeLink)
        if not isinstance(kind, ReadingType):
            continue
        seen.append(kind.uom)
        if kind.uom not in requirement.uom or (kind.accumulationBehaviour or 0) not in requirement.behaviour:
            continue
        latest = _target(found, meter.resource.ReadingLink)
        if isinstance(latest, Reading) and latest.value is not None:
            return None
        return f"Reading is missing: the meter reading {meter.path} has a type that fits, and no value"
    units = ", ".join(map(str, dict.fromkeys(seen))) or "none"
    return f"MeterReading is missing: no reading of that kind; the units that are served: {units}"


async def pin(requirement: Requirement, subject: Subject) -> str | None:
    """Check the PIN of the registration."""
    registrations = subject.survey.named("Registration")
    if not registrations:
        return "Registration is missing, and with it the PIN"
    number = registrations[0].resource.pIN
    if not is_checked(number):
        return f"Registration: the PIN {number:06d} has a wrong check digit"
    if subject.pin is not None and number != subject.pin:
        return "Registration: the PIN is not the one that was given to --pin"
    return None


async def clock(requirement: Requirement, subject: Subject) -> str | None:
    """Check the server's time against ours."""
    times = subject.survey.named("Time")
    if not times:
        return "Time is missing"
    time = times[0].resource
    if time.quality not in QUALITIES:
        return f"Time: quality {time.quality} is not one of 3 to 7"
    off = time.currentTime - subject.now
    if abs(off) > CLOCK_TOLERANCE:
        return f"Time: the server's clock is {off:+.0f} s from ours"
    return None


async def tls(requirement: Requirement, subject: Subject) -> str | None:
    """Check what the handshakes have shown."""
    facts = subject.tls
    if facts is None:
        return "the server speaks plain HTTP"
    if requirement.rule == "cipher":
        if (facts.protocol, facts.cipher) == ("TLSv1.2", "ECDHE-ECDSA-AES128-CCM8"):
            return None
        return f"the handshake ends in {facts.protocol} with {facts.cipher}"
    return "a client without a certificate is answered" if facts.bare else None


async def http(requirement: Requirement, subject: Subject) -> str | None:
    """Check one of the rules of HTTP."""
    return await _HTTP[requirement.rule](subject)


async def mirror(requirement: Requirement, subject: Subject) -> str | None:
    """Make a mirror, post a reading to it, read it back, and remove it."""
    lists = subject.survey.named("MirrorUsagePointList")
    if not lists:
        return "MirrorUsagePointList is missing"
    point = MirrorUsagePoint(
        mRID=_MIRROR_MRID,
        description="handover check",
        roleFlags=b"\x00\x01",
        serviceCategoryKind=0,
        status=1,
        deviceLFDI=subject.lfdi or bytes(20),
        MirrorMeterReading=[_mirrored(0)],
    )
    made = await _send(subject, "POST", lists[0].path, point)
    if made.status not in (201, 204):
        return f"MirrorUsagePoint: POST to {lists[0].path} is answered {made.status}"
    path = _location(made)
    if path is None:
        return f"MirrorUsagePoint: POST to {lists[0].path} is answered without a Location"
    posted = await _send(subject, "POST", path, _mirrored(1))
    kept = await subject.ask("GET", path)
    gone = await subject.ask("DELETE", path)
    if posted.status not in (201, 204):
        return f"MirrorMeterReading: POST to {path} is answered {posted.status}"
    if kept.status != 200 or not isinstance(xml.decode(kept.body), MirrorUsagePoint):
        return f"MirrorUsagePoint: GET {path} is answered {kept.status}"
    if gone.status not in (200, 204):
        return f"MirrorUsagePoint: DELETE {path} is answered {gone.status}"
    return None


def _mirrored(value: int) -> MirrorMeterReading:
    return MirrorMeterReading(
        mRID=_MIRROR_MRID[:-1] + b"\x01",
        Reading=Reading(value=value),
        ReadingType=ReadingType(accumulationBehaviour=9, commodity=1, kind=12, uom=72),
    )


async def _send(subject: Subject, method: str, path: str, body: Any) -> Response:
    headers = ACCEPT | {"Content-Type": XML_CONTENT_TYPE}
    return await subject.exchange(Request(method, path, "", headers, xml.encode(body)))


def _location(response: Response) -> str | None:
    value = next((v for k, v in response.headers.items() if k.lower() == "location"), None)
    if value is None:
        return None
    _, scheme, rest = value.partition("://")
    return "/" + rest.partition("/")[2] if scheme else value


# the rules of HTTP


async def _negotiation(subject: Subject) -> str | None:
    path = _entry(subject).path
    good = await subject.ask("GET", path, Accept=XML_CONTENT_TYPE)
    kind = _header(good, "Content-Type")
    if good.status != 200 or not kind.lower().startswith("application/sep+xml"):
        return f"GET {path} for application/sep+xml is answered {good.status} with {kind or 'no type'}"
    bad = await subject.ask("GET", path, Accept="text/csv")
    return None if bad.status == 406 else f"GET {path} for text/csv is answered {bad.status}, not 406"


async def _head(subject: Subject) -> str | None:
    path = _entry(subject).path
    got, head = await subject.ask("GET", path), await subject.ask("HEAD", path)
    if head.status != got.status or head.body:
        return f"HEAD {path} is answered {head.status} with {len(head.body)} octets, GET with {got.status}"
    return None


async def _methods(subject: Subject) -> str | None:
    path = _entry(subject).path
    answer = await subject.ask("DELETE", path)
    if answer.status != 405:
        return f"DELETE {path} is answered {answer.status}, not 405"
    return None if "GET" in _header(answer, "Allow") else f"DELETE {path}: 405 without Allow"


async def _absent(subject: Subject) -> str | None:
    answer = await subject.ask("GET", _NOWHERE)
    return None if answer.status == 404 else f"GET {_NOWHERE} is answered {answer.status}, not 404"


async def _paging(subject: Subject) -> str | None:
    for visit in subject.survey.visits.values():
        if visit.resource is None or not hasattr(visit.resource, "results"):
            continue
        problem = await _pages(subject, visit)
        if problem:
            return problem
    return None


async def _pages(subject: Subject, visit: Visit) -> str | None:
    """Compare the pages of one list with the whole of it."""
    total = visit.resource.all
    for query, most in (("", 1), ("s=0&l=0", 0), ("s=0&l=2", 2), (f"s={total}&l=5", 0)):
        answer = await subject.ask("GET", visit.path, query)
        shown = f"GET {visit.path}{'?' if query else ''}{query}"
        try:
            page = xml.decode(answer.body) if answer.status == 200 else None
        except DecodeError as error:
            return f"{visit.name}: {shown} gives a document that is not valid: {error}"
        if page is None:
            return f"{visit.name}: {shown} is answered {answer.status}"
        items = sum(len(value) for value in vars_of(page) if isinstance(value, list))
        if page.results != items:
            return f"{visit.name}: {shown} says results={page.results} and holds {items} items"
        if items > most or (page.all == total and items < min(most, total) and query != f"s={total}&l=5"):
            return f"{visit.name}: {shown} gives {items} of {page.all} items"
    return None


def vars_of(resource: Any) -> list[Any]:
    """Return the values of a resource's fields."""
    return [getattr(resource, name) for name in type(resource).__dataclass_fields__]


async def _exi(subject: Subject) -> str | None:
    path = _entry(subject).path
    answer = await subject.ask("GET", path, Accept=EXI_CONTENT_TYPE)
    if answer.status != 200 or "exi" not in _header(answer, "Content-Type"):
        return f"GET {path} for application/sep-exi is answered {answer.status}"
    try:
        same = exi.decode(answer.body) == xml.decode((await subject.ask("GET", path)).body)
    except DecodeError as error:
        return f"GET {path} for application/sep-exi gives a stream that is not valid: {error}"
    return None if same else f"GET {path} says something else in EXI than in XML"


_HTTP: dict[str, Callable[[Subject], Awaitable[str | None]]] = {
    "negotiation": _negotiation,
    "head": _head,
    "methods": _methods,
    "absent": _absent,
    "paging": _paging,
    "exi": _exi,
}

RULES: dict[str, Rule] = {
    "resource": resource,
    "item": item,
    "reading": reading,
    "http": http,
    "tls": tls,
    "pin": pin,
    "clock": clock,
    "mirror": mirror,
}
"""The rule of each kind of check."""


def _is(visit: Visit, name: str) -> bool:
    return visit.resource is not None and visit.name == name


def _entry(subject: Subject) -> Visit:
    return next(iter(subject.survey.visits.values()))


def _target(found: Survey, link: Any) -> Any:
    visit = None if link is None else found.visits.get(link.href)
    return None if visit is None else visit.resource


def _header(response: Response, name: str) -> str:
    return next((v for k, v in response.headers.items() if k.lower() == name.lower()), "")
