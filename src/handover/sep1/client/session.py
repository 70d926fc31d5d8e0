"""What a HAN device asks of one ESI and when: clock, events, prices, the message, signs of life.

Here: the plan, and what is known of the ESI (heard when, lost or not, how its clock differs from ours). Not
here: frames and retries (`engine`), meters (`meter`), the meaning of what is answered.
"""

from handover.sep1.client.lanes import Body, Lane, Question, Topic
from handover.sep1.client.settings import EVENT_LOOK_BACK, ClientSettings
from handover.sep1.clusters.drlc import GetScheduledEvents
from handover.sep1.clusters.messaging import GetLastMessage
from handover.sep1.clusters.price import CommandOptions, GetCurrentPrice, GetScheduledPrices
from handover.sep1.general import ReadAttributes
from handover.sep1.types import ZIGBEE_EPOCH, Value

BASIC, TIME, PRICE, DRLC, MESSAGING = 0x0000, 0x000A, 0x0700, 0x0701, 0x0703
CLOCK_ATTRIBUTES = (0x0000, 0x0001, 0x0002, 0x0003, 0x0004, 0x0005, 0x0007)
ZCL_VERSION = 0x0000
INVALID_TIMES = (0, 0xFFFFFFFF)


class EsiSession:
    """Our relation to one ESI. Times are Unix seconds of our own clock unless said otherwise."""

    def __init__(self, esi: int, endpoint: int, settings: ClientSettings, now: float) -> None:
        self.esi = esi
        self.endpoint = endpoint
        self.heard: float | None = None
        self.lost = False
        self.failures = 0
        self.offset: float | None = None
        self._settings = settings
        self._next_round = now
        self._next_keep_alive = now + settings.keep_alive_period
        self._clock_read: float | None = None
        self._forced = False
        self._round_at = now

    def time(self, now: float) -> int:
        """Return the ESI's time in ZigBee seconds, by our own clock until its clock has been read."""
        return max(0, int(now + (self.offset or 0.0)) - ZIGBEE_EPOCH)

    def round_now(self, now: float) -> None:
        """Make every query due at once, even of an ESI that is lost."""
        self._next_round = now
        self._forced = True

    def plan(self, lane: Lane, now: float) -> bool:
        """Queue what is due by `now`; True when that was the round of all queries."""
        self._follow_clock_step(now)
        if now >= self._next_keep_alive:
            self._next_keep_alive = now + self._settings.keep_alive_period
            lane.add(self._ask(Topic.KEEP_ALIVE, BASIC, ReadAttributes([ZCL_VERSION]), patient=False))
        if now < self._next_round or (self.lost and not self._forced):
            return False
        self._forced = False
        self._round_at = now
        self._next_round = now + self._settings.query_period
        self._queue_round(lane, now)
        return True

    def _queue_round(self, lane: Lane, now: float) -> None:
        """Queue every query: the clock if its day is over, events in both forms, prices, the message."""
        if self.clock_due(now):
            lane.add(self._ask(Topic.CLOCK, TIME, ReadAttributes(list(CLOCK_ATTRIBUTES))))
        lane.add(self._ask(Topic.EVENTS, DRLC, GetScheduledEvents(0, 0)))
        lane.add(
            Question(
                Topic.EVENTS_RUNNING,
                self.endpoint,
                DRLC,
                lambda utc: GetScheduledEvents(max(1, utc - EVENT_LOOK_BACK), 0),
            )
        )
        listening = CommandOptions.RX_ON_WHEN_IDLE if self._settings.rx_on_when_idle else 0
        lane.add(self._ask(Topic.CURRENT_PRICE, PRICE, GetCurrentPrice(listening)))
        lane.add(self._ask(Topic.SCHEDULED_PRICES, PRICE, GetScheduledPrices(0, 0)))
        lane.add(self._ask(Topic.MESSAGE, MESSAGING, GetLastMessage()))

    def clock_due(self, now: float) -> bool:
        """Tell whether Time may be read again: never read, or a day ago."""
        return self._clock_read is None or now - self._clock_read >= self._settings.clock_period

    def clock_read(self, values: dict[int, Value], now: float) -> None:
        """Take over the ESI's clock from the attributes of its Time cluster."""
        time = values.get(0x0000)
        if isinstance(time, int) and time not in INVALID_TIMES:
            self.offset = time + ZIGBEE_EPOCH - now
            self._clock_read = now

    def sign_of_life(self, now: float) -> bool:
        """Note that the ESI was heard; True if it had been lost and everything must be asked anew."""
        self.heard = now
        self.failures = 0
        self._next_keep_alive = now + self._settings.keep_alive_period
        if not self.lost:
            return False
        self.lost = False
        if now - self._round_at >= self._settings.keep_alive_period:  # else everything is being asked anyway
            self._next_round = now
        return True

    def keep_alive_failed(self) -> bool:
        """Count an unanswered keep-alive; True if the ESI counts as lost from now on."""
        self.failures += 1
        if self.lost or self.failures < self._settings.keep_alive_failures:
            return False
        self.lost = True
        return True

    def deadline(self) -> float:
        """Return when `plan` is next worth calling."""
        return self._next_keep_alive if self.lost else min(self._next_keep_alive, self._next_round)

    def _follow_clock_step(self, now: float) -> None:
        """Our clock was set back: do not wait for the old time to come again."""
        self._next_round = min(self._next_round, now + self._settings.query_period)
        self._next_keep_alive = min(self._next_keep_alive, now + self._settings.keep_alive_period)
        if self._clock_read is not None:
            self._clock_read = min(self._clock_read, now)

    def _ask(self, topic: Topic, cluster_id: int, body: Body, *, patient: bool = True) -> Question:
        return Question(topic, self.endpoint, cluster_id, lambda utc: body, patient)
