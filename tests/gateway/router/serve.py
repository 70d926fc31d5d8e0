"""A SEP 2.0 server of its own process, for a network namespace: `serve.py HOST PORT PKI-FOLDER`."""

import asyncio
import sys
from pathlib import Path

from handover.sep2.adapters.pki_folder import PkiFolder
from handover.sep2.server import Request, Response
from handover.sep2.transports.http_server import HttpsServer
from handover.sep2.transports.https import server_context

DCAP = b'<DeviceCapability xmlns="urn:ieee:std:2030.5:ns" href="/dcap"/>'


def answer(request: Request) -> Response:
    headers = {"Content-Type": "application/sep+xml", "Content-Length": str(len(DCAP))}
    return Response(200, headers, DCAP)


async def serve(host: str, port: int, folder: Path) -> None:
    context = server_context(PkiFolder(folder).credentials("gateway"), lambda der: None)
    server = HttpsServer(answer, context, host=host, port=port)
    await server.start()
    sys.stdout.write("ready\n")
    sys.stdout.flush()
    await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(serve(sys.argv[1], int(sys.argv[2]), Path(sys.argv[3])))
