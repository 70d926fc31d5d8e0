"""The page for admissions in a real browser: by keyboard, from an empty gateway to a device that works."""

import asyncio
import importlib.util
import json
import os
import socket
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import asdict
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web
from playwright.async_api import Error, Page, async_playwright

from conftest import Require
from gateway.running import Client, fast_clock, make_config, running
from handover.gateway.pairing.pairing import Pairing, Progress
from handover.gateway.pairing.states import Kind, failures, states
from handover.gateway.pairing.words import WORDS
from handover.sep2.security.identity import format_sfdi, sfdi
from handover.sim.premise import Premise

pytestmark = pytest.mark.req("REQ.GW.3")

FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update"]
HOSTILE = "<img src=x onerror=\"document.title='owned'\">"
NOW = 1_700_000_000.0
CODE, EUI = "83FE D340 7A93 9723 A5C6 39B2 6916 D505 C3B5", "00124B0000ABCD01"


@asynccontextmanager
async def browser_at(chromium: str, api: str, *options: str) -> AsyncIterator[Page]:
    """Serve the console for the local API at `api`; give a browser that shows its page for admissions."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    served = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "handover", "console", "--api", api, "--port", str(port), *options),
        env={name: value for name, value in os.environ.items() if not name.startswith("PYTEST")},
        stdout=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.DEVNULL,
    )
    try:
        async with async_playwright() as playwright:
            browser = await playwright.chromium.launch(executable_path=chromium, args=FLAGS)
            page = await browser.new_page()
            async with asyncio.timeout(60):
                while True:
                    assert served.returncode is None, f"the page's process ended with {served.returncode}"
                    try:
                        await page.goto(f"http://127.0.0.1:{port}/pair")
                        break
                    except Error:  # not listening yet
                        await asyncio.sleep(0)
            yield page
            await browser.close()
    finally:
        if served.returncode is None:
            served.terminate()
        await served.wait()


@asynccontextmanager
async def stub(admissions: list[dict[str, Any]], posts: list[Any]) -> AsyncIterator[str]:
    """A local API that knows these admissions and takes every request."""

    async def answer(request: web.BaseRequest) -> web.Response:
        if request.method == "POST":
            posts.append((request.path, json.loads(await request.text())))
            return web.json_response({"error": f"no room {HOSTILE}"}, status=503)
        return web.json_response(admissions if request.path == "/api/pairing" else {})

    runner = web.ServerRunner(web.Server(answer))
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    host, port = runner.addresses[0][:2]
    try:
        yield f"http://{host}:{port}/api/status"
    finally:
        await runner.cleanup()


def every_state() -> list[dict[str, Any]]:
    """Return one admission in every state of every kind; reasons and names are hostile."""
    found = []
    for kind in Kind:
        for state in states(kind):
            key = f"{kind.value}:{state.name}"
            row = Progress(key, kind.value, state.name, NOW, None, HOSTILE, HOSTILE)
            found.append(asdict(Pairing(row).told(NOW)))
    found[0]["countdown"] = 142
    return found


def axe_script() -> str:
    """Return the rules of axe, or skip the test without them."""
    found = importlib.util.find_spec("axe_playwright_python")
    if found is not None and found.origin is not None:
        return (Path(found.origin).parent / "axe.min.js").read_text()
    reason = "axe is not installed (pip install axe-playwright-python)"
    if os.environ.get("HANDOVER_REQUIRE_ALL") == "1":
        pytest.fail(reason)
    pytest.skip(reason)


async def violations(page: Page) -> list[str]:
    await page.evaluate(axe_script())
    found = await page.evaluate("axe.run()")
    return [f"{v['id']}: {n['html'][:200]}" for v in found["violations"] for n in v["nodes"]]


async def test_every_state_is_shown_with_its_next_step_and_takes_no_text_for_markup(
    require_program: Require,
) -> None:
    posts: list[Any] = []
    async with stub(every_state(), posts) as api, browser_at(require_program("chromium"), api) as page:
        await page.wait_for_selector("text=2:22")
        text = await page.inner_text("main")
        for kind in Kind:
            for state in states(kind):
                words = WORDS[kind][state]
                for said in (words.title, words.sentence, f"Next: {words.next_step}"):
                    assert said in text, (kind, state, said)
        assert HOSTILE in text
        assert await page.title() == "Admit the gateway and devices"
        again = await page.locator('button[aria-label^="Try again"]:visible').count()
        assert again == sum(not s.name.startswith("BAD_") for kind in Kind for s in failures(kind))
        await page.click('button[aria-label="Try again: sep1:TIMEOUT"]')
        await page.wait_for_selector('[role=alert]:has-text("no room")')
        assert ("/api/pairing/again", {"key": "sep1:TIMEOUT"}) in posts


async def test_the_page_has_nothing_that_keeps_people_out(require_program: Require) -> None:
    axe_script()
    async with stub(every_state(), []) as api, browser_at(require_program("chromium"), api) as page:
        await page.wait_for_selector("text=2:22")
        assert await violations(page) == []


async def type_into(page: Page, label: str, text: str) -> None:
    """Go to an input by the Tab key, as far as it takes, and type."""
    for _ in range(60):
        await page.keyboard.press("Tab")
        if await page.evaluate("document.activeElement.getAttribute('aria-label')") == label:
            await page.keyboard.type(text)
            return
    pytest.fail(f"the input {label!r} cannot be reached by the Tab key")


async def test_a_device_is_admitted_by_keyboard_from_the_label_to_its_first_data(
    tmp_path: Path, require_program: Require
) -> None:
    chromium = require_program("chromium")
    config, clock = make_config(tmp_path), fast_clock()
    premise = Premise(seed=3, start=clock.now())
    premise.admit(config.eui64)
    client = Client(config, "tstat")
    number = format_sfdi(sfdi(client.lfdi))
    wrong = number[:-1] + str((int(number[-1]) + 1) % 10)
    async with running(config, premise, clock) as service:
        token = ("--token-file", str(config.token_path))
        async with browser_at(chromium, service.local.url, *token) as page:
            await page.wait_for_selector("text=Readings come in")
            await type_into(page, "SFDI", wrong)
            await type_into(page, "PIN", "111115")
            await page.keyboard.press("Enter")
            await page.wait_for_selector("[role=alert]:has-text('one of the twelve is mistyped')")
            await page.wait_for_function("document.activeElement.getAttribute('aria-label') == 'SFDI'")
            await page.keyboard.press("Control+A")
            await page.keyboard.type(number)
            await type_into(page, "What you call the device", "heating")
            await page.keyboard.press("Enter")
            await page.wait_for_selector("article:has-text('The device is registered')")
            await page.wait_for_function(
                "document.activeElement.textContent == 'The device is registered'"
                " && document.activeElement.getAttribute('role') == 'heading'"
            )
            assert await page.input_value("input[aria-label=PIN]") == "", "secrets do not stay on the page"
            card = page.locator("article", has_text="heating")
            assert ":" in await card.locator("[role=timer]").inner_text()
            assert await card.locator("[aria-current=step]").inner_text() == "▶ The device is registered"
            await client.open(service)
            assert (await client.asks("GET", "/edev")).status == 200
            await card.locator("text=The device works").first.wait_for()
            await page.wait_for_selector(
                "[role=status]:has-text('heating: The device works.')", state="attached"
            )
            await client.close()


async def test_a_sep1_device_is_expected_with_a_code_and_failures_are_told(
    tmp_path: Path, require_program: Require
) -> None:
    chromium = require_program("chromium")
    config, clock = make_config(tmp_path), fast_clock()
    premise = Premise(seed=3, start=clock.now())
    premise.admit(config.eui64)
    async with running(config, premise, clock) as service:
        token = ("--token-file", str(config.token_path))
        async with browser_at(chromium, service.local.url, *token) as page:
            await page.get_by_role("radio", name="A SEP 1.x device at the gateway").press("Space")
            for code, words in (
                (CODE.replace("7A93", "7A98"), "group 3 is likely mistyped"),
                ("167-261-211-391", "SFDI of a SEP 2.0 device"),
            ):
                await page.fill("input[aria-label^='Install code']", code)
                await page.fill("input[aria-label^='MAC address']", EUI)
                await page.keyboard.press("Enter")
                await page.wait_for_selector(f"[role=alert]:has-text('{words}')")
            await page.fill("input[aria-label^='Install code']", CODE)
            await page.keyboard.press("Enter")
            await page.wait_for_selector("article:has-text('The code is right')")
            assert await page.input_value("input[aria-label^='Install code']") == ""
            assert page.url.endswith("/pair"), "no secret is in the address"
            await page.click(f'button[aria-label="End: sep1:{EUI}"]')
            await page.wait_for_selector("article:has-text('The code is right')", state="detached")


async def test_a_foreign_name_for_this_machine_is_refused(require_program: Require) -> None:
    async with stub([], []) as api, browser_at(require_program("chromium"), api) as page:
        answer = await page.request.get(page.url, headers={"Host": "evil.example"})
        assert answer.status == 400
