"""The map as text, Markdown, JSON-able values and a page."""

from collections.abc import Iterable, Iterator, Mapping
from html import escape
from typing import Any

from handover.mapping import MAPPINGS
from handover.mapping.chart import CLUSTER_ROWS, FUNCTION_SETS, Apart, Fate, FunctionSet, Row
from handover.mapping.losses import Loss
from handover.sep1.clusters import CLUSTERS
from handover.sep2.resources.classes import CLASSES, LATER_CLASSES

WORDS = {
    Fate.EXACT: "exact",
    Fate.LOSSY: "lossy",
    Fate.LOCAL: "local",
    Fate.NONE: "none",
    Fate.LATER: "not carried yet",
}
ORIENTATIONS = (
    "A: SEP 2.0 clients behind a SEP 1.x ESI. B: SEP 1.x devices behind a SEP 2.0 server. "
    "Exact: nothing is lost. Lossy: the losses are listed. Local: the gateway itself answers. "
    "None: no equal; what the peer is told stands beside. Not carried yet: there is an equal, which the "
    "gateway does not use yet."
)
_HEAD = ("SEP 1.x", "SEP 2.0", "A", "B", "rule", "told")
_LOSS_HEAD = ("lost", "orientation", "why", "told")
_STYLE = (
    "body{font-family:system-ui,sans-serif;line-height:1.45;max-width:75rem;margin:2rem auto;padding:0 1rem}"
    "table{border-collapse:collapse;width:100%;margin:1rem 0}caption{text-align:left;font-weight:600}"
    "th,td{border-bottom:1px solid #bbb;padding:.3rem .5rem;text-align:left;vertical-align:top}"
    "@media(prefers-color-scheme:dark){body{background:#111;color:#eee}a{color:#9cf}}"
)


def document(only: int | None = None) -> dict[str, Any]:
    """Return the whole map, or one cluster of it, as values that JSON can carry."""
    clusters = [
        {
            "id": cluster_id,
            "name": CLUSTERS[cluster_id].name,
            "rows": [_row(cluster_id, row) for row in rows],
            "losses": [_loss(loss) for loss in losses(cluster_id)],
        }
        for cluster_id, rows in CLUSTER_ROWS.items()
        if only in (None, cluster_id)
    ]
    sets = [row for module, entry in FUNCTION_SETS.items() for row in _function_set(module, entry)]
    return {"clusters": clusters, "function_sets": sets if only is None else []}


def losses(cluster_id: int) -> list[Loss]:
    """Return what the translations of a cluster lose."""
    found: dict[Loss, None] = {}
    for mapping in MAPPINGS.values():
        if mapping.cluster_id == cluster_id:
            found |= dict.fromkeys(mapping.losses)
    return list(found)


def markdown(found: Mapping[str, Any]) -> str:
    """Return the map as a page of the documentation."""
    lines = ["# The map", "", ORIENTATIONS, ""]
    for cluster in found["clusters"]:
        lines += [f"## {_title(cluster)}", "", *_table(_HEAD, _cells(cluster["rows"]))]
        if cluster["losses"]:
            lines += ["", *_table(_LOSS_HEAD, _loss_cells(cluster["losses"]))]
        lines.append("")
    if found["function_sets"]:
        head = ("SEP 2.0", "SEP 1.x", *_HEAD[2:])
        lines += ["## Function sets", "", *_table(head, _set_cells(found["function_sets"])), ""]
    return "\n".join(lines)


def text(found: Mapping[str, Any]) -> str:
    """Return the map for a terminal: one paragraph a line of it."""
    lines: list[str] = []
    for cluster in found["clusters"]:
        lines += [_title(cluster), ""]
        lines += [_paragraph(cells) for cells in _cells(cluster["rows"])]
        lines += [f"  lost, {c[1]}: {c[0]}: {c[2]} [{c[3]}]" for c in _loss_cells(cluster["losses"])]
        lines.append("")
    if found["function_sets"]:
        lines += ["Function sets", ""]
        lines += [_paragraph(cells) for cells in _set_cells(found["function_sets"])]
    return "\n".join(lines)


def page(found: Mapping[str, Any]) -> str:
    """Return the map as one HTML page that needs nothing else."""
    parts = [
        '<!doctype html><html lang="en"><head><meta charset="utf-8"><title>Handover: the map</title>',
        '<meta name="viewport" content="width=device-width,initial-scale=1">',
        f"<style>{_STYLE}</style></head><body><main><h1>The map</h1><p>{escape(ORIENTATIONS)}</p>",
    ]
    for cluster in found["clusters"]:
        title = _title(cluster)
        parts.append(
            f"<h2>{escape(title)}</h2>{_html(f'{title}: translations', _HEAD, _cells(cluster['rows']))}"
        )
        if cluster["losses"]:
            parts.append(_html(f"{title}: losses", _LOSS_HEAD, _loss_cells(cluster["losses"])))
    if found["function_sets"]:
        head = ("SEP 2.0", "SEP 1.x", *_HEAD[2:])
        parts.append(
            f"<h2>Function sets</h2>{_html('Function sets', head, _set_cells(found['function_sets']))}"
        )
    parts.append("</main></body></html>\n")
    return "".join(parts)


def resources_of(module: str) -> tuple[str, ...]:
    """Return the names of the resources that a module declares; a list goes with what it lists."""
    classes = (CLASSES | LATER_CLASSES).values()
    found = [cls.__name__ for cls in classes if cls.__module__.rpartition(".")[2] == module]
    return tuple(name for name in found if name == "List" or not name.endswith("List"))


def _function_set(module: str, entry: FunctionSet) -> Iterator[dict[str, Any]]:
    """Yield the line of a function set, and one for each group of its resources that stand apart."""
    apart = {name for group in entry.apart for name in group.names}
    own = [name for name in resources_of(module) if name not in apart]
    yield _set_row(f"{entry.name}: {', '.join(own)}", own, entry)
    for group in entry.apart:
        yield _set_row(f"{entry.name}: {', '.join(group.names)}", list(group.names), group)


def _set_row(title: str, names: list[str], entry: FunctionSet | Apart) -> dict[str, Any]:
    return {
        "sep2": title,
        "resources": names,
        "sep1": entry.counterpart,
        "a": WORDS[entry.a],
        "b": WORDS[entry.b],
        "rule": entry.rule,
        "told": entry.told,
    }


def _row(cluster_id: int, row: Row) -> dict[str, Any]:
    cluster = CLUSTERS[cluster_id]
    named = [_attributes(row.server, {i: a.name for i, a in cluster.server_attributes.items()})]
    named.append(_attributes(row.client, {i: a.name for i, a in cluster.client_attributes.items()}))
    named.append(", ".join(sorted(command.__name__ for command in row.commands)))
    side = " (client's)" if row.client else ""
    return {
        "sep1": "; ".join(name for name in named if name) + side,
        "sep2": row.counterpart,
        "a": WORDS[row.a],
        "b": WORDS[row.b],
        "rule": row.rule,
        "told": row.told,
    }


def _attributes(ids: Iterable[int], names: Mapping[int, str]) -> str:
    """Return attributes as id and name, runs of them by their first and last."""
    runs: list[list[int]] = []
    for number in sorted(i for i in ids if i in names):
        if runs and number == runs[-1][1] + 1:
            runs[-1][1] = number
        else:
            runs.append([number, number])
    return ", ".join(
        f"{a:04X} {names[a]}" if a == b else f"{a:04X} {names[a]} to {b:04X} {names[b]}" for a, b in runs
    )


def _loss(loss: Loss) -> dict[str, str]:
    return {
        "field": loss.field,
        "orientation": loss.orientation.value,
        "reason": loss.reason,
        "told": loss.told,
    }


def _title(cluster: Mapping[str, Any]) -> str:
    return f"{cluster['name']} 0x{cluster['id']:04X}"


def _cells(rows: Iterable[Mapping[str, str]]) -> list[tuple[str, ...]]:
    return [(r["sep1"], r["sep2"], r["a"], r["b"], r["rule"], r["told"]) for r in rows]


def _set_cells(rows: Iterable[Mapping[str, str]]) -> list[tuple[str, ...]]:
    return [(r["sep2"], r["sep1"], r["a"], r["b"], r["rule"], r["told"]) for r in rows]


def _loss_cells(rows: Iterable[Mapping[str, str]]) -> list[tuple[str, ...]]:
    return [(r["field"], r["orientation"], r["reason"], r["told"]) for r in rows]


def _paragraph(cells: tuple[str, ...]) -> str:
    here, there, a, b, rule, told = cells
    return f"  {here}\n    {there}\n    A {a}, B {b}: {rule}" + (f" [{told}]" if told else "")


def _table(head: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> list[str]:
    lines = [f"| {' | '.join(head)} |", f"|{'---|' * len(head)}"]
    return lines + [f"| {' | '.join(cell.replace('|', '/') for cell in row)} |" for row in rows]


def _html(caption: str, head: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> str:
    top = "".join(f'<th scope="col">{escape(cell)}</th>' for cell in head)
    body = "".join(
        f'<tr><th scope="row">{escape(row[0])}</th>{"".join(f"<td>{escape(c)}</td>" for c in row[1:])}</tr>'
        for row in rows
    )
    title = f"<caption>{escape(caption)}</caption>"
    return f"<table>{title}<thead><tr>{top}</tr></thead><tbody>{body}</tbody></table>"
