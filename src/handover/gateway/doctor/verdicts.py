"""What the facts mean. Each function judges one subject; `examine` asks all of them."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Final

from handover.gateway.doctor.facts import Facts
from handover.gateway.doctor.findings import Finding, fail, ok, warn

DAY: Final = 86400.0
SOON: Final = 30 * DAY
"""Seconds before a certificate's end at which it is time to renew it."""
FIRST_SANE: Final = datetime(2026, 1, 1, tzinfo=UTC).timestamp()
"""No machine that runs this has a right clock before."""
TIGHT: Final = 200 << 20
FULL: Final = 20 << 20
"""Free octets below which it is time to act, and below which the journal stops soon."""
NO_END: Final = datetime(9999, 1, 1, tzinfo=UTC).timestamp()

Verdict = Callable[[Facts], list[Finding]]


def software(facts: Facts) -> list[Finding]:
    """Judge version and Python."""
    name = "software"
    python = ".".join(map(str, facts.python))
    if facts.python < (3, 11):
        return [fail(name, f"Python {python} is too old", "install Python 3.11 or later")]
    return [ok(name, f"handover {facts.version} on Python {python}")]


def tls(facts: Facts) -> list[Finding]:
    """Judge whether this Python can speak the cipher of SEP 2.0."""
    if facts.tls_problem:
        step = "use a Python that is linked with a complete OpenSSL, such as the distribution's own"
        return [fail("TLS", f"{facts.openssl} cannot speak the cipher of SEP 2.0: {facts.tls_problem}", step)]
    return [ok("TLS", f"ECDHE-ECDSA-AES128-CCM8 works ({facts.openssl})")]


def clock(facts: Facts) -> list[Finding]:
    """Judge the machine's clock: certificates, events and the audit log depend on it."""
    step = "set it, and let a time service keep it: timedatectl set-ntp true"
    if facts.now < FIRST_SANE:
        return [fail("clock", f"the clock says {_date(facts.now)}, which cannot be", step)]
    if facts.now < facts.newest_record - DAY:
        text = f"the clock says {_date(facts.now)}, but the journal was written {_date(facts.newest_record)}"
        return [fail("clock", text, step)]
    if facts.synchronised is False:
        return [warn("clock", "no time service keeps the clock", step)]
    kept = " and is kept by a time service" if facts.synchronised else ""
    return [ok("clock", f"the clock says {_date(facts.now)}{kept}")]


def secrets(facts: Facts) -> list[Finding]:
    """Judge who can read the keys."""
    found = []
    for file in facts.secrets:
        if not file.there:
            step = "make them with: handover gateway init DIR, or handover pki gateway DIR"
            found.append(fail("keys", f"{file.path} is missing", step))
        elif file.problem:
            found.append(fail("keys", f"{file.path} cannot be read: {file.problem}", _own(file.path)))
        elif file.mode & 0o077:
            text = f"{file.path} can be used by other users of this machine (mode {file.mode:04o})"
            found.append(fail("keys", text, f"chmod 600 {file.path}"))
    return found or [ok("keys", "only the gateway's user can read the keys")]


def certificates(facts: Facts) -> list[Finding]:
    """Judge the certificates: whether they work together, and for how long."""
    found = []
    if facts.credentials_problem:
        step = "name files in [sep2] that belong together; handover pki show FILE tells what one is"
        found.append(fail("certificates", facts.credentials_problem, step))
    for one in facts.certificates:
        renew = f"make a new one with: handover pki; then restart the gateway ({one.path})"
        if one.problem:
            found.append(fail("certificates", f"{one.path}: {one.problem}", renew))
        elif facts.now >= one.valid_until:
            found.append(fail("certificates", f"{one.path} expired {_date(one.valid_until)}", renew))
        elif facts.now < one.valid_from:
            text = f"{one.path} is valid from {_date(one.valid_from)} on only"
            found.append(fail("certificates", text, "check the machine's clock"))
        elif one.valid_until - facts.now < SOON:
            days = int((one.valid_until - facts.now) // DAY)
            found.append(warn("certificates", f"{one.path} expires in {days} days", renew))
    if found:
        return found
    first = min((one.valid_until for one in facts.certificates), default=NO_END)
    return [ok("certificates", f"valid {'without end' if first >= NO_END else f'until {_date(first)}'}")]


def ports(facts: Facts) -> list[Finding]:
    """Judge whether the gateway can listen."""
    if facts.running:
        return [ok("ports", "a gateway runs and has its ports")]
    found = []
    for port in facts.ports:
        if port.problem:
            step = f"end what uses it (ss -ltnp 'sport = {port.number}'), or set another port"
            found.append(fail("ports", f"port {port.number} for {port.use}: {port.problem}", step))
    numbers = ", ".join(str(port.number) for port in facts.ports if port.number)
    return found or [ok("ports", f"free: {numbers}" if numbers else "any free port is taken")]


def discovery(facts: Facts) -> list[Finding]:
    """Judge whether devices can find the gateway by DNS-SD."""
    by_hand = "devices need the gateway's address then; or set [sep2] dns_sd = false"
    if not facts.interfaces:
        return [
            warn("discovery", "there is no network interface besides loopback", f"connect one; {by_hand}")
        ]
    if facts.multicast_problem:
        text = f"multicast DNS is not possible: {facts.multicast_problem}"
        return [warn("discovery", text, f"let UDP port 5353 through, end what holds it alone; {by_hand}")]
    return [ok("discovery", f"devices can find the gateway on {facts.interfaces} interfaces")]


def stick(facts: Facts) -> list[Finding]:
    """Judge the serial device of the meter's stick."""
    if facts.stick is None:
        return []
    if not facts.stick.there:
        step = "plug the stick in, or correct [sep1] device; ls /dev/serial/by-id shows what is there"
        return [fail("stick", f"{facts.stick.path} is not there", step)]
    if facts.stick.problem:
        step = "add the gateway's user to the device's group: usermod -a -G dialout USER; then log in again"
        return [fail("stick", f"{facts.stick.path} cannot be used: {facts.stick.problem}", step)]
    return [ok("stick", f"{facts.stick.path} is there")]


def data(facts: Facts) -> list[Finding]:
    """Judge the data folder, the journal and the audit log."""
    folder, found = facts.data_dir, []
    if folder.problem:
        found.append(fail("data", f"{folder.path}: {folder.problem}", _own(folder.path)))
    elif folder.there and folder.mode & 0o077:
        text = f"{folder.path} is open to other users of this machine (mode {folder.mode:04o})"
        found.append(warn("data", text, f"chmod 700 {folder.path}"))
    if facts.journal_problem:
        step = "put a backup in its place, or move it away to start afresh (devices are admitted anew then)"
        found.append(fail("data", f"the journal is not whole: {facts.journal_problem}", step))
    if facts.audit_problems:
        text = f"the audit log was changed or cut: {facts.audit_problems[0]}"
        found.append(warn("data", text, "look closer with: handover gateway audit --verify; keep a copy"))
    whole = "journal and audit log are whole" if facts.journal_there else "there is no journal yet"
    return found or [ok("data", whole)]


def space(facts: Facts) -> list[Finding]:
    """Judge the room for the journal."""
    text, step = (
        f"{facts.free >> 20} MiB are free",
        f"free some space on the file system of {facts.data_dir.path}",
    )
    if facts.free < FULL:
        return [fail("space", text, step)]
    return [warn("space", text, step)] if facts.free < TIGHT else [ok("space", text)]


def updates(facts: Facts) -> list[Finding]:
    """Judge the slots and where updates come from."""
    found = [
        warn("updates", fault, "handover update status; the next start takes other software")
        for fault in facts.slot_faults
    ]
    if facts.update_state == "ROLLED_BACK":
        text = f"the last update was taken back: {facts.update_reason}"
        found.append(warn("updates", text, "see the log of that time; publish a version that mends it"))
    if facts.update_url and facts.update_root is not None and not facts.update_root.there:
        step = "copy metadata/1.root.json of the repository there, in a way that you trust"
        found.append(fail("updates", f"{facts.update_root.path} is missing", step))
    if found:
        return found
    if not facts.update_url:
        return [ok("updates", "no repository is configured ([update] url)")]
    return [ok("updates", f"from {facts.update_url}, state {facts.update_state}")]


VERDICTS: Final[tuple[Verdict, ...]] = (
    software,
    tls,
    clock,
    secrets,
    certificates,
    ports,
    discovery,
    stick,
    data,
    space,
    updates,
)


def examine(facts: Facts) -> list[Finding]:
    """Return what is found on a machine with these facts, in a fixed order."""
    return [finding for verdict in VERDICTS for finding in verdict(facts)]


def _own(path: str) -> str:
    return f"give it to the gateway's user: chown USER {path}"


def _date(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%d %H:%M UTC")
