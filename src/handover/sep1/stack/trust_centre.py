"""The trust centre: whom it lets in, the keys it hands out, and how it puts devices out again.

A device comes in while joining is permitted, if its install code was registered, and goes out when it has not
established a link key of its own in time. Source: ZigBee PRO, 4.6.2 and 4.6.3; ZigBee SE, 5.4.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from handover.errors import DecodeError, NotNow, Refused
from handover.sep1.declaration import Command
from handover.sep1.network import aps_commands, nwk, security
from handover.sep1.security.counters import Incoming, Outgoing
from handover.sep1.security.link_keys import LinkKey, Origin
from handover.sep1.stack.commanding import Commanding, Opened
from handover.sep1.stack.outputs import DeviceJoined, DeviceLeft, DeviceRefused
from handover.sep1.stack.parent import Parent
from handover.sep1.stack.site import Site

PERMIT_LIMIT: Final = 254.0
"""Longest time in seconds for which joining may be permitted at once."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """Limits of the trust centre; times in seconds.

    `establish_within`: a device that has not established a link key by then is removed. `devices`: how many
    may be members. `switch_after`: from the spreading of a new network key to its use.
    """

    establish_within: float = 300.0
    devices: int = 1000
    switch_after: float = 10.0


class TrustCentre:
    """The trust centre's part of a coordinator. `members` are short addresses by EUI-64."""

    def __init__(self, site: Site, parent: Parent, commanding: Commanding, policy: Policy) -> None:
        self._site = site
        self._parent = parent
        self._commanding = commanding
        self._policy = policy
        self._registered: dict[int, LinkKey] = {}
        self._probation: dict[int, float] = {}
        self._via: dict[int, int] = {}
        self._switch: tuple[float, int] | None = None
        self.members: dict[int, int] = {}

    # who may come

    def register(self, device: int, link_key: bytes) -> None:
        """Let a device join with the link key of its install code; again with another key replaces it."""
        found = self._registered.get(device)
        if found is None or found.key != link_key:
            self._registered[device] = LinkKey(link_key, Origin.INSTALL_CODE)
            self._site.save()

    def withdraw(self, device: int) -> None:
        """Let a device join no more; a member stays one until it is removed."""
        self._registered.pop(device, None)
        self._site.save()

    @property
    def registered(self) -> list[int]:
        """The devices whose install codes are here."""
        return list(self._registered)

    def candidates(self, sender: int | None) -> dict[int, list[LinkKey]]:
        """Return the install code's key of a device that is a member without a link key of its own."""
        found = None if sender is None else self._registered.get(sender)
        return {} if found is None or sender is None else {sender: [found]}

    def backup(self) -> dict[int, bytes]:
        """Return what another trust centre needs to take over our devices: hashes of their link keys."""
        return self._site.links.backup()

    def inherit(self, backup: Mapping[int, bytes]) -> None:
        """Take over the devices of another trust centre: the hashes of its link keys by EUI-64."""
        for device, key in backup.items():
            self._site.links.install(device, key, Origin.INHERITED)
        self._site.save()

    # who comes

    def update(self, device: int, short: int, status: int, via: int | None, now: float) -> None:
        """Take note of a device that a router tells of; `via` its EUI-64, None for a child of ours."""
        site = self._site
        if status == aps_commands.DEVICE_LEFT:
            if self._via.get(device) == via or via is None:
                self._gone(device)
            return
        reason = self._refusal(device, status, now)
        if reason is not None:
            site.emit(DeviceRefused(device, reason))
            self._dismiss(device, via, now)
            return
        site.addresses.bind(short, device)
        if via is None:
            self._via.pop(device, None)
        else:
            self._via[device] = via
        new = device not in self.members
        self.members[device] = short
        if status == aps_commands.SECURED_REJOIN:
            self._let_in(device, short, "rejoin", new, now)
            return
        joining = status == aps_commands.UNSECURED_JOIN
        link = self._registered[device] if joining else site.links.of(device)
        assert link is not None
        # A link key that it has established before stays until it establishes another: anybody can ask to
        # join in its name, and what is sent here helps only who has its install code.
        self._send_network_key(device, short, via, link, now)
        how = "join" if joining else "key rejoin"
        self._let_in(device, short, how, new or link.origin is not Origin.ESTABLISHED, now)

    def _refusal(self, device: int, status: int, now: float) -> str | None:
        if status == aps_commands.UNSECURED_JOIN:
            if now >= self._parent.permit_until:
                return "joining is not permitted at present"
            if device not in self._registered:
                return "its install code is not registered"
        elif status == aps_commands.TRUST_CENTRE_REJOIN:
            link = self._site.links.of(device)
            if link is None or link.origin not in (Origin.ESTABLISHED, Origin.INHERITED):
                return "it has established no link key"
        elif status != aps_commands.SECURED_REJOIN:
            return f"the status {status} of its router is unknown"
        elif device not in self.members and self._site.links.of(device) is None:
            return "it is unknown"
        if device not in self.members and len(self.members) >= self._policy.devices:
            return f"there are {self._policy.devices} devices already"
        return None

    def _let_in(self, device: int, short: int, how: str, unproven: bool, now: float) -> None:
        if unproven and self._site.links.authorised(device) is None:
            self._probation[device] = now + self._policy.establish_within
        if how != "rejoin":
            self._parent.settled(device)
        self._site.save()
        self._site.emit(DeviceJoined(device, short, how))

    def _send_network_key(self, device: int, short: int, via: int | None, link: LinkKey, now: float) -> None:
        site = self._site
        key = site.keys.active
        command = aps_commands.TransportNetworkKey(
            aps_commands.NETWORK_KEY, key.key, key.sequence, device, site.eui64
        )
        frame = self._commanding.sealed(command, link, security.KEY_TRANSPORT)
        tunnel = aps_commands.Tunnel(device, frame)
        if via is None:
            self._parent.hand_over(tunnel, now)
            return
        router = site.addresses.short(via)
        if router is not None:
            self._commanding.tell(router, via, tunnel, now)

    # who establishes a key

    def establish(self, device: int, key: bytes) -> None:
        """Take note that a device has established a link key with us. Raises Refused for a stranger."""
        if device not in self.members:
            raise Refused(f"{device:016X} is no member of this network: it cannot establish a key here")
        self._site.links.install(device, key, Origin.ESTABLISHED)
        self._probation.pop(device, None)
        self._site.save()

    def partners(self, asker: int, command: aps_commands.RequestKey, now: float) -> None:
        """Give two devices a link key of their own, as one of them asks."""
        site, other = self._site, command.partner
        if command.key_type != aps_commands.REQUEST_APPLICATION_KEY or other is None or other == asker:
            site.drop("unauthorised")
            return
        pair = [(asker, other, 1), (other, asker, 0)]
        if any(site.links.authorised(d) is None or d not in self.members for d, _, _ in pair):
            site.drop("unauthorised")
            return
        key = site.draw(16)
        for device, partner, initiator in pair:
            link = site.links.authorised(device)
            assert link is not None
            answer = aps_commands.TransportApplicationKey(
                aps_commands.APPLICATION_LINK_KEY, key, partner, initiator
            )
            self._commanding.transport(self.members[device], answer, link, security.KEY_LOAD, now)

    # who goes

    def remove(self, device: int, now: float) -> None:
        """Put a member out; it may come back only by joining anew. Raises Refused for a stranger."""
        if device not in self.members:
            raise Refused(f"{device:016X} is no member of this network")
        self._dismiss(device, self._via.get(device), now)
        self._gone(device)

    def _dismiss(self, device: int, via: int | None, now: float) -> None:
        if via is None:
            self._parent.dismiss(device, now)
            return
        router = self._site.addresses.short(via)
        if router is not None:
            self._commanding.tell(router, via, aps_commands.RemoveDevice(device), now)

    def _gone(self, device: int) -> None:
        self._probation.pop(device, None)
        self._via.pop(device, None)
        self._site.links.forget(device)
        self._site.addresses.forget(device)
        known = self.members.pop(device, None) is not None
        self._site.save()
        if known:
            self._site.emit(DeviceLeft(device))

    # the network key

    def rotate(self, now: float) -> int:
        """Spread a new network key among the members and use it a little later. Returns its sequence number.

        Raises NotNow while a change is under way. A member that misses it comes back by a rejoin.
        """
        if self._switch is not None:
            raise NotNow("the network key is being changed already; wait until the change is complete")
        site = self._site
        sequence = site.keys.active.sequence + 1 & 0xFF
        key = site.draw(16)
        site.keys.install(key, sequence, active=False)
        site.save()
        for device, short in self.members.items():
            link = site.links.of(device) or self._registered.get(device)
            if link is None:
                continue
            command = aps_commands.TransportNetworkKey(
                aps_commands.NETWORK_KEY, key, sequence, device, site.eui64
            )
            self._commanding.transport(short, command, link, security.KEY_TRANSPORT, now)
        self._switch = (now + self._policy.switch_after, sequence)
        return sequence

    def command(self, opened: Opened | None, short: int, command: Command, now: float) -> None:
        """Take an APS command of a member; `opened` if it was protected."""
        site = self._site
        sender = site.addresses.eui64(short) if opened is None else opened.sender
        if sender is None or sender not in self.members:
            site.drop("unauthorised")
            return
        proven = opened is not None and opened.link.origin.authorises
        if isinstance(command, aps_commands.RequestKey) and proven:
            self.partners(sender, command, now)
        elif isinstance(command, aps_commands.UpdateDevice) and (
            proven or site.links.authorised(sender) is None
        ):
            self.update(command.device, command.short, command.status, sender, now)
        else:
            site.drop("unauthorised")

    # time

    def deadline(self) -> float | None:
        """Return when `tick` is next worth calling."""
        times = list(self._probation.values())
        if self._switch is not None:
            times.append(self._switch[0])
        return min(times, default=None)

    def tick(self, now: float) -> None:
        """Put out who did not establish a key in time, and use the new network key when it is due."""
        for device in [d for d, due in self._probation.items() if due <= now]:
            del self._probation[device]
            self._site.emit(DeviceRefused(device, "it has established no link key in time"))
            self.remove(device, now)
        if self._switch is not None and self._switch[0] <= now:
            sequence = self._switch[1]
            self._switch = None
            self._commanding.tell(nwk.ALL_AWAKE, None, aps_commands.SwitchKey(sequence), now)
            self._site.keys.switch(sequence)
            self._site.save()

    # what survives

    def export(self) -> dict[str, Any]:
        """Return what survives a restart, beside what the site exports."""
        return {
            "registered": {
                f"{device:016X}": [link.key.hex(), link.outgoing.record, link.incoming.record]
                for device, link in self._registered.items()
            },
            "members": {f"{device:016X}": short for device, short in self.members.items()},
            "via": {f"{device:016X}": f"{via:016X}" for device, via in self._via.items()},
            "probation": {f"{device:016X}": due for device, due in self._probation.items()},
        }

    def restore(self, record: Mapping[str, Any]) -> None:
        """Take back an export. Raises DecodeError when it is damaged."""
        try:
            registered = {
                int(device, 16): LinkKey(
                    bytes.fromhex(key), Origin.INSTALL_CODE, Outgoing(outgoing), Incoming(incoming)
                )
                for device, (key, outgoing, incoming) in record["registered"].items()
            }
            members = _by_eui64(record["members"].items())
            via = {int(device, 16): int(router, 16) for device, router in record["via"].items()}
            probation = {int(device, 16): float(due) for device, due in record["probation"].items()}
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            raise DecodeError(f"trust centre record: it cannot be read: {error!r}") from None
        self._registered, self.members, self._via, self._probation = registered, members, via, probation


def _by_eui64(rows: Iterable[tuple[str, Any]]) -> dict[int, int]:
    return {int(device, 16): int(short) for device, short in rows}
