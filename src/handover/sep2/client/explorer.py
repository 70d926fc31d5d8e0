"""Reads a server's documents: what is due, page by page, and what follows from each answer.

Events are only found here; what they mean is the business of `agenda`. `Findings` tells what an answer has
changed.
"""

from dataclasses import dataclass, field
from typing import Any

from handover.errors import DecodeError
from handover.sep2 import xml
from handover.sep2.client import links
from handover.sep2.client.clocks import Clocks
from handover.sep2.client.membership import Membership, Standing
from handover.sep2.client.outputs import (
    Admitted,
    Answer,
    ClockSet,
    Fetch,
    Gone,
    NotAdmitted,
    Output,
    Trouble,
    Updated,
)
from handover.sep2.client.pace import Pace
from handover.sep2.client.paging import Pages, is_list, items_of
from handover.sep2.client.tree import Node, Tree
from handover.sep2.resources.device_capability import DeviceCapability
from handover.sep2.resources.end_device import EndDeviceList, Registration
from handover.sep2.resources.function_set_assignments import FunctionSetAssignmentsList
from handover.sep2.resources.time import Time

_MOVED = frozenset({301, 302, 307, 308})
_CLOSED = frozenset({401, 403, 404, 410})
_DECISIVE = (DeviceCapability, EndDeviceList, Registration, FunctionSetAssignmentsList)
"""Documents that say who we are and what is assigned to us."""


@dataclass(slots=True)
class Findings:
    """What has come out of an answer."""

    outputs: list[Output] = field(default_factory=list)
    read: list[Node] = field(default_factory=list)
    """Documents that were read completely."""
    closed: list[Node] = field(default_factory=list)
    """Documents that are gone, forbidden, or no longer linked."""
    clocks: list[str] = field(default_factory=list)
    """Time resources whose offset is known now."""


class Explorer:
    """The documents of one server, kept fresh."""

    def __init__(self, tree: Tree, membership: Membership, clocks: Clocks, pace: Pace, page: int) -> None:
        self.tree = tree
        self.standing: Standing | None = None
        """What we are to the server, None while that is not known."""
        self._membership = membership
        self._clocks = clocks
        self._pace = pace
        self._page = page
        self._asked: dict[Fetch, Node] = {}

    @property
    def under_way(self) -> int:
        """How many documents have been asked for and not been answered."""
        return len(self._asked)

    def ask(self, now: float, room: int) -> list[Fetch]:
        """Return at most `room` requests for documents that are due."""
        due = sorted((n for n in self.tree if n.asked is None and n.due <= now), key=lambda n: n.due)
        asked = []
        for node in due[: max(room, 0)]:
            query = ""
            if is_list(node.kind):
                node.pages = node.pages or Pages(self._page)
                query = node.pages.query
            fetch = fetch_of(node.target, query)
            node.asked = now
            self._asked[fetch] = node
            asked.append(fetch)
        return asked

    def deadline(self) -> float | None:
        """Return when a document is due next."""
        return min((node.due for node in self.tree if node.asked is None), default=None)

    def refresh(self, path: str, now: float) -> None:
        """Make a document due at once."""
        node = self.tree.get(path)
        if node is not None:
            node.due = min(node.due, now)

    def failed(self, fetch: Fetch, now: float) -> None:
        """Take in that a request got no answer."""
        node = self._asked.pop(fetch, None)
        if node is not None:
            node.asked, node.pages, node.due = None, None, now

    def answered(self, answer: Answer, now: float) -> Findings:
        """Take in the answer to one of our requests."""
        assert isinstance(answer.ask, Fetch)
        node = self._asked.pop(answer.ask, None)
        findings = Findings()
        if node is None or self.tree.get(node.path) is not node:
            return findings
        asked, node.asked = node.asked, None
        if answer.status == 200:
            self._document(node, answer, now if asked is None else asked, now, findings)
        else:
            self._refused(node, answer, now, findings)
        return findings

    def _refused(self, node: Node, answer: Answer, now: float, findings: Findings) -> None:
        node.pages = None
        moved = next((v for k, v in answer.headers.items() if k.lower() == "location"), None)
        target = links.local(moved, node.path, self.tree.authority) if moved is not None else None
        if answer.status in _MOVED and target is not None and node.attempts < 3:
            node.target, node.attempts = target, node.attempts + 1
            return
        node.target = node.path
        self._pace.refused(node, now, answer.headers, soon=answer.status >= 500 or answer.status == 429)
        findings.outputs.append(Trouble(node.path, f"the server answered {answer.status}"))
        if answer.status in _CLOSED:
            if node.resource is not None:
                node.resource = None
                findings.outputs.append(Gone(node.path))
            self._close(self.tree.grow(node, [], now), findings)
            findings.closed.append(node)
        self._settle(node, now, findings)

    def _document(self, node: Node, answer: Answer, asked: float, now: float, findings: Findings) -> None:
        """Take in a document, or one page of it."""
        try:
            resource: Any = xml.decode(answer.body, node.kind)
            if is_list(node.kind):
                node.pages = node.pages or Pages(self._page)
                complete = node.pages.add(resource)
                # Our own entries are all that we want of a list that may hold a utility's every device.
                if not complete and not (node.kind is EndDeviceList and self._membership.complete(resource)):
                    node.due = now
                    return
                resource, node.pages = node.pages.whole(resource), None
        except DecodeError as error:
            node.pages = None
            self._pace.refused(node, now, {}, soon=False)
            findings.outputs.append(Trouble(node.path, f"the document cannot be used: {error}"))
            self._settle(node, now, findings)
            return
        changed, node.resource = resource != node.resource, resource
        self._pace.read(node, now)
        if isinstance(resource, Time):
            self._set_clock(node, resource, asked, now, findings)
            return
        if changed:
            findings.outputs.append(Updated(node.path, resource))
        self._grow(node, now, findings)
        self._settle(node, now, findings)
        findings.read.append(node)

    def _set_clock(self, node: Node, time: Time, asked: float, now: float, findings: Findings) -> None:
        before = self._clocks.offset(node.path)
        offset = self._clocks.set(node.path, time, asked, now)
        if before != offset:
            findings.outputs.append(ClockSet(node.path, offset))
            findings.clocks.append(node.path)

    def _grow(self, node: Node, now: float, findings: Findings) -> None:
        """Follow the links of a document, and leave what is no longer linked."""
        wishes, strange = self._membership.wishes(self.tree, node)
        findings.outputs += [Trouble(href, "leads away from the server; not followed") for href in strange]
        self._close(self.tree.grow(node, wishes, now), findings)
        if self.tree.full:
            reason = f"the server has more than {len(self.tree)} documents for us; the rest is left out"
            findings.outputs.append(Trouble(node.path, reason))

    @staticmethod
    def _close(dropped: list[Node], findings: Findings) -> None:
        findings.outputs += [Gone(node.path) for node in dropped if node.resource is not None]
        findings.closed += dropped

    def _settle(self, node: Node, now: float, findings: Findings) -> None:
        """After a document that says who we are: see what is open to us now."""
        if node.kind is Time and node.resource is None:
            self._clocks.assume(node.path)
            findings.clocks.append(node.path)
        if node.kind not in _DECISIVE:
            return
        for kind in (EndDeviceList, DeviceCapability):
            for known in self.tree.of_kind(kind):
                self._grow(known, now, findings)
        standing = self._membership.standing(self.tree)
        if standing is not None and standing != self.standing:
            self.standing = standing
            path = standing.path
            findings.outputs.append(
                Admitted(path, standing.confirmed) if path is not None else NotAdmitted(standing.reason)
            )
        if (
            node.kind is FunctionSetAssignmentsList
            and node.resource is not None
            and not items_of(node.resource)
        ):
            reason = "the server has assigned nothing to us; its operator must do that"
            findings.outputs.append(Trouble(node.path, reason))


def fetch_of(target: str, query: str = "") -> Fetch:
    """Return the GET for a target that may have a query of its own."""
    path, _, own = target.partition("?")
    return Fetch(path, "&".join(part for part in (own, query) if part))
