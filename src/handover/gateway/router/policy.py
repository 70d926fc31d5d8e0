"""What may pass between the home's network and others, read from the section [router] and checked."""

from dataclasses import dataclass
from ipaddress import IPv4Network, IPv6Network, ip_network

from handover.errors import ConfigError
from handover.gateway.config import EXAMPLES, RouterSection

Network = IPv4Network | IPv6Network


@dataclass(frozen=True)
class Policy:
    """Who may open connections to whom.

    Devices on the `inside` interfaces, with addresses in `home`, may open TCP connections to `tcp_ports` of
    `destinations` (everywhere when empty) through the `outside` interfaces. From outside nobody may, except
    to `inward_tcp_ports` of `home`. `ping` lets devices ask whether a host outside is there.
    """

    inside: tuple[str, ...]
    outside: tuple[str, ...]
    home: tuple[Network, ...]
    destinations: tuple[Network, ...] = ()
    tcp_ports: tuple[int, ...] = (443, 8443)
    inward_tcp_ports: tuple[int, ...] = ()
    ping: bool = False

    @property
    def versions(self) -> tuple[int, ...]:
        """The versions of IP that are forwarded, 4 or 6 or both."""
        return tuple(sorted({network.version for network in self.home}))


def policy(section: RouterSection) -> Policy:
    """Return the policy that a configuration asks for. Raises ConfigError, naming key and example."""
    for key in ("inside", "outside", "home_prefixes"):
        if not getattr(section, key):
            raise _wrong(key, "is missing; without it nothing could be let through")
    if both := sorted(set(section.inside) & set(section.outside)):
        raise _wrong("outside", f"names {both[0]}, which is inside too")
    if not (section.tcp_ports or section.inward_tcp_ports or section.ping):
        raise _wrong("tcp_ports", "is empty; nothing would be let through")
    home = _networks("home_prefixes", section.home_prefixes)
    if wide := [network for network in home if network.prefixlen == 0]:
        raise _wrong("home_prefixes", f"names {wide[0]}, which is everybody")
    return Policy(
        section.inside,
        section.outside,
        home,
        _networks("destinations", section.destinations),
        tuple(sorted(set(section.tcp_ports))),
        tuple(sorted(set(section.inward_tcp_ports))),
        section.ping,
    )


def _networks(key: str, texts: tuple[str, ...]) -> tuple[Network, ...]:
    found = []
    for text in texts:
        try:
            found.append(ip_network(text))
        except ValueError as error:
            raise _wrong(key, f"= {text!r} cannot be used: {error}") from None
    return tuple(found)


def _wrong(key: str, reason: str) -> ConfigError:
    return ConfigError(f"[router] {key} {reason}. Example: {EXAMPLES[f'router.{key}']}")
