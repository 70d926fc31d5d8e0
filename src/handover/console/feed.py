"""Fetches the status document of a gateway over its local API. No drawing here."""

import asyncio
from pathlib import Path
from typing import Any

import aiohttp

PERIOD = 1.0
TIMEOUT = aiohttp.ClientTimeout(total=5)


class Feed:
    """The newest status document of one gateway, and what is wrong when there is none.

    One poller serves every open page. `url` is the gateway's local API (loopback HTTP); `token_file` holds
    the bearer token that the gateway wrote for local readers.
    """

    def __init__(self, url: str, token_file: Path | None = None) -> None:
        self.url = url
        self._token_file = token_file
        self.document: dict[str, Any] = {}
        self.problem: str | None = "waiting for the gateway's first answer"

    async def refresh(self, session: aiohttp.ClientSession) -> None:
        """Fetch once; on failure keep the last document and say why in `problem`."""
        headers = {}
        try:
            if self._token_file is not None:
                headers["Authorization"] = f"Bearer {self._token_file.read_text().strip()}"
            async with session.get(self.url, headers=headers) as answer:
                if answer.status != 200:
                    self.problem = f"the gateway's local API answers {answer.status} at {self.url}"
                    return
                self.document = await answer.json()
                self.problem = None
        except OSError as error:
            self.problem = f"the gateway is not reachable at {self.url}: {error}; is it running?"
        except (aiohttp.ClientError, TimeoutError, ValueError) as error:
            self.problem = f"the gateway's answer at {self.url} cannot be used: {error}"

    async def run(self) -> None:
        """Poll until cancelled."""
        async with aiohttp.ClientSession(timeout=TIMEOUT) as session:
            while True:
                await self.refresh(session)
                await asyncio.sleep(PERIOD)
