"""File download (clause 9.9): what can be fetched, and how far a device has got with it."""

from dataclasses import field

from handover.sep2.declaration import resource
from handover.sep2.resources.common import Link, List, PollRate, Resource
from handover.sep2.types import (
    AnyURI,
    HexBinary16,
    HexBinary160,
    PENType,
    String16,
    String32,
    TimeType,
    UInt8,
    UInt16,
    UInt32,
)


@resource
class File(Resource):
    """A file on offer, and the devices that it is meant for.

    `type`: 0 software, 1 credential, 2 configuration, 3 log, from 8000 the maker's own. `size` in octets. The
    device makes it effective at `activateTime` (Unix seconds), or on its own terms when that is absent.
    """

    activateTime: TimeType | None = None
    fileURI: AnyURI
    lFDI: HexBinary160 | None = None
    mfHwVer: String32 | None = None
    mfID: PENType
    mfModel: String32
    mfSerNum: String32 | None = None
    mfVer: String16
    size: UInt32
    type: HexBinary16


File_ = File


@resource
class FileList(List):
    """A page of files."""

    pollRate: PollRate = None
    File: list[File_] = field(default_factory=list)


@resource
class FileStatus(Resource):
    """How a device fares with the file under `FileLink`.

    `status`: 0 idle, 1 loading, 2 loading failed, 3 loaded and being verified, 4 signature false, 5 waiting
    for activation, 6 activation failed, 7 activating, 8 active. `loadPercent` 0..100. The two counters begin
    again with each new file; answers 503 count in `request503Count` only.
    """

    pollRate: PollRate = None
    activateTime: TimeType | None = None
    FileLink: Link | None = None
    loadPercent: UInt8
    nextRequestAttempt: TimeType
    request503Count: UInt16
    requestFailCount: UInt16
    status: UInt8
    statusTime: TimeType
