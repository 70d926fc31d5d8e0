"""The clusters that Handover speaks, by id. A new cluster is a file here and a line below."""

from typing import Final

from handover.sep1.clusters.basic import BASIC
from handover.sep1.clusters.drlc import DRLC
from handover.sep1.clusters.messaging import MESSAGING
from handover.sep1.clusters.metering import METERING
from handover.sep1.clusters.price import PRICE
from handover.sep1.clusters.time import TIME
from handover.sep1.declaration import Cluster

CLUSTERS: Final[dict[int, Cluster]] = {
    0x0000: BASIC,
    0x000A: TIME,
    0x0700: PRICE,
    0x0701: DRLC,
    0x0702: METERING,
    0x0703: MESSAGING,
}
