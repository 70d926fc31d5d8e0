"""Key establishment and signatures of both suites: what one exchange costs either side, beside openssl."""

import shutil
import subprocess
import time
from secrets import token_bytes

from benchmarks.timing import microseconds
from handover.sep1.key_establishment import KeyEstablished, KeyEstablishment
from handover.sep1.node import Send
from handover.sep1.security import ecdsa
from handover.sep1.security.authority import Authority
from handover.sep1.security.curve import CURVES
from handover.sep1.security.ecqv import Credentials, public_key
from handover.sep1.security.key_agreement import ephemeral, shared_secret
from handover.sep1.security.multiples import multiple, table

INITIATOR, RESPONDER = 0x00124B0000ABCD01, 0x000D6F0000123456
NOW = 1_342_548_000.0
EXCHANGES = 60


def run() -> str:
    """Measure both sides of whole exchanges, and the operations that they and signatures are made of."""
    home = Authority.new(token_bytes)
    lines = [
        "### Key establishment (CBKE), one complete exchange",
        "",
        "| suite | initiator, ms | responder, ms |",
        "|---|---|---|",
    ]
    issued = {
        suite: (home.issue(INITIATOR, suite, token_bytes), home.issue(RESPONDER, suite, token_bytes))
        for suite in CURVES
    }
    for suite, pair in issued.items():
        ours, theirs = _exchange(*pair)
        lines.append(f"| {suite} ({pair[0].curve.name}) | {ours * 1e3:.2f} | {theirs * 1e3:.2f} |")
    lines += [
        "",
        "### Points and signatures",
        "",
        "| operation | ours, ms | openssl speed, ms | ours / openssl |",
        "|---|---|---|---|",
    ]
    peers = _openssl()
    for suite, (own, peer) in issued.items():
        for what, ours, beside in _operations(own, peer):
            theirs_ms = peers.get((suite, beside))
            compared = f"{theirs_ms:.3f} | {ours / 1e3 / theirs_ms:.0f}x" if theirs_ms else "- | -"
            lines.append(f"| {what}, suite {suite} | {ours / 1e3:.2f} | {compared} |")
    return "\n".join(lines) + "\n"


def _exchange(first: Credentials, second: Credentials) -> tuple[float, float]:
    """Return the least seconds that either side spent in one exchange, frames and all."""
    best = [float("inf"), float("inf")]
    for _ in range(EXCHANGES):
        nodes = [
            KeyEstablishment(INITIATOR, {first.suite: first}, token_bytes),
            KeyEstablishment(RESPONDER, {second.suite: second}, token_bytes),
        ]
        spent, keys = [0.0, 0.0], []
        begin = time.perf_counter()
        outputs = nodes[0].initiator.start(RESPONDER, NOW)
        spent[0] += time.perf_counter() - begin
        waiting = list(outputs)
        while waiting:
            output = waiting.pop(0)
            if isinstance(output, KeyEstablished):
                keys.append(output.key)
            if not isinstance(output, Send):
                continue
            side = int(output.frame.destination == RESPONDER)
            begin = time.perf_counter()
            outputs = nodes[side].handle(output.frame, NOW)
            spent[side] += time.perf_counter() - begin
            waiting += outputs
        if len(keys) != 2 or keys[0] != keys[1]:
            raise SystemExit("the exchange made no key; there is nothing to measure")
        best = [min(pair) for pair in zip(best, spent, strict=True)]
    return best[0], best[1]


def _operations(own: Credentials, peer: Credentials) -> list[tuple[str, float, str]]:
    """Return what was measured, its microseconds, and which figure of openssl stands beside it."""
    curve, digest = own.curve, token_bytes(16)
    mine, theirs = ephemeral(curve, token_bytes), ephemeral(curve, token_bytes)
    scalar, signature = own.private_key, ecdsa.sign(curve, own.private_key, digest)
    static = public_key(peer.certificate, peer.authority)
    return [
        ("ephemeral key pair", microseconds(lambda: ephemeral(curve, token_bytes)), "multiple"),
        ("multiple of any point", microseconds(lambda: multiple(scalar, table(curve, static))), "multiple"),
        ("key of a certificate", microseconds(lambda: public_key(peer.certificate, peer.authority)), ""),
        ("shared secret", microseconds(lambda: shared_secret(own, mine, static, theirs.point)), ""),
        ("signature", microseconds(lambda: ecdsa.sign(curve, own.private_key, digest)), "sign"),
        (
            "check of a signature",
            microseconds(lambda: ecdsa.verify(curve, own.public_key, digest, signature)),
            "verify",
        ),
    ]


def _openssl() -> dict[tuple[int, str], float]:
    """Return milliseconds of the openssl command's own benchmark; nothing where it is not installed."""
    program = shutil.which("openssl")
    if program is None:
        return {}
    command = [program, "speed", "-mr", "-seconds", "1", "ecdsak163", "ecdhk163", "ecdsak283", "ecdhk283"]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=120)
    found: dict[tuple[int, str], float] = {}
    for line in done.stdout.splitlines():
        kind, *fields = line.split(":")
        if kind not in ("+F4", "+F5"):  # ECDSA and ECDH
            continue
        suite = {"163": 1, "283": 2}[fields[1]]
        names = ("sign", "verify") if kind == "+F4" else ("multiple",)
        for name, rate in zip(names, fields[2:], strict=False):  # operations per second
            found[suite, name] = 1e3 / float(rate)
    return found
