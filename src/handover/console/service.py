"""Serves the gateway's page on loopback: NiceGUI in a process of its own."""

from pathlib import Path

from nicegui import app, background_tasks, ui
from starlette.middleware.trustedhost import TrustedHostMiddleware

from handover.console.counter import Counter
from handover.console.feed import PERIOD, Feed
from handover.console.page import GatewayPage
from handover.console.pairing import PairingPage

EVERYWHERE = ("", "0.0.0.0", "::")


def serve(api: str, token_file: Path | None, host: str, port: int) -> None:
    """Serve the pages for the gateway whose local API is at `api` until the process is stopped.

    `host` should be a loopback address: the pages ask for no password.
    """
    feed, counter = Feed(api, token_file), Counter(api, token_file)

    def start() -> None:
        background_tasks.create(feed.run(), name="status feed")
        background_tasks.create(counter.run(), name="admissions")

    app.on_startup(start)
    if host not in EVERYWHERE:
        # A foreign site whose name was made to lead here must not work the page in its visitor's browser.
        names = ["127.0.0.1", "localhost", "[::1]", host, f"[{host}]"]
        app.add_middleware(TrustedHostMiddleware, allowed_hosts=names)

    @ui.page("/", title="Handover gateway")
    def page() -> None:
        drawn = GatewayPage(feed)
        ui.timer(PERIOD, drawn.refresh)

    @ui.page("/pair", title="Admit the gateway and devices")
    def pairing() -> None:
        drawn = PairingPage(counter)
        ui.timer(PERIOD, drawn.refresh)

    ui.run(
        host=host,
        port=port,
        title="Handover gateway",
        favicon="⇄",
        language="en-US",
        show=False,
        reload=False,
        show_welcome_message=False,
        uvicorn_logging_level="warning",
    )
