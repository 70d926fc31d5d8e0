"""The page in a real browser, over a status document with hostile texts."""

import asyncio
import json
import os
import socket
import sys
from collections.abc import AsyncIterator

import pytest
from aiohttp import web
from playwright.async_api import Error, Page, async_playwright

from conftest import Require
from console.test_view import DOCUMENT

HOSTILE = "<img src=x onerror=\"document.title='owned'\"><b>bold</b>"
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update"]


@pytest.fixture
async def api() -> AsyncIterator[str]:
    document = json.loads(json.dumps(DOCUMENT))
    document.update(
        gateway={"name": HOSTILE}, esi={"eui64": "000D6F0000123456", "online": True, "transport": "raven"}
    )
    document["messages"][0]["text"] = document["prices"][0]["label"] = HOSTILE
    document["devices"][0]["name"] = document["log"][0]["text"] = HOSTILE

    async def answer(request: web.BaseRequest) -> web.Response:
        return web.json_response(document)

    runner = web.ServerRunner(web.Server(answer))
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    host, port = runner.addresses[0][:2]
    yield f"http://{host}:{port}/api/status"
    await runner.cleanup()


@pytest.fixture
async def page(api: str, require_program: Require) -> AsyncIterator[Page]:
    chromium = require_program("chromium")
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    served = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "handover", "console", "--api", api, "--port", str(port)),
        # NiceGUI behaves differently where it sees pytest; a user's process does not see it either.
        env={name: value for name, value in os.environ.items() if not name.startswith("PYTEST")},
        stdout=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.DEVNULL,
    )
    try:
        async with async_playwright() as playwright:
            browser = await playwright.chromium.launch(executable_path=chromium, args=FLAGS)
            page = await browser.new_page()
            await until_served(served, page, f"http://127.0.0.1:{port}/")
            yield page
            await browser.close()
    finally:
        if served.returncode is None:
            served.terminate()
        await served.wait()


async def until_served(served: asyncio.subprocess.Process, page: Page, url: str) -> None:
    async with asyncio.timeout(60):
        while served.returncode is None:
            try:
                await page.goto(url)
                return
            except Error:  # not listening yet
                await asyncio.sleep(0)
    pytest.fail(f"the page's process ended with {served.returncode}")


async def test_the_page_shows_the_home_and_takes_no_text_for_markup(page: Page) -> None:
    problems: list[str] = []
    page.on("pageerror", lambda error: problems.append(str(error)))
    await page.wait_for_selector("text=102546.839 kWh")
    text = await page.inner_text("body")
    for shown in ("1.532 kW", "0.1134 USD/kWh", "thermostat: started", "167261211391", "duty cycle 50 %"):
        assert shown in text
    assert text.count(HOSTILE) >= 4, "in the header, a message, a price, a device and the log"
    assert await page.title() == "Handover gateway"
    assert await page.query_selector("canvas") is not None, "readings and prices are plotted"
    assert problems == []
