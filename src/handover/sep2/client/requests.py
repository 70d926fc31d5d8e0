"""Between what the client engine asks for and what transports carry."""

from handover.sep2.client.outputs import Answer, Ask, Delete, Fetch, Post
from handover.sep2.media import XML_CONTENT_TYPE
from handover.sep2.server.messages import Request, Response

_READ = {"Accept": XML_CONTENT_TYPE}
_WRITE = {"Accept": XML_CONTENT_TYPE, "Content-Type": XML_CONTENT_TYPE}


def request_of(ask: Ask) -> Request:
    """Return the HTTP request for what the engine asks for."""
    if isinstance(ask, Fetch):
        return Request("GET", ask.path, ask.query, {**_READ, **ask.headers})
    if isinstance(ask, Delete):
        return Request("DELETE", ask.path, ask.query, _READ)
    method = "POST" if isinstance(ask, Post) else "PUT"
    return Request(method, ask.path, ask.query, _WRITE, ask.body)


def answer_of(ask: Ask, response: Response) -> Answer:
    """Return the engine's input for the server's answer."""
    return Answer(ask, response.status, response.headers, response.body)
