"""What the local API of a running gateway offers beside the status document: metrics and exports."""

import asyncio
from collections.abc import Callable, Mapping
from datetime import UTC, datetime

from handover.gateway.adapters.exporting import archive
from handover.gateway.adapters.journal import Journal
from handover.gateway.adapters.local_api import Document, Page
from handover.gateway.adapters.writer import Writer
from handover.gateway.alg import Gateway
from handover.gateway.config import Config
from handover.gateway.export.formats import Format
from handover.gateway.export.period import period
from handover.gateway.export.render import render

Now = Callable[[], float]


def pages(
    config: Config,
    gateway: Gateway,
    journal: Journal,
    writer: Writer,
    now: Now,
    connections: Callable[[], int],
) -> dict[str, Page]:
    """Return the pages by path; `now` is our clock, `connections` how many SEP 2.0 clients have open."""

    async def metrics(query: Mapping[str, str]) -> Document:
        from handover.gateway.adapters import metrics as numbers  # loaded when somebody asks

        shell = numbers.Shell(writer.problem is None, connections(), len(writer), numbers.rows(journal))
        return Document(numbers.CONTENT_TYPE, numbers.exposition(gateway, now(), shell))

    def export(form: Format) -> Page:
        async def page(query: Mapping[str, str]) -> Document:
            asked, wall = period(query.get("since"), query.get("until")), now()
            # A week of readings takes a moment: nobody else waits for it.
            body = await asyncio.to_thread(lambda: render(archive(config, asked, wall), form))
            day = datetime.fromtimestamp(wall, UTC).strftime("%Y-%m-%d")
            return Document(form.content_type, body, f"handover-{day}.{form.suffix}")

        return page

    return {
        "/metrics": metrics,
        "/export.csv": export(Format.CSV),
        "/export.xml": export(Format.GREEN_BUTTON),
    }
