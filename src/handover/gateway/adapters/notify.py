"""Tells the service supervisor (systemd) how the gateway is: ready, alive, stopping.

The protocol is one datagram of `KEY=value` lines to the socket that NOTIFY_SOCKET names. Without that
variable nobody listens, and nothing is sent.
"""

import contextlib
import os
import socket
from collections.abc import Mapping


class Notifier:
    """Speaks to the supervisor that `environment` names; to nobody when it names none."""

    def __init__(self, environment: Mapping[str, str] = os.environ) -> None:
        address = environment.get("NOTIFY_SOCKET", "")
        # A leading @ stands for the abstract namespace, which begins with a zero octet.
        self._address = "\0" + address[1:] if address.startswith("@") else address
        self._period = _period(environment)

    @property
    def period(self) -> float | None:
        """Seconds in which the supervisor wants a sign of life; None when it wants none."""
        return self._period if self._address else None

    def ready(self, status: str) -> None:
        """Tell that the gateway serves."""
        self._send(f"READY=1\nSTATUS={status}")

    def alive(self, status: str) -> None:
        """Give a sign of life."""
        self._send(f"WATCHDOG=1\nSTATUS={status}")

    def stopping(self) -> None:
        """Tell that the gateway ends on purpose."""
        self._send("STOPPING=1")

    def _send(self, text: str) -> None:
        if not self._address:
            return
        # A supervisor that does not listen must not stop the gateway: it will restart it if it cares.
        with contextlib.suppress(OSError), socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as to:
            to.setblocking(False)
            to.sendto(text.encode(), self._address)


def _period(environment: Mapping[str, str]) -> float | None:
    """Return the watchdog's period in seconds, unless it is meant for another process."""
    if environment.get("WATCHDOG_PID", str(os.getpid())) != str(os.getpid()):
        return None
    try:
        microseconds = int(environment.get("WATCHDOG_USEC", ""))
    except ValueError:
        return None
    return microseconds / 1e6 if microseconds > 0 else None
