"""The key store at rest: nothing readable, nothing half written, nothing changed unseen."""

import os
import stat
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from handover.errors import ConfigError, DecodeError
from handover.gateway.keystore import sealing
from handover.gateway.keystore.adapters import secret
from handover.gateway.keystore.adapters.sealed_file import SealedFile
from handover.gateway.keystore.port import KeyStore
from handover.gateway.keystore.sealing import Cost, derive, opened

pytestmark = pytest.mark.req("REQ.GW.8")

CHEAP = Cost(log_n=4, r=1, p=1)
PASSPHRASE = b"correct horse battery staple"
SECRETS = {"pins": bytes(range(32)), "install code 00124B0000000001": bytes(range(64, 80))}


def sealed(path: Path, passphrase: bytes = PASSPHRASE) -> SealedFile:
    return SealedFile(path / "keys.sealed", passphrase, CHEAP)


@pytest.fixture
def store(tmp_path: Path) -> SealedFile:
    made = sealed(tmp_path)
    made.save(SECRETS)
    return made


def test_secrets_come_back_and_lie_encrypted(store: SealedFile) -> None:
    port: KeyStore = sealed(store.path.parent)
    assert port.load() == SECRETS
    lying = store.path.read_bytes()
    for name, octets in SECRETS.items():
        for form in (octets, octets.hex().encode(), name.encode(), PASSPHRASE):
            assert form not in lying
    assert stat.S_IMODE(store.path.stat().st_mode) == 0o600
    assert [path.name for path in store.path.parent.iterdir()] == ["keys.sealed"]


def test_nothing_was_saved_yet(tmp_path: Path) -> None:
    store = sealed(tmp_path)
    assert not store.exists
    assert store.load() == {}


def test_the_same_secrets_never_look_the_same(store: SealedFile) -> None:
    seen = {store.path.read_bytes()}
    for _ in range(20):
        store.save(SECRETS)
        seen.add(store.path.read_bytes())
    assert len(seen) == 21
    assert len({record[24:36] for record in seen}) == 21, "a nonce is used once"


def test_another_passphrase_opens_nothing(store: SealedFile) -> None:
    for wrong in (b"", PASSPHRASE[:-1], PASSPHRASE + b"e", PASSPHRASE.upper()):
        with pytest.raises(DecodeError, match="another passphrase"):
            sealed(store.path.parent, wrong).load()


def test_every_flipped_bit_is_noticed(store: SealedFile) -> None:
    whole = store.path.read_bytes()
    for at in range(len(whole)):
        for bit in range(8):
            if at in (5, 6, 7):
                continue  # the cost: see below
            store.path.write_bytes(whole[:at] + bytes((whole[at] ^ 1 << bit,)) + whole[at + 1 :])
            with pytest.raises(DecodeError):
                sealed(store.path.parent).load()


@pytest.mark.parametrize("cost", [(5, 1, 1), (4, 2, 1), (4, 1, 2)])
def test_a_changed_cost_is_noticed(store: SealedFile, cost: tuple[int, int, int]) -> None:
    whole = store.path.read_bytes()
    store.path.write_bytes(whole[:5] + bytes(cost) + whole[8:])
    with pytest.raises(DecodeError, match="was changed"):
        sealed(store.path.parent).load()


@pytest.mark.parametrize(
    "cost", [(0, 1, 1), (21, 8, 1), (255, 255, 255), (15, 0, 1), (15, 8, 0), (15, 17, 1)]
)
def test_a_file_cannot_make_us_work_without_end(store: SealedFile, cost: tuple[int, int, int]) -> None:
    whole = store.path.read_bytes()
    store.path.write_bytes(whole[:5] + bytes(cost) + whole[8:])
    with pytest.raises(DecodeError, match="beyond what is accepted"):
        store.load()


def test_every_cut_is_noticed(store: SealedFile) -> None:
    whole = store.path.read_bytes()
    for length in range(len(whole)):
        store.path.write_bytes(whole[:length])
        with pytest.raises(DecodeError):
            sealed(store.path.parent).load()
    store.path.write_bytes(whole + b"\0")
    with pytest.raises(DecodeError):
        store.load()
    store.path.write_bytes(bytes(sealing.LONGEST + 1))
    with pytest.raises(DecodeError, match="the most"):
        store.load()


def test_another_version_names_the_next_step(store: SealedFile) -> None:
    whole = store.path.read_bytes()
    store.path.write_bytes(whole[:4] + b"\x02" + whole[5:])
    with pytest.raises(DecodeError, match="version 2 is unknown; a newer release"):
        store.load()
    store.path.write_bytes(b"PK\x03\x04" + whole[4:])
    with pytest.raises(DecodeError, match="no key store"):
        store.load()


@given(st.binary(max_size=200))
def test_any_octets_are_a_record_or_a_decode_error(octets: bytes) -> None:
    with pytest.raises(DecodeError):
        opened(octets, PASSPHRASE)


def test_what_is_authentic_but_no_table_of_secrets_is_refused() -> None:
    sealer = derive(PASSPHRASE, bytes(16), CHEAP)
    head = sealer.seal({}, bytes(12))[:36]
    for plain in (b"[]", b'{"a": 1}', b'{"a": "xy"}', b"\xff", b""):
        with pytest.raises(DecodeError, match="content"):
            opened(head + sealer.cipher.encrypt(bytes(12), plain, head), PASSPHRASE)


def test_rotation_leaves_the_secrets_and_closes_the_file_to_the_old_passphrase(store: SealedFile) -> None:
    salt = store.path.read_bytes()[8:24]
    store.rotate(b"another passphrase")
    assert store.path.read_bytes()[8:24] != salt
    assert sealed(store.path.parent, b"another passphrase").load() == SECRETS
    with pytest.raises(DecodeError):
        sealed(store.path.parent).load()
    store.save({"a": b"1"})
    assert sealed(store.path.parent, b"another passphrase").load() == {"a": b"1"}


def test_a_failing_disk_leaves_what_was_there(store: SealedFile, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    for change in (lambda: store.save({}), lambda: store.rotate(b"another passphrase")):
        with pytest.raises(OSError, match="No space"):
            change()
    monkeypatch.undo()
    assert sealed(store.path.parent).load() == SECRETS
    store.save({"a": b"1"})
    assert sealed(store.path.parent).load() == {"a": b"1"}


class TestKeyFile:
    """The passphrase's own file."""

    def test_a_made_one_is_random_and_private(self, tmp_path: Path) -> None:
        made = [secret.make(tmp_path / "a" / name) for name in "xy"]
        assert len(set(made)) == 2
        assert secret.read(tmp_path / "a" / "x") == made[0]
        assert stat.S_IMODE((tmp_path / "a" / "x").stat().st_mode) == 0o600
        with pytest.raises(ConfigError, match="cannot be made"):
            secret.make(tmp_path / "a" / "x")

    def test_a_passphrase_is_read_without_the_end_of_its_line(self, tmp_path: Path) -> None:
        path = tmp_path / "secret"
        path.write_bytes(PASSPHRASE + b"\r\n")
        path.chmod(0o600)
        assert secret.read(path) == PASSPHRASE

    @pytest.mark.parametrize("mode", [0o644, 0o640, 0o604, 0o660])
    def test_one_that_others_can_read_is_refused(self, tmp_path: Path, mode: int) -> None:
        path = tmp_path / "secret"
        path.write_bytes(PASSPHRASE)
        path.chmod(mode)
        with pytest.raises(ConfigError, match="chmod 600"):
            secret.read(path)

    def test_a_short_or_missing_one_is_refused(self, tmp_path: Path) -> None:
        path = tmp_path / "secret"
        with pytest.raises(ConfigError, match="cannot be read"):
            secret.read(path)
        path.write_bytes(b"short\n")
        path.chmod(0o600)
        with pytest.raises(ConfigError, match="5 octets are too few"):
            secret.read(path)
