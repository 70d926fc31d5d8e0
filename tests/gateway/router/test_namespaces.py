"""Three network namespaces: a device, the gateway, a server outside; real rules, real TLS."""

import os
import subprocess
import sys
import time
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from handover.sep2.adapters.pki_folder import PkiFolder

pytestmark = pytest.mark.req("BP.MR.5")

DEVICE, SERVER = "fd12:0:0:1::2", "fd12:0:0:2::2"


PROBE = """
table inet probe {
  chain c {
    meta l4proto tcp reject with tcp reset
    ct state new accept
  }
}
delete table inet probe
"""
PING = """
import socket, sys
with socket.socket(socket.AF_INET6, socket.SOCK_RAW, socket.IPPROTO_ICMPV6) as icmp:
    icmp.settimeout(2)
    icmp.sendto(bytes((128, 0, 0, 0, 0, 1, 0, 1)), (sys.argv[1], 0))
    while True:
        answer, (host, *_) = icmp.recvfrom(2000)
        if answer[0] in (1, 129):  # unreachable, echo reply
            sys.exit(answer[0] != 129)
"""


class Net:
    """Namespaces of a device (dev), the gateway (gw) and a server outside (srv), joined by cables."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.mark = uuid.uuid4().hex[:8]
        self.config = folder / "gateway.toml"
        self._servers: list[subprocess.Popen[str]] = []

    def name(self, who: str) -> str:
        return f"ho-{self.mark}-{who}"

    def make(self) -> None:
        for who in ("dev", "gw", "srv"):
            ip("netns", "add", self.name(who))
        for who, cable, far, near, other in (
            ("dev", "han0", "c0", "fd12:0:0:1::1", DEVICE),
            ("srv", "wan0", "c0", "fd12:0:0:2::1", SERVER),
        ):
            gateway = self.name("gw")
            ip(
                "link",
                "add",
                cable,
                "netns",
                gateway,
                "type",
                "veth",
                "peer",
                "name",
                far,
                "netns",
                self.name(who),
            )
            ip("-n", gateway, "addr", "add", f"{near}/64", "dev", cable, "nodad")
            ip("-n", gateway, "link", "set", cable, "up")
            ip("-n", self.name(who), "addr", "add", f"{other}/64", "dev", far, "nodad")
            ip("-n", self.name(who), "link", "set", far, "up")
            ip("-n", self.name(who), "route", "add", "default", "via", near)

    def close(self) -> None:
        for server in self._servers:
            server.terminate()
            server.communicate()
        for who in ("dev", "gw", "srv"):
            subprocess.run(["ip", "netns", "del", self.name(who)], capture_output=True, check=False)

    def within(self, who: str, *command: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            ["ip", "netns", "exec", self.name(who), *command],
            env=environment(),
            capture_output=True,
            text=True,
            check=False,
        )

    def serve(self, who: str, host: str, port: int) -> None:
        """Start a SEP 2.0 server and wait until it listens."""
        command = [sys.executable, str(Path(__file__).with_name("serve.py")), host, str(port), str(self.pki)]
        server = subprocess.Popen(
            ["ip", "netns", "exec", self.name(who), *command],
            env=environment(),
            stdout=subprocess.PIPE,
            text=True,
        )
        self._servers.append(server)
        assert server.stdout is not None
        assert server.stdout.readline() == "ready\n"

    @property
    def pki(self) -> Path:
        return self.folder / "pki"

    def get(self, who: str, host: str, port: int = 8443) -> tuple[bool, str]:
        """Ask for the device capability over TLS; return whether it came, and what was said."""
        url = f"https://[{host}]:{port}/dcap"
        files = ["--cert", str(self.pki / "device.pem"), "--ca", str(self.pki / "ca.pem"), "--timeout", "3"]
        answer = self.within(who, sys.executable, "-m", "handover", "sep2", "get", url, *files)
        return answer.returncode == 0 and "DeviceCapability" in answer.stdout, answer.stdout + answer.stderr

    def pings(self, who: str, host: str) -> bool:
        return self.within(who, sys.executable, "-c", PING, host).returncode == 0

    def router(self, command: str) -> str:
        answer = self.within(
            "gw", sys.executable, "-m", "handover", "router", command, "-c", str(self.config)
        )
        assert answer.returncode == 0, answer.stdout + answer.stderr
        return answer.stdout

    def allow(self, more: str = "") -> None:
        self.config.write_text(
            '[router]\nenabled = true\ninside = ["han0"]\noutside = ["wan0"]\n'
            f'home_prefixes = ["fd12:0:0:1::/64"]\n{more}\n'
        )

    def setting(self, name: str) -> str:
        return self.within("gw", "cat", f"/proc/sys/net/{name}").stdout.strip()


def environment() -> dict[str, str]:
    return os.environ | {"PYTHONPATH": os.pathsep.join(p for p in sys.path if p)}


def ip(*arguments: str) -> None:
    subprocess.run(["ip", *arguments], capture_output=True, text=True, check=True)


@pytest.fixture
def net(require_program: Callable[[str], str], tmp_path: Path) -> Iterator[Net]:
    """Return the namespaces; skipped where the user or the kernel does not allow them, in CI too."""
    require_program("ip")
    require_program("nft")
    if os.geteuid() != 0:
        pytest.skip("network namespaces need root")
    made = Net(tmp_path)
    try:
        made.make()
        subprocess.run(
            ["ip", "netns", "exec", made.name("gw"), "nft", "-f", "-"],
            input=PROBE,
            capture_output=True,
            text=True,
            check=True,
        )
    except subprocess.CalledProcessError as error:
        made.close()
        pytest.skip(
            f"this kernel does not allow network namespaces or nftables: {error.stderr.strip()[:200]}"
        )
    pki = PkiFolder(made.pki)
    pki.init("test", time.time())
    pki.gateway([DEVICE, SERVER], time.time())
    pki.device("device", time.time())
    yield made
    made.close()


def test_a_device_reaches_a_server_outside_only_while_the_router_is_on(net: Net) -> None:
    net.serve("srv", SERVER, 8443)
    net.allow()
    assert net.setting("ipv6/conf/all/forwarding") == "0"
    assert net.get("dev", SERVER)[0] is False
    assert "now off" in net.router("show")
    assert "on: han0 to wan0" in net.router("on")
    assert net.setting("ipv6/conf/all/forwarding") == "1"
    assert net.setting("ipv6/conf/wan0/accept_ra") == "2"
    assert "now on" in net.router("show")
    came, said = net.get("dev", SERVER)
    assert came, said
    assert not net.pings("dev", SERVER)
    net.allow("ping = true")
    net.router("on")
    assert net.pings("dev", SERVER)
    net.router("off")
    assert net.get("dev", SERVER)[0] is False
    assert net.setting("ipv6/conf/all/forwarding") == "0"
    assert net.setting("ipv6/conf/wan0/accept_ra") == "1"
    assert "handover_router" not in net.within("gw", "nft", "list", "ruleset").stdout


def test_nobody_outside_opens_a_connection_into_the_home(net: Net) -> None:
    net.serve("dev", DEVICE, 8443)
    net.allow()
    net.router("on")
    came, said = net.get("srv", DEVICE)
    assert (came, "nothing listens there" in said) == (False, True), said
    assert not net.pings("srv", DEVICE)


def test_an_inward_port_is_open_when_the_policy_names_it(net: Net) -> None:
    net.serve("dev", DEVICE, 8443)
    net.serve("dev", DEVICE, 8444)
    net.allow("inward_tcp_ports = [8443]")
    net.router("on")
    assert net.get("srv", DEVICE)[0] is True
    assert net.get("srv", DEVICE, 8444)[0] is False


def test_ports_and_destinations_that_the_policy_does_not_name_are_refused(net: Net) -> None:
    net.serve("srv", SERVER, 8443)
    net.serve("srv", SERVER, 9443)
    net.allow()
    net.router("on")
    came, said = net.get("dev", SERVER, 9443)
    assert (came, "nothing listens there" in said) == (False, True), said
    net.allow('destinations = ["fd12:0:0:3::/64"]')
    net.router("on")
    assert net.get("dev", SERVER)[0] is False


def test_a_device_with_a_foreign_address_is_refused(net: Net) -> None:
    net.serve("srv", SERVER, 8443)
    net.allow()
    net.config.write_text(net.config.read_text().replace("fd12:0:0:1::/64", "fd12:0:0:9::/64"))
    net.router("on")
    assert net.get("dev", SERVER)[0] is False


def test_off_is_off_where_others_had_forwarding_on_before(net: Net) -> None:
    net.serve("srv", SERVER, 8443)
    net.within("gw", "sh", "-c", "echo 1 > /proc/sys/net/ipv6/conf/all/forwarding")
    net.allow()
    net.router("on")
    assert net.get("dev", SERVER)[0] is True
    net.config.write_text("")  # off needs no policy
    assert "a ruleset stays that refuses" in net.router("off")
    assert net.setting("ipv6/conf/all/forwarding") == "1"
    assert net.get("dev", SERVER)[0] is False


def test_on_needs_leave_and_interfaces_that_exist(net: Net) -> None:
    net.allow()
    allowed = net.config.read_text()
    for text, words in (
        (allowed.replace("true", "false"), "enabled = true"),
        (allowed.replace("wan0", "wan7"), "no interface 'wan7'"),
    ):
        net.config.write_text(text)
        answer = net.within("gw", sys.executable, "-m", "handover", "router", "on", "-c", str(net.config))
        assert (answer.returncode, words in answer.stderr) == (2, True), answer.stderr
    assert net.setting("ipv6/conf/all/forwarding") == "0"
