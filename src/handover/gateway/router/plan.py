"""From a policy to what the kernel is told: a ruleset for nftables, and settings of the network stack.

The ruleset speaks about traffic into and out of the inside interfaces only; what else a machine forwards is
not its business. Whatever it does not name is refused: connections with a reset, other packets with an ICMP
message, so that nobody waits for a timeout.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from handover.gateway.router.policy import Network, Policy

TABLE = "handover_router"
"""Name of the table of family inet that holds everything."""


@dataclass(frozen=True)
class Plan:
    """What to tell the kernel: the ruleset first, then the settings, by their names below net."""

    ruleset: str
    settings: dict[str, str]


def plan(policy: Policy) -> Plan:
    """Return what makes the machine forward as `policy` says."""
    inside, outside = _set(map(_quoted, policy.inside)), _set(map(_quoted, policy.outside))
    outward, inward = f"iifname {inside} oifname {outside}", f"iifname {outside} oifname {inside}"
    rules = [
        f"iifname != {inside} oifname != {inside} accept",
        "ct state invalid drop",
    ]
    rules += [
        f"iifname {inside} {_family(version)} saddr != {_of(version, policy.home)} jump refused"
        for version in policy.versions
    ]
    # Answers, and ICMP errors that belong to a connection, pass; what a connection may be is said below.
    rules.append("ct state established,related accept")
    for version in policy.versions:
        ip, home = _family(version), _of(version, policy.home)
        to = _of(version, policy.destinations)
        if policy.destinations and not to:
            continue  # nothing of this version may be reached
        towards = f" {ip} daddr {to}" if to else ""
        if policy.tcp_ports:
            rules.append(f"{outward} {ip} saddr {home}{towards} tcp dport {_ports(policy.tcp_ports)} accept")
        if policy.ping:
            rules.append(f"{outward} {ip} saddr {home}{towards} {_echo(version)} accept")
    if policy.inward_tcp_ports:
        rules += [
            f"{inward} {_family(version)} daddr {_of(version, policy.home)} "
            f"tcp dport {_ports(policy.inward_tcp_ports)} accept"
            for version in policy.versions
        ]
    rules.append("jump refused")
    return Plan(_table(rules), _settings(policy))


def closed(interfaces: Iterable[str]) -> str:
    """Return the ruleset that lets nothing into or out of the inside `interfaces`.

    It stays where forwarding was on before the router function came: off must be off.
    """
    inside = _set(map(_quoted, interfaces))
    return _table([f"iifname != {inside} oifname != {inside} accept", "jump refused"])


def removal() -> str:
    """Return what takes the ruleset away; harmless when there is none."""
    return f"table inet {TABLE}\ndelete table inet {TABLE}\n"


def _table(rules: Iterable[str]) -> str:
    body = "\n".join(f"    {rule}" for rule in rules)
    return (
        f"{removal()}table inet {TABLE} {{\n"
        "  chain refused {\n"
        "    meta l4proto tcp reject with tcp reset\n"
        "    reject with icmpx admin-prohibited\n"
        "  }\n"
        "  chain forward {\n"
        "    type filter hook forward priority filter; policy drop;\n"
        f"{body}\n"
        "  }\n"
        "}\n"
    )


def _settings(policy: Policy) -> dict[str, str]:
    made: dict[str, str] = {}
    if 6 in policy.versions:
        # A router takes no router advertisements unless told to: the way out would be lost.
        made |= {f"ipv6/conf/{name}/accept_ra": "2" for name in policy.outside}
        made["ipv6/conf/all/forwarding"] = "1"
    if 4 in policy.versions:
        made |= {f"ipv4/conf/{name}/forwarding": "1" for name in (*policy.inside, *policy.outside)}
    return made


def _family(version: int) -> str:
    return "ip6" if version == 6 else "ip"


def _echo(version: int) -> str:
    return "icmpv6 type echo-request" if version == 6 else "icmp type echo-request"


def _of(version: int, networks: Iterable[Network]) -> str:
    """Return the networks of one version as a set, empty text when there is none."""
    chosen = [str(network) for network in networks if network.version == version]
    return _set(chosen) if chosen else ""


def _ports(ports: Iterable[int]) -> str:
    return _set(map(str, ports))


def _set(items: Iterable[str]) -> str:
    return "{ " + ", ".join(items) + " }"


def _quoted(name: str) -> str:
    return f'"{name}"'
