"""A HAN of radio frames in one process: joins with both suites, and a thousand devices."""

import random
import resource
import time

from handover.sep1.aps import ApsFrame
from handover.sep1.stack import Role, Settings
from handover.sep1.stack.trust_centre import Policy
from handover.sep1.transports.radio_han import RadioHan

NOW = 1_342_548_000.0
ESI, FIRST = 0x000D6F0000123456, 0x00124B0001000000
JOINS = 25
DEVICES, ROUTERS = 1000, 32


class Time:
    """Virtual time: `now` stands still until it is told to move."""

    def __init__(self) -> None:
        self.now = NOW

    def passes(self, han: RadioHan, seconds: float) -> None:
        end = self.now + seconds
        while (due := han.due()) is not None and due <= end:
            self.now = max(self.now, due)
            han.advance()
        self.now = end


def home(suites: tuple[int, ...], **options: object) -> tuple[RadioHan, Time, list[float]]:
    """Return a HAN with its ESI, its time, and the virtual times at which devices got ready."""
    clock, ready = Time(), list[float]()
    han = RadioHan(
        clock=lambda: clock.now,
        draw=random.Random(1).randbytes,
        coordinator=ESI,
        suites=suites,
        **options,  # type: ignore[arg-type]
    )
    han.admitted = lambda device: ready.append(han.air.now)
    han.attach(ESI)
    return han, clock, ready


def run() -> str:
    """Measure joins, and a thousand devices."""
    lines = [
        "### Joining a HAN: install code, network key, CBKE, link key; all nodes in one process",
        "",
        "| suite | processor time of a join, both sides, ms | of the device on the air, s | frames |",
        "|---|---|---|---|",
    ]
    lines += [_joins(suite) for suite in (1, 2)]
    lines += [
        "",
        f"### {DEVICES} devices ({ROUTERS} routers, the rest sleeping) in one virtual HAN",
        "",
        "| what | figure |",
        "|---|---|",
        *_thousand(),
    ]
    return "\n".join(lines) + "\n"


def _joins(suite: int) -> str:
    han, clock, ready = home((suite,))
    begun_frames, begun = han.medium.carried, time.process_time()
    took = []
    for number in range(JOINS):
        started = clock.now
        han.attach(FIRST + number)
        while len(ready) <= number:
            clock.passes(han, 0.1)
        took.append(ready[-1] - started)
    spent = (time.process_time() - begun) / JOINS
    frames = (han.medium.carried - begun_frames) / JOINS
    return f"| {suite} | {spent * 1e3:.1f} | {sorted(took)[JOINS // 2]:.2f} | {frames:.0f} |"


def _thousand() -> list[str]:
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    policy = Policy(devices=2 * DEVICES, establish_within=1e9)
    settings = Settings(children=64, in_flight=4 * DEVICES, poll=60.0)
    han, clock, ready = home((1,), policy=policy, settings=settings)
    inbox = han._inboxes[ESI]
    begun = time.perf_counter()
    for number in range(DEVICES):
        role = Role.ROUTER if number < ROUTERS else Role.SLEEPY
        han.attach(FIRST + number, role=role)
        clock.passes(han, 3.0)
    for _ in range(100):
        if len(ready) >= DEVICES:
            break
        clock.passes(han, 10.0)
    joined = time.perf_counter() - begun
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before
    begun, since = time.perf_counter(), clock.now
    received = 0
    for _hour in range(4):
        for number in range(DEVICES):
            han.carry(_report(FIRST + number))
            clock.passes(han, 0.9)
            received += len(inbox.take())
    spent, hours = time.perf_counter() - begun, (clock.now - since) / 3600
    return [
        f"| devices with an established link key | {len(set(han.node(ESI).stack.centre.members))} |",
        f"| all of them joined after, s (of {clock.now - NOW - hours * 3600:.0f} s virtual) | {joined:.1f} |",
        f"| memory of a device, kB | {memory / DEVICES:.0f} |",
        f"| {4 * DEVICES} secured reports over {hours:.1f} virtual hours, received | {received} |",
        f"| the same, real time, s ({hours * 3600 / spent:.0f} times as fast) | {spent:.1f} |",
        f"| frames on the air in all | {han.medium.carried} |",
    ]


def _report(device: int) -> ApsFrame:
    return ApsFrame(
        source=device,
        destination=ESI,
        source_endpoint=1,
        destination_endpoint=1,
        cluster_id=0x0702,
        secured=True,
        payload=bytes.fromhex("08010a000025" + "87d612000000"),
    )
