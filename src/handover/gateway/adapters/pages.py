"""What the local API of a running gateway offers beside the status document: metrics."""

from collections.abc import Callable, Mapping

from handover.gateway.adapters.journal import Journal
from handover.gateway.adapters.local_api import Document, Page
from handover.gateway.adapters.writer import Writer
from handover.gateway.alg import Gateway

Now = Callable[[], float]


def pages(
    gateway: Gateway, journal: Journal, writer: Writer, now: Now, connections: Callable[[], int]
) -> dict[str, Page]:
    """Return the pages by path; `now` is our clock, `connections` how many SEP 2.0 clients have open."""

    async def metrics(query: Mapping[str, str]) -> Document:
        from handover.gateway.adapters import metrics as numbers  # loaded when somebody asks

        shell = numbers.Shell(writer.problem is None, connections(), len(writer), numbers.rows(journal))
        return Document(numbers.CONTENT_TYPE, numbers.exposition(gateway, now(), shell))

    return {"/metrics": metrics}
