"""A load controller's memory as plain data: what must survive a restart, so that nothing is drawn twice."""

from collections.abc import Mapping
from typing import Any

from handover.errors import ConfigError, HandoverError
from handover.sep1 import codec
from handover.sep1.client.load_control.agenda import Agenda
from handover.sep1.client.load_control.event import Cut, LoadEvent, LoadState, LoadStep
from handover.sep1.client.load_control.reports import Reports
from handover.sep1.clusters.drlc import LoadControlEvent, ReportEventStatus


def export(agenda: Agenda, reports: Reports) -> dict[str, object]:
    """Return both as data that JSON holds."""
    return {
        "events": [_event(event) for event in agenda.events],
        "reports": [
            {"esi": esi, "endpoint": endpoint, "report": codec.encode(body).hex()}
            for esi, endpoint, body in reports.waiting()
        ],
    }


def restore(data: Mapping[str, Any], agenda: Agenda, reports: Reports) -> None:
    """Put back what `export` gave. Raises ConfigError when the data are not of that form."""
    try:
        agenda.events[:] = [_restored(row) for row in data["events"]]
        for row in data["reports"]:
            body = codec.decode(0x0701, False, 0x00, bytes.fromhex(row["report"]))
            if isinstance(body, ReportEventStatus):
                reports.put(int(row["esi"]), int(row["endpoint"]), body)
    except (KeyError, TypeError, ValueError, HandoverError) as error:
        raise ConfigError(
            f"the saved load control events are damaged ({error}); restore an older copy, or start without"
        ) from error


def _event(event: LoadEvent) -> dict[str, object]:
    return {
        "command": codec.encode(event.command).hex(),
        "nominal": list(event.nominal),
        "start": event.start,
        "end": event.end,
        "issuers": [[esi, endpoint] for esi, endpoint in event.issuers.items()],
        "state": event.state.value,
        "cut": [event.cut.at, event.cut.step.value] if event.cut else None,
        "out": event.out,
        "took_part": event.took_part,
        "missed": event.missed,
    }


def _restored(row: Mapping[str, Any]) -> LoadEvent:
    command = codec.decode(0x0701, True, 0x00, bytes.fromhex(row["command"]))
    if not isinstance(command, LoadControlEvent):
        raise ValueError("no load control event")
    begin, end = row["nominal"]
    return LoadEvent(
        command=command,
        nominal=(int(begin), int(end)),
        start=int(row["start"]),
        end=int(row["end"]),
        issuers={int(esi): int(endpoint) for esi, endpoint in row["issuers"]},
        state=LoadState(row["state"]),
        cut=Cut(int(row["cut"][0]), LoadStep(row["cut"][1])) if row["cut"] else None,
        out=bool(row["out"]),
        took_part=bool(row["took_part"]),
        missed=bool(row["missed"]),
    )
