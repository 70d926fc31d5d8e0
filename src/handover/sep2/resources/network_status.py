"""Network status (clause 9.5): the interfaces of a device, down to 802.15.4 neighbours and RPL routes."""

from dataclasses import field

from handover.sep2.declaration import resource
from handover.sep2.resources.common import List, ListLink, PollRate, Resource
from handover.sep2.types import (
    HexBinary8,
    HexBinary64,
    HexBinary128,
    Int64,
    String16,
    String192,
    UInt8,
    UInt16,
    UInt32,
)


@resource
class IEEE_802_15_4:
    """What a link layer of IEEE 802.15.4 adds: capability octet, short address, neighbours."""

    capabilityInfo: HexBinary8
    NeighborListLink: ListLink | None = None
    shortAddress: UInt16


IEEE_802_15_4_ = IEEE_802_15_4


@resource
class loWPAN:
    """Counters of 6LoWPAN."""

    octetsRx: UInt32 | None = None
    octetsTx: UInt32 | None = None
    packetsRx: UInt32
    packetsTx: UInt32
    rxFragError: UInt32


loWPAN_ = loWPAN


@resource
class IPAddr(Resource):
    """One IP address, 4 or 16 octets."""

    address: HexBinary128
    RPLInstanceListLink: ListLink | None = None


IPAddr_ = IPAddr


@resource
class IPAddrList(List):
    """A page of addresses."""

    IPAddr: list[IPAddr_] = field(default_factory=list)


@resource
class IPInterface(Resource):
    """An IP interface with the counters of RFC 2863; times are Unix seconds."""

    ifDescr: String192 | None = None
    ifHighSpeed: UInt32 | None = None
    ifInBroadcastPkts: UInt32 | None = None
    ifIndex: UInt32 | None = None
    ifInDiscards: UInt32 | None = None
    ifInErrors: UInt32 | None = None
    ifInMulticastPkts: UInt32 | None = None
    ifInOctets: UInt32 | None = None
    ifInUcastPkts: UInt32 | None = None
    ifInUnknownProtos: UInt32 | None = None
    ifMtu: UInt32 | None = None
    ifName: String16 | None = None
    ifOperStatus: UInt8 | None = None
    ifOutBroadcastPkts: UInt32 | None = None
    ifOutDiscards: UInt32 | None = None
    ifOutErrors: UInt32 | None = None
    ifOutMulticastPkts: UInt32 | None = None
    ifOutOctets: UInt32 | None = None
    ifOutUcastPkts: UInt32 | None = None
    ifPromiscuousMode: bool | None = None
    ifSpeed: UInt32 | None = None
    ifType: UInt16 | None = None
    IPAddrListLink: ListLink | None = None
    lastResetTime: Int64 | None = None
    lastUpdatedTime: Int64 | None = None
    LLInterfaceListLink: ListLink | None = None


IPInterface_ = IPInterface


@resource
class IPInterfaceList(List):
    """A page of IP interfaces."""

    pollRate: PollRate = None
    IPInterface: list[IPInterface_] = field(default_factory=list)


@resource
class LLInterface(Resource):
    """A link layer under an IP interface, and its counters since the last reset.

    `linkLayerType`: 0 unknown, 1 Ethernet, 2 WLAN, 3 IEEE 802.15, 4 power line.
    """

    CRCerrors: UInt32
    EUI64: HexBinary64
    IEEE_802_15_4: IEEE_802_15_4_ | None = None
    linkLayerType: UInt8
    LLAckNotRx: UInt32 | None = None
    LLCSMAFail: UInt32 | None = None
    LLFramesDropRx: UInt32 | None = None
    LLFramesDropTx: UInt32 | None = None
    LLFramesRx: UInt32 | None = None
    LLFramesTx: UInt32 | None = None
    LLMediaAccessFail: UInt32 | None = None
    LLOctetsRx: UInt32 | None = None
    LLOctetsTx: UInt32 | None = None
    LLRetryCount: UInt32 | None = None
    LLSecurityErrorRx: UInt32 | None = None
    loWPAN: loWPAN_ | None = None


LLInterface_ = LLInterface


@resource
class LLInterfaceList(List):
    """A page of link layers."""

    LLInterface: list[LLInterface_] = field(default_factory=list)


@resource
class Neighbor(Resource):
    """A neighbour in an 802.15.4 network."""

    isChild: bool
    linkQuality: UInt8
    shortAddress: UInt16


Neighbor_ = Neighbor


@resource
class NeighborList(List):
    """A page of neighbours."""

    Neighbor: list[Neighbor_] = field(default_factory=list)


@resource
class RPLInstance(Resource):
    """An instance of RPL routing, its fields as in RFC 6550."""

    DODAGid: UInt8
    DODAGroot: bool
    flags: UInt8
    groundedFlag: bool
    MOP: UInt8
    PRF: UInt8
    rank: UInt16
    RPLInstanceID: UInt8
    RPLSourceRoutesListLink: ListLink | None = None
    versionNumber: UInt8


RPLInstance_ = RPLInstance


@resource
class RPLInstanceList(List):
    """A page of RPL instances."""

    RPLInstance: list[RPLInstance_] = field(default_factory=list)


@resource
class RPLSourceRoutes(Resource):
    """A source route of RFC 6554."""

    DestAddress: HexBinary128
    SourceRoute: HexBinary128


RPLSourceRoutes_ = RPLSourceRoutes


@resource
class RPLSourceRoutesList(List):
    """A page of source routes."""

    RPLSourceRoutes: list[RPLSourceRoutes_] = field(default_factory=list)
