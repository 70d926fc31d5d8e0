"""Over the air bootloading against software download."""

from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from handover.errors import Untranslatable
from handover.mapping import firmware
from handover.mapping.context import Context
from handover.mapping.losses import Loss
from handover.model.firmware import Image, Product, Progress, Purpose, Stage
from handover.sep1 import codec
from handover.sep1.clusters.ota import (
    QueryNextImageResponse,
    QuerySpecificFileResponse,
    UpgradeEndRequest,
    UpgradeEndResponse,
)
from handover.sep1.types import Status
from handover.sep2 import xml

from .conftest import ESI, LFDI, NOW, PEN, Golden, placeless

pytestmark = pytest.mark.req("REQ.GW.1")

CONTEXT = Context(node=ESI, pen=PEN, lfdi=LFDI)
ZNOW = NOW - 946684800
THERMOSTAT = Product(0x1002, 0x0001, PEN, "PCT-100")
PRODUCTS = (THERMOSTAT, Product(0x1003, 0x0001, 41, "IHD"))
DEVICE = 0x000D6F0000ABCDEF
IMAGE = Image(product=THERMOSTAT, version=0x00010203, size=123456)


def device_of(lfdi: bytes) -> int | None:
    return DEVICE if lfdi == LFDI else None


def test_g28_file_both_ways(golden: Callable[[str], Golden]) -> None:
    case = golden("G28")
    (file,) = case.resources
    image = firmware.from_sep2(file, PRODUCTS)
    assert image == IMAGE
    assert codec.encode(firmware.to_sep1(image)) == case.raw[3:]
    assert firmware.end_to_sep1(image, now=NOW).upgrade_time == 0xFFFFFFFF
    back = firmware.from_sep1(case.command, PRODUCTS)
    assert back == image
    made = firmware.to_sep2(back, CONTEXT, number=3)
    assert made.fileURI == "/file/3/img"
    assert placeless(made) == file


@pytest.mark.parametrize(
    ("changes", "loss", "word"),
    [
        ({"mfModel": "PCT-101"}, firmware.PRODUCT, "no known product"),
        ({"mfVer": "1.2.3"}, firmware.VERSION, "8 hexadecimal digits"),
        ({"mfVer": "+0010203"}, firmware.VERSION, "8 hexadecimal digits"),
        ({"type": b"\x80\x00"}, firmware.PURPOSES, "its maker's own"),
        ({"lFDI": bytes(20)}, None, "not here"),
    ],
)
def test_what_no_device_can_be_offered(changes: dict[str, object], loss: Loss | None, word: str) -> None:
    file = firmware.to_sep2(IMAGE, CONTEXT, number=1)
    for name, value in changes.items():
        setattr(file, name, value)
    lost: list[Loss] = []
    with pytest.raises(Untranslatable, match=word) as caught:
        firmware.from_sep2(file, PRODUCTS, device_of=device_of, lost=lost)
    assert caught.value.zcl_status == Status.NO_IMAGE_AVAILABLE
    assert lost == ([] if loss is None else [loss])


def test_a_server_without_an_image_has_no_file() -> None:
    assert firmware.from_sep1(QueryNextImageResponse(Status.NO_IMAGE_AVAILABLE), PRODUCTS) is None
    lost: list[Loss] = []
    with pytest.raises(Untranslatable) as caught:
        firmware.from_sep1(QueryNextImageResponse(0, 0x1999, 1, 1, 1), PRODUCTS, lost=lost)
    assert (caught.value.http_status, lost) == (404, [firmware.PRODUCT])


def test_a_credential_is_for_the_device_that_it_names() -> None:
    granted = QuerySpecificFileResponse(0, 0x1002, 0xFFC0, 7, 512)
    image = firmware.from_sep1(granted, PRODUCTS, device=DEVICE)
    assert image is not None
    made = firmware.to_sep2(image, CONTEXT, number=9, lfdi=LFDI)
    assert (made.type, made.lFDI, made.mfVer) == (b"\x00\x01", LFDI, "00000007")
    back = firmware.from_sep2(made, PRODUCTS, device_of=device_of)
    assert back == image
    assert firmware.to_sep1(back) == granted


@pytest.mark.parametrize(
    ("current", "upgrade", "at"),
    [(0, 600, NOW + 600), (ZNOW, ZNOW + 60, NOW + 60), (ZNOW, 0xFFFFFFFF, None), (0, 0xFFFFFFFF, None)],
)
def test_when_an_upgrade_begins(current: int, upgrade: int, at: int | None) -> None:
    end = UpgradeEndResponse(0x1002, 1, 0x00010203, current, upgrade)
    image = firmware.from_sep1(firmware.to_sep1(IMAGE), PRODUCTS, end=end, received=NOW + 0.9)
    assert image is not None
    assert image.activate == at


@pytest.mark.parametrize(
    ("activate", "upgrade"), [(NOW - 5, ZNOW), (NOW + 60, ZNOW + 60), (None, 0xFFFFFFFF)]
)
def test_when_a_device_is_told_to_begin(activate: int | None, upgrade: int) -> None:
    image = Image(product=THERMOSTAT, version=7, size=1, activate=activate)
    end = firmware.end_to_sep1(image, now=NOW)
    assert (end.current_time, end.upgrade_time) == (ZNOW, upgrade)


@pytest.mark.parametrize(("status", "code"), list(enumerate([0, 1, 3, 5, 5, 1, 5])))
def test_what_a_device_says_of_its_download(status: int, code: int) -> None:
    progress = firmware.progress_of_attributes(status, 50, 200)
    made = firmware.progress_to_sep2(progress, at=NOW, file=None)
    assert (made.status, made.loadPercent) == (code, 25)


def test_a_status_that_no_device_has() -> None:
    lost: list[Loss] = []
    assert firmware.progress_of_attributes(9, 0, 0, lost=lost) == Progress(Stage.IDLE)
    assert lost == [firmware.STAGES]


@pytest.mark.parametrize(
    ("status", "code", "percent"), [(0x00, 3, 100), (0x95, 2, 0), (0x96, 4, 100), (0x99, 1, 0), (0x01, 2, 0)]
)
def test_how_a_download_ends(status: int, code: int, percent: int) -> None:
    progress = firmware.progress_of_end(UpgradeEndRequest(status, 0x1002, 1, 7))
    file = firmware.to_sep2(IMAGE, CONTEXT, number=3)
    made = firmware.progress_to_sep2(progress, at=NOW, file=file)
    assert (made.status, made.loadPercent) == (code, percent)
    assert made.FileLink is not None
    assert made.FileLink.href == "/file/3"
    assert xml.decode(xml.encode(made)) == made


@given(st.sampled_from(Stage), st.integers(0, 100))
def test_stages_come_back_but_for_what_is_declared(stage: Stage, percent: int) -> None:
    progress = Progress(stage, percent)
    assert firmware.progress_from_sep2(firmware.progress_to_sep2(progress, at=NOW, file=None)) == progress
    lost: list[Loss] = []
    back = firmware.progress_of_attributes(firmware.progress_to_attribute(progress, lost=lost), 0, 0)
    assert (back.stage is stage) == (not lost)
    lost.clear()
    end = firmware.progress_to_end(progress, IMAGE, lost=lost)
    if end is not None and not lost:
        assert firmware.progress_of_end(end).stage is stage
    assert set(lost) <= {firmware.STAGES}


def test_a_file_status_without_meaning_is_refused() -> None:
    made = firmware.progress_to_sep2(Progress(Stage.IDLE), at=NOW, file=None)
    made.status = 9
    with pytest.raises(Untranslatable, match="no meaning"):
        firmware.progress_from_sep2(made)


@given(
    st.builds(
        Image,
        product=st.sampled_from(PRODUCTS),
        version=st.integers(0, 2**32 - 1),
        size=st.integers(0, 2**32 - 1),
        purpose=st.sampled_from(Purpose),
        device=st.none() | st.just(DEVICE),
        activate=st.none() | st.integers(NOW + 1, NOW + 10**8),
    )
)
def test_images_come_back(image: Image) -> None:
    lfdi = None if image.device is None else LFDI
    file = firmware.to_sep2(image, CONTEXT, number=1, lfdi=lfdi)
    assert xml.decode(xml.encode(file)) == file
    assert firmware.from_sep2(file, PRODUCTS, device_of=device_of) == image
    end = firmware.end_to_sep1(image, now=NOW)
    granted = firmware.to_sep1(image)
    assert firmware.from_sep1(granted, PRODUCTS, device=image.device, end=end, received=NOW) == image
