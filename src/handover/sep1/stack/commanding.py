"""APS commands out and in: under which key of a link they travel, and which count. Source: ZigBee PRO, 4.4.

Network keys travel under the key-transport key, link keys under the key-load key, everything else under the
link key itself where there is one that authorises.
"""

from dataclasses import dataclass

from handover.errors import DecodeError
from handover.sep1.declaration import Command
from handover.sep1.network import aps, aps_commands, security
from handover.sep1.security.link_keys import LinkKey
from handover.sep1.stack.delivery import Delivery, seal
from handover.sep1.stack.routing import Routing
from handover.sep1.stack.site import Site


@dataclass(slots=True)
class Opened:
    """A protected APS frame that is genuine: its payload, who protected it, under which key."""

    payload: bytes
    sender: int
    key_id: int
    link: LinkKey


def open_frame(
    site: Site, octets: bytes, size: int, short: int, candidates: dict[int, list[LinkKey]] | None = None
) -> Opened | None:
    """Return what a protected APS frame holds; None, counted, when it does not count.

    `candidates` are keys by partner that may stand for one that is not among our links; partner 0 is anybody.
    The counter is not yet taken note of: see `heard`.
    """
    try:
        auxiliary, start = security.parse(octets, size)
    except DecodeError:
        site.drop("malformed")
        return None
    sender = auxiliary.source if auxiliary.source is not None else site.addresses.eui64(short)
    if sender is None or sender == site.eui64:
        site.drop("no address")
        return None
    own = site.links.of(sender)
    links = [own] if own is not None else []
    for partner in (sender, 0) if candidates else ():
        links += (candidates or {}).get(partner, [])
    if not links:
        site.drop("no key")
        return None
    replayed = False
    for link in links:
        key = {
            security.LINK: lambda link=link: link.data,
            security.KEY_TRANSPORT: lambda link=link: link.transport,
            security.KEY_LOAD: lambda link=link: link.load,
        }.get(auxiliary.key_id)
        if key is None:
            break
        if not link.incoming.is_new(auxiliary.counter):
            replayed = True
            continue
        try:
            payload = key().open(octets, size, auxiliary, start, sender)
        except DecodeError:
            continue
        link.incoming.heard(auxiliary.counter, site.save)
        return Opened(payload, sender, auxiliary.key_id, link)
    site.drop("replayed" if replayed else "not genuine")
    return None


class Commanding:
    """Sends APS commands."""

    def __init__(self, site: Site, routing: Routing, delivery: Delivery) -> None:
        self._site = site
        self._routing = routing
        self._delivery = delivery

    def sealed(self, command: Command, link: LinkKey, key_id: int) -> bytes:
        """Return a command as an APS frame under the key-transport or key-load key of a link."""
        key = link.transport if key_id == security.KEY_TRANSPORT else link.load
        frame = aps.ApsData(kind=aps.COMMAND, counter=self._delivery.next_counter())
        return seal(self._site, link, key, key_id, frame, aps_commands.build(command))

    def transport(self, short: int, command: Command, link: LinkKey, key_id: int, now: float) -> None:
        """Send a key to a node that has the network key."""
        self._routing.send(short, self.sealed(command, link, key_id), now)

    def tell(self, short: int, eui64: int | None, command: Command, now: float) -> None:
        """Send a command, under the link key where there is one that authorises."""
        frame = aps.ApsData(kind=aps.COMMAND, counter=self._delivery.next_counter())
        payload = aps_commands.build(command)
        link = None if eui64 is None else self._site.links.authorised(eui64)
        if link is not None:
            octets = seal(self._site, link, link.data, security.LINK, frame, payload)
        else:
            octets = aps.header(frame) + payload
        self._routing.send(short, octets, now, named=link is None)
