"""What events mean for the device: taking them from their lists, telling the device, answering the server.

When an event starts and which one wins is decided in `schedule`, what a Response looks like in `responses`,
its delivery in `letters`.
"""

from collections.abc import Callable
from typing import Any

from handover.errors import DecodeError, NotNow, Refused
from handover.sep2 import xml
from handover.sep2.client import events, responses
from handover.sep2.client.clocks import Clocks
from handover.sep2.client.events import LIVE, Sighting, State, Tracked
from handover.sep2.client.letters import Letters
from handover.sep2.client.outputs import Answer, EventChanged, Fetch, Output, Trouble
from handover.sep2.client.paging import items_of
from handover.sep2.client.responses import Status
from handover.sep2.client.schedule import Change, Schedule
from handover.sep2.client.seeing import EVENT_LISTS, sighting
from handover.sep2.client.tree import Node, Tree
from handover.sep2.client.vanished import Vanished
from handover.sep2.resources.der import DERControl
from handover.sep2.resources.drlc import EndDeviceControl

Judge = Callable[[EndDeviceControl], int | None]
"""Returns the Response status (252, 253) for a control that the device cannot carry out, else None."""

Applied = Callable[[Tracked, int], dict[str, Any]]
"""Returns the DrResponse fields that say what the device does about an event."""


class Agenda:
    """The events of one device, whose deviceCategory bits are `category`."""

    def __init__(
        self,
        tree: Tree,
        schedule: Schedule,
        clocks: Clocks,
        letters: Letters,
        category: int,
        judge: Judge,
        applied: Applied,
    ) -> None:
        self._tree = tree
        self._schedule = schedule
        self._clocks = clocks
        self._letters = letters
        self._category = category
        self._judge = judge
        self._applied = applied
        self._vanished: Vanished[Tracked] = Vanished(tree.authority)

    @property
    def under_way(self) -> int:
        """How many events have been asked for one by one."""
        return self._vanished.under_way

    @property
    def questions(self) -> bool:
        """Whether `ask` would return anything."""
        return self._vanished.questions

    def tick(self, now: float) -> list[Output]:
        """Let events start and end."""
        return self._tell(self._schedule.tick(now), now)

    def deadline(self) -> float | None:
        """Return when `tick` is next worth calling."""
        return self._schedule.deadline()

    def edges(self, after: float, until: float) -> list[str]:
        """Return the lists whose events begin or end, as the server sees it, in (after, until]."""
        return self._schedule.edges(after, until)

    def next_edge(self, after: float) -> float | None:
        """Return the first moment after `after` that `edges` would report."""
        return self._schedule.next_edge(after)

    def observe(self, node: Node, now: float) -> list[Output]:
        """Take in the events of a list that has been read, once its clock is known."""
        if node.kind not in EVENT_LISTS or self._clocks.offset(node.clock) is None:
            return []
        history, node.observed = not node.observed, True
        changes: list[Change] = []
        listed = set()
        for event in items_of(node.resource):
            listed.add(events.number(event.mRID))
            if self._concerns(event):
                changes += self._schedule.observe(self._sighting(node, event), now, history=history)
        for missing in self._schedule.unlisted(node.path, listed, now):
            if not self._vanished.add(missing.event.href or "", node.path, missing):
                changes += self._schedule.cancel(missing, now)
        return self._tell(changes, now)

    def observe_waiting(self, clock: str, now: float) -> list[Output]:
        """Take in the events that waited for their clock."""
        waiting = [n for n in self._tree if n.clock == clock and not n.observed and n.resource is not None]
        return [output for node in waiting for output in self.observe(node, now)]

    def end_all(self, node: Node, now: float) -> list[Output]:
        """End the events of a list that is not ours any more."""
        gone = [event for event in self._schedule if event.seen.list_path == node.path]
        return self._tell([change for e in gone for change in self._schedule.cancel(e, now)], now)

    def ask(self, room: int) -> list[Fetch]:
        """Return at most `room` requests for events that have vanished from their lists."""
        return self._vanished.ask(room)

    def failed(self, fetch: Fetch) -> None:
        """Take in that a request got no answer."""
        self._vanished.failed(fetch)

    def asked(self, fetch: Fetch) -> bool:
        """Tell whether a request is one of ours."""
        return fetch in self._vanished

    def answered(self, answer: Answer, now: float) -> list[Output]:
        """Take in what became of a vanished event: gone means cancelled, anything else leaves it as it is."""
        assert isinstance(answer.ask, Fetch)
        event = self._vanished.take(answer.ask)
        if event.state not in LIVE:
            return []
        if answer.status in (403, 404, 410):
            return self._tell(self._schedule.cancel(event, now), now)
        if answer.status != 200:
            return []
        try:
            resource = xml.decode(answer.body, type(event.event))
        except DecodeError as error:
            return [Trouble(event.event.href, f"the event cannot be used: {error}")]
        node = self._tree.get(event.seen.list_path)
        if node is None or events.number(resource.mRID) != event.key:
            return self._tell(self._schedule.cancel(event, now), now)
        return self._tell(self._schedule.observe(self._sighting(node, resource), now), now)

    def write(self, event: Tracked, status: int, now: float) -> list[Output]:
        """Respond, if the event asks for this status and it was not given before."""
        offset = self._clocks.offset(event.seen.clock) or 0.0
        fields = self._applied(event, status)
        if status in (Status.PARTLY_OUT, Status.NO_PARTICIPATION, Status.PARTLY_IN):
            fields = {**fields, "overrideDuration": min(responses.overridden(event), 0xFFFF)}
        return [*self._letters.write(event, status, now, offset, fields)]

    def opt_out(self, event: Tracked, now: float) -> list[Output]:
        """Let the user out of an event. Raises NotNow when it is over, Refused when it is mandatory."""
        if event.state not in LIVE:
            raise NotNow(f"the event is {event.state.name.lower()}: there is nothing to opt out of")
        if getattr(event.event, "drProgramMandatory", False):
            raise Refused("this event is mandatory (drProgramMandatory): the user cannot opt out of it")
        if event.opted_out:
            return []
        event.choices.out_since = now
        return self.write(event, Status.OPT_OUT, now)

    def opt_in(self, event: Tracked, now: float) -> list[Output]:
        """Take the user back into an event. Raises NotNow when it is over."""
        if event.state not in LIVE:
            raise NotNow(f"the event is {event.state.name.lower()}: there is nothing to opt into")
        choices = event.choices
        if choices.out_since is None:
            return []
        if event.state is State.ACTIVE and event.started_at is not None:
            choices.overridden += now - max(choices.out_since, event.started_at)
            choices.came_back = choices.took_part = True
        choices.out_since = None
        return self.write(event, Status.OPT_IN, now)

    def _concerns(self, event: Any) -> bool:
        """Tell whether an event is meant for us: one for other categories is not answered at all."""
        if not isinstance(event, EndDeviceControl | DERControl) or event.deviceCategory is None:
            return True
        return bool(int.from_bytes(event.deviceCategory, "big") & self._category)

    def _sighting(self, node: Node, event: Any) -> Sighting:
        verdict = self._judge(event) if isinstance(event, EndDeviceControl) else None
        return sighting(self._tree, node, event, verdict)

    def _tell(self, changes: list[Change], now: float) -> list[Output]:
        outputs: list[Output] = []
        for change in changes:
            event = change.event
            if change.new is State.ACTIVE and not event.opted_out:
                event.choices.took_part = True
            outputs.append(EventChanged(event, change.old, change.new))
            for status in responses.on_change(event, change.old, change.new):
                outputs += self.write(event, status, now)
        return outputs
