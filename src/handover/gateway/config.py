"""`gateway.toml`: what it may say, and messages that tell the operator how to put it right.

Unknown keys are refused. Relative paths are resolved against the folder of the file. Nothing is opened
here except the file itself.
"""

import tomllib
from pathlib import Path
from typing import Annotated, Any, Literal

import msgspec

from handover.errors import ConfigError

FILE_NAME = "gateway.toml"

Port = Annotated[int, msgspec.Meta(ge=0, le=65535)]
Eui64Text = Annotated[str, msgspec.Meta(pattern="^[0-9A-Fa-f]{16}$")]
OpenPort = Annotated[int, msgspec.Meta(ge=1, le=65535)]
Interface = Annotated[str, msgspec.Meta(pattern="^[A-Za-z0-9][A-Za-z0-9_.-]{0,14}$")]
Name = Annotated[str, msgspec.Meta(min_length=1, max_length=20)]
TopicPrefix = Annotated[str, msgspec.Meta(pattern="^[A-Za-z0-9_-]+(/[A-Za-z0-9_-]+)*$", max_length=100)]


class GatewaySection(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    """Who the gateway is and how it admits devices."""

    name: Name = "Handover gateway"
    data_dir: str = "data"
    pen: Annotated[int, msgspec.Meta(ge=1, le=0xFFFFFFFF)] = 32473
    registration: Literal["out-of-band", "in-band"] = "out-of-band"
    edition: Literal["2018"] = "2018"


class Sep1Section(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    """The SEP 1.x side: which transport reaches the Utility ESI."""

    transport: Literal["virtual", "raven", "none"] = "virtual"
    device: str = ""
    eui64: Eui64Text = "000D6F0000ABCDEF"
    scale_by_formatting: tuple[Eui64Text, ...] = ()


class Sep2Section(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    """The SEP 2.0 side: where to listen, with which identity, and what strangers may read."""

    host: str = "0.0.0.0"
    port: Port = 8443
    certificate: str = "pki/gateway.pem"
    key: str = "pki/gateway.key"
    ca: str = "pki/ca.pem"
    public_tariffs: bool = True
    public_messages: bool = False
    dns_sd: bool = True


class ServerSection(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    """The SEP 2.0 server above (the meter's ESI, say) for which we run a HAN; none while url is empty."""

    url: str = ""
    certificate: str = "pki/gateway.pem"
    key: str = "pki/gateway.key"
    ca: str = "pki/ca.pem"
    pin: Annotated[int, msgspec.Meta(ge=0, le=999999)] = 0
    listen: str = ""


class HanSection(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    """The SEP 1.x network that we run for the devices below: in this process, or on a radio."""

    transport: Literal["virtual", "radio"] = "virtual"
    device: str = ""
    eui64: Eui64Text = "000D6F0000ABCDE0"
    channel: Annotated[int, msgspec.Meta(ge=0, le=26)] = 0
    credentials: str = "han"


class LocalSection(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    """The status API for the local page, on loopback only."""

    port: Port = 8480


class UpdateSection(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    """Where new versions of this software come from; none while url is empty."""

    url: str = ""
    root: str = "update/root.json"
    folder: str = "software"
    channel: Annotated[str, msgspec.Meta(pattern="^[a-z][a-z0-9-]{0,31}$")] = "stable"


class RouterSection(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    """Forwarding between the home's network and others, by `handover router on`. Off by default."""

    enabled: bool = False
    inside: tuple[Interface, ...] = ()
    outside: tuple[Interface, ...] = ()
    home_prefixes: tuple[str, ...] = ()
    destinations: tuple[str, ...] = ()
    tcp_ports: tuple[OpenPort, ...] = (443, 8443)
    inward_tcp_ports: tuple[OpenPort, ...] = ()
    ping: bool = False


class MqttSection(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    """The feed for Home Assistant and other readers of an MQTT broker; off without a host."""

    host: str = ""
    port: Port = 1883
    username: str = ""
    password_file: str = ""
    topic_prefix: TopicPrefix = "handover"
    discovery_prefix: TopicPrefix = "homeassistant"
    tls: bool = False
    ca: str = ""
    messages: bool = False


class LoggingSection(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    """How much is logged and in which form."""

    level: Literal["debug", "info", "warning", "error"] = "info"
    format: Literal["console", "json"] = "console"


class Config(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    """The whole file; `base` is the folder against which relative paths are resolved."""

    gateway: GatewaySection = msgspec.field(default_factory=GatewaySection)
    sep1: Sep1Section = msgspec.field(default_factory=Sep1Section)
    sep2: Sep2Section = msgspec.field(default_factory=Sep2Section)
    server: ServerSection = msgspec.field(default_factory=ServerSection)
    han: HanSection = msgspec.field(default_factory=HanSection)
    local: LocalSection = msgspec.field(default_factory=LocalSection)
    update: UpdateSection = msgspec.field(default_factory=UpdateSection)
    router: RouterSection = msgspec.field(default_factory=RouterSection)
    mqtt: MqttSection = msgspec.field(default_factory=MqttSection)
    logging: LoggingSection = msgspec.field(default_factory=LoggingSection)
    base: str = "."

    def path(self, text: str) -> Path:
        """Return `text` as a path, relative to the configuration file's folder."""
        return Path(self.base) / Path(text).expanduser()

    @property
    def data_dir(self) -> Path:
        """Folder of the journal, the audit log and the local token."""
        return self.path(self.gateway.data_dir)

    @property
    def journal_path(self) -> Path:
        """The SQLite file."""
        return self.data_dir / "journal.db"

    @property
    def audit_path(self) -> Path:
        """The append-only audit log."""
        return self.data_dir / "audit.jsonl"

    @property
    def token_path(self) -> Path:
        """The bearer token of the local status API."""
        return self.data_dir / "api.token"

    @property
    def api_path(self) -> Path:
        """Where a running gateway writes the address of its local status API."""
        return self.data_dir / "api.url"

    @property
    def eui64(self) -> int:
        """Own EUI-64 on the SEP 1.x network."""
        return int(self.sep1.eui64, 16)


SECTIONS: dict[str, type[msgspec.Struct]] = {
    "gateway": GatewaySection,
    "sep1": Sep1Section,
    "sep2": Sep2Section,
    "server": ServerSection,
    "han": HanSection,
    "local": LocalSection,
    "update": UpdateSection,
    "router": RouterSection,
    "mqtt": MqttSection,
    "logging": LoggingSection,
}

EXAMPLES = {
    "gateway.name": 'name = "Kitchen gateway"',
    "gateway.data_dir": 'data_dir = "data"',
    "gateway.pen": "pen = 32473",
    "gateway.registration": 'registration = "out-of-band"',
    "gateway.edition": 'edition = "2018"',
    "sep1.transport": 'transport = "raven"',
    "sep1.device": 'device = "/dev/ttyUSB0" or device = "tcp://192.168.1.20:4001"',
    "sep1.eui64": 'eui64 = "000D6F0000ABCDEF"',
    "sep1.scale_by_formatting": 'scale_by_formatting = ["000D6F0000123456"]',
    "sep2.host": 'host = "0.0.0.0"',
    "sep2.port": "port = 8443",
    "sep2.certificate": 'certificate = "pki/gateway.pem"',
    "sep2.key": 'key = "pki/gateway.key"',
    "sep2.ca": 'ca = "pki/ca.pem"',
    "sep2.public_tariffs": "public_tariffs = true",
    "sep2.public_messages": "public_messages = true",
    "sep2.dns_sd": "dns_sd = true",
    "server.url": 'url = "https://meter.example.net:8443/dcap"',
    "server.certificate": 'certificate = "pki/gateway.pem"',
    "server.key": 'key = "pki/gateway.key"',
    "server.ca": 'ca = "pki/utility-ca.pem"',
    "server.pin": "pin = 111115",
    "server.listen": 'listen = "192.168.1.10"',
    "han.transport": 'transport = "radio"',
    "han.device": 'device = "bellows:/dev/ttyUSB0" or device = "znp:/dev/ttyUSB0"',
    "han.eui64": 'eui64 = "000D6F0000ABCDE0"',
    "han.channel": "channel = 15 or channel = 0",
    "han.credentials": 'credentials = "han"',
    "local.port": "port = 8480",
    "update.url": 'url = "https://updates.example.net/handover"',
    "update.root": 'root = "update/root.json"',
    "update.folder": 'folder = "software"',
    "update.channel": 'channel = "stable"',
    "router.enabled": "enabled = true",
    "router.inside": 'inside = ["eth1"]',
    "router.outside": 'outside = ["eth0"]',
    "router.home_prefixes": 'home_prefixes = ["fd12:3456:789a:1::/64"]',
    "router.destinations": 'destinations = ["2001:db8:1::/48"]',
    "router.tcp_ports": "tcp_ports = [443, 8443]",
    "router.inward_tcp_ports": "inward_tcp_ports = [8443]",
    "router.ping": "ping = true",
    "mqtt.host": 'host = "192.168.1.10"',
    "mqtt.port": "port = 1883",
    "mqtt.username": 'username = "handover"',
    "mqtt.password_file": 'password_file = "mqtt.password"',
    "mqtt.topic_prefix": 'topic_prefix = "handover"',
    "mqtt.discovery_prefix": 'discovery_prefix = "homeassistant"',
    "mqtt.tls": "tls = true",
    "mqtt.ca": 'ca = "pki/broker-ca.pem"',
    "mqtt.messages": "messages = true",
    "logging.level": 'level = "info"',
    "logging.format": 'format = "json"',
}


def load(path: Path) -> Config:
    """Read a configuration file. Raises ConfigError naming file, section, key, reason and an example."""
    try:
        text = path.read_text("utf-8")
    except FileNotFoundError:
        raise ConfigError(
            f"{path}: no such file. Create one with: handover gateway init {path.parent}"
        ) from None
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(f"{path}: cannot be read: {error}") from None
    return parse(text, path)


def parse(text: str, path: Path) -> Config:
    """Parse configuration `text`; `path` is used in messages and as the base of relative paths."""
    try:
        document = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise ConfigError(f"{path}: not valid TOML: {error}. Example of a line: port = 8443") from None
    for section in document:
        if section not in SECTIONS:
            raise ConfigError(
                f"{path}: unknown section [{section}]; known: {', '.join(f'[{name}]' for name in SECTIONS)}"
            )
    sections = {name: _section(path, name, value) for name, value in document.items()}
    config = Config(base=str(path.parent), **sections)
    if config.sep1.transport == "raven" and not config.sep1.device:
        raise ConfigError(
            f'{path}: [sep1] device is missing, transport "raven" needs it. '
            f"Example: {EXAMPLES['sep1.device']}"
        )
    if config.server.url and config.han.transport == "radio" and not config.han.device:
        raise ConfigError(
            f'{path}: [han] device is missing, transport "radio" needs it. Example: {EXAMPLES["han.device"]}'
        )
    return config


def _section(path: Path, name: str, value: object) -> Any:
    kind = SECTIONS[name]
    known = dict.fromkeys(kind.__struct_fields__)
    if not isinstance(value, dict):
        raise ConfigError(f"{path}: {name} must be a section. Example: [{name}] on a line of its own")
    for key, content in value.items():
        if key not in known:
            raise ConfigError(f"{path}: [{name}] has an unknown key {key!r}; known: {', '.join(known)}")
        try:
            msgspec.convert({key: content}, kind)
        except msgspec.ValidationError as error:
            reason = str(error).split(" - at ")[0]
            raise ConfigError(
                f"{path}: [{name}] {key} = {content!r} cannot be used: {reason}. "
                f"Example: {EXAMPLES[f'{name}.{key}']}"
            ) from None
    return msgspec.convert(value, kind)


def template(config: Config) -> str:
    """Return a commented gateway.toml with the values of `config`."""
    lines = ["# Handover gateway. Relative paths are relative to this file. Unknown keys are refused.", ""]
    for name in SECTIONS:
        section = getattr(config, name)
        lines += [f"# {(type(section).__doc__ or '').strip()}", f"[{name}]"]
        lines += [f"{field} = {_toml(getattr(section, field))}" for field in section.__struct_fields__]
        lines.append("")
    return "\n".join(lines)


def _toml(value: object) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, tuple):
        return "[" + ", ".join(_toml(item) for item in value) + "]"
    if isinstance(value, str):
        return msgspec.json.encode(value).decode()
    return str(value)
