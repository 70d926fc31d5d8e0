"""gateway.toml: values, defaults, and messages that name file, key, reason and an example."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from handover.errors import ConfigError
from handover.gateway.config import EXAMPLES, SECTIONS, Config, load, parse, template

PATH = Path("/etc/handover/gateway.toml")


def test_an_empty_file_gives_the_defaults_relative_to_its_folder() -> None:
    config = parse("", PATH)
    assert config.sep2.port == 8443
    assert config.journal_path == Path("/etc/handover/data/journal.db")
    assert config.path(config.sep2.ca) == Path("/etc/handover/pki/ca.pem")


def test_an_absolute_path_stays_absolute() -> None:
    assert parse('[gateway]\ndata_dir = "/var/lib/h"\n', PATH).audit_path == Path("/var/lib/h/audit.jsonl")


def test_the_template_is_read_back_unchanged() -> None:
    config = Config(base=str(PATH.parent))
    assert parse(template(config), PATH) == config


def test_every_key_has_an_example_that_is_valid() -> None:
    keys = {f"{name}.{key}" for name, kind in SECTIONS.items() for key in kind.__struct_fields__}
    assert keys == set(EXAMPLES)
    for key, example in EXAMPLES.items():
        section = key.split(".")[0]
        extra = '\ndevice = "/dev/ttyUSB0"' if key == "sep1.transport" else ""
        parse(f"[{section}]\n{example.split(' or ')[0]}{extra}\n", PATH)


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("[sep2]\nprt = 1\n", ["[sep2]", "unknown key 'prt'", "port"]),
        ("[sepp]\n", ["unknown section [sepp]", "[sep2]"]),
        ('[sep2]\nport = "x"\n', ["[sep2] port = 'x'", "int", "port = 8443"]),
        ("[sep2]\nport = 70000\n", ["70000", "65535", "port = 8443"]),
        ('[gateway]\nregistration = "maybe"\n', ["registration", "out-of-band"]),
        ('[sep1]\neui64 = "zz"\n', ["eui64", "000D6F0000ABCDEF"]),
        ('[sep1]\ntransport = "raven"\n', ["device is missing", "/dev/ttyUSB0"]),
        ("[sep2\n", ["not valid TOML"]),
        ("sep2 = 3\n", ["sep2 must be a section"]),
    ],
)
def test_a_message_names_file_key_reason_and_example(text: str, parts: list[str]) -> None:
    with pytest.raises(ConfigError) as caught:
        parse(text, PATH)
    for part in [str(PATH), *parts]:
        assert part in str(caught.value)


def test_a_missing_file_says_how_to_make_one(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="handover gateway init"):
        load(tmp_path / "gateway.toml")


def test_a_file_that_is_no_text_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "gateway.toml"
    path.write_bytes(b"\xff\xfe\x00")
    with pytest.raises(ConfigError, match="cannot be read"):
        load(path)


@given(st.text(max_size=200))
def test_any_text_gives_a_configuration_or_a_config_error(text: str) -> None:
    try:
        parse(text, PATH)
    except ConfigError as error:
        assert str(PATH) in str(error)  # noqa: PT017 - both outcomes are right
