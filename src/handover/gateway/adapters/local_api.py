"""The local HTTP API: the status document for pages on this machine, behind a token. Loopback only.

`GET /healthz` answers without the token whether the gateway works; `GET /api/status` gives the document;
other pages are given from outside.
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


class LocalApi:
    """Serves `status` (a JSON-able document), `problem` (why the gateway is not well, or None) and `pages`
    by path.
    """

    def __init__(
        self,
        port: int,
        token: str,
        status: Callable[[], dict[str, Any]],
        problem: Callable[[], str | None],
        pages: Mapping[str, Page] | None = None,
    ) -> None:
        self.port = port
        self._token = token
        self._status = status
        self._problem = problem
        self._pages = {STATUS: self._document, **(pages or {})}
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
        if request.method != "GET":
            return web.Response(status=405, headers={"Allow": "GET"})
        if request.path == "/healthz":
            problem = self._problem()
            return web.Response(status=503 if problem else 200, text=(problem or "ok") + "\n")
        page = self._pages.get(request.path)
        if page is None:
            return web.Response(status=404)
        given = request.headers.get("Authorization", "").removeprefix("Bearer ").strip()
        if not hmac.compare_digest(given.encode(), self._token.encode()):
            return web.Response(status=401, headers={"WWW-Authenticate": "Bearer"})
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
