"""OTA 0x0019 <-> Software Download: which file a device is offered, and how it fares with it.

The content crosses untouched; its signature is the device's to check. Manufacturer codes and image types have
no arithmetic relation to enterprise numbers and models: a table of products tells which is which.
"""

from collections.abc import Callable, Iterable

from handover.errors import Untranslatable
from handover.mapping.context import Context
from handover.mapping.losses import Loss, Lost, Orientation, note
from handover.mapping.scalars import ZIGBEE_EPOCH, octets, to_utc, untranslatable
from handover.model.firmware import Image, Product, Progress, Purpose, Stage
from handover.sep1.clusters.ota import (
    WAIT_FOR_COMMAND,
    ImageUpgradeStatus,
    QueryNextImageResponse,
    QuerySpecificFileResponse,
    UpgradeEndRequest,
    UpgradeEndResponse,
)
from handover.sep1.types import Status
from handover.sep2.resources.common import Link
from handover.sep2.resources.file_download import File, FileStatus

CREDENTIALS, CONFIGURATIONS, LOGS = 0xFFC0, 0xFFC1, 0xFFC2
"""Image types that stand for a purpose, not for a product."""

_TYPES = {Purpose.SOFTWARE: 0, Purpose.CREDENTIAL: 1, Purpose.CONFIGURATION: 2, Purpose.LOG: 3}
_PURPOSE_OF_TYPE = {code: purpose for purpose, code in _TYPES.items()}
_IMAGES = {Purpose.CREDENTIAL: CREDENTIALS, Purpose.CONFIGURATION: CONFIGURATIONS, Purpose.LOG: LOGS}
_PURPOSE_OF_IMAGE = {code: purpose for purpose, code in _IMAGES.items()}
_VERSION_DIGITS = 8
_STAGES = tuple(Stage)
"""By FileStatus.status."""
_OF_ATTRIBUTE: dict[int, Stage] = {
    ImageUpgradeStatus.NORMAL: Stage.IDLE,
    ImageUpgradeStatus.DOWNLOAD_IN_PROGRESS: Stage.LOADING,
    ImageUpgradeStatus.DOWNLOAD_COMPLETE: Stage.LOADED,
    ImageUpgradeStatus.WAITING_TO_UPGRADE: Stage.WAITING,
    ImageUpgradeStatus.COUNT_DOWN: Stage.WAITING,
    ImageUpgradeStatus.WAIT_FOR_MORE: Stage.LOADING,
    ImageUpgradeStatus.WAITING_FOR_EXTERNAL_EVENT: Stage.WAITING,
}
_TO_ATTRIBUTE = {
    Stage.IDLE: ImageUpgradeStatus.NORMAL,
    Stage.LOADING: ImageUpgradeStatus.DOWNLOAD_IN_PROGRESS,
    Stage.FAILED: ImageUpgradeStatus.NORMAL,
    Stage.LOADED: ImageUpgradeStatus.DOWNLOAD_COMPLETE,
    Stage.FALSE: ImageUpgradeStatus.NORMAL,
    Stage.WAITING: ImageUpgradeStatus.WAITING_TO_UPGRADE,
    Stage.NOT_ACTIVATED: ImageUpgradeStatus.NORMAL,
    Stage.ACTIVATING: ImageUpgradeStatus.COUNT_DOWN,
    Stage.ACTIVE: ImageUpgradeStatus.NORMAL,
}
_OF_END: dict[int, Stage] = {
    Status.SUCCESS: Stage.LOADED,
    Status.INVALID_IMAGE: Stage.FALSE,
    Status.ABORT: Stage.FAILED,
    Status.REQUIRE_MORE_IMAGE: Stage.LOADING,
}
_TO_END = {
    Stage.LOADED: Status.SUCCESS,
    Stage.WAITING: Status.SUCCESS,
    Stage.FALSE: Status.INVALID_IMAGE,
    Stage.FAILED: Status.ABORT,
}

VERSION = Loss(
    "mfVer", Orientation.B, "a version is 8 hexadecimal digits: another file is not offered", "0x98"
)
PRODUCT = Loss("mfID, mfModel", Orientation.BOTH, "the table of products does not know it", "0x98; 404")
PURPOSES = Loss("File.type", Orientation.B, "of a maker's own types none has an image type", "0x98")
STAGES = Loss("FileStatus.status", Orientation.BOTH, "the failures and the end of an upgrade are idle in OTA")
RETRIES = Loss("nextRequestAttempt, request503Count, requestFailCount", Orientation.B, "not counted: 0")
LOSSES = (
    VERSION,
    PRODUCT,
    PURPOSES,
    STAGES,
    RETRIES,
    Loss("mfHwVer, mfSerNum", Orientation.B, "hardware versions stand in the image, serial numbers nowhere"),
    Loss("currentZigBeeStackVersion", Orientation.BOTH, "no element"),
)


def of_image(products: Iterable[Product], manufacturer: int, image_type: int) -> Product | None:
    """Return the product of a manufacturer code and an image type.

    An image type that stands for a purpose fits every product of the manufacturer: the first one is meant.
    """
    for product in products:
        if product.manufacturer == manufacturer and (
            product.image_type == image_type or image_type in _PURPOSE_OF_IMAGE
        ):
            return product
    return None


def of_file(products: Iterable[Product], pen: int, model: str) -> Product | None:
    """Return the product of an enterprise number and a model."""
    return next((p for p in products if (p.pen, p.model) == (pen, model)), None)


def from_sep1(
    command: QueryNextImageResponse | QuerySpecificFileResponse,
    products: Iterable[Product],
    *,
    device: int | None = None,
    end: UpgradeEndResponse | None = None,
    received: float = 0.0,
    lost: Lost = None,
) -> Image | None:
    """Return the file that a server has granted; None when it has none.

    `device` is the one that a specific file was asked for, `end` what the server has said of its use at
    `received` (Unix s). Raises Untranslatable (0x98, HTTP 404) for a product
    that the table does not have.
    """
    manufacturer, image_type = command.manufacturer_id, command.image_type
    if command.status != Status.SUCCESS or manufacturer is None or image_type is None:
        return None
    product = of_image(products, manufacturer, image_type)
    if product is None:
        note(lost, PRODUCT)
        raise _nothing(
            f"manufacturer {manufacturer:#06x}, image type {image_type:#06x} are no known product: add them"
        )
    return Image(
        product=product,
        version=command.file_version or 0,
        size=command.image_size or 0,
        purpose=_PURPOSE_OF_IMAGE.get(image_type, Purpose.SOFTWARE),
        device=device,
        activate=None if end is None else activation(end, received=received),
    )


def to_sep1(image: Image) -> QueryNextImageResponse | QuerySpecificFileResponse:
    """Return the grant of a file: to the one device that it is for, or to all of its product."""
    answer = QueryNextImageResponse if image.device is None else QuerySpecificFileResponse
    return answer(
        status=Status.SUCCESS,
        manufacturer_id=image.product.manufacturer,
        image_type=_image_type(image),
        file_version=image.version,
        image_size=image.size,
    )


def from_sep2(
    file: File,
    products: Iterable[Product],
    *,
    device_of: Callable[[bytes], int | None] = lambda lfdi: None,
    lost: Lost = None,
) -> Image:
    """Return what a File offers; `device_of` tells the EUI-64 of an LFDI of our devices.

    Raises Untranslatable (0x98 NO_IMAGE_AVAILABLE) for what no device of ours can be offered.
    """
    product = of_file(products, file.mfID, file.mfModel)
    if product is None:
        note(lost, PRODUCT)
        raise _nothing(
            f"{file.mfModel} of the enterprise {file.mfID} is no known product: add it to the table"
        )
    purpose = _PURPOSE_OF_TYPE.get(int.from_bytes(file.type))
    if purpose is None:
        note(lost, PURPOSES)
        raise _nothing(f"a file of type {file.type.hex().upper()} is its maker's own")
    if not _is_version(file.mfVer):
        note(lost, VERSION)
        raise _nothing(f"the version {file.mfVer!r} is not 8 hexadecimal digits")
    device = None
    if file.lFDI is not None:
        device = device_of(file.lFDI)
        if device is None:
            raise _nothing("the file is for a device that is not here")
    return Image(
        product=product,
        version=int(file.mfVer, 16),
        size=file.size,
        purpose=purpose,
        device=device,
        activate=file.activateTime,
    )


def to_sep2(image: Image, context: Context, *, number: int, lfdi: bytes | None = None) -> File:
    """Return the File; `number` is its place, `lfdi` that of the one device it is for."""
    path = f"{context.hrefs.files}/{number}"
    return File(
        href=path,
        activateTime=image.activate,
        fileURI=f"{path}/img",
        lFDI=lfdi,
        mfID=image.product.pen,
        mfModel=image.product.model,
        mfVer=f"{image.version:08X}",
        size=image.size,
        type=octets(_TYPES[image.purpose], 2),
    )


def activation(end: UpgradeEndResponse, *, received: float) -> int | None:
    """Return when an UpgradeEndResponse lets a device begin (Unix s); None: when it is told to.

    A current time of 0 counts the upgrade time from the reception.
    """
    if end.upgrade_time == WAIT_FOR_COMMAND:
        return None
    if end.current_time == 0:
        return int(received) + end.upgrade_time
    return end.upgrade_time + ZIGBEE_EPOCH


def end_to_sep1(image: Image, *, now: float) -> UpgradeEndResponse:
    """Return when a device that has the file is to use it: now when its time has come, or on a later word."""
    current = to_utc(now)
    at = WAIT_FOR_COMMAND
    if image.activate is not None:
        at = current if image.activate <= now else to_utc(image.activate)
    return UpgradeEndResponse(
        image.product.manufacturer,
        _image_type(image),
        image.version,
        current,
        at,
    )


def progress_of_attributes(status: int, offset: int, size: int, *, lost: Lost = None) -> Progress:
    """Return what the attributes of an OTA client say; `size` is the file's."""
    stage = _OF_ATTRIBUTE.get(status)
    if stage is None:
        note(lost, STAGES)
        stage = Stage.IDLE
    return Progress(stage, min(100, 100 * offset // size) if size else 0)


def progress_to_attribute(progress: Progress, *, lost: Lost = None) -> int:
    """Return the OTA upgrade status of a stage."""
    status = _TO_ATTRIBUTE[progress.stage]
    if _OF_ATTRIBUTE[status] is not progress.stage:
        note(lost, STAGES)
    return int(status)


def progress_of_end(command: UpgradeEndRequest) -> Progress:
    """Return how a download has ended: whole and to be verified, not genuine, or come to nothing."""
    stage = _OF_END.get(command.status, Stage.FAILED)
    return Progress(stage, 100 if stage in (Stage.LOADED, Stage.FALSE) else 0)


def progress_to_end(progress: Progress, image: Image, *, lost: Lost = None) -> UpgradeEndRequest | None:
    """Return what is told of the end of a download; None while it has not ended."""
    status = _TO_END.get(progress.stage)
    if status is None:
        return None
    if progress.stage is not _OF_END[status]:
        note(lost, STAGES)
    return UpgradeEndRequest(status, image.product.manufacturer, _image_type(image), image.version)


def progress_to_sep2(progress: Progress, *, at: float, file: File | None, lost: Lost = None) -> FileStatus:
    """Return the FileStatus of a device as of `at` (Unix s)."""
    note(lost, RETRIES)
    return FileStatus(
        activateTime=None if file is None else file.activateTime,
        FileLink=None if file is None or file.href is None else Link(href=file.href),
        loadPercent=progress.percent,
        nextRequestAttempt=0,
        request503Count=0,
        requestFailCount=0,
        status=_STAGES.index(progress.stage),
        statusTime=int(at),
    )


def progress_from_sep2(status: FileStatus) -> Progress:
    """Return how a client fares. Raises Untranslatable (HTTP 400) for a status without meaning."""
    if status.status >= len(_STAGES):
        raise untranslatable(f"FileStatus.status {status.status} has no meaning: 0 to {len(_STAGES) - 1}")
    return Progress(_STAGES[status.status], min(100, status.loadPercent))


def _image_type(image: Image) -> int:
    return _IMAGES.get(image.purpose, image.product.image_type)


def _is_version(words: str) -> bool:
    digits = "0123456789abcdefABCDEF"
    return len(words) == _VERSION_DIGITS and all(character in digits for character in words)


def _nothing(message: str) -> Untranslatable:
    return untranslatable(f"{message}: no image", zcl=int(Status.NO_IMAGE_AVAILABLE), http=404)
