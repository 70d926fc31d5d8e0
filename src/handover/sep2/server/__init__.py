"""The SEP 2.0 request engine: a request and the time go in, a response comes out. No I/O."""

from handover.sep2.peer import Peer
from handover.sep2.server.engine import Incident, Options, Refusal, Server
from handover.sep2.server.hooks import Busy, Created, Done, Existing, Hook, Hooks, Outcome, Write
from handover.sep2.server.keeping import keeping
from handover.sep2.server.messages import Request, Response

__all__ = [
    "Busy",
    "Created",
    "Done",
    "Existing",
    "Hook",
    "Hooks",
    "Incident",
    "Options",
    "Outcome",
    "Peer",
    "Refusal",
    "Request",
    "Response",
    "Server",
    "Write",
    "keeping",
]
