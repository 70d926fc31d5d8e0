"""Keys at rest: nothing readable, nothing half written, nothing used twice after a restore."""

import json
from pathlib import Path

import pytest

from handover.errors import ConfigError, DecodeError
from handover.sep1.adapters.key_file import JUMP, KeyFile, moved_on, secret_file
from handover.sep1.stack import Role
from handover.sep1.stack.outputs import Arrived
from sep1.stack.home import DEVICE, ESI, Home


def test_a_record_comes_back_and_lies_encrypted(tmp_path: Path) -> None:
    home = Home()
    device = home.admit(DEVICE)
    file = KeyFile(tmp_path / "keys", secret_file(tmp_path / "secret"))
    assert file.load() is None
    file.save(device.export())
    assert file.load() == device.export()
    lying = file.path.read_text()
    for key in (*device.network_keys(), *device.link_keys().values()):
        assert key.hex() not in lying
    assert file.path.stat().st_mode & 0o777 == 0o600
    assert (tmp_path / "secret").stat().st_mode & 0o777 == 0o600
    assert sorted(p.name for p in tmp_path.iterdir()) == ["keys", "secret"]


def test_the_secret_is_kept_and_must_be_private(tmp_path: Path) -> None:
    path = tmp_path / "secret"
    assert secret_file(path) == secret_file(path)
    path.chmod(0o644)
    with pytest.raises(ConfigError, match="chmod 600"):
        secret_file(path)
    path.chmod(0o600)
    path.write_bytes(b"short")
    with pytest.raises(ConfigError, match="5 octets instead of 32"):
        secret_file(path)
    with pytest.raises(ConfigError, match="cannot be made"):
        secret_file(tmp_path / "nowhere" / "secret")


def test_another_secret_and_every_damage_are_refused(tmp_path: Path) -> None:
    file = KeyFile(tmp_path / "keys", bytes(32))
    file.save({"a": 1})
    with pytest.raises(DecodeError, match="another secret"):
        KeyFile(file.path, bytes(31) + b"\x01").load()
    whole = file.path.read_bytes()
    for at in range(0, len(whole), 3):
        file.path.write_bytes(whole[:at])
        with pytest.raises(DecodeError):
            file.load()
        file.path.write_bytes(whole[:at] + bytes((whole[at] ^ 1,)) + whole[at + 1 :])
        with pytest.raises(DecodeError):
            file.load()


def test_a_record_of_a_backup_uses_no_counter_twice() -> None:
    home = Home()
    device = home.admit(DEVICE)
    backup = json.loads(json.dumps(device.export()))
    for n in range(20):
        home.does(device, device.send(home.frame(DEVICE, ESI, bytes((n,))), home.now))
        home.passes(5)
    home.air.take(DEVICE)
    restored = home.add(DEVICE, Role.END_DEVICE)
    home.does(restored, restored.restore(moved_on(backup)))
    home.does(restored, restored.send(home.frame(DEVICE, ESI, b"restored"), home.now))
    home.passes(5)
    assert home.of(Arrived, ESI)[-1].frame.payload == b"restored"
    assert moved_on(backup)["link_keys"][0]["outgoing"] == backup["link_keys"][0]["outgoing"] + JUMP
    with pytest.raises(DecodeError, match="record of keys"):
        moved_on({"network_keys": 1})
