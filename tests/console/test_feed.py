from collections.abc import AsyncIterator
from pathlib import Path

import aiohttp
import pytest
from aiohttp import web

from handover.console.feed import Feed

Api = tuple[str, dict[str, object]]


@pytest.fixture
async def api() -> AsyncIterator[Api]:
    state: dict[str, object] = {"status": 200, "body": '{"now": 5}', "seen": None}

    async def answer(request: web.BaseRequest) -> web.Response:
        state["seen"] = request.headers.get("Authorization")
        return web.Response(
            status=int(str(state["status"])), text=str(state["body"]), content_type="application/json"
        )

    runner = web.ServerRunner(web.Server(answer))
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    host, port = runner.addresses[0][:2]
    yield f"http://{host}:{port}/api/status", state
    await runner.cleanup()


async def test_a_document_is_fetched_with_the_token(api: Api, tmp_path: Path) -> None:
    url, state = api
    token = tmp_path / "token"
    token.write_text("s3cret\n")
    feed = Feed(url, token)
    async with aiohttp.ClientSession() as session:
        await feed.refresh(session)
    assert (feed.document, feed.problem) == ({"now": 5}, None)
    assert state["seen"] == "Bearer s3cret"


async def test_a_failure_keeps_the_last_document_and_says_why(api: Api, tmp_path: Path) -> None:
    url, state = api
    feed = Feed(url)
    async with aiohttp.ClientSession() as session:
        await feed.refresh(session)
        state["status"] = 401
        await feed.refresh(session)
        assert feed.problem is not None
        assert "401" in feed.problem
        state.update(status=200, body="no json")
        await feed.refresh(session)
        assert "cannot be used" in feed.problem
        feed.url = "http://127.0.0.1:1/api/status"
        await feed.refresh(session)
        assert "is it running?" in feed.problem
    assert feed.document == {"now": 5}
