"""Serves the gateway's page on loopback: NiceGUI in a process of its own."""

from pathlib import Path

from nicegui import app, background_tasks, ui

from handover.console.feed import PERIOD, Feed
from handover.console.page import GatewayPage


def serve(api: str, token_file: Path | None, host: str, port: int) -> None:
    """Serve the page for the gateway whose local API is at `api` until the process is stopped.

    `host` should be a loopback address: the page asks for no password.
    """
    feed = Feed(api, token_file)

    def start() -> None:
        background_tasks.create(feed.run(), name="status feed")

    app.on_startup(start)

    @ui.page("/", title="Handover gateway")
    def page() -> None:
        drawn = GatewayPage(feed)
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
