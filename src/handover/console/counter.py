"""Talks to the gateway's local API about admissions. No drawing here.

The token stays in this process: the browser never sees it.
"""

import asyncio
from pathlib import Path
from typing import Any

import aiohttp

from handover.console.feed import PERIOD, TIMEOUT

Told = dict[str, Any]


class Counter:
    """Where the admissions of one gateway stand, and what a person does about them.

    `status_url` is that of the gateway's status document; `token_file` holds the token for local readers. One
    poller serves every open page.
    """

    def __init__(self, status_url: str, token_file: Path | None = None) -> None:
        self._root = status_url.removesuffix("/status") + "/pairing"
        self._token_file = token_file
        self.admissions: list[Told] = []
        self.problem: str | None = None

    async def refresh(self) -> None:
        """Ask once; on failure keep what was known and say why in `problem`."""
        answer, self.problem = await self._ask("GET", "", None)
        if isinstance(answer, list):
            self.admissions = answer

    async def run(self) -> None:
        """Poll until cancelled."""
        while True:
            await self.refresh()
            await asyncio.sleep(PERIOD)

    async def begin(self, kind: str, typed: dict[str, str]) -> tuple[Told | None, str | None]:
        """Begin an admission; return what to tell, or why it could not even be asked."""
        return await self._act("", {"kind": kind, **typed})

    async def again(self, key: str) -> str | None:
        """Try once more; return why that was not possible, or None."""
        return (await self._act("/again", {"key": key}))[1]

    async def end(self, key: str) -> str | None:
        """End an admission; return why that was not possible, or None."""
        return (await self._act("/end", {"key": key}))[1]

    async def _act(self, path: str, body: dict[str, str]) -> tuple[Told | None, str | None]:
        answer, problem = await self._ask("POST", path, body)
        await self.refresh()
        return answer if isinstance(answer, dict) and problem is None else None, problem

    async def _ask(self, method: str, path: str, body: dict[str, str] | None) -> tuple[Any, str | None]:
        headers = {}
        try:
            if self._token_file is not None:
                headers["Authorization"] = f"Bearer {self._token_file.read_text().strip()}"
            async with (
                aiohttp.ClientSession(timeout=TIMEOUT) as session,
                session.request(method, self._root + path, json=body, headers=headers) as answer,
            ):
                document = await answer.json() if answer.content_type == "application/json" else None
        except (OSError, aiohttp.ClientError, TimeoutError, ValueError) as error:
            return None, f"The gateway cannot be asked: {error}. Is it running?"
        if answer.status == 200:
            return document, None
        reason = document.get("error") if isinstance(document, dict) else None
        return None, reason or f"The gateway's local API answers {answer.status}; look at its log."
