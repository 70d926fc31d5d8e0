"""Which prices a simulated utility must issue next: its ESI always holds the present and the next one."""

from handover.sep1.clusters.price import PublishPrice
from handover.sep1.prices import PriceTable
from handover.sep1.types import ZIGBEE_EPOCH
from handover.sim import issue
from handover.sim.tariff import Charge, EventIds, Tariff
from handover.sim.zone import Zone

MINUTE = 60
AHEAD = 2
"""Prices held at least: the one in force and the next."""


class Pricing:
    """The tariff as commands, under ids that always rise. Times are ZigBee seconds."""

    def __init__(self, tariff: Tariff, zone: Zone, ids: EventIds) -> None:
        self._tariff = tariff
        self._zone = zone
        self._ids = ids

    def missing(self, table: PriceTable, utc: int) -> list[PublishPrice]:
        """Return the prices that `table` lacks, in order: around a special price the tariff goes on."""
        commands: list[PublishPrice] = []
        horizon = utc
        for _ in range(AHEAD):
            held = table.current(horizon)
            if held is not None:
                horizon = held.end
                continue
            charge = self._charge(horizon)
            end = int(charge.end) - ZIGBEE_EPOCH
            if end - horizon < MINUTE:  # too short a rest: the next period begins early
                charge = self._charge(end)
                end = int(charge.end) - ZIGBEE_EPOCH
            following = [later.start for later in table.scheduled(horizon, 0, utc) if later.start > horizon]
            minutes = (min([end, *following]) - horizon) // MINUTE
            if minutes < 1:
                break
            commands.append(self._command(charge, horizon, minutes, utc))
            horizon += minutes * MINUTE
        return commands

    def special(
        self,
        utc: int,
        *,
        minutes: int,
        label: str,
        tier: int,
        price: int,
        generation_price: int | None,
        acknowledge: bool,
    ) -> PublishPrice:
        """Return a price that begins now, whatever the tariff says."""
        usual = self._charge(utc).period
        return issue.price(
            self._tariff,
            event_id=self._ids.next(utc),
            start=utc,
            minutes=minutes,
            label=label,
            tier=tier,
            price=price,
            generation_price=usual.generation_price if generation_price is None else generation_price,
            acknowledge=acknowledge,
        )

    def _charge(self, utc: int) -> Charge:
        return self._tariff.at(utc + ZIGBEE_EPOCH, self._zone)

    def _command(self, charge: Charge, start: int, minutes: int, utc: int) -> PublishPrice:
        period = charge.period
        return issue.price(
            self._tariff,
            event_id=self._ids.next(utc),
            start=start,
            minutes=minutes,
            label=period.label,
            tier=period.tier,
            price=period.price,
            generation_price=period.generation_price,
        )
