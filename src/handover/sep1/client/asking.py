"""Everything that a HAN device asks by itself: when it is due, one question at a time, and what became of it.

Here: the sessions with ESIs and meters, their lanes, and the requests in flight. Not here: commands that come
unasked, and our own attributes (`engine`).
"""

from dataclasses import dataclass

from handover.errors import NotNow
from handover.sep1.client.lanes import Body, Lane, Question, Topic
from handover.sep1.client.meter import METERING, MeterSession
from handover.sep1.client.outputs import Concluded, EsiBack, EsiLost, Output, Send
from handover.sep1.client.policy import answers_to
from handover.sep1.client.session import TIME, EsiSession
from handover.sep1.client.settings import ClientSettings
from handover.sep1.exchange import Request, Retry
from handover.sep1.general import ConfigureReportingResponse, GeneralCommand
from handover.sep1.node import Node
from handover.sep1.types import Value

METER_TOPICS = frozenset(topic for topic in Topic if topic.name.startswith("METER_"))


@dataclass(slots=True)
class Asked:
    """Marks a request that was made from above, with the token given there."""

    token: object


class Asking:
    """The questions of one HAN device, over all nodes it talks to."""

    def __init__(self, node: Node, settings: ClientSettings) -> None:
        self.sessions: dict[int, EsiSession] = {}
        self.meters: dict[tuple[int, int], MeterSession] = {}
        self._node = node
        self._settings = settings
        self._lanes: dict[int, Lane] = {}

    def begin(self, esi: int, endpoint: int, now: float) -> None:
        """Ask a new ESI everything, or a known one everything again."""
        lane = self._lane(esi)
        session = self.sessions.get(esi)
        if session is None:
            session = self.sessions[esi] = EsiSession(esi, endpoint, self._settings, now)
        else:
            self._abandon(lane)
            session.endpoint = endpoint
            session.round_now(now)
        session.plan(lane, now)

    def begin_meter(self, node: int, endpoint: int) -> bool:
        """Ask a meter everything; False when it is a new one and there is no room for it."""
        if (node, endpoint) not in self.meters:
            if len(self.meters) >= self._settings.meter_limit:
                return False
            self.meters[node, endpoint] = MeterSession(node, endpoint, self._settings)
        self.meters[node, endpoint].begin(self._lane(node))
        return True

    def sign_of_life(self, node: int, now: float) -> list[Output]:
        """Note that a node was heard; an ESI that had been lost is asked everything again."""
        session = self.sessions.get(node)
        if session is None or not session.sign_of_life(now):
            return []
        for meter in self.meters.values():
            if meter.node == node:
                meter.begin(self._lane(node))
        return [EsiBack(node)]

    def values(
        self,
        source: int,
        endpoint: int,
        cluster_id: int,
        values: dict[int, Value],
        question: Question | None,
        now: float,
    ) -> None:
        """Take note of attribute values that were reported, or read for `question` or from above."""
        if cluster_id == TIME and (session := self.sessions.get(source)) is not None:
            session.clock_read(values, now)
        if cluster_id == METERING and (meter := self.meters.get((source, endpoint))) is not None:
            meter.values(self._lane(source), question.topic if question else None, values, now)

    def request(
        self, body: Body, destination: int, endpoint: int, cluster_id: int, now: float, token: object
    ) -> Send:
        """Send a request to a server and await its end."""
        patient = not isinstance(token, Question) or token.patient
        return self._node.request(
            body,
            destination=destination,
            endpoint=endpoint,
            cluster_id=cluster_id,
            to_client=False,
            now=now,
            retry=self._settings.retry if patient else Retry(self._settings.retry.timeout, 1),
            expects=answers_to(body),
            token=token,
        )

    def concluded(
        self, request: Request, status: int | None, response: GeneralCommand | None
    ) -> list[Output]:
        """Take note that a request ended with `status`, or (None) unanswered."""
        question = request.token
        if isinstance(question, Asked):
            ended = Concluded(
                request.destination, request.cluster_id, request.command_id, status, question.token
            )
            return [ended]
        if not isinstance(question, Question):
            return []
        lane = self._lane(request.destination)
        lane.done(question)
        if question.topic in METER_TOPICS:
            meter = self.meters[request.destination, question.endpoint]
            if isinstance(response, ConfigureReportingResponse):
                meter.reporting(response)
            elif response is None:
                meter.refused(question.topic)
        elif question.topic is Topic.KEEP_ALIVE and status is None:
            session = self.sessions[request.destination]
            if session.keep_alive_failed():
                lane.clear()
                return [EsiLost(session.esi, session.heard)]
        return []

    def advance(self, now: float) -> list[Output]:
        """Plan what is due and put the next question to every node that owes us none."""
        for session in self.sessions.values():
            lane = self._lane(session.esi)
            if session.plan(lane, now):
                for meter in self.meters.values():
                    if meter.node == session.esi and not meter.formatted:
                        meter.begin(lane)
        for meter in self.meters.values():
            meter.plan(self._lane(meter.node), now)
        outputs: list[Output] = []
        for lane in self._lanes.values():
            question = lane.next()
            if question is None:
                continue
            try:
                body = question.body(self._time(lane.node, now))
                outputs.append(
                    self.request(body, lane.node, question.endpoint, question.cluster_id, now, question)
                )
            except NotNow:  # too much is in flight: the question keeps its place
                lane.back(question)
        return outputs

    def deadline(self) -> float | None:
        """Return when `advance` is next worth calling."""
        times = [session.deadline() for session in self.sessions.values()]
        times += [due for meter in self.meters.values() if (due := meter.deadline()) is not None]
        return min(times, default=None)

    def _abandon(self, lane: Lane) -> None:
        """Drop what waits for a node, and what it was asked over a connection that is gone."""
        for request in self._node.exchange.pending():
            if request.token is lane.under_way and lane.under_way is not None:
                self._node.exchange.end(request)
        lane.under_way = None
        lane.clear()

    def _lane(self, node: int) -> Lane:
        return self._lanes.setdefault(node, Lane(node))

    def _time(self, node: int, now: float) -> int:
        session = self.sessions.get(node) or next(iter(self.sessions.values()), None)
        return session.time(now) if session else 0
