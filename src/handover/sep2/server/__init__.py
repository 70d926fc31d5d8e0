"""The SEP 2.0 request engine: a request and the time go in, a response comes out. No I/O."""

from handover.sep2.peer import Peer
from handover.sep2.server.hooks import Created, Done, Existing, Hook, Hooks, Outcome, Write
from handover.sep2.server.messages import Request, Response

__all__ = ["Created", "Done", "Existing", "Hook", "Hooks", "Outcome", "Peer", "Request", "Response", "Write"]
