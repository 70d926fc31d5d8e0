"""The minimum Utility ESI profile: our ESI has it, and whatever is taken away is named."""

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from handover.errors import ConfigError
from handover.sep2 import exi, xml
from handover.sep2.conformance import Asking, Report, TlsFacts, check, load, minimum
from handover.sep2.conformance.profile import CHECKS, parse
from handover.sep2.conformance.rules import RULES
from handover.sep2.conformance.survey import survey
from handover.sep2.esi import Esi
from handover.sep2.peer import Peer
from handover.sep2.resources.end_device import EndDevice
from handover.sep2.server import Request, Response
from sep2.model_esi import PIN, model_esi
from sep2.tree_samples import OWN

pytestmark = pytest.mark.req("REQ.ZA.1")

T = 1_700_000_000.0
GOOD = TlsFacts("TLSv1.2", "ECDHE-ECDSA-AES128-CCM8", bare=False)
ASKING = Asking(T, GOOD, OWN.lfdi, PIN)
TIERS = ("full", "sep1", "limited", "mirror")


def exchange_of(esi: Esi, change: Callable[[Request, Response], Response] | None = None) -> Any:
    async def exchange(request: Request) -> Response:
        response = esi.handle(replace(request, peer=OWN), T)
        return response if change is None else change(request, response)

    return exchange


async def run(esi: Esi, tier: str = "full", asking: Asking = ASKING, change: Any = None) -> Report:
    return await check(exchange_of(esi, change), minimum(), tier, asking)


def failed(report: Report) -> dict[str, str]:
    return {v.requirement.id: v.reason for v in report.verdicts if v.reason is not None}


@pytest.fixture
def esi() -> Esi:
    return model_esi(OWN, T)


@pytest.mark.parametrize("tier", TIERS)
async def test_our_esi_has_all_of_it(esi: Esi, tier: str) -> None:
    report = await run(esi, tier)
    assert failed(report) == {}
    assert report.passed
    assert len(report.verdicts) == len(minimum().of(tier)) >= 13
    assert json.loads(json.dumps(report.plain()))["passed"] is True


def test_the_tiers_are_those_of_the_paper() -> None:
    profile = minimum()
    assert tuple(profile.tiers) == TIERS
    ids = {tier: {r.id for r in profile.of(tier)} for tier in TIERS}
    assert ids["limited"] < ids["sep1"] < ids["full"]
    assert {r.check for r in profile.requirements} == set(CHECKS) == set(RULES)
    with pytest.raises(ConfigError, match="'best' is not a tier of min-esi; there are: full, sep1"):
        profile.of("best")


# One by one, each resource that the profile demands is taken out of the server.

DEMANDED = [r for r in minimum().of("full") if r.check in ("resource", "item")]


def without(esi: Esi, name: str) -> Callable[[Request, Response], Response]:
    """Return what hides every resource of a name: its own address, and the links to it."""
    hidden = {path for path in esi.store.subtree("") if _name(esi, path) == name}

    def change(request: Request, response: Response) -> Response:
        path = request.path
        if path in hidden and request.method in ("GET", "HEAD"):
            return Response(404, {"Content-Length": "0"})
        if response.status == 200 and request.method == "GET":
            return _stripped(request, response, name)
        return response

    return change


def _name(esi: Esi, path: str) -> str:
    node = esi.store.find(path)
    return node.entry.name if node is not None and node.entry is not None else ""


def _stripped(request: Request, response: Response, name: str) -> Response:
    """Take the links to a resource, or the items of its class, out of a document."""
    codec: Any = exi if "exi" in response.headers["Content-Type"] else xml
    resource = codec.decode(response.body)
    places = [resource] + [item for v in _values(resource) if isinstance(v, list) for item in v]
    for place in places:
        if hasattr(place, f"{name}Link"):
            setattr(place, f"{name}Link", None)
    for field in type(resource).__dataclass_fields__:
        items = getattr(resource, field)
        if isinstance(items, list) and items and type(items[0]).__name__ == name:
            setattr(resource, field, [])
            resource.all = resource.results = 0
    try:
        body = codec.encode(resource)
    except Exception:  # a mandatory link: its target alone is gone
        return response
    return Response(200, response.headers | {"Content-Length": str(len(body))}, body)


def _values(resource: Any) -> list[Any]:
    return [getattr(resource, name) for name in type(resource).__dataclass_fields__]


@pytest.mark.parametrize("requirement", DEMANDED, ids=lambda r: r.id)
async def test_whatever_is_taken_away_is_named(esi: Esi, requirement: Any) -> None:
    change = without(esi, requirement.resource)
    report = await run(esi, change=change)
    reasons = failed(report)
    assert requirement.id in reasons
    assert requirement.resource in reasons[requirement.id]


@pytest.mark.parametrize("requirement", [r for r in DEMANDED if r.check == "resource"], ids=lambda r: r.id)
async def test_a_link_that_leads_nowhere_is_named_too(esi: Esi, requirement: Any) -> None:
    hidden = {path for path in esi.store.subtree("") if _name(esi, path) == requirement.resource}

    def change(request: Request, response: Response) -> Response:
        return Response(404, {"Content-Length": "0"}) if request.path in hidden else response

    reasons = failed(await run(esi, change=change))
    assert requirement.id in reasons
    assert requirement.resource in reasons[requirement.id]


@pytest.mark.parametrize(("number", "requirement"), [(0, "MIN.UPT.5"), (1, "MIN.UPT.6")])
async def test_a_quantity_that_is_not_measured_is_named(esi: Esi, number: int, requirement: str) -> None:
    esi.store.delete(f"/upt/0/mr/{number}")
    reasons = failed(await run(esi, "limited"))
    assert list(reasons) == [requirement]
    assert "MeterReading is missing" in reasons[requirement]


async def test_a_quantity_without_a_value_is_named(esi: Esi) -> None:
    reading = esi.store.get("/upt/0/mr/1/r")
    reading.value = None
    esi.store.put("/upt/0/mr/1/r", reading)
    reasons = failed(await run(esi, "limited"))
    assert "Reading is missing: the meter reading /upt/0/mr/1" in reasons["MIN.UPT.6"]


@pytest.mark.parametrize(
    ("asking", "requirement", "reason"),
    [
        (replace(ASKING, tls=None), "MIN.TLS.1", "plain HTTP"),
        (
            replace(ASKING, tls=TlsFacts("TLSv1.3", "TLS_AES_128_GCM_SHA256", bare=False)),
            "MIN.TLS.1",
            "TLSv1.3",
        ),
        (replace(ASKING, tls=replace(GOOD, bare=True)), "MIN.TLS.2", "without a certificate"),
        (replace(ASKING, pin=222220), "MIN.REG.2", "not the one"),
        (replace(ASKING, now=T + 61), "MIN.TIME.2", "-61 s"),
        (replace(ASKING, lfdi=bytes(20)), "MIN.EDEV.2", "other devices"),
    ],
)
async def test_what_does_not_fit_is_said(esi: Esi, asking: Asking, requirement: str, reason: str) -> None:
    reasons = failed(await run(esi, "limited", asking))
    assert reason in reasons[requirement]


def answering(method: str, status: int, **headers: str) -> Callable[[Request, Response], Response]:
    def change(request: Request, response: Response) -> Response:
        return Response(status, headers, b"x") if request.method == method else response

    return change


def forgiving(request: Request, response: Response) -> Response:
    """Answer XML to whoever asks for something else."""
    return replace(response, status=200) if response.status == 406 else response


def unpaged(request: Request, response: Response) -> Response:
    """Be the server that says another number of results than it sends."""
    if request.query and response.status == 200 and b"results=" in response.body:
        body = response.body.replace(b'results="0"', b'results="1"', 1)
        return replace(response, body=body)
    return response


@pytest.mark.parametrize(
    ("change", "requirement", "reason"),
    [
        (answering("HEAD", 501), "MIN.HTTP.2", "HEAD /dcap is answered 501"),
        (answering("DELETE", 403), "MIN.HTTP.3", "answered 403, not 405"),
        (answering("DELETE", 405), "MIN.HTTP.3", "405 without Allow"),
        (forgiving, "MIN.HTTP.1", "not 406"),
        (unpaged, "MIN.HTTP.5", "says results=1 and holds 0 items"),
    ],
)
async def test_bad_manners_are_noticed(esi: Esi, change: Any, requirement: str, reason: str) -> None:
    reasons = failed(await run(esi, "limited", change=change))
    assert reason in reasons[requirement]


async def test_a_wrong_pin_and_a_wrong_clock_are_noticed(esi: Esi) -> None:
    registration = esi.store.get("/edev/0/rg")
    registration.pIN = 111111
    esi.store.put("/edev/0/rg", registration)
    reasons = failed(await run(esi, "limited"))
    assert "wrong check digit" in reasons["MIN.REG.2"]


async def test_a_server_that_shows_others_is_noticed(esi: Esi) -> None:
    def change(request: Request, response: Response) -> Response:
        if request.path != "/edev" or response.status != 200:
            return response
        page = xml.decode(response.body)
        page.EndDevice.append(EndDevice(href="/edev/9", lFDI=b"\7" * 20, sFDI=19, changedTime=0))
        page.all = page.results = len(page.EndDevice)
        return replace(response, body=xml.encode(page))

    reasons = failed(await run(esi, "limited", change=change))
    assert "other devices too, such as /edev/9" in reasons["MIN.EDEV.2"]


async def test_an_invalid_document_is_named_with_its_flaw(esi: Esi) -> None:
    def change(request: Request, response: Response) -> Response:
        if request.path == "/tm" and response.status == 200:
            return replace(response, body=response.body.replace(b"<quality>4</quality>", b""))
        return response

    reasons = failed(await run(esi, "limited", change=change))
    assert (
        "Time cannot be read: GET /tm gives a document that is not valid: Time/quality"
        in reasons["MIN.TIME.1"]
    )


async def test_the_mirror_tier_leaves_nothing_behind(esi: Esi) -> None:
    before = esi.store.subtree("")
    assert (await run(esi, "mirror")).passed
    assert esi.store.paths("/mup") == []
    assert set(esi.store.subtree("")) == set(before)


async def test_a_survey_reads_every_link_once(esi: Esi) -> None:
    asked: list[str] = []

    def change(request: Request, response: Response) -> Response:
        asked.append(request.path)
        return response

    found = await survey(exchange_of(esi, change))
    assert len(asked) == len(set(asked)) == found.requests
    unreadable = {path for path, visit in found.visits.items() if visit.resource is None}
    assert unreadable == {"/edev/0/cfg", "/edev/0/fs", "/edev/0/ps"}  # which the device has not PUT yet


def test_a_profile_of_ones_own(tmp_path: Path) -> None:
    path = tmp_path / "mine.toml"
    path.write_text(
        'name = "mine"\nversion = "3"\n[tiers]\nonly = "all"\n[[requirement]]\nid = "X"\ntitle = "time"\n'
        'tiers = ["only"]\ncheck = "resource"\nresource = "Time"\nfrom = ["DeviceCapability"]\n'
    )
    profile = load(path)
    assert (profile.name, profile.version, len(profile.of("only"))) == ("mine", "3", 1)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("x = ", "is not a profile"),
        ('name = "x"', "is not a profile"),
        ('name = "x"\nversion = "1"\n[tiers]\na = "a"\n[[requirement]]\nid = "X"\n', "is not a profile"),
        (
            'name="x"\nversion="1"\n[tiers]\na="a"\n[[requirement]]\nid="X"\ntitle="t"\ntiers=["b"]\ncheck="pin"',
            "requirement X names 'b'",
        ),
        (
            'name="x"\nversion="1"\n[tiers]\na="a"\n[[requirement]]\nid="X"\ntitle="t"\ntiers=["a"]\ncheck="luck"',
            "requirement X names 'luck'",
        ),
        (
            'name="x"\nversion="1"\n[tiers]\na="a"\n[[requirement]]\nid="X"\ntitle="t"\ntiers=["a"]\n'
            'check="resource"\nresource="Tim"',
            "requirement X names 'Tim'",
        ),
    ],
)
def test_profiles_that_are_none(text: str, reason: str) -> None:
    with pytest.raises(ConfigError, match=reason):
        parse(text, "here")


def test_a_profile_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="cannot be read"):
        load(tmp_path / "none.toml")


def test_peers_are_known(esi: Esi) -> None:
    assert esi.access.device_of(Peer(OWN.lfdi, OWN.sfdi)) == "/edev/0"
