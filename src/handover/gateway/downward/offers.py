"""Finds in a server's documents what prices and meters are made of. Nothing is decided about them here."""

from collections.abc import Callable, Iterator
from typing import Any

from handover.gateway.downward.meters import Point
from handover.gateway.downward.prices import Offer
from handover.mapping.price_bundle import PriceBundle, Rate
from handover.mapping.units import FLOW
from handover.model.units import Flow
from handover.sep2.client.paging import items_of
from handover.sep2.client.sightings import Listed, Sightings
from handover.sep2.client.tree import Node, Tree
from handover.sep2.resources import metering, pricing

ELECTRICITY = 0

Skew = Callable[[str | None], int]
"""Gives for the path of a Time resource how far our HAN's clock is ahead of it, in whole seconds."""


def tariffs(tree: Tree) -> list[tuple[Node, pricing.TariffProfile]]:
    """Return the electricity tariffs that the server has for us, the one that counts first."""
    found = [
        (node, profile)
        for node in tree.of_kind(pricing.TariffProfileList)
        for profile in items_of(node.resource)
        if profile.serviceCategoryKind == ELECTRICITY
    ]
    return sorted(found, key=lambda pair: (pair[1].primacy, pair[1].mRID))


def offers(tree: Tree, sightings: Sightings, skew: Skew) -> list[Offer]:
    """Return the tariff intervals of the tariff that counts, those that can be read completely."""
    chosen = next(iter(tariffs(tree)), None)
    if chosen is None:
        return []
    node, profile = chosen
    components = tree.node_behind(node, profile.RateComponentListLink)
    found: list[Offer] = []
    delivered: list[tuple[Rate, Listed]] = []
    received: dict[tuple[int, int], Rate] = {}
    for component in items_of(components.resource) if components and components.resource else ():
        assert components is not None
        kind = tree.behind(components, component.ReadingTypeLink, metering.ReadingType)
        link = component.TimeTariffIntervalListLink or component.ActiveTimeTariffIntervalListLink
        intervals = tree.node_behind(components, link)
        if kind is None or intervals is None:
            continue
        for listed in sightings.on(intervals.path):
            interval = listed.seen.event
            steps = _all(tree, intervals, interval.ConsumptionTariffIntervalListLink)
            rate = Rate(component, kind, interval, sorted(steps, key=lambda s: s.startValue))
            if kind.flowDirection == FLOW[Flow.RECEIVED]:
                received[interval.interval.start, interval.interval.duration] = rate
            elif steps:
                delivered.append((rate, listed))
    for rate, listed in delivered:
        span = rate.interval.interval.start, rate.interval.interval.duration
        bundle = PriceBundle(profile, rate, received.get(span))
        found.append(Offer(bundle, profile.primacy, skew(listed.seen.clock), listed.gone))
    return found


def points(tree: Tree) -> Iterator[Point]:
    """Yield every usage point of the server with its latest values."""
    for node in tree.of_kind(metering.UsagePointList):
        for usage_point in items_of(node.resource):
            readings = tree.node_behind(node, usage_point.MeterReadingListLink)
            values: list[tuple[metering.ReadingType, metering.Reading]] = []
            if readings is not None and readings.resource is not None:
                for item in items_of(readings.resource):
                    values += _values(tree, readings, item)
            yield Point(usage_point, values)


def _values(
    tree: Tree, node: Node, item: metering.MeterReading
) -> Iterator[tuple[metering.ReadingType, metering.Reading]]:
    kind = tree.behind(node, item.ReadingTypeLink, metering.ReadingType)
    if kind is None:
        return
    reading = tree.behind(node, item.ReadingLink, metering.Reading)
    if reading is not None:
        yield kind, reading
    sets = tree.node_behind(node, item.ReadingSetListLink)
    if sets is None or sets.resource is None:
        return
    newest = max(items_of(sets.resource), key=lambda s: s.timePeriod.start, default=None)
    if newest is not None:
        for reading in _all(tree, sets, newest.ReadingListLink):
            yield kind, reading


def _all(tree: Tree, node: Node, link: Any) -> list[Any]:
    found = tree.node_behind(node, link)
    return list(items_of(found.resource)) if found is not None and found.resource is not None else []
