"""`handover sep2 subscribe`: listen to what a server tells of a resource."""

import asyncio
import json
import socket
import time
from collections.abc import Callable
from contextlib import suppress
from typing import TYPE_CHECKING, Annotated, Any
from urllib.parse import urlsplit

import typer

from handover.cli.sep2.connection import Ca, Cert, Key, Lfdi, Timeout, Way
from handover.cli.sep2.showing import values, visible
from handover.errors import ConfigError, Refused

if TYPE_CHECKING:
    from handover.sep2.resources.subscription import Notification
    from handover.sep2.transports.https import Credentials, HttpsTransport

_STATUS = {1: "cancelled", 2: "moved", 3: "changed in kind", 4: "deleted"}


def subscribe(
    url: Annotated[str, typer.Argument(help="The resource, such as https://gateway.local:8443/dr/0/edc")],
    cert: Cert = None,
    key: Key = None,
    ca: Ca = None,
    lfdi: Lfdi = None,
    dcap: Annotated[str, typer.Option(help="The server's entry point.")] = "/dcap",
    listen: Annotated[
        str | None,
        typer.Option(help="Our address for notifications, ADDRESS or ADDRESS:PORT; found out by default."),
    ] = None,
    limit: Annotated[int, typer.Option(min=0, help="List items in a notification.")] = 10,
    count: Annotated[int, typer.Option(min=0, help="End after so many notifications; 0: with Ctrl-C.")] = 0,
    use_exi: Annotated[bool, typer.Option("--exi", help="Have notifications sent as EXI.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print a line of JSON for each.")] = False,
    timeout: Timeout = 30.0,
) -> None:
    """Subscribe to a resource and print every notification; the subscription is removed at the end.

    Exit codes: 0 ended as asked, 1 the server took no subscription or ended it, 2 wrong use.
    """
    way = Way(cert, key, ca, lfdi, timeout)
    listener = _Listener(way.credentials(), count, _as_json if as_json else _show)
    with suppress(KeyboardInterrupt):
        if asyncio.run(_run(url, way, dcap, listen, limit, listener, use_exi=use_exi)):
            raise typer.Exit(1)


class _Listener:
    """Shows notifications until there were enough or the server ends them."""

    def __init__(
        self, credentials: "Credentials", count: int, show: "Callable[[Notification], None]"
    ) -> None:
        self.credentials = credentials
        self.done = asyncio.Event()
        self.ended = False
        self._left = count
        self._show = show

    def told(self, notification: "Notification") -> None:
        """Show one notification."""
        self._show(notification)
        self._left -= 1
        self.ended = notification.status in _STATUS
        if self.ended or self._left == 0:
            self.done.set()


async def _run(
    url: str, way: Way, dcap: str, listen: str | None, limit: int, listener: _Listener, *, use_exi: bool
) -> bool:
    """Return whether the server ended the subscription."""
    from handover.sep2.notification_listener import NotificationListener
    from handover.sep2.resources.subscription import Subscription

    parts = urlsplit(url)
    address, port = _listening(listen)
    address = address or _own_address(parts.hostname or "", parts.port or 443)
    calls = NotificationListener(listener.credentials, listener.told, host=address, port=port)
    async with way.to(url) as transport, calls:
        place = await _subscriptions_of(transport, dcap)
        wish = Subscription(
            subscribedResource=parts.path,
            encoding=1 if use_exi else 0,
            level="-S1",
            limit=limit,
            notificationURI=calls.uri,
        )
        made = await _send(transport, "POST", place, wish)
        typer.echo(f"subscribed to {parts.path} as {made}; listening at {wish.notificationURI}", err=True)
        try:
            await listener.done.wait()
        finally:
            if not listener.ended:
                await _send(transport, "DELETE", made, None)
    return listener.ended


def _listening(text: str | None) -> tuple[str, int]:
    """Read ADDRESS, ADDRESS:PORT or [ADDRESS]:PORT; no address and port 0 where none is given."""
    if text is None or (text.count(":") > 1 and not text.startswith("[")):
        return text or "", 0
    try:
        parts = urlsplit(f"//{text}")
        return parts.hostname or "", parts.port or 0
    except ValueError:
        raise ConfigError(
            f"--listen {text!r} is not an address; write for example 192.168.1.7:8444"
        ) from None


def _own_address(host: str, port: int) -> str:
    """Return the address from which the server sees us."""
    try:
        family, _, _, _, target = socket.getaddrinfo(host, port, type=socket.SOCK_DGRAM)[0]
        with socket.socket(family, socket.SOCK_DGRAM) as probe:
            probe.connect(target)
            return str(probe.getsockname()[0])
    except OSError as error:
        raise ConfigError(f"no way to {host}: {error}; give our address with --listen") from error


async def _subscriptions_of(transport: "HttpsTransport", dcap: str) -> str:
    """Return where our subscriptions go: the list of our own EndDevice."""
    capability = await _read(transport, dcap)
    link = getattr(capability, "EndDeviceListLink", None)
    if link is None:
        raise Refused(f"{dcap} links to no EndDeviceList: are we registered at this server?")
    devices = (await _read(transport, link.href, "l=1")).EndDevice
    if not devices or devices[0].SubscriptionListLink is None:
        raise Refused("our EndDevice has no SubscriptionListLink: this server takes no subscriptions from us")
    return str(devices[0].SubscriptionListLink.href)


async def _read(transport: "HttpsTransport", path: str, query: str = "") -> Any:
    from handover.sep2 import xml
    from handover.sep2.media import XML_CONTENT_TYPE
    from handover.sep2.server.messages import Request

    answer = await transport.exchange(Request("GET", path, query, {"Accept": XML_CONTENT_TYPE}))
    if answer.status != 200:
        raise Refused(f"GET {path} is answered {answer.status}: are we registered at this server?")
    return xml.decode(answer.body)


async def _send(transport: "HttpsTransport", method: str, path: str, resource: Any) -> str:
    """Send a write; return its Location. Raises Refused when the server does not take it."""
    from handover.sep2 import xml
    from handover.sep2.media import XML_CONTENT_TYPE
    from handover.sep2.server.messages import Request

    headers = {"Accept": XML_CONTENT_TYPE} | ({"Content-Type": XML_CONTENT_TYPE} if resource else {})
    body = b"" if resource is None else xml.encode(resource)
    answer = await transport.exchange(Request(method, path, "", headers, body))
    if answer.status not in (200, 201, 204):
        reason = answer.body.partition(b"<!-- ")[2].partition(b" -->")[0].decode("utf-8", "replace")
        raise Refused(f"{method} {path} is answered {answer.status}: {visible(reason) or 'no reason given'}")
    location = next((v for k, v in answer.headers.items() if k.lower() == "location"), path)
    return urlsplit(location).path


def _show(notification: "Notification") -> None:
    from rich.console import Console
    from rich.text import Text
    from rich.tree import Tree

    from handover.cli.sep2.showing import grow

    what = _STATUS.get(notification.status, "changed")
    tree = Tree(
        Text(f"{time.strftime('%H:%M:%S')}  {visible(notification.subscribedResource)} {what}", "bold")
    )
    if notification.Resource is not None:
        branch = tree.add(Text(type(notification.Resource).__name__, "bold"))
        grow(branch, values(notification.Resource))
    Console(highlight=False, soft_wrap=True).print(tree)


def _as_json(notification: "Notification") -> None:
    typer.echo(json.dumps(values(notification), ensure_ascii=False))
