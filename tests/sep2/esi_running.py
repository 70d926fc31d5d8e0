"""An ESI that really runs, with certificates of an authority of its own, and clients on loopback."""

from pathlib import Path
from time import time
from typing import Any

from handover.sep2 import exi, xml
from handover.sep2.adapters.database import Database
from handover.sep2.adapters.pki_folder import PkiFolder
from handover.sep2.esi import Esi, Settings
from handover.sep2.peer import Peer
from handover.sep2.server import Request, Response
from handover.sep2.server.subscriptions import Options
from handover.sep2.serving import Serving
from handover.sep2.store import Store
from handover.sep2.transports.http_server import HttpsServer
from handover.sep2.transports.https import Credentials, HttpsTransport, client_context, server_context

PIN = 111115
BASE = "https://127.0.0.1:1"


def no_check(der: bytes) -> None:
    """Leave the check of keys to the tests of the transports."""


class RunningEsi:
    """One ESI in `folder`; `start` may be called again after `stop`."""

    def __init__(self, folder: Path, *, kept: bool = False, poll_rate: int = 300, **options: Any) -> None:
        self.folder = folder
        self.pki = PkiFolder(folder / "pki")
        self.pki.init("test authority", time())
        self.pki.gateway(["127.0.0.1"], time())
        self._kept = kept
        self._poll_rate = poll_rate
        self._options = options
        self.heard: list[Any] = []

    def credentials(self, name: str) -> Credentials:
        return self.pki.credentials(name)

    def peer(self, name: str) -> Peer:
        """Return who the device `name` is; it gets a certificate when it has none."""
        if not self.pki.files(name).certificate.exists():
            self.pki.device(name, time())
        return self.pki.peer(name)

    async def start(self) -> "RunningEsi":
        store, self.database = Store(), None
        if self._kept:
            self.database = Database(self.folder / "esi.db")
            self.database.load(store)
        options = Options(BASE, spacing=0.0, **self._options)
        self.esi = Esi(
            Settings(BASE, subscriptions=options), store, heard=lambda *heard: self.heard.append(heard)
        )
        self.serving = Serving(
            self.esi, self.credentials("gateway"), host="127.0.0.1", database=self.database
        )
        await self.serving.start()
        return self

    async def stop(self) -> None:
        await self.serving.close()
        if self.database is not None:
            self.database.close()

    async def __aenter__(self) -> "RunningEsi":
        return await self.start()

    async def __aexit__(self, *_: object) -> None:
        await self.stop()

    @property
    def origin(self) -> str:
        return f"https://127.0.0.1:{self.serving.port}"

    def admit(self, name: str) -> str:
        return self.esi.admit(self.peer(name), PIN, time())

    def transport(self, name: str) -> HttpsTransport:
        self.peer(name)
        return HttpsTransport(self.origin, client_context(self.credentials(name), no_check))

    async def ask(
        self, name: str, method: str, path: str, body: Any = None, *, binary: bool = False
    ) -> Response:
        kind = "application/sep-exi; level=-S1" if binary else "application/sep+xml; level=-S1"
        data = b"" if body is None else (exi if binary else xml).encode(body)
        target, _, query = path.partition("?")
        async with self.transport(name) as transport:
            headers = {"Accept": kind, "Content-Type": kind}
            return await transport.exchange(Request(method, target, query, headers, data))

    async def call(self, name: str, uri: str, body: bytes) -> Response:
        """POST a document to somebody's listener, as `name`."""
        self.peer(name)
        context = client_context(self.credentials(name), no_check, check_hostname=False)
        async with HttpsTransport(uri, context) as transport:
            headers = {"Content-Type": "application/sep+xml"}
            return await transport.exchange(Request("POST", "/ntfy", "", headers, body))

    async def get(self, name: str, path: str) -> Any:
        response = await self.ask(name, "GET", path)
        assert response.status == 200, response
        return xml.decode(response.body)


class Listener:
    """A device's own server, which takes notifications."""

    def __init__(self, running: RunningEsi, name: str) -> None:
        self.notifications: list[Any] = []
        self.status = 201
        context = server_context(running.credentials(name), no_check)
        self._server = HttpsServer(self._take, context, host="127.0.0.1")

    @property
    def uri(self) -> str:
        return f"https://127.0.0.1:{self._server.port}/ntfy"

    def _take(self, request: Request) -> Response:
        reads_exi = "exi" in request.headers["Content-Type"]
        self.notifications.append((exi if reads_exi else xml).decode(request.body))
        return Response(self.status, {"Content-Length": "0"})

    async def __aenter__(self) -> "Listener":
        await self._server.start()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._server.close(0.1)
