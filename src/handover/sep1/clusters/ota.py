"""Over the Air Bootloading (0x0019): images from a server to the devices that ask for them. SE 1.0 and 1.1.

The attributes are those of the client. Of later ZCL, the fields that pace block requests are read and sent.
Not here: the image file (`sep1.ota`).
"""

from dataclasses import dataclass
from enum import IntEnum, IntFlag
from typing import Annotated, Final

from handover.sep1.declaration import (
    Attribute,
    Cluster,
    Command,
    CommandRow,
    Since,
    When,
    attributes,
    commands,
)
from handover.sep1.types import (
    ENUM8,
    ENUM8_TYPE,
    EUI64,
    EUI64_IF_SENT,
    U8,
    U8_IF_SENT,
    U16,
    U16_IF_SENT,
    U32,
    U32_IF_SENT,
    UINT16,
    UINT32,
    UTC,
    UTC_IF_SENT,
    CountedOctets,
    Status,
)

WAIT_FOR_COMMAND: Final = 0xFFFFFFFF
"""`upgrade_time` that lets a device wait until it is told to upgrade."""


class PayloadType(IntEnum):
    """Codes of `payload_type`: each adds a field to those before it."""

    QUERY_JITTER = 0x00
    MANUFACTURER = 0x01
    IMAGE_TYPE = 0x02
    FILE_VERSION = 0x03


class QueryFieldControl(IntFlag):
    """Bits of `field_control` in QueryNextImageRequest."""

    HARDWARE_VERSION = 0x01


class BlockFieldControl(IntFlag):
    """Bits of `field_control` in ImageBlockRequest and, the first, in ImagePageRequest."""

    REQUEST_NODE_ADDRESS = 0x01
    BLOCK_REQUEST_DELAY = 0x02


class ImageUpgradeStatus(IntEnum):
    """Codes of the OTA upgrade status attribute."""

    NORMAL = 0x00
    DOWNLOAD_IN_PROGRESS = 0x01
    DOWNLOAD_COMPLETE = 0x02
    WAITING_TO_UPGRADE = 0x03
    COUNT_DOWN = 0x04
    WAIT_FOR_MORE = 0x05
    WAITING_FOR_EXTERNAL_EVENT = 0x06


WITH_MANUFACTURER = When("payload_type", ">=", PayloadType.MANUFACTURER)
WITH_IMAGE_TYPE = When("payload_type", ">=", PayloadType.IMAGE_TYPE)
WITH_FILE_VERSION = When("payload_type", ">=", PayloadType.FILE_VERSION)
WITH_HARDWARE = When("field_control", "&", QueryFieldControl.HARDWARE_VERSION)
WITH_ADDRESS = When("field_control", "&", BlockFieldControl.REQUEST_NODE_ADDRESS)
WITH_DELAY = When("field_control", "&", BlockFieldControl.BLOCK_REQUEST_DELAY)
GRANTED = When("status", "==", Status.SUCCESS)
WAIT = When("status", "==", Status.WAIT_FOR_DATA)


@dataclass(slots=True)
class ImageNotify(Command):
    """Tells that there is a new image; devices whose draw of 1 to 100 is above `query_jitter` stay silent."""

    payload_type: ENUM8
    query_jitter: U8
    manufacturer_id: Annotated[U16_IF_SENT, WITH_MANUFACTURER] = None
    image_type: Annotated[U16_IF_SENT, WITH_IMAGE_TYPE] = None
    new_file_version: Annotated[U32_IF_SENT, WITH_FILE_VERSION] = None


@dataclass(slots=True)
class QueryNextImageRequest(Command):
    """Asks for the next image for the hardware and version of the sender."""

    field_control: U8
    manufacturer_id: U16
    image_type: U16
    current_file_version: U32
    hardware_version: Annotated[U16_IF_SENT, WITH_HARDWARE] = None


@dataclass(slots=True)
class QueryNextImageResponse(Command):
    """The image to fetch, `image_size` in octets; with any status but SUCCESS nothing else is sent."""

    status: ENUM8
    manufacturer_id: Annotated[U16_IF_SENT, GRANTED] = None
    image_type: Annotated[U16_IF_SENT, GRANTED] = None
    file_version: Annotated[U32_IF_SENT, GRANTED] = None
    image_size: Annotated[U32_IF_SENT, GRANTED] = None


@dataclass(slots=True)
class ImageBlockRequest(Command):
    """Asks for one block of at most `max_data_size` octets. `block_request_delay` is milliseconds."""

    field_control: U8
    manufacturer_id: U16
    image_type: U16
    file_version: U32
    file_offset: U32
    max_data_size: U8
    request_node_address: Annotated[EUI64_IF_SENT, WITH_ADDRESS] = None
    block_request_delay: Annotated[U16_IF_SENT, WITH_DELAY] = None


@dataclass(slots=True)
class ImagePageRequest(Command):
    """Asks for `page_size` octets in blocks that come every `response_spacing` milliseconds."""

    field_control: U8
    manufacturer_id: U16
    image_type: U16
    file_version: U32
    file_offset: U32
    max_data_size: U8
    page_size: U16
    response_spacing: U16
    request_node_address: Annotated[EUI64_IF_SENT, WITH_ADDRESS] = None


@dataclass(slots=True)
class ImageBlockResponse(Command):
    """A block (SUCCESS), or when to ask again (WAIT_FOR_DATA), or with any other status nothing more.

    `request_time` counts from `current_time`, or from now when that is 0. `minimum_block_request_period` is
    milliseconds; only later ZCL has it.
    """

    status: ENUM8
    manufacturer_id: Annotated[U16_IF_SENT, GRANTED] = None
    image_type: Annotated[U16_IF_SENT, GRANTED] = None
    file_version: Annotated[U32_IF_SENT, GRANTED] = None
    file_offset: Annotated[U32_IF_SENT, GRANTED] = None
    data_size: Annotated[U8_IF_SENT, GRANTED] = None
    image_data: Annotated[bytes | None, CountedOctets(by="data_size"), GRANTED] = None
    current_time: Annotated[UTC_IF_SENT, WAIT] = None
    request_time: Annotated[UTC_IF_SENT, WAIT] = None
    minimum_block_request_period: Annotated[U16_IF_SENT, WAIT, Since("1.2")] = None


@dataclass(slots=True)
class UpgradeEndRequest(Command):
    """Tells that an image is complete (SUCCESS) or why its download came to nothing."""

    status: ENUM8
    manufacturer_id: U16
    image_type: U16
    file_version: U32


@dataclass(slots=True)
class UpgradeEndResponse(Command):
    """Orders an upgrade at `upgrade_time`, which counts from `current_time`, or from now when that is 0."""

    manufacturer_id: U16
    image_type: U16
    file_version: U32
    current_time: UTC
    upgrade_time: UTC


@dataclass(slots=True)
class QuerySpecificFileRequest(Command):
    """Asks for a file that is meant for one device alone."""

    request_node_address: Annotated[int, EUI64]
    manufacturer_id: U16
    image_type: U16
    file_version: U32
    current_zigbee_stack_version: U16


@dataclass(slots=True)
class QuerySpecificFileResponse(Command):
    """The file to fetch, `image_size` in octets; with any status but SUCCESS nothing else is sent."""

    status: ENUM8
    manufacturer_id: Annotated[U16_IF_SENT, GRANTED] = None
    image_type: Annotated[U16_IF_SENT, GRANTED] = None
    file_version: Annotated[U32_IF_SENT, GRANTED] = None
    image_size: Annotated[U32_IF_SENT, GRANTED] = None


OTA = Cluster(
    id=0x0019,
    name="Over the Air Bootloading",
    link_key=True,
    client_attributes=attributes(
        Attribute(0x0000, "ota_upgrade_server_id", EUI64, mandatory=True),
        Attribute(0x0001, "offset_address_into_the_file", UINT32, mandatory=True),
        Attribute(0x0002, "ota_current_file_version", UINT32),
        Attribute(0x0003, "ota_current_zigbee_stack_version", UINT16),
        Attribute(0x0004, "ota_downloaded_file_version", UINT32),
        Attribute(0x0005, "ota_downloaded_zigbee_stack_version", UINT16),
        Attribute(0x0006, "ota_upgrade_status", ENUM8_TYPE, mandatory=True),
        Attribute(0x0007, "manufacturer_id", UINT16),
        Attribute(0x0008, "image_type_id", UINT16),
    ),
    to_server=commands(
        CommandRow(0x01, QueryNextImageRequest, mandatory=True),
        CommandRow(0x03, ImageBlockRequest, mandatory=True),
        CommandRow(0x04, ImagePageRequest),
        CommandRow(0x06, UpgradeEndRequest, mandatory=True),
        CommandRow(0x08, QuerySpecificFileRequest),
    ),
    to_client=commands(
        CommandRow(0x00, ImageNotify, mandatory=True),
        CommandRow(0x02, QueryNextImageResponse, mandatory=True),
        CommandRow(0x05, ImageBlockResponse, mandatory=True),
        CommandRow(0x07, UpgradeEndResponse, mandatory=True),
        CommandRow(0x09, QuerySpecificFileResponse),
    ),
)
