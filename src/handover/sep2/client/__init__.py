"""The client side of SEP 2.0: an engine that discovers, polls, lives through events and responds. No I/O."""

from handover.sep2.client.engine import Client, Settings
from handover.sep2.client.events import State, Tracked
from handover.sep2.client.outbox import MemoryOutbox, Outbox, Pending
from handover.sep2.client.outputs import Answer, Failure, Fetch, Post, Put
from handover.sep2.client.schedule import Draw

__all__ = [
    "Answer",
    "Client",
    "Draw",
    "Failure",
    "Fetch",
    "MemoryOutbox",
    "Outbox",
    "Pending",
    "Post",
    "Put",
    "Settings",
    "State",
    "Tracked",
]
