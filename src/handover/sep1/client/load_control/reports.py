"""The reports of a device on their way: per ESI in order, one at a time, kept until answered.

What is reported, and when, is decided in `controller`.
"""

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, replace

from handover.sep1.client.load_control.event import LoadEvent
from handover.sep1.clusters.drlc import EventStatus, LoadControlEvent, ReportEventStatus, SignatureType
from handover.sep1.codec import encode
from handover.sep1.loads import MEMORY

QUEUE_LIMIT = 64
"""Reports that wait for one ESI at most; the oldest is given up for a new one."""

AGAIN = 300.0
"""Seconds until a report that nobody answered is tried again."""

Signer = Callable[[bytes], bytes]
"""Makes the 42 octets of signature over the fields of a report."""


def report(command: LoadControlEvent, status: int, utc: int, signer: Signer | None) -> ReportEventStatus:
    """Return the report of `status` at ZigBee second `utc`, signed when there is a signer."""
    unsigned = ReportEventStatus(
        issuer_event_id=command.issuer_event_id,
        event_status=status,
        event_status_time=utc,
        criticality_level_applied=command.criticality_level,
        cooling_temperature_set_point_applied=command.cooling_temperature_set_point,
        heating_temperature_set_point_applied=command.heating_temperature_set_point,
        average_load_adjustment_percentage_applied=command.average_load_adjustment_percentage,
        duty_cycle_applied=command.duty_cycle,
        event_control=command.event_control,
        signature_type=SignatureType.NONE if signer is None else SignatureType.ECDSA,
    )
    if signer is None:
        return unsigned
    return replace(unsigned, signature=signer(encode(unsigned)[: -len(unsigned.signature)]))


def unknown(event_id: int) -> LoadControlEvent:
    """Return what stands in a report for an event that is not known here: nothing was applied."""
    return LoadControlEvent(event_id, 0, 0, 0, 0, 0, 0xFF, 0xFF, -0x8000, -0x8000, -0x80, 0xFF, 0)


@dataclass(slots=True)
class Lane:
    """What waits for one ESI. `pause` is when (caller's clock) the next may leave."""

    endpoint: int
    waiting: deque[ReportEventStatus]
    under_way: ReportEventStatus | None = None
    pause: float = 0.0


class Reports:
    """The lanes to all ESIs."""

    def __init__(self) -> None:
        self._lanes: dict[int, Lane] = {}

    def add(self, event: LoadEvent, status: EventStatus, utc: int, signer: Signer | None) -> None:
        """Queue a report to every ESI that issued the event."""
        for esi, endpoint in event.issuers.items():
            self.put(esi, endpoint, report(event.command, status, utc, signer))

    def put(self, esi: int, endpoint: int, body: ReportEventStatus) -> None:
        """Queue one report."""
        lane = self._lanes.setdefault(esi, Lane(endpoint, deque(maxlen=QUEUE_LIMIT)))
        lane.endpoint = endpoint
        lane.waiting.append(body)

    def ready(self, now: float, utc: Callable[[int], int]) -> list[tuple[int, Lane, ReportEventStatus]]:
        """Take out the next report of every ESI that owes us no answer; too old ones are dropped."""
        found = []
        for esi, lane in self._lanes.items():
            while lane.under_way is None and lane.waiting and lane.pause <= now:
                body = lane.waiting.popleft()
                if body.event_status_time + MEMORY > utc(esi):
                    lane.under_way = body
                    found.append((esi, lane, body))
        return found

    def back(self, lane: Lane, now: float, pause: float = AGAIN) -> None:
        """Put the report under way back to the front of its lane, for after `pause` seconds."""
        if lane.under_way is not None:
            lane.waiting.appendleft(lane.under_way)
            lane.under_way = None
            lane.pause = now + pause

    def concluded(self, esi: int, answered: bool, now: float) -> ReportEventStatus | None:
        """Take note of the end of a report; return the one that stays to be told when unanswered."""
        lane = self._lanes.get(esi)
        if lane is None:  # the ESI has been forgotten meanwhile
            return None
        body = lane.under_way
        if answered:
            lane.under_way = None
            return None
        self.back(lane, now)
        return body

    def deadline(self) -> float | None:
        """Return when `ready` is next worth calling for reports that wait out a pause."""
        times = [lane.pause for lane in self._lanes.values() if lane.waiting and lane.under_way is None]
        return min(times, default=None)

    def forget(self, esi: int) -> None:
        """Drop what waits for an ESI."""
        self._lanes.pop(esi, None)

    def waiting(self) -> list[tuple[int, int, ReportEventStatus]]:
        """Return (ESI, endpoint, report) of what has not been answered yet, in order."""
        return [
            (esi, lane.endpoint, body)
            for esi, lane in self._lanes.items()
            for body in ([lane.under_way] if lane.under_way else []) + list(lane.waiting)
        ]
