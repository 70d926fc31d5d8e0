"""The PINs in the journal, when the gateway has a key file: whoever copies the data folder has none."""

import os
import sqlite3
from pathlib import Path
from time import time

import pytest
from typer.testing import CliRunner

from gateway.running import Client, fast_clock, make_config, running
from handover.cli.main import app
from handover.errors import ConfigError, NotNow
from handover.gateway.adapters.journal import Journal
from handover.gateway.adapters.registry import registry
from handover.gateway.adapters.sealed_pins import pins
from handover.gateway.config import Config, SecuritySection, template
from handover.gateway.keystore.pins import PlainPins, SealedPins
from handover.sim.premise import Premise

pytestmark = pytest.mark.req("REQ.GW.8")

PIN = 734_510
SFDIS = (45764611, 91529222)


def configured(folder: Path, key_file: str = "keys/gateway.secret") -> Config:
    return Config(base=str(folder), security=SecuritySection(key_file=key_file))


def admit(config: Config, pin: int = PIN) -> None:
    with registry(config) as known:
        for sfdi, name in zip(SFDIS, ("tstat", "display"), strict=True):
            known.add(sfdi_=sfdi, pin=pin, name=name, now=time())


def stored(config: Config) -> list[object]:
    connection = sqlite3.connect(config.journal_path)
    try:
        return [row[0] for row in connection.execute("SELECT pin FROM registration ORDER BY number")]
    finally:
        connection.close()


def read(config: Config) -> list[int]:
    with registry(config) as known:
        return [device.pin for device in known.all()]


def octets(folder: Path) -> bytes:
    """Return everything that lies in a folder."""
    return b"".join(path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file())


def test_without_a_key_file_pins_are_numbers(tmp_path: Path) -> None:
    config = configured(tmp_path, "")
    admit(config)
    assert stored(config) == [PIN, PIN]
    assert not config.key_store_path.exists()
    assert isinstance(pins(config), PlainPins)


def test_with_one_they_are_encrypted_and_read_again(tmp_path: Path) -> None:
    config = configured(tmp_path)
    admit(config)
    first, second = stored(config)
    assert isinstance(first, bytes)
    assert isinstance(second, bytes)
    assert first != second, "the same PIN never looks the same"
    assert read(config) == [PIN, PIN]
    lying = octets(config.data_dir)
    assert PIN.to_bytes(3, "big") not in lying
    assert str(PIN).encode() not in lying


def test_pins_from_before_are_encrypted_and_leave_no_trace(tmp_path: Path) -> None:
    plain = configured(tmp_path, "")
    admit(plain)
    assert PIN.to_bytes(3, "big") in octets(plain.data_dir)
    config = configured(tmp_path)
    assert read(config) == [PIN, PIN]
    assert all(isinstance(pin, bytes) for pin in stored(config))
    assert PIN.to_bytes(3, "big") not in octets(config.data_dir)


def test_a_stolen_data_folder_or_one_without_its_key_is_closed(tmp_path: Path) -> None:
    config = configured(tmp_path)
    admit(config)
    with pytest.raises(NotNow, match="no key is configured"):
        read(configured(tmp_path, ""))
    other = tmp_path / "other.secret"
    other.write_bytes(b"another passphrase")
    other.chmod(0o600)
    with pytest.raises(ConfigError, match="another passphrase or key file"):
        read(configured(tmp_path, "other.secret"))
    (tmp_path / "keys" / "gateway.secret").unlink()
    with pytest.raises(ConfigError, match="cannot be read"):
        read(config)
    assert not (tmp_path / "keys" / "gateway.secret").exists(), "a new one would open nothing"


def test_a_pin_in_another_row_or_changed_is_refused(tmp_path: Path) -> None:
    config = configured(tmp_path)
    admit(config)
    connection = sqlite3.connect(config.journal_path)
    first, second = stored(config)
    assert isinstance(first, bytes)
    for change in (second, first[:-1], first[:-1] + bytes((first[-1] ^ 1,)), b""):
        connection.execute("UPDATE registration SET pin = ? WHERE number = 1", (change,))
        connection.commit()
        with pytest.raises(NotNow, match="was changed"):
            read(config)
    connection.close()


def test_sealed_pins_are_bound_to_their_key() -> None:
    sealed = SealedPins(bytes(32), os.urandom).seal(1, PIN)
    assert SealedPins(bytes(32), os.urandom).open(1, sealed) == PIN
    assert SealedPins(bytes(32), os.urandom).open(1, PIN) == PIN
    for key, sfdi in ((b"\1" * 32, 1), (bytes(32), 2)):
        with pytest.raises(NotNow):
            SealedPins(key, os.urandom).open(sfdi, sealed)


async def test_a_running_gateway_serves_a_sealed_pin_to_its_device(tmp_path: Path) -> None:
    config, clock = make_config(tmp_path), fast_clock()
    key_file = str(tmp_path / "keys" / "gateway.secret")
    config = Config(
        gateway=config.gateway,
        sep2=config.sep2,
        local=config.local,
        security=SecuritySection(key_file=key_file),
        base=config.base,
    )
    premise = Premise(seed=3, start=clock.now())
    premise.admit(config.eui64)
    device = Client(config, "thermostat")
    for _ in range(2):
        async with running(config, premise, clock) as service:
            device.admit("thermostat")
            await device.open(service)
            assert (await device.gets("/edev/1/rg")).pIN == 111115
            await device.close()
        premise.han.detach(config.eui64)
    assert all(isinstance(pin, bytes) for pin in stored(config))


def test_rekey_closes_the_store_to_the_old_key(tmp_path: Path) -> None:
    config = configured(tmp_path)
    admit(config)
    path = tmp_path / "gateway.toml"
    path.write_text(template(config))
    new = tmp_path / "new.secret"
    result = CliRunner().invoke(app, ["gateway", "rekey", "--new-key-file", str(new), "-c", str(path)])
    assert result.exit_code == 0, result.output
    with pytest.raises(ConfigError, match="another passphrase"):
        read(config)
    assert read(replace_key(config, str(new))) == [PIN, PIN]
    path.write_text(template(configured(tmp_path, "")))
    result = CliRunner().invoke(app, ["gateway", "rekey", "--new-key-file", str(new), "-c", str(path)])
    assert result.exit_code != 0


def replace_key(config: Config, key_file: str) -> Config:
    return Config(base=config.base, security=SecuritySection(key_file=key_file))


def test_a_journal_is_read_by_whoever_has_its_pins(tmp_path: Path) -> None:
    config = configured(tmp_path)
    admit(config)
    journal = Journal(config.journal_path, pins(config))
    journal.open()
    journal.close()
    assert read(config) == [PIN, PIN]
