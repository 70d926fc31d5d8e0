"""What was seen on a machine. Only seen, not judged; times are Unix seconds, sizes octets."""

from dataclasses import dataclass, field


@dataclass(frozen=True)
class File:
    """A file or device: whether it is there, its permission bits, and why it cannot be used, if so."""

    path: str
    there: bool
    mode: int = 0
    problem: str = ""


@dataclass(frozen=True)
class Certificate:
    """The period of a certificate; `problem` says why it cannot be read."""

    path: str
    valid_from: float = 0.0
    valid_until: float = 0.0
    problem: str = ""


@dataclass(frozen=True)
class Port:
    """A TCP port that the gateway wants; `problem` is what the system said when it was tried."""

    use: str
    host: str
    number: int
    problem: str = ""


@dataclass(frozen=True)
class Facts:
    """Everything that the verdicts look at."""

    now: float
    version: str
    python: tuple[int, int]
    openssl: str
    tls_problem: str = ""
    running: bool = False
    """Whether a gateway runs on this data folder."""
    synchronised: bool | None = None
    """Whether the kernel's clock is disciplined by a time service; None where that cannot be told."""
    newest_record: float = 0.0
    """When the journal was last written: the clock cannot rightly be before that."""
    secrets: tuple[File, ...] = ()
    certificates: tuple[Certificate, ...] = ()
    credentials_problem: str = ""
    """Why certificate, key and authority do not work together."""
    ports: tuple[Port, ...] = ()
    interfaces: int = 0
    """Interfaces besides loopback that multicast can use."""
    multicast_problem: str = ""
    stick: File | None = None
    """The serial device; None when none is configured."""
    data_dir: File = field(default_factory=lambda: File("", False))
    journal_problem: str = ""
    journal_there: bool = False
    audit_problems: tuple[str, ...] = ()
    free: int = 0
    update_url: str = ""
    update_root: File | None = None
    update_state: str = "IDLE"
    update_reason: str = ""
    slot_faults: tuple[str, ...] = ()
