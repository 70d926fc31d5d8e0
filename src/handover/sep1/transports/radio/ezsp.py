"""Sticks of Silicon Labs (EZSP), through bellows: their key table.

An established link key becomes an entry of the stick's own table, which it keeps over restarts. The stick
encrypts with the network's well-known key when it finds no entry, so nothing may be sent secured to a node
of which it is not sure that its entry is there. Firmware below EZSP 8 cannot keep out nodes without an
install code.
"""

from typing import Any

import zigpy.types as t
from bellows.config import CONF_EZSP_CONFIG  # type: ignore[import-untyped]
from bellows.types import EzspConfigId, sl_Status  # type: ignore[import-untyped]
from bellows.zigbee.application import ControllerApplication  # type: ignore[import-untyped]

from handover.errors import NotNow, Refused
from handover.sep1.transports.radio.coordinator import Coordinator
from handover.sep1.transports.radio.nodes import ieee, number

INSTALL_CODES_FROM = 8
"""EZSP version with the policy that only install codes let a node join."""
IMPORT_FROM = 13
"""EZSP version in which `importLinkKey` took the place of `addOrUpdateKeyTableEntry`."""
STATUS_FIRST_FROM = 14
"""EZSP version from which answers begin with their status."""
NO_ENTRY = 0xFF


class EzspCoordinator(Coordinator, ControllerApplication):  # type: ignore[misc]
    """A coordinator on a Silicon Labs stick."""

    @classmethod
    def settings(cls, path: str, *, channel: int | None, key_table: int) -> dict[str, Any]:
        """Return the configuration, which asks for room for `key_table` link keys."""
        common = super().settings(path, channel=channel, key_table=key_table)
        return common | {CONF_EZSP_CONFIG: {EzspConfigId.CONFIG_KEY_TABLE_SIZE.name: key_table}}

    async def admit(self, eui64: int, link_key: bytes, seconds: int) -> None:
        """Let one node join. Raises Refused on firmware that would let in others as well."""
        version = self._ezsp.ezsp_version
        if version < INSTALL_CODES_FROM:
            raise Refused(
                f"the stick speaks EZSP {version}, which lets nodes join without an install code; "
                f"give it firmware with EZSP {INSTALL_CODES_FROM} or later"
            )
        await super().admit(eui64, link_key, seconds)

    async def install_key(self, eui64: int, key: bytes) -> None:
        """Put a link key into the table. Raises NotNow when it is full."""
        address, data = ieee(eui64), t.KeyData(key)
        if self._ezsp.ezsp_version >= IMPORT_FROM:
            index = await self._slot(address)
            (status,) = await self._ezsp.importLinkKey(index=index, address=address, key=data)
        else:
            (status,) = await self._ezsp.addOrUpdateKeyTableEntry(address=address, linkKey=True, keyData=data)
        if sl_Status.from_ember_status(status) != sl_Status.OK:
            raise NotNow(
                f"the stick took no link key for {eui64:016X} ({sl_Status.from_ember_status(status)!r}); "
                f"expel a node that is not used any more and establish the key again"
            )

    async def holds_key(self, eui64: int) -> bool:
        """Tell whether the table has an entry for a node."""
        return await self._find(ieee(eui64)) != NO_ENTRY

    async def erase_key(self, eui64: int) -> None:
        """Take the entry of a node out of the table."""
        index = await self._find(ieee(eui64))
        if index != NO_ENTRY:
            await self._ezsp.eraseKeyTableEntry(index=index)

    async def cleanup_tc_link_key(self, ieee: t.EUI64) -> None:
        """Forget the key of a node that joins anew, unless it holds an established one: anybody can claim an
        address in a join that is then denied.
        """
        if not self.ears.keeps(number(ieee)):
            await super().cleanup_tc_link_key(ieee)

    async def _find(self, address: t.EUI64) -> int:
        (index,) = await self._ezsp.findKeyTableEntry(address=address, linkKey=True)
        return int(index)

    async def _slot(self, address: t.EUI64) -> int:
        """Return the entry of a node, else the first free one."""
        index = await self._find(address)
        if index != NO_ENTRY:
            return index
        _, size = await self._ezsp.getConfigurationValue(configId=EzspConfigId.CONFIG_KEY_TABLE_SIZE)
        for free in range(size):
            answer = await self._ezsp.exportLinkKeyByIndex(index=free)
            status = answer[0] if self._ezsp.ezsp_version >= STATUS_FIRST_FROM else answer[-1]
            if sl_Status.from_ember_status(status) != sl_Status.OK:
                return free
        raise NotNow(
            f"all {size} link keys of the stick are taken; expel a node that is not used any more, or ask "
            f"for more room with key_table"
        )
