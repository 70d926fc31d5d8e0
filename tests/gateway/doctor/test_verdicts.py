"""What the doctor says about a healthy machine, and about each thing that can be wrong with one."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from handover.gateway.doctor.facts import Certificate, Facts, File, Port
from handover.gateway.doctor.findings import Level, worst
from handover.gateway.doctor.verdicts import VERDICTS, examine

NOW = datetime(2027, 3, 1, 12, tzinfo=UTC).timestamp()
DAY = 86400.0
CERTIFICATE = Certificate("pki/gateway.pem", 0.0, NOW + 400 * DAY)
HEALTHY = Facts(
    now=NOW,
    version="1.0.0",
    python=(3, 11),
    openssl="OpenSSL 3.0",
    synchronised=True,
    newest_record=NOW - 5,
    secrets=(File("pki/gateway.key", True, 0o600),),
    certificates=(CERTIFICATE,),
    ports=(Port("SEP 2.0", "0.0.0.0", 8443), Port("the local API", "127.0.0.1", 8480)),
    interfaces=2,
    stick=File("/dev/ttyUSB0", True, 0o660),
    data_dir=File("data", True, 0o700),
    journal_there=True,
    free=1 << 34,
)


def test_a_healthy_machine_has_one_good_finding_for_each_subject() -> None:
    findings = examine(HEALTHY)
    assert worst(findings) is Level.OK
    assert len(findings) == len(VERDICTS) == len({finding.subject for finding in findings})
    assert not [finding for finding in findings if finding.next_step]


def ill(**changes: object) -> Facts:
    return replace(HEALTHY, **changes)  # type: ignore[arg-type]


FAIL, WARN = Level.FAIL, Level.WARN
KEY = File("pki/gateway.key", True, 0o644)


@pytest.mark.parametrize(
    ("facts", "subject", "level", "text", "step"),
    [
        (ill(python=(3, 9)), "software", FAIL, "Python 3.9 is too old", "3.11"),
        (ill(tls_problem="no cipher match"), "TLS", FAIL, "no cipher match", "complete OpenSSL"),
        (ill(now=3600.0), "clock", FAIL, "1970-01-01 01:00 UTC, which cannot be", "set-ntp"),
        (ill(newest_record=NOW + 2 * DAY), "clock", FAIL, "the journal was written 2027-03-03", "set-ntp"),
        (ill(synchronised=False), "clock", WARN, "no time service", "set-ntp"),
        (ill(secrets=(KEY,)), "keys", FAIL, "other users of this machine (mode 0644)", "chmod 600 pki"),
        (ill(secrets=(File("k", False),)), "keys", FAIL, "k is missing", "gateway init"),
        (ill(secrets=(File("k", True, 0o600, "no permission"),)), "keys", FAIL, "no permission", "chown"),
        (
            ill(certificates=(replace(CERTIFICATE, valid_until=NOW - 1),)),
            "certificates",
            FAIL,
            "gateway.pem expired 2027-03-01",
            "handover pki",
        ),
        (
            ill(certificates=(replace(CERTIFICATE, valid_until=NOW + 9.5 * DAY),)),
            "certificates",
            WARN,
            "expires in 9 days",
            "handover pki",
        ),
        (
            ill(certificates=(replace(CERTIFICATE, valid_from=NOW + DAY),)),
            "certificates",
            FAIL,
            "is valid from",
            "clock",
        ),
        (
            ill(certificates=(Certificate("x.pem", problem="this is not a certificate"),)),
            "certificates",
            FAIL,
            "x.pem: this is not a certificate",
            "handover pki",
        ),
        (ill(credentials_problem="do not fit"), "certificates", FAIL, "do not fit", "belong together"),
        (
            ill(ports=(Port("SEP 2.0", "0.0.0.0", 8443, "Address already in use"),)),
            "ports",
            FAIL,
            "port 8443 for SEP 2.0: Address already in use",
            "ss -ltnp",
        ),
        (ill(interfaces=0), "discovery", WARN, "no network interface", "dns_sd = false"),
        (ill(multicast_problem="in use"), "discovery", WARN, "not possible: in use", "5353"),
        (ill(stick=File("/dev/ttyUSB0", False)), "stick", FAIL, "is not there", "/dev/serial/by-id"),
        (ill(stick=File("/dev/x", True, 0, "no permission")), "stick", FAIL, "no permission", "dialout"),
        (ill(data_dir=File("data", True, 0o755)), "data", WARN, "mode 0755", "chmod 700 data"),
        (ill(data_dir=File("data", True, 0o500, "read-only")), "data", FAIL, "read-only", "chown"),
        (ill(journal_problem="malformed"), "data", FAIL, "malformed", "backup"),
        (ill(audit_problems=("line 3 was changed",)), "data", WARN, "line 3", "audit --verify"),
        (ill(free=100 << 20), "space", WARN, "100 MiB are free", "free some space"),
        (ill(free=1 << 20), "space", FAIL, "1 MiB are free", "free some space"),
        (ill(slot_faults=("slot a holds nothing",)), "updates", WARN, "slot a holds", "update status"),
        (ill(update_state="ROLLED_BACK", update_reason="3 starts"), "updates", WARN, "3 starts", "log"),
        (
            ill(update_url="https://u", update_root=File("root.json", False)),
            "updates",
            FAIL,
            "root.json is missing",
            "1.root.json",
        ),
    ],
)
def test_what_is_wrong_is_said_with_the_next_step(
    facts: Facts, subject: str, level: Level, text: str, step: str
) -> None:
    (found,) = [finding for finding in examine(facts) if finding.level is not Level.OK]
    assert (found.subject, found.level) == (subject, level)
    assert text in found.text
    assert step in found.next_step
    assert worst(examine(facts)) is level


def test_a_running_gateway_has_its_ports_and_a_virtual_home_no_stick() -> None:
    findings = examine(ill(running=True, stick=None, ports=(Port("x", "", 1, "in use"),)))
    assert worst(findings) is Level.OK
    assert "stick" not in {finding.subject for finding in findings}
