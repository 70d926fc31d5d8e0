"""Collects the facts of this machine. Changes nothing, and stops at nothing: what fails is a fact too."""

import contextlib
import ctypes
import fcntl
import os
import shutil
import socket
import sqlite3
import ssl
import stat
import struct
import sys
from pathlib import Path
from typing import Any

from handover import __version__
from handover.errors import DecodeError, HandoverError
from handover.gateway.adapters import audit
from handover.gateway.config import Config
from handover.gateway.doctor.facts import Certificate, Facts, File, Port
from handover.gateway.selfupdate import slots
from handover.gateway.selfupdate.adapters.real_disk import RealDisk
from handover.sep2.security import certificate
from handover.sep2.transports.discovery.sockets import interfaces
from handover.sep2.transports.tls import CIPHERS, Credentials, server_context

_MDNS = "224.0.0.251"
_TIME_ERROR = 5
"""What adjtimex answers when nothing disciplines the clock."""


def collect(config: Config, now: float) -> Facts:
    """Return what is seen on this machine at `now` (Unix seconds) with the configuration."""
    sep2, data_dir = config.sep2, config.data_dir
    running = _running(data_dir)
    ways = len({way.index for way in interfaces()}) if sep2.dns_sd else 0
    state = _update(config)
    return Facts(
        now=now,
        version=__version__,
        python=sys.version_info[:2],
        openssl=ssl.OPENSSL_VERSION,
        tls_problem=_cipher(),
        running=running,
        synchronised=_synchronised(),
        newest_record=_written(config.journal_path),
        secrets=tuple(map(_file, _secrets(config))),
        certificates=tuple(_certificate(config.path(name)) for name in (sep2.certificate, sep2.ca)),
        credentials_problem=_credentials(config),
        ports=() if running else tuple(_ports(config)),
        interfaces=ways if sep2.dns_sd else 1,
        multicast_problem=_multicast() if sep2.dns_sd and ways else "",
        stick=_stick(config),
        data_dir=_folder(data_dir),
        journal_there=config.journal_path.exists(),
        journal_problem=_journal(config.journal_path),
        audit_problems=_audit(config.audit_path, config.journal_path),
        free=shutil.disk_usage(_standing(data_dir)).free,
        **state,
    )


def _secrets(config: Config) -> list[Path]:
    """Return the files that nobody else may read: those that must be there, and those that are."""
    key = config.path(config.sep2.key)
    beside = (config.path(config.sep2.certificate), config.path(config.sep2.ca).with_suffix(".key"))
    private = [path for path in beside if _holds_key(path)]
    data = [path for path in (config.journal_path, config.token_path) if path.exists()]
    return [key, *private, *data]


def _holds_key(path: Path) -> bool:
    try:
        return b"PRIVATE KEY-----" in path.read_bytes()
    except OSError:
        return False


def _file(path: Path) -> File:
    try:
        mode = stat.S_IMODE(path.stat().st_mode)
    except OSError as error:
        there = not isinstance(error, FileNotFoundError)
        return File(str(path), there, problem=(error.strerror or str(error)) if there else "")
    problem = "" if os.access(path, os.R_OK) else "no permission"
    return File(str(path), True, mode, problem)


def _folder(path: Path) -> File:
    found = _file(path)
    if found.there and not found.problem and not os.access(path, os.W_OK | os.X_OK):
        return File(found.path, True, found.mode, "it cannot be written by this user")
    return found


def _certificate(path: Path) -> Certificate:
    try:
        found = certificate.describe(certificate.load(path.read_bytes()))
    except (OSError, DecodeError) as error:
        return Certificate(str(path), problem=getattr(error, "strerror", None) or str(error))
    return Certificate(str(path), found.valid_from, found.valid_until)


def _credentials(config: Config) -> str:
    paths = [config.path(name) for name in (config.sep2.certificate, config.sep2.key, config.sep2.ca)]
    if not all(path.is_file() and os.access(path, os.R_OK) for path in paths):
        return ""  # told elsewhere
    try:
        server_context(Credentials(paths[0], paths[1], (paths[2],)), lambda _: None)
    except HandoverError as error:
        return str(error)
    return ""


def _cipher() -> str:
    try:
        ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER).set_ciphers(CIPHERS)
    except ssl.SSLError as error:
        return str(error)
    return ""


def _synchronised() -> bool | None:
    """Ask the kernel without changing anything; None where there is no such question."""
    try:
        state = ctypes.CDLL(None, use_errno=True).adjtimex(ctypes.create_string_buffer(512))
    except (OSError, AttributeError):
        return None
    return None if state < 0 else state != _TIME_ERROR


def _written(journal: Path) -> float:
    try:
        return journal.stat().st_mtime
    except OSError:
        return 0.0


def _running(data_dir: Path) -> bool:
    with contextlib.suppress(OSError), open(data_dir / "gateway.lock") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except BlockingIOError:
            return True
    return False


def _ports(config: Config) -> list[Port]:
    wanted = [
        ("SEP 2.0", config.sep2.host, config.sep2.port),
        ("the local API", "127.0.0.1", config.local.port),
    ]
    return [Port(use, host, number, _bind(host, number)) for use, host, number in wanted]


def _bind(host: str, number: int) -> str:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        with socket.socket(family, socket.SOCK_STREAM) as sock:
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            sock.bind((host, number))
    except OSError as error:
        return error.strerror or str(error)
    return ""


def _multicast() -> str:
    """Join the group of mDNS on its port, as the gateway will."""
    try:
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
            sock.bind(("", 5353))
            first = next((way.address for way in interfaces() if not way.is_ipv6), "0.0.0.0")
            group = struct.pack("4s4s", socket.inet_aton(_MDNS), socket.inet_aton(first))
            sock.setsockopt(socket.IPPROTO_IP, socket.IP_ADD_MEMBERSHIP, group)
    except OSError as error:
        return error.strerror or str(error)
    return ""


def _stick(config: Config) -> File | None:
    device = config.sep1.device
    if config.sep1.transport == "virtual" or "://" in device:
        return None
    found = _file(Path(device))
    if found.there and not found.problem and not os.access(device, os.R_OK | os.W_OK):
        return File(device, True, found.mode, "no permission")
    return found


def _journal(path: Path) -> str:
    """Read the whole journal without changing it."""
    if not path.exists():
        return ""
    try:
        with contextlib.closing(
            sqlite3.connect(f"{path.resolve().as_uri()}?mode=ro", uri=True)
        ) as connection:
            said = str(connection.execute("PRAGMA integrity_check(1)").fetchone()[0])
    except sqlite3.Error as error:
        return str(error)
    return "" if said == "ok" else said.splitlines()[-1]


def _audit(path: Path, journal: Path) -> tuple[str, ...]:
    try:
        return tuple(audit.problems(path, journal))
    except OSError as error:
        return (error.strerror or str(error),)


def _standing(path: Path) -> Path:
    """Return `path`, or the nearest folder above it that is there."""
    return next(folder for folder in (path.resolve(), *path.resolve().parents) if folder.exists())


def _update(config: Config) -> dict[str, Any]:
    update = config.update
    made: dict[str, Any] = {"update_url": update.url, "update_root": _file(config.path(update.root))}
    root = config.path(update.folder)
    if root.is_dir():
        disk = RealDisk(root)
        record = slots.recorded(disk)
        faults = [slots.fault(disk, slot, record.contents[slot]) for slot in sorted(record.contents)]
        made |= {
            "update_state": record.state,
            "update_reason": record.reason,
            "slot_faults": tuple(filter(None, faults)),
        }
    return made
