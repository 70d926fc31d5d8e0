"""Counts the SEP 2.0 requests by how they were answered."""

from collections.abc import Awaitable, Callable

from handover.gateway.tally import Tally
from handover.sep2.server import Request, Response

Exchange = Callable[[Request], Response | Awaitable[Response]]


def counted(exchange: Exchange, tally: Tally) -> Exchange:
    """Return `exchange`, each answer of which is counted when it is there."""

    def note(request: Request, response: Response) -> Response:
        tally.requests[request.method, response.status] += 1
        return response

    async def later(request: Request, response: Awaitable[Response]) -> Response:
        return note(request, await response)

    def counting(request: Request) -> Response | Awaitable[Response]:
        response = exchange(request)
        return note(request, response) if isinstance(response, Response) else later(request, response)

    return counting
