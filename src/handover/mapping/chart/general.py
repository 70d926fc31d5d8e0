"""The clusters of every device: Basic, Power Configuration, Identify, Alarms, Time, OTA, keys."""

from handover.mapping.chart.entry import (
    EXACT,
    LATER,
    LOCAL,
    LOSSY,
    NONE,
    Row,
    client,
    commands,
    server,
    span,
)
from handover.sep1.clusters.alarms import (
    Alarm,
    GetAlarm,
    GetAlarmResponse,
    ResetAlarm,
    ResetAlarmLog,
    ResetAllAlarms,
)
from handover.sep1.clusters.basic import ResetToFactoryDefaults
from handover.sep1.clusters.commissioning import COMMISSIONING
from handover.sep1.clusters.identify import IDENTIFY
from handover.sep1.clusters.key_establishment import KEY_ESTABLISHMENT
from handover.sep1.clusters.ota import (
    ImageBlockRequest,
    ImageBlockResponse,
    ImageNotify,
    ImagePageRequest,
    QueryNextImageRequest,
    QueryNextImageResponse,
    QuerySpecificFileRequest,
    QuerySpecificFileResponse,
    UpgradeEndRequest,
    UpgradeEndResponse,
)

REFUSED = "0x81 UNSUP_CLUSTER_COMMAND"
NO_IMAGE = "0x98 NO_IMAGE_AVAILABLE; A: SEP 2.0: an empty list"
EMPTY = "A: SEP 2.0: an empty list"

BASIC = (
    server([0x0000, 0x0002], "-", LOCAL, NONE, "the stack's own versions", "nothing: left out"),
    server([0x0001], "DeviceInformation.swVer", LOCAL, LOSSY, "decimal text; A: the gateway is one node"),
    server([0x0003], "DeviceInformation.mfHwVer", LOCAL, LOSSY, "decimal text"),
    server([0x0004], "DeviceInformation.mfInfo", LOCAL, LOSSY, "32 octets of text"),
    server([0x0005], "DeviceInformation.mfModel", LOCAL, LOSSY, "32 octets of text"),
    server([0x0006], "DeviceInformation.mfDate", LOCAL, LOSSY, "the first eight digits as a day"),
    server([0x0007], "primaryPower, secondaryPower", LOCAL, LOSSY, "source; bit 7 is a battery"),
    server([0x0010], "Configuration.userDeviceName", LOCAL, LATER, "16 octets of text", "nothing: left out"),
    server(span(0x0011, 0x0014), "-", LOCAL, NONE, "settings of the device itself", "nothing: left out"),
    commands([ResetToFactoryDefaults], "-", NONE, NONE, "never from the far side", REFUSED),
)

POWER = (
    server([0x0000, 0x0001], "-", NONE, NONE, "PowerStatus has no voltage", "nothing: left out"),
    server([0x0020, 0x0036], "PowerStatus.batteryStatus", LOCAL, LOSSY, "at or below the threshold is low"),
    server(
        [*span(0x0010, 0x0013), *span(0x0030, 0x0035)],
        "-",
        NONE,
        NONE,
        "thresholds and makes: settings of the device itself",
        "nothing: left out",
    ),
)

IDENTIFY_ROWS = (
    server(IDENTIFY.server_attributes, "-", LOCAL, LOCAL, "light and page of the gateway", "0x86"),
    commands(
        [row.type for row in (*IDENTIFY.to_server.values(), *IDENTIFY.to_client.values())],
        "-",
        LOCAL,
        LOCAL,
        "each side identifies its own devices; nothing crosses",
        REFUSED,
    ),
)

ALARMS = (
    server([0x0000], "LogEventList all", LOCAL, LOCAL, "each side counts its own"),
    commands([Alarm], "LogEvent", NONE, LOSSY, "vendor's profile; the time of reception", "nothing: kept"),
    commands([GetAlarmResponse], "LogEvent", NONE, LOSSY, "with the device's own time", "nothing: kept"),
    commands([GetAlarm], "GET LogEventList", NONE, NONE, "each side reads its own log", REFUSED),
    commands(
        [ResetAlarm, ResetAllAlarms, ResetAlarmLog],
        "DELETE LogEvent",
        NONE,
        NONE,
        "acknowledging on one side never clears the other's alarm",
        REFUSED,
    ),
)

TIME = (
    server([0x0000], "Time.currentTime", EXACT, EXACT, "epoch moved by 946684800 s; the ESI rules the clock"),
    server([0x0001], "Time.quality", LOSSY, LOSSY, "trusted or not: 4 or 7, 0x0D or 0x0C"),
    server([0x0002], "Time.tzOffset", EXACT, EXACT, "seconds; both invalid markers are served as 0"),
    server([0x0003, 0x0004], "dstStartTime, dstEndTime", EXACT, EXACT, "epoch moved"),
    server([0x0005], "Time.dstOffset", EXACT, EXACT, "seconds"),
    server([0x0006], "-", LOCAL, LOCAL, "computed from time and zone"),
    server([0x0007], "Time.localTime", EXACT, EXACT, "the same shift, though it is no UTC"),
    server([0x0008, 0x0009], "-", NONE, NONE, "later ZCL, without an element", "nothing: left out"),
)

COMMISSIONING_ROWS = (
    server(
        COMMISSIONING.server_attributes,
        "-",
        NONE,
        NONE,
        "network parameters and keys: secrets of one network, never told to another",
        "0x86; SEP 2.0: 404",
    ),
    commands(
        [row.type for row in (*COMMISSIONING.to_server.values(), *COMMISSIONING.to_client.values())],
        "-",
        NONE,
        LOCAL,
        "B: the gateway's own migration tool only, never on behalf of a server",
        REFUSED,
    ),
)

OTA = (
    client(span(0x0000, 0x0008), "FileStatus", LOCAL, LOSSY, "status and share of the image, per device"),
    commands(
        [ImageNotify], "FileListLink", LATER, LOSSY, "a new file is told to the devices it is for", EMPTY
    ),
    commands(
        [QueryNextImageRequest, QueryNextImageResponse],
        "FileList",
        LATER,
        LOSSY,
        "image header against File; 0x98 for an empty list",
        NO_IMAGE,
    ),
    commands(
        [QuerySpecificFileRequest, QuerySpecificFileResponse],
        "File with lFDI",
        LATER,
        LOSSY,
        "credentials go to the device that they name and to nobody else",
        NO_IMAGE,
    ),
    commands(
        [ImageBlockRequest, ImagePageRequest, ImageBlockResponse],
        "GET fileURI",
        LATER,
        EXACT,
        "opaque octets: loaded whole, offered as they are, signature untouched",
        EMPTY,
    ),
    commands(
        [UpgradeEndRequest, UpgradeEndResponse],
        "FileStatus.status, activateTime",
        LATER,
        LOSSY,
        "success 5, invalid image 4, abort 2; without activateTime devices wait",
        EMPTY,
    ),
)

KEYS = (
    server([0x0000], "-", LOCAL, LOCAL, "which suites this node speaks"),
    client([0x0000], "-", LOCAL, LOCAL, "which suites this node speaks"),
    commands(
        [row.type for row in (*KEY_ESTABLISHMENT.to_server.values(), *KEY_ESTABLISHMENT.to_client.values())],
        "-",
        LOCAL,
        LOCAL,
        "keys are made between neighbours: no key and no certificate can be converted",
        "no EndDevice, 404, until it has succeeded",
    ),
)

CLUSTERS: dict[int, tuple[Row, ...]] = {
    0x0000: BASIC,
    0x0001: POWER,
    0x0003: IDENTIFY_ROWS,
    0x0009: ALARMS,
    0x000A: TIME,
    0x0015: COMMISSIONING_ROWS,
    0x0019: OTA,
    0x0800: KEYS,
}
