"""The gateway in numbers, for Prometheus.

Labels come from fixed sets (clusters, statuses, tables, the number of a meter's usage point), so that no
peer can make series; nothing names a device, a person, a meter or a text.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.exposition import CONTENT_TYPE_LATEST
from prometheus_client.registry import Collector

from handover.errors import NotNow
from handover.gateway.adapters.journal import Journal
from handover.gateway.alg import Gateway
from handover.gateway.metering import is_valid
from handover.sep1.clusters import CLUSTERS
from handover.sep1.types import Status
from handover.sep2.resources.entry import METHODS

CONTENT_TYPE = CONTENT_TYPE_LATEST
OTHER = "other"

Values = Mapping[tuple[str, ...], float]

_STATUSES = {int(status): status.name.lower() for status in Status}


@dataclass(slots=True)
class Shell:
    """What only the process knows: whether it is well, its connections, what waits for the journal and what
    the journal holds by table.
    """

    well: bool
    connections: int = 0
    waiting: int = 0
    rows: Mapping[str, int] = field(default_factory=dict)


def exposition(gateway: Gateway, wall: float, shell: Shell) -> bytes:
    """Return everything in Prometheus' text format, as of `wall` (our clock)."""
    registry = CollectorRegistry()
    registry.register(_Snapshot([*_engine(gateway, wall), *_counted(gateway), *_process(shell)]))
    return generate_latest(registry)


def rows(journal: Journal) -> dict[str, int]:
    """Return how many rows each table of the journal has; nothing when it cannot be read."""
    try:
        with journal.reading() as connection:
            tables = connection.execute(
                "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%'"
            ).fetchall()
            return {
                name: connection.execute(f'SELECT count(*) FROM "{name}"').fetchone()[0] for (name,) in tables
            }
    except NotNow:
        return {}


class _Snapshot(Collector):
    """Families that have been made already."""

    def __init__(self, families: list[Metric]) -> None:
        self._families = families

    def collect(self) -> Iterable[Metric]:
        return self._families


def _engine(gateway: Gateway, wall: float) -> Iterator[Metric]:
    yield _gauge("info", "The program.", {(gateway.identity.version,): 1}, ["version"])
    yield _number("esi_online", "Whether the ESI answers.", gateway.presence.online)
    if gateway.presence.last is not None:
        yield _number(
            "esi_last_heard_timestamp_seconds", "When the ESI was last heard.", gateway.presence.last
        )
    yield _number("clock_synchronized", "Whether the ESI vouches for the time.", gateway.time.synchronized)
    yield _number("clock_offset_seconds", "The ESI's clock minus ours.", gateway.time.offset)
    yield _number("outbox_length", "Answers that the ESI has not accepted yet.", len(gateway.outbox))
    devices = gateway.devices.all()
    pending = sum(device.pending for device in devices)
    states: Values = {("registered",): len(devices) - pending, ("pending",): pending}
    yield _gauge("devices", "SEP 2.0 devices that are known.", states, ["state"])
    yield _number("devices_seen", "Devices that have asked since the start.", len(gateway.devices.seen))
    events: Counter[tuple[str, ...]] = Counter()
    for book in (gateway.events.book, gateway.prices.book, gateway.messages.book):
        events.update((book.kind, held.state.value) for held in book)
    yield _gauge("events", "Upstream events held, by where they stand.", events, ["kind", "state"])
    yield from _meters(gateway, gateway.time.now(wall))


def _meters(gateway: Gateway, now: float) -> Iterator[Metric]:
    counted: Counter[tuple[str, ...]] = Counter()
    newest: dict[tuple[str, ...], float] = {}
    for meter, reading in gateway.meters.shown(now):
        number = str(meter.number)
        counted[number, "fresh" if is_valid(reading) else "stale"] += 1
        newest[number,] = max(newest.get((number,), 0.0), float(reading.received))
    ages = {number: max(0.0, now - at) for number, at in newest.items()}
    yield _gauge(
        "meter_readings", "Readings shown, by usage point and freshness.", counted, ["meter", "state"]
    )
    yield _gauge("meter_age_seconds", "Age of the newest reading.", ages, ["meter"])


def _counted(gateway: Gateway) -> Iterator[Metric]:
    tally = gateway.tally
    frames: Counter[tuple[str, ...]] = Counter()
    for direction, counts in (("received", tally.received), ("sent", tally.sent), ("lost", tally.lost)):
        for cluster, count in counts.items():
            frames[direction, _cluster(cluster)] += count
    yield _counter("frames", "Frames on the HAN.", frames, ["direction", "cluster"])
    dropped: Values = {(reason,): count for reason, count in gateway.dropped.items()}
    yield _counter("frames_dropped", "Frames that were thrown away.", dropped, ["reason"])
    commands: Counter[tuple[str, ...]] = Counter()
    for (cluster, status), count in tally.commands.items():
        commands[_cluster(cluster), _STATUSES.get(status, OTHER)] += count
    yield _counter("commands", "Commands of the ESI, by ZCL status.", commands, ["cluster", "status"])
    requests: Counter[tuple[str, ...]] = Counter()
    for (method, code), count in tally.requests.items():
        requests[method if method in METHODS else OTHER, str(code)] += count
    yield _counter("requests", "SEP 2.0 requests, by HTTP status.", requests, ["method", "status"])
    refused: Values = {(str(code),): count for code, count in tally.refused.items()}
    yield _counter("requests_refused", "Requests that the access rules turned away.", refused, ["status"])


def _process(shell: Shell) -> Iterator[Metric]:
    yield _number("healthy", "Whether the gateway is well.", shell.well)
    yield _number("connections", "Open connections of SEP 2.0 clients.", shell.connections)
    yield _number("journal_waiting", "Steps that wait for the journal.", shell.waiting)
    held: Values = {(table,): count for table, count in shell.rows.items()}
    yield _gauge("journal_rows", "Rows of the journal.", held, ["table"])


def _cluster(number: int) -> str:
    cluster = CLUSTERS.get(number)
    return OTHER if cluster is None else cluster.name


def _number(name: str, about: str, value: float) -> Metric:
    return GaugeMetricFamily(f"handover_{name}", about, value=float(value))


def _gauge(name: str, about: str, values: Values, labels: list[str]) -> Metric:
    made = GaugeMetricFamily(f"handover_{name}", about, labels=labels)
    for place in sorted(values):
        made.add_metric(list(place), values[place])
    return made


def _counter(name: str, about: str, values: Values, labels: list[str]) -> Metric:
    made = CounterMetricFamily(f"handover_{name}", about, labels=labels)
    for place in sorted(values):
        made.add_metric(list(place), values[place])
    return made
