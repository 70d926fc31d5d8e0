"""No raw frame crosses: octets of one side never stand in what is sent to the other."""

import ast
import base64
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest

from gateway.downward.premise import DISPLAY, THERMOSTAT, Premise
from gateway.home import THERMOSTAT as CLIENT
from gateway.home import Home
from handover.sep1 import frame as zcl
from handover.sep1.aps import ApsFrame
from handover.sep1.clusters.drlc import LoadControlEvent
from handover.sep1.clusters.messaging import DisplayMessage
from handover.sep1.clusters.price import PublishPrice
from handover.sep1.codec import PLACES
from handover.sep1.general import AttributeRecord, ReportAttributes
from handover.sep1.types import ZIGBEE_EPOCH
from handover.sep2 import xml
from handover.sep2.client.outputs import Answer, Post, Put
from handover.sep2.resources.response import DrResponse

pytestmark = pytest.mark.req("REQ.GW.8")

RUN = 8
"""Octets in a row that cannot be the same by chance."""

TEXTS = (b"Peak today 16-19h", b"Peak until 20:00", b"day", b"TOU", b"Handover", b"HAN gateway")
"""What people are to read is the same on both sides."""

SOURCE = Path(__file__).parents[3] / "src" / "handover" / "gateway"


def runs(octets: bytes) -> set[bytes]:
    """Return every run of RUN octets that says something."""
    found = {octets[at : at + RUN] for at in range(len(octets) - RUN + 1)}
    return {run for run in found if len(set(run)) > 2 and not any(run in text for text in TEXTS)}


def shared(frames: Iterable[bytes], bodies: Iterable[bytes]) -> set[bytes]:
    """Return the runs of frames that stand in bodies, as octets, hexadecimal text or base64."""
    every = {run for frame in frames for run in runs(frame)}
    joined = b"\n".join(bodies)
    lower = joined.lower()
    found = {run for run in every if run in joined or run.hex().encode() in lower}
    # Base64 of a run depends on where it begins: the middle of it does not.
    inner = {base64.b64encode(run[shift:])[:8] for run in every for shift in (0, 1, 2)}
    return found | {run for run in inner if run in joined}


def test_the_search_would_find_a_frame() -> None:
    frame = bytes(range(40, 70))
    for body in (b"<a>" + frame + b"</a>", frame.hex().upper().encode(), b"xx" + base64.b64encode(frame)):
        assert shared([frame], [body])
    assert not shared([frame], [frame[:7] + b"-" + frame[8:15]])
    assert not shared([b"\x01\x02" + TEXTS[0]], [TEXTS[0]])


class Watched(Premise):
    """A home that keeps what was said to and by the server."""

    def __init__(self) -> None:
        self.up: list[bytes] = []
        self.down: list[bytes] = []
        super().__init__()

    def _ask(self, ask: Any) -> Any:
        if isinstance(ask, Post | Put):
            self.up.append(ask.body)
        answer = super()._ask(ask)
        if isinstance(answer, Answer):
            self.down.append(answer.body)
        return answer


@pytest.fixture(scope="module")
def lived() -> Watched:
    home = Watched()
    home.utility.price(10, home.now)
    home.utility.message(20, home.now)
    home.start()
    for eui64, device_class in ((THERMOSTAT, 1), (DISPLAY, 0)):
        home.add(eui64, device_class)
    home.utility.control(1, home.now, start=600, duration=1800)
    home.passes(400)
    board = home.appliances[DISPLAY].board
    assert board.shown is not None
    home.does(DISPLAY, board.confirm(board.shown.command.message_id, home.now))
    home.passes(2 * 3600)
    return home


def test_no_octets_of_the_han_go_up_and_none_of_the_server_come_down(lived: Watched) -> None:
    payloads = [frame.payload for frame in lived.frames]
    assert len(payloads) > 50
    assert len(lived.up) >= 6
    assert len(lived.down) > 50
    assert sum(len(runs(payload)) for payload in payloads) > 500
    assert shared(payloads, lived.up) == set()
    assert shared(payloads, lived.down) == set()
    assert shared(lived.up, payloads) == set()
    assert shared(lived.down, payloads) == set()


def test_no_octets_of_the_han_are_served_below(home: Home) -> None:
    heard: list[bytes] = []
    handle = home.gateway.handle

    def noting(frame: ApsFrame, wall: float) -> Any:
        heard.append(frame.payload)
        return handle(frame, wall)

    home.gateway.handle = noting  # type: ignore[method-assign]
    utc = int(home.now) - ZIGBEE_EPOCH
    home.says(PublishPrice(0x11223344, b"day", 0x55667788, utc, 0, 978, 0x41, 0x30, 0, 60, 2345, 255, 0, 255))
    home.says(LoadControlEvent(0x1A2B3C4D, 1, 0, 0, 30, 4, 20, 22, 2600, 1850, -20, 35, 0))
    home.says(DisplayMessage(0x5A6B7C8D, 0x80, 0, 60, b"Peak until 20:00"))
    records = [(0x0300, 0x30, 0), (0x0301, 0x22, 1), (0x0302, 0x22, 1000), (0x0306, 0x18, 0)]
    records += [(0x0000, 0x25, 0x123456789ABC), (0x0400, 0x2A, 1500)]
    home.says(ReportAttributes([AttributeRecord(*record) for record in records]), 0x0702)
    served = [
        response.body
        for path in home.gateway.store.subtree("")
        if (response := home.asks(f"{path}?l=255", CLIENT)).status == 200
    ]
    assert len(served) > 30
    assert len(heard) >= 4
    assert shared(heard, served) == set()
    (control,) = home.gateway.store.items("/dr/0/edc")
    word = DrResponse(
        endDeviceLFDI=CLIENT.lfdi, status=2, subject=control.mRID, createdDateTime=int(home.now)
    )
    written = xml.encode(word)
    assert home.asks("/rsps/0/rsp", CLIENT, "POST", written).status == 201
    sent = [frame.payload for step in [home.gateway.tick(home.now)] for frame in step.frames]
    sent += [_payload(body) for _, body in home.heard]
    assert sent
    assert shared([written, *served], sent) == set()


def _payload(body: Any) -> bytes:
    place = PLACES.get(type(body))
    cluster = place.cluster_id if place else 0x0701
    return zcl.build(cluster, body, sequence=1, to_client=False)


MODULES = sorted(SOURCE.rglob("*.py"))
FORBIDDEN_IMPORTS = ("handover.sep1.network", "handover.sep1.stack", "handover.sep1.security.link_keys")
BUILDERS = {"ApsFrame", "build", "address"}
READS_PAYLOADS = {
    "service.py": "a log line: header and length",
    "rates.py": "which command it is",
    "alg.py": "an answer of our own, kept until it is sent",
    "outbox.py": "an answer of our own, kept until it is sent",
    "mqtt.py": "what a broker says, which is another payload",
    "publication.py": "what a broker is told, which is another payload",
}
"""The modules that look at a `payload`, and what for."""


@pytest.mark.parametrize("module", MODULES, ids=lambda path: str(path.relative_to(SOURCE)))
def test_the_gateway_builds_no_frame_itself(module: Path) -> None:
    """Frames are made by the engines of SEP 1.x alone, out of commands; bodies out of resources."""
    tree = ast.parse(module.read_text())
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
            owner = node.func.value if isinstance(node.func, ast.Attribute) else None
            of_zcl = isinstance(owner, ast.Name) and owner.id in ("zcl", "frame", "aps", "nwk", "mac")
            assert name != "ApsFrame", f"{module}:{node.lineno}"
            assert not (of_zcl and name in BUILDERS), f"{module}:{node.lineno}"
        if isinstance(node, ast.ImportFrom):
            told = node.module == "handover.sep1.stack.outputs"  # what the network says of joining
            below = (node.module or "").startswith(FORBIDDEN_IMPORTS)
            assert told or not below, f"{module}:{node.lineno}"
        if isinstance(node, ast.Attribute) and node.attr == "payload":
            assert module.name in READS_PAYLOADS, f"{module}:{node.lineno}: what does it want with octets?"
