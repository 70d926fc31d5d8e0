"""A policy becomes rules and settings; a policy that makes no sense is explained."""

from dataclasses import replace
from ipaddress import ip_network
from pathlib import Path

import pytest

from handover.errors import ConfigError
from handover.gateway.config import parse
from handover.gateway.router.plan import closed, plan, removal
from handover.gateway.router.policy import Policy, policy

pytestmark = pytest.mark.req("BP.MR.5")

HOME = Policy(("han0",), ("wan0",), (ip_network("fd12::/64"),))


def read(text: str) -> Policy:
    return policy(parse(f"[router]\n{text}", Path("gateway.toml")).router)


def rules(of: Policy) -> list[str]:
    """Return the rules of the forward chain."""
    body = plan(of).ruleset.split("policy drop;\n")[1]
    return [line.strip() for line in body.splitlines() if line.strip() != "}"]


def test_devices_may_go_out_and_nobody_may_come_in() -> None:
    assert rules(HOME) == [
        'iifname != { "han0" } oifname != { "han0" } accept',
        "ct state invalid drop",
        'iifname { "han0" } ip6 saddr != { fd12::/64 } jump refused',
        "ct state established,related accept",
        'iifname { "han0" } oifname { "wan0" } ip6 saddr { fd12::/64 } tcp dport { 443, 8443 } accept',
        "jump refused",
    ]
    assert plan(HOME).settings == {"ipv6/conf/wan0/accept_ra": "2", "ipv6/conf/all/forwarding": "1"}


def test_destinations_ping_and_inward_ports_are_named() -> None:
    wide = replace(
        HOME, destinations=(ip_network("2001:db8::/32"),), tcp_ports=(), ping=True, inward_tcp_ports=(8443,)
    )
    assert rules(wide)[4:] == [
        'iifname { "han0" } oifname { "wan0" } ip6 saddr { fd12::/64 } ip6 daddr { 2001:db8::/32 } '
        "icmpv6 type echo-request accept",
        'iifname { "wan0" } oifname { "han0" } ip6 daddr { fd12::/64 } tcp dport { 8443 } accept',
        "jump refused",
    ]


def test_each_version_of_ip_has_rules_of_its_own() -> None:
    both = replace(HOME, home=(ip_network("fd12::/64"), ip_network("10.1.0.0/16")))
    assert [rule for rule in rules(both) if "accept" in rule and " saddr " in rule] == [
        'iifname { "han0" } oifname { "wan0" } ip saddr { 10.1.0.0/16 } tcp dport { 443, 8443 } accept',
        'iifname { "han0" } oifname { "wan0" } ip6 saddr { fd12::/64 } tcp dport { 443, 8443 } accept',
    ]
    assert plan(both).settings["ipv4/conf/han0/forwarding"] == "1"
    only = replace(both, destinations=(ip_network("192.0.2.0/24"),))
    assert not [rule for rule in rules(only) if "ip6 daddr" in rule or "ip6 saddr { fd12::/64 } tcp" in rule]


def test_the_closed_ruleset_lets_nothing_through() -> None:
    assert "saddr" not in closed(HOME.inside)
    assert closed(HOME.inside).count("accept") == 1  # what does not concern the home
    assert removal() in closed(HOME.inside)


def test_the_configuration_gives_the_policy() -> None:
    found = read(
        'inside = ["han0"]\noutside = ["wan0"]\nhome_prefixes = ["fd12::/64"]\ntcp_ports = [8443, 443]\n'
    )
    assert found == HOME


GOOD = {"inside": '["a"]', "outside": '["b"]', "home_prefixes": '["fd12::/64"]'}


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"inside": "[]"}, "inside is missing"),
        ({"outside": "[]"}, "outside is missing"),
        ({"home_prefixes": "[]"}, "home_prefixes is missing"),
        ({"outside": '["a"]'}, "inside too"),
        ({"home_prefixes": '["fd12::1/64"]'}, "has host bits set"),
        ({"home_prefixes": '["::/0"]'}, "is everybody"),
        ({"destinations": '["home"]'}, "destinations = 'home'"),
        ({"tcp_ports": "[]"}, "nothing would be let through"),
        ({"tcp_ports": "[0]"}, "tcp_ports"),
        ({"inside": '["a; drop"]'}, "inside"),
    ],
)
def test_a_policy_that_cannot_work_is_explained(changed: dict[str, str], words: str) -> None:
    text = "\n".join(f"{key} = {value}" for key, value in (GOOD | changed).items())
    with pytest.raises(ConfigError, match=words) as caught:
        read(text)
    assert "Example: " in str(caught.value)
