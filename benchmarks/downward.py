"""Orientation B: what the gateway adds between a SEP 2.0 server and SEP 1.x devices, and what it costs."""

import resource
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

SIZES = (1, 20, 50)
ROUNDS = 30
IDLE_HOURS = 3


def run() -> str:
    """Return the tables as Markdown."""
    rows = [_measured(size) for size in SIZES]
    lines = [
        "### Orientation B: a SEP 2.0 server above, SEP 1.x devices below",
        "",
        "| devices | control to first frame, p50 / p99 | to the last device's frame, p50 "
        "| report to POST, p50 / p99 | CPU when idle | resident memory |",
        "|---|---|---|---|---|---|",
    ]
    for size, row in zip(SIZES, rows, strict=True):
        lines.append(
            f"| {size} | {row['first50']:.1f} / {row['first99']:.1f} ms | {row['last50']:.1f} ms "
            f"| {row['back50']:.1f} / {row['back99']:.1f} ms | {row['idle']:.2f} % | {row['memory']:.0f} MB |"
        )
    lines += [
        "",
        "From the moment when the server's list has arrived to that when the frame leaves for the radio, "
        "with the journal's commit (`synchronous=FULL`) in between, and from a device's report to its "
        "Response. Idle: the processor time of quiet hours, every list polled once a minute. Server and "
        "devices are simulated in the same process, so that its time and its memory are in the figures.",
    ]
    return "\n".join(lines)


def _measured(size: int) -> dict[str, float]:
    """Measure in a process of its own: its memory is its own too."""
    run = subprocess.run(
        [sys.executable, "-m", "benchmarks.downward", str(size)], capture_output=True, text=True, check=True
    )
    return {name: float(value) for name, value in (pair.split("=") for pair in run.stdout.split())}


def main(size: int) -> None:
    sys.path.insert(0, str(Path(__file__).parent.parent / "tests"))
    from gateway.downward.premise import Premise

    with tempfile.TemporaryDirectory() as folder:
        home = Timed(Premise, Path(folder) / "journal.db")
        premise = home.premise
        premise.start()
        devices = [0x00124B0000001000 + n for n in range(size)]
        for eui64 in devices:
            premise.add(eui64, device_class=1)
        premise.passes(120)
        first, last, back = [], [], []
        for number in range(1, ROUNDS + 1):
            premise.utility.control(number, premise.now, start=3600 * number, duration=600)
            home.watch()
            premise.passes(70)
            frames = home.frames
            if home.began is not None and frames:
                first.append(frames[0] - home.began)
                last.append(frames[-1] - home.began)
            back += home.backs
        begun = time.process_time()
        premise.passes(IDLE_HOURS * 3600)
        idle = (time.process_time() - begun) / (IDLE_HOURS * 3600) * 100
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    found = {
        "first50": _share(first, 50),
        "first99": _share(first, 99),
        "last50": _share(last, 50),
        "back50": _share(back, 50),
        "back99": _share(back, 99),
        "idle": idle,
        "memory": memory,
    }
    print(*(f"{name}={value}" for name, value in found.items()))


def _share(values: list[float], percent: int) -> float:
    """Return a percentile in milliseconds."""
    return statistics.quantiles(values, n=100)[percent - 1] * 1000


class Timed:
    """A premise whose clock on the wall is looked at where things arrive and leave."""

    def __init__(self, premise: type, journal: Path) -> None:
        timed = self
        self.began: float | None = None
        self.frames: list[float] = []
        self.backs: list[float] = []
        self._reported: float | None = None
        self.watching = False

        class Watched(premise):  # type: ignore[misc]
            def _arrive(self, frame: object) -> None:
                from gateway.downward.premise import GATEWAY

                if frame.cluster_id == 0x0701 and frame.source == GATEWAY and frame.payload[2] == 0:  # type: ignore[attr-defined]
                    timed.frames.append(time.perf_counter())
                if frame.destination == GATEWAY and frame.cluster_id == 0x0701 and frame.payload[2] == 0:  # type: ignore[attr-defined]
                    timed._reported = time.perf_counter()
                super()._arrive(frame)

            def _ask(self, ask: object) -> object:
                answer = super()._ask(ask)
                path = ask.path  # type: ignore[attr-defined]
                if timed.watching and path.endswith("/edc") and timed.began is None:
                    timed.began = time.perf_counter()
                if path == "/rsps/0/rsp" and timed._reported is not None:
                    timed.backs.append(time.perf_counter() - timed._reported)
                    timed._reported = None
                return answer

        self.premise = Watched(journal=journal)

    def watch(self) -> None:
        """Begin a new round."""
        self.began, self.frames, self.backs, self.watching = None, [], [], True


if __name__ == "__main__":
    main(int(sys.argv[1]))
