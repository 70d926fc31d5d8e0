"""The commands that a simulated utility issues, made of plain arguments. No state, no time of its own."""

from handover.sep1.clusters.drlc import Criticality, EventControl, LoadControlEvent
from handover.sep1.clusters.messaging import DisplayMessage, MessageControl
from handover.sep1.clusters.price import PriceControl, PublishPrice
from handover.sim.tariff import Tariff

NO_OFFSET, NO_SET_POINT, NO_ADJUSTMENT, NO_DUTY_CYCLE = 0xFF, -0x8000, -0x80, 0xFF
NO_RATIO = 0xFF


def price(
    tariff: Tariff,
    *,
    event_id: int,
    start: int,
    minutes: int,
    label: str,
    tier: int,
    price: int,
    generation_price: int,
    acknowledge: bool = True,
) -> PublishPrice:
    """Return a price; `start` in ZigBee seconds (0 now), prices in the tariff's smallest unit per kWh."""
    return PublishPrice(
        provider_id=tariff.provider_id,
        rate_label=label.encode()[:11],
        issuer_event_id=event_id,
        current_time=0,
        unit_of_measure=0,
        currency=tariff.currency,
        price_trailing_digit_and_price_tier=tariff.digits << 4 | tier,
        number_of_price_tiers_and_register_tier=tariff.tiers << 4 | tier,
        start_time=start,
        duration_in_minutes=minutes,
        price=price,
        price_ratio=NO_RATIO,
        generation_price=generation_price,
        generation_price_ratio=NO_RATIO,
        price_control=int(PriceControl.ACKNOWLEDGEMENT_REQUIRED) if acknowledge else 0,
    )


def message(
    *, message_id: int, text: str, start: int, minutes: int, importance: int, confirm: bool
) -> DisplayMessage:
    """Return a message; `importance` 0 low to 3 critical, `start` in ZigBee seconds (0 now)."""
    control = importance << 2 | (MessageControl.CONFIRMATION_REQUIRED if confirm else 0)
    return DisplayMessage(message_id, control, start, minutes, text.encode())


def load_control(
    *,
    event_id: int,
    device_class: int,
    group: int,
    start: int,
    minutes: int,
    criticality: int = Criticality.LEVEL_3,
    cooling_offset: int | None = None,
    heating_offset: int | None = None,
    cooling_set_point: int | None = None,
    heating_set_point: int | None = None,
    load_adjustment: int | None = None,
    duty_cycle: int | None = None,
    randomize_start: bool = False,
    randomize_end: bool = False,
) -> LoadControlEvent:
    """Return an event; offsets 0.1 K, set points 0.01 C, the rest percent; None is not used."""
    control = EventControl.RANDOMIZE_START if randomize_start else EventControl(0)
    control |= EventControl.RANDOMIZE_END if randomize_end else EventControl(0)
    return LoadControlEvent(
        issuer_event_id=event_id,
        device_class=device_class,
        utility_enrollment_group=group,
        start_time=start,
        duration_in_minutes=minutes,
        criticality_level=criticality,
        cooling_temperature_offset=NO_OFFSET if cooling_offset is None else cooling_offset,
        heating_temperature_offset=NO_OFFSET if heating_offset is None else heating_offset,
        cooling_temperature_set_point=NO_SET_POINT if cooling_set_point is None else cooling_set_point,
        heating_temperature_set_point=NO_SET_POINT if heating_set_point is None else heating_set_point,
        average_load_adjustment_percentage=NO_ADJUSTMENT if load_adjustment is None else load_adjustment,
        duty_cycle=NO_DUTY_CYCLE if duty_cycle is None else duty_cycle,
        event_control=int(control),
    )
