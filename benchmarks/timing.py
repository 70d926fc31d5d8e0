"""How a figure is taken: the best of several rounds, so that other work on the machine counts least."""

import time
from collections.abc import Callable
from dataclasses import dataclass

ROUNDS = 7
ROUND_SECONDS = 0.15


@dataclass(frozen=True)
class Row:
    """One line of a table: what, ours in microseconds, and what it is compared with."""

    what: str
    ours: float
    beside: str
    target: str = ""


def microseconds(call: Callable[[], object]) -> float:
    """Return the time of one `call` in microseconds: the best mean of ROUNDS rounds."""
    call()
    count, spent = 1, 0.0
    while spent < ROUND_SECONDS / 4:
        count *= 2
        spent = _run(call, count)
    count = max(1, int(count * ROUND_SECONDS / spent))
    return min(_run(call, count) for _ in range(ROUNDS)) / count * 1e6


def _run(call: Callable[[], object], count: int) -> float:
    start = time.perf_counter()
    for _ in range(count):
        call()
    return time.perf_counter() - start


def table(title: str, rows: list[Row]) -> str:
    """Return the rows as a Markdown table."""
    lines = [f"### {title}", "", "| operation | ours, us | beside | target |", "|---|---|---|---|"]
    lines += [f"| {row.what} | {row.ours:.1f} | {row.beside} | {row.target} |" for row in rows]
    return "\n".join(lines) + "\n"
