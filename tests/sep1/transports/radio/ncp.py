"""A Silicon Labs network processor as octets: its key table, and what bellows asks of it.

bellows' own protocol handler talks to it, so that what is tested is what a stick would be sent. Commands that
do not matter here are answered with zeroes, which is success.
"""

from typing import Any

import bellows.ezsp
import bellows.types as t
from bellows.zigbee.application import ControllerApplication

FREE = bytes(8)


class Ncp:
    """The far end of the line of `application`, speaking EZSP `version`, with `size` link keys."""

    def __init__(self, application: ControllerApplication, version: int, size: int = 3) -> None:
        ezsp = bellows.ezsp.EZSP(application.config["device"], application)
        ezsp._switch_protocol_version(version)
        ezsp._protocol._gw = self
        ezsp._ezsp_event.set()
        ezsp.add_callback(application.ezsp_callback_handler)
        application._ezsp = ezsp
        application.controller_event.set()
        self.protocol = ezsp._protocol
        self.version = version
        self.keys: list[tuple[bytes, bytes]] = [(FREE, b"")] * size
        self.asked: list[tuple[str, dict[str, Any]]] = []
        self.transient: dict[bytes, bytes] = {}

    def names(self) -> list[str]:
        """Return the names of the commands that came."""
        return [name for name, _ in self.asked]

    def last(self, name: str) -> dict[str, Any]:
        """Return the arguments of the last command of that name."""
        return next(arguments for asked, arguments in reversed(self.asked) if asked == name)

    async def send_data(self, data: bytes) -> None:
        """Take a command and answer it."""
        sequence, code, body = data[0], int.from_bytes(data[3:5], "little"), data[5:]
        if self.version < 8:
            code, body = data[4 if self.version > 4 else 2], data[5 if self.version > 4 else 3 :]
        name, sent, answered = self.protocol.COMMANDS_BY_ID[code]
        arguments, _ = t.deserialize_dict(body, sent) if isinstance(sent, dict) else sent.deserialize(body)
        self.asked.append((name, arguments))
        fields = {key: self._zero(kind) for key, kind in answered.items()}
        fields |= getattr(self, f"_{name}", dict)(**arguments) if hasattr(self, f"_{name}") else {}
        self._say(sequence, code, answered, fields)
        if name == "sendUnicast":
            self._delivered(arguments)

    def tell(self, name: str, **fields: Any) -> None:
        """Have a callback of the processor arrive."""
        code, _, answered = self.protocol.COMMANDS[name]
        self._say(255, code, answered, {key: self._zero(kind) for key, kind in answered.items()} | fields)

    def _say(self, sequence: int, code: int, schema: dict[str, Any], fields: dict[str, Any]) -> None:
        if self.version >= 8:
            head = bytes([sequence, 0x80, 0x01]) + code.to_bytes(2, "little")
        else:
            head = bytes([sequence, 0x80, 0xFF, 0x00, code] if self.version > 4 else [sequence, 0x80, code])
        self.protocol(head + b"".join(kind(fields[key]).serialize() for key, kind in schema.items()))

    def _zero(self, kind: Any) -> Any:
        return kind.deserialize(bytes(64))[0]

    def _delivered(self, arguments: dict[str, Any]) -> None:
        _, _, told = self.protocol.COMMANDS["messageSentHandler"]
        self.tell("messageSentHandler", **{key: arguments[key] for key in told if key in arguments})

    # What it knows of keys.

    def _find(self, address: Any) -> int | None:
        owners = [owner for owner, _ in self.keys]
        return owners.index(address.serialize()) if address.serialize() in owners else None

    def _put(self, index: int | None, address: Any, key: Any) -> dict[str, Any]:
        if index is None or index >= len(self.keys):
            return {"status": t.EmberStatus.TABLE_FULL}
        self.keys[index] = (address.serialize(), key.serialize())
        return {}

    def _findKeyTableEntry(self, address: Any, linkKey: Any) -> dict[str, Any]:
        index = self._find(address)
        return {"index": 0xFF if index is None else index}

    def _addOrUpdateKeyTableEntry(self, address: Any, linkKey: Any, keyData: Any) -> dict[str, Any]:
        index = self._find(address)
        free = [owner for owner, _ in self.keys].index(FREE) if (FREE, b"") in self.keys else None
        return self._put(free if index is None else index, address, keyData)

    def _importLinkKey(self, index: int, address: Any, key: Any) -> dict[str, Any]:
        return self._put(index, address, key)

    def _exportLinkKeyByIndex(self, index: int) -> dict[str, Any]:
        taken = self.keys[index][0] != FREE
        return {"status": t.sl_Status.OK if taken else t.sl_Status.NOT_FOUND}

    def _eraseKeyTableEntry(self, index: int) -> dict[str, Any]:
        self.keys[index] = (FREE, b"")
        return {}

    def _getConfigurationValue(self, configId: Any) -> dict[str, Any]:
        return {"value": len(self.keys)}

    def _importTransientKey(self, **arguments: Any) -> dict[str, Any]:
        self.transient[arguments["eui64"].serialize()] = arguments["plaintext_key"].serialize()
        return {}

    def _addTransientLinkKey(self, partner: Any, transientKey: Any) -> dict[str, Any]:
        self.transient[partner.serialize()] = transientKey.serialize()
        return {}
