"""The clusters that Handover speaks, by id. A new cluster is a file here and a line below."""

from typing import Final

from handover.sep1.clusters.alarms import ALARMS
from handover.sep1.clusters.basic import BASIC
from handover.sep1.clusters.commissioning import COMMISSIONING
from handover.sep1.clusters.drlc import DRLC
from handover.sep1.clusters.identify import IDENTIFY
from handover.sep1.clusters.key_establishment import KEY_ESTABLISHMENT
from handover.sep1.clusters.messaging import MESSAGING
from handover.sep1.clusters.metering import METERING
from handover.sep1.clusters.ota import OTA
from handover.sep1.clusters.power_configuration import POWER_CONFIGURATION
from handover.sep1.clusters.prepayment import PREPAYMENT
from handover.sep1.clusters.price import PRICE
from handover.sep1.clusters.time import TIME
from handover.sep1.clusters.tunneling import TUNNELING
from handover.sep1.declaration import Cluster

CLUSTERS: Final[dict[int, Cluster]] = {
    0x0000: BASIC,
    0x0001: POWER_CONFIGURATION,
    0x0003: IDENTIFY,
    0x0009: ALARMS,
    0x000A: TIME,
    0x0015: COMMISSIONING,
    0x0019: OTA,
    0x0700: PRICE,
    0x0701: DRLC,
    0x0702: METERING,
    0x0703: MESSAGING,
    0x0704: TUNNELING,
    0x0705: PREPAYMENT,
    0x0800: KEY_ESTABLISHMENT,
}
