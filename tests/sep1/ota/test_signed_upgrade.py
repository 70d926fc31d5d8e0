"""Signed images over the air: a device that takes only what the maker has signed."""

import pytest

from handover.sep1.ota.client import Fetching, OtaClient
from handover.sep1.ota.image import Header, Tag
from handover.sep1.ota.integrity import with_integrity
from handover.sep1.ota.outputs import DownloadEnded, DownloadFailed, ImageReady
from handover.sep1.ota.server import OtaServer
from handover.sep1.ota.signature import signed, verifier
from handover.sep1.ota.verify import Target
from handover.sep1.security.authority import Authority
from handover.sep1.security.trust import Trust
from handover.sep1.types import Status
from sep1.dialogue import ESI, OURS
from sep1.security.vectors import drawing
from sep1.wire import Wire

MAKER, ANY_DEVICE = 0x000D6F0000999999, 0x00124B0000ABCD09
HOME = Authority.new(drawing(1))
HEADER = Header(0x1234, 0x0001, 7, 0)
BODY = [(int(Tag.IMAGE), drawing(2)(1000))]
KEY = (0x1234, 0x0001, 7)


def upgrade(octets: bytes) -> Wire:
    wire = Wire()
    wire.start()
    server = OtaServer(wire.esi.node)
    wire.esi.add(server)
    judge = verifier(Trust.of(HOME.issue(OURS, 1, drawing(3)), HOME.issue(OURS, 2, drawing(3))), [MAKER])
    client = OtaClient(
        wire.client.node,
        Target(OURS, 0x1234, 0x0001, version=6),
        draw=lambda: 0.5,
        fetching=Fetching(signed=True),
        verifier=judge,
    )
    wire.client.add(client)
    server.publish(octets)
    wire.client_does(client.query(ESI, wire.now))
    wire.passes(60)
    return wire


@pytest.mark.parametrize("suite", [1, 2])
def test_an_image_of_the_maker_is_taken(suite: int) -> None:
    wire = upgrade(signed(HEADER, BODY, HOME.issue(MAKER, suite, drawing(4))))
    assert wire.client_heard(ImageReady) == [ImageReady(KEY)]
    assert wire.esi_heard(DownloadEnded) == [DownloadEnded(OURS, KEY, Status.SUCCESS)]


@pytest.mark.parametrize(
    ("octets", "reason"),
    [
        (with_integrity(HEADER, BODY), "signed as a whole"),
        (signed(HEADER, BODY, HOME.issue(ANY_DEVICE, 1, drawing(5))), "none of the signers"),
        (signed(HEADER, BODY, Authority.new(drawing(6)).issue(MAKER, 1, drawing(7))), "not genuine"),
    ],
    ids=["unsigned", "another device", "another authority"],
)
def test_other_images_are_not(octets: bytes, reason: str) -> None:
    wire = upgrade(octets)
    assert wire.client_heard(ImageReady) == []
    (failed,) = wire.client_heard(DownloadFailed)
    assert reason in failed.reason
    assert wire.esi_heard(DownloadEnded) == [DownloadEnded(OURS, KEY, Status.INVALID_IMAGE)]
