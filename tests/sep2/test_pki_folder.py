"""The folder of keys and certificates: what is in it, who may read it, what it refuses."""

import os
import stat
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.serialization import load_pem_private_key

from handover.errors import ConfigError
from handover.sep2.adapters.pki_folder import PkiFolder
from handover.sep2.security import certificate
from sep2.certificates import NOW


@pytest.fixture
def folder(tmp_path: Path) -> PkiFolder:
    made = PkiFolder(tmp_path / "new" / "pki")
    made.init("Home", NOW)
    return made


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_secrets_are_readable_by_their_owner_alone(folder: PkiFolder) -> None:
    made = folder.device("display", NOW)
    found = {path.name: mode(path) for path in folder.path.iterdir()}
    assert found == {
        "ca.pem": 0o644,
        "ca.key": 0o600,
        "display.pem": 0o600,
        "display.key": 0o600,
        "display.x509": 0o644,
    }
    assert mode(folder.path) == 0o700
    assert b"PRIVATE" not in folder.files("ca").certificate.read_bytes()
    assert certificate.load(made.certificate.read_bytes()) == certificate.load(made.der.read_bytes())


def test_the_pem_beside_the_der_holds_the_key(folder: PkiFolder) -> None:
    made = folder.device("display", NOW)
    assert made.der.with_suffix(".pem") == made.certificate
    key = load_pem_private_key(made.key.read_bytes(), None)
    assert made.key.read_bytes() in made.certificate.read_bytes()
    assert key.public_key() == certificate.load(made.der.read_bytes()).public_key()


def test_every_identity_is_another(folder: PkiFolder) -> None:
    made = [folder.device(name, NOW).der.read_bytes() for name in ("a", "b")]
    found = [certificate.describe(certificate.load(der)) for der in made]
    assert found[0].lfdi != found[1].lfdi
    assert [f.serial for f in found] == ["a", "b"]


def test_a_certificate_is_good_for_clocks_that_are_behind(folder: PkiFolder) -> None:
    certificate.check_peer(folder.device("display", NOW).der.read_bytes(), NOW - 600)


def test_serial_and_enterprise_number_can_be_chosen(folder: PkiFolder) -> None:
    made = folder.gateway(["localhost"], NOW, serial="SN-1", pen=37244)
    assert certificate.describe(certificate.load(made.der.read_bytes())).serial == "SN-1"


def test_nothing_is_overwritten_unless_forced(folder: PkiFolder) -> None:
    before = folder.device("display", NOW).der.read_bytes()
    with pytest.raises(ConfigError, match=r"display\.pem exists already.*--force"):
        folder.device("display", NOW)
    with pytest.raises(ConfigError, match="orphan every device"):
        folder.init("Home", NOW)
    assert folder.files("display").der.read_bytes() == before
    assert folder.device("display", NOW, force=True).der.read_bytes() != before
    folder.files("display").certificate.unlink()
    with pytest.raises(ConfigError, match=r"display\.key exists already"):
        folder.device("display", NOW)


@pytest.mark.parametrize(
    "name", ["", "../up", "a/b", ".hidden", "a b", "x" * 65, "a.pem", "caf\u00e9", "a\n"]
)
def test_names_that_are_no_file_names_are_refused(folder: PkiFolder, name: str) -> None:
    with pytest.raises(ConfigError, match="file name"):
        folder.device(name, NOW)


def test_the_name_of_the_authority_is_taken(folder: PkiFolder) -> None:
    with pytest.raises(ConfigError, match="belongs to the authority"):
        folder.device("ca", NOW, force=True)


def test_a_folder_without_an_authority_says_how_to_make_one(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="handover pki init"):
        PkiFolder(tmp_path).device("display", NOW)


def test_a_key_that_does_not_fit_is_refused(folder: PkiFolder, tmp_path: Path) -> None:
    other = PkiFolder(tmp_path / "other")
    other.init("Other", NOW)
    other.files("ca").key.replace(folder.files("ca").key)
    with pytest.raises(ConfigError, match="is not the key of"):
        folder.device("display", NOW)
    folder.files("ca").key.write_text("rubbish")
    with pytest.raises(ConfigError, match="not an unencrypted private key"):
        folder.device("display", NOW)
    folder.files("ca").certificate.write_text("rubbish")
    with pytest.raises(ConfigError, match="certificate"):
        folder.device("display", NOW)


def test_a_gateway_needs_a_host(folder: PkiFolder) -> None:
    with pytest.raises(ConfigError, match="--host"):
        folder.gateway([], NOW)


def test_a_folder_that_cannot_be_made_is_reported(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(ConfigError, match="cannot be made"):
        PkiFolder(tmp_path / "file" / "pki").init("Home", NOW)


def test_a_failed_write_leaves_nothing_behind(folder: PkiFolder) -> None:
    folder.files("display").der.mkdir()
    with pytest.raises(ConfigError, match="cannot be written"):
        folder.device("display", NOW, force=True)
    assert not [name for name in os.listdir(folder.path) if name.startswith(".")]
