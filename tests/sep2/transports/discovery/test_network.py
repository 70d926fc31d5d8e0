"""Being found, and finding, through real sockets on the loopback interface."""

import asyncio
import logging
import socket
from dataclasses import replace

import pytest
from py20305.client.dnssd import MDNS, discover

from handover.errors import NotNow
from handover.sep2.transports.discovery import LOCAL, SUBTYPES, Advertisement, Advertiser, Domain, browse
from handover.sep2.transports.discovery.sockets import interfaces

HERE = ["127.0.0.1"]
SAID = Advertisement(
    "Kitchen",
    "handover-test",
    ("127.0.0.1",),
    https_port=8443,
    function_sets={"edev": "/edev", "edev-167261211391": "/edev/3", "tm": "/tm"},
)


def multicast_works() -> bool:
    """Whether this host lets us join a group on loopback at all; sandboxes differ."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        try:
            group = socket.inet_aton("224.0.0.251") + socket.inet_aton("127.0.0.1")
            sock.setsockopt(socket.IPPROTO_IP, socket.IP_ADD_MEMBERSHIP, group)
            sock.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_IF, socket.inet_aton("127.0.0.1"))
            sock.sendto(b"", ("224.0.0.251", 9))
        except OSError:
            return False
    return True


pytestmark = pytest.mark.skipif(not multicast_works(), reason="this host has no multicast on loopback")


def free_port() -> int:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        sock.bind(("127.0.0.1", 0))
        return int(sock.getsockname()[1])


@pytest.fixture
def site() -> Domain:
    """Stands for `.site` where there is no IPv6 multicast on loopback."""
    return Domain("site", "239.255.53.53", None, free_port())


async def test_site_is_served_by_our_own_responder(site: Domain) -> None:
    advertiser = Advertiser(SAID, chosen=HERE, domains=[site])
    await advertiser.open()
    assert advertiser.serving == ["site"]
    found = await browse(
        seconds=20,
        subtypes=SUBTYPES,
        domains=[site],
        chosen=HERE,
        enough=lambda servers: bool(servers) and len(servers[0].subtypes) == 2,
    )
    assert [(s.instance, s.host, s.addresses, s.https_port) for s in found] == [
        ("Kitchen", "handover-test.site", ("127.0.0.1",), 8443)
    ]
    assert found[0].subtypes == {"edev": "/edev", "tm": "/tm"}
    await advertiser.update(replace(SAID, https_port=9443))
    again = await browse(seconds=20, domains=[site], chosen=HERE, enough=bool)
    assert [(s.port, s.https_port) for s in again] == [(9443, 9443)]
    await advertiser.close()
    await advertiser.close()
    assert await browse(seconds=0.05, domains=[site], chosen=HERE) == []
    with pytest.raises(NotNow):
        await advertiser.open()


async def test_local_is_shared_with_zeroconf_and_a_foreign_client_finds_us(
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.ERROR)
    name = f"Kitchen {free_port()}"  # others on this host may be testing too
    advertiser = Advertiser(replace(SAID, instance=name), chosen=HERE, domains=[LOCAL])
    await advertiser.open()
    try:
        assert advertiser.instance == name
        found = await browse(
            seconds=20,
            subtypes=["edev"],
            domains=[LOCAL],
            chosen=HERE,
            enough=lambda servers: any(s.instance == name and s.subtypes for s in servers),
        )
        [ours] = [server for server in found if server.instance == name]
        assert (ours.domain, ours.https_port, ours.subtypes) == ("local", 8443, {"edev": "/edev"})

        async def foreign(subtype: str | None) -> list[str | None]:
            def ask() -> list[str | None]:
                servers = discover(MDNS, timeout=0.9, subtype=subtype, interface="127.0.0.1")
                return [s.txt.get("path") for s in servers if s.instance.startswith(name) and s.port == 8443]

            return await asyncio.to_thread(ask)

        assert await foreign(None) == [None]
        assert await foreign("edev") == ["/edev"]
        assert await foreign("edev-167261211391") == ["/edev/3"]
        assert await foreign("mup") == []
    finally:
        await advertiser.close()


async def test_two_of_a_name_get_two_names() -> None:
    name = f"Twin {free_port()}"
    first, second = (Advertiser(replace(SAID, instance=name), chosen=HERE, domains=[LOCAL]) for _ in range(2))
    await first.open()
    await second.open()
    try:
        assert first.instance == name
        assert second.instance != name
    finally:
        await first.close()
        await second.close()


async def test_a_host_without_a_way_is_left_out() -> None:
    nowhere = Domain("site", None, "ff05::fb", free_port())
    advertiser = Advertiser(SAID, chosen=["192.0.2.254"], domains=[nowhere])
    await advertiser.open()
    assert advertiser.serving == []
    await advertiser.close()
    assert await browse(seconds=0.01, domains=[nowhere], chosen=["192.0.2.254"]) == []
    with pytest.raises(NotNow):
        await Advertiser(SAID).update(SAID)


def test_interfaces() -> None:
    assert [way.address for way in interfaces(HERE)] == HERE
    assert all(way.index > 0 for way in interfaces())
    assert "127.0.0.1" not in [way.address for way in interfaces()]
