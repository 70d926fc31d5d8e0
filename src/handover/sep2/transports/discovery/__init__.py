"""DNS-SD: being found as a SEP 2.0 server, and finding servers, in `.local` and `.site`."""

from handover.sep2.transports.discovery.advertiser import Advertiser
from handover.sep2.transports.discovery.browser import browse
from handover.sep2.transports.discovery.records import (
    DOMAINS,
    LOCAL,
    SITE,
    SUBTYPES,
    Advertisement,
    DiscoveredServer,
    Domain,
)

__all__ = [
    "DOMAINS",
    "LOCAL",
    "SITE",
    "SUBTYPES",
    "Advertisement",
    "Advertiser",
    "DiscoveredServer",
    "Domain",
    "browse",
]
