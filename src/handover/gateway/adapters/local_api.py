"""The local HTTP API: the status document for pages on this machine, behind a token. Loopback only.

`GET /healthz` answers without the token whether the gateway works; `GET /api/status` gives the document;
other pages and actions are given from outside. No web page may act here: a request that a browser sends for
one names its origin, and is refused; the token is never in an address, a cookie or a log line.
"""

import hmac
import os
import secrets
from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path
from typing import Any, NamedTuple

import msgspec
from aiohttp import web

from handover.errors import ConfigError, HandoverError

HOST = "127.0.0.1"
STATUS = "/api/status"
LARGEST = 4096
"""Octets of a request's body."""


def token(path: Path) -> str:
    """Return the bearer token in the file at `path`, readable by its owner only; made if missing."""
    try:
        found = path.read_text().strip()
        if found:
            return found
    except FileNotFoundError:
        pass
    made = secrets.token_urlsafe(32)
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with open(descriptor, "w") as file:
        file.write(made + "\n")
    return made


class Document(NamedTuple):
    """A page as it is answered: its Content-Type, its octets, and the name of a file to save it in."""

    content_type: str
    body: bytes
    file_name: str | None = None


Page = Callable[[Mapping[str, str]], Awaitable[Document]]
"""Makes a page for a query; what it raises on purpose is told to the client."""


Action = Callable[[bytes], Any]
"""Does what a POST with a JSON body asks for; what it raises on purpose is told to the client."""


class LocalApi:
    """Serves `status` (a JSON-able document), `problem` (why the gateway is not well, or None) and `pages`
    by path; `actions` by path take requests to do something.
    """

    def __init__(
        self,
        port: int,
        token: str,
        status: Callable[[], dict[str, Any]],
        problem: Callable[[], str | None],
        pages: Mapping[str, Page] | None = None,
        actions: Mapping[str, Action] | None = None,
    ) -> None:
        self.port = port
        self._token = token
        self._status = status
        self._problem = problem
        self._pages = {STATUS: self._document, **(pages or {})}
        self._actions = dict(actions or {})
        self._runner: web.ServerRunner | None = None

    @property
    def url(self) -> str:
        """Where the status document is."""
        return f"http://{HOST}:{self.port}{STATUS}"

    async def start(self) -> None:
        """Listen. Raises ConfigError when the port cannot be used."""
        self._runner = web.ServerRunner(web.Server(self._answer))
        await self._runner.setup()
        site = web.TCPSite(self._runner, HOST, self.port)
        try:
            await site.start()
        except OSError as error:
            await self.close()
            raise ConfigError(
                f"the local API cannot listen on {HOST} port {self.port}: {error.strerror or error}; "
                "set another port in [local] (0 takes a free one)"
            ) from error
        self.port = self._runner.addresses[0][1]

    async def close(self) -> None:
        """Stop listening; harmless when repeated."""
        runner, self._runner = self._runner, None
        if runner is not None:
            await runner.cleanup()

    async def _answer(self, request: web.BaseRequest) -> web.Response:
        if request.path == "/healthz" and request.method == "GET":
            problem = self._problem()
            return web.Response(status=503 if problem else 200, text=(problem or "ok") + "\n")
        page, action = self._pages.get(request.path), self._actions.get(request.path)
        if page is None and action is None:
            return web.Response(status=404)
        allowed = [method for method, known in (("GET", page), ("POST", action)) if known is not None]
        if request.method not in allowed:
            return web.Response(status=405, headers={"Allow": ", ".join(allowed)})
        given = request.headers.get("Authorization", "").removeprefix("Bearer ").strip()
        if not hmac.compare_digest(given.encode(), self._token.encode()):
            return web.Response(status=401, headers={"WWW-Authenticate": "Bearer"})
        if request.method == "POST" and action is not None:
            return await _act(request, action)
        assert page is not None
        try:
            document = await page(request.query)
        except HandoverError as error:
            status = 400 if error.fault == "operator" else error.http_status
            return web.Response(status=status, text=f"{error}\n")
        headers = {"Content-Type": document.content_type, "Cache-Control": "no-store"}
        if document.file_name is not None:
            headers["Content-Disposition"] = f'attachment; filename="{document.file_name}"'
        return web.Response(body=document.body, headers=headers)

    async def _document(self, query: Mapping[str, str]) -> Document:
        return Document("application/json", msgspec.json.encode(self._status()))


async def _act(request: web.BaseRequest, action: Action) -> web.Response:
    if "Origin" in request.headers:
        return _json({"error": "web pages may not write here"}, 403)
    if request.content_type != "application/json":
        return _json({"error": "the body must be application/json"}, 415)
    body = await request.content.read(LARGEST + 1)
    while not request.content.at_eof() and len(body) <= LARGEST:
        body += await request.content.read(LARGEST + 1 - len(body))
    if len(body) > LARGEST:
        return _json({"error": f"the body has more than {LARGEST} octets"}, 413)
    try:
        return _json(action(body), 200)
    except HandoverError as error:
        return _json({"error": str(error)}, 400 if error.fault == "operator" else error.http_status)


def _json(document: Any, status: int) -> web.Response:
    return web.Response(
        body=msgspec.json.encode(document),
        status=status,
        content_type="application/json",
        headers={"Cache-Control": "no-store"},
    )
