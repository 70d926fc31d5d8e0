"""The local HTTP API: the status document for pages on this machine, behind a token. Loopback only.

`GET /healthz` answers without the token whether the gateway works; `GET /api/status` gives the document.
Other parts add paths. No web page may write here: a request that a browser sends for one names its origin,
and is refused; the token is never in an address, a cookie or a log line.
"""

import hmac
import os
import secrets
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

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


class LocalApi:
    """Serves `status` (a JSON-able document) and `problem` (why the gateway is not well, or None).

    `readings` are more documents by path, `actions` what a POST with a JSON body does; an error that they
    raise is told with its HTTP status.
    """

    def __init__(
        self,
        port: int,
        token: str,
        status: Callable[[], dict[str, Any]],
        problem: Callable[[], str | None],
        *,
        readings: Mapping[str, Callable[[], Any]] | None = None,
        actions: Mapping[str, Callable[[bytes], Any]] | None = None,
    ) -> None:
        self.port = port
        self._token = token
        self._readings = {STATUS: status, **(readings or {})}
        self._actions = dict(actions or {})
        self._problem = problem
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
        allowed = {"GET": request.path in self._readings, "POST": request.path in self._actions}
        if not any(allowed.values()):
            return web.Response(status=404)
        if not allowed.get(request.method):
            return web.Response(
                status=405, headers={"Allow": ", ".join(method for method, yes in allowed.items() if yes)}
            )
        given = request.headers.get("Authorization", "").removeprefix("Bearer ").strip()
        if not hmac.compare_digest(given.encode(), self._token.encode()):
            return web.Response(status=401, headers={"WWW-Authenticate": "Bearer"})
        if request.method == "GET":
            return _told(self._readings[request.path])
        if "Origin" in request.headers:
            return _json({"error": "web pages may not write here"}, 403)
        if request.content_type != "application/json":
            return _json({"error": "the body must be application/json"}, 415)
        body = await request.content.read(LARGEST + 1)
        while not request.content.at_eof() and len(body) <= LARGEST:
            body += await request.content.read(LARGEST + 1 - len(body))
        if len(body) > LARGEST:
            return _json({"error": f"the body has more than {LARGEST} octets"}, 413)
        act = self._actions[request.path]
        return _told(lambda: act(body))


def _told(make: Callable[[], Any]) -> web.Response:
    try:
        return _json(make(), 200)
    except HandoverError as error:
        status = 400 if isinstance(error, ConfigError) else error.http_status
        return _json({"error": str(error)}, status)


def _json(document: Any, status: int) -> web.Response:
    return web.Response(
        body=msgspec.json.encode(document),
        status=status,
        content_type="application/json",
        headers={"Cache-Control": "no-store"},
    )
