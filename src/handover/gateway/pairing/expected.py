"""`Expected`: a SEP 1.x device that the owner wants in the network, with the install code of its label.

The code is a secret. It is kept until the device has established a key of its own, so that one that loses its
way before can join again, and goes with the record then.
"""

from dataclasses import dataclass, field
from typing import Final

from handover.gateway.outputs import Forget, Keep
from handover.sep1.security.install_code import InstallCode, parse

RECORD: Final = "down.expected"


@dataclass(frozen=True, slots=True)
class Expected:
    """A device that may join. `code` is the install code with its CRC, as a label prints it.

    `since` is when the owner asked for it, in Unix seconds; asking again makes it later, and is a reason to
    open the network again.
    """

    eui64: int
    code: str = field(repr=False)
    name: str = ""
    since: float = 0.0

    @property
    def id(self) -> str:
        """Its EUI-64 as text: the key of the record."""
        return f"{self.eui64:016X}"

    @property
    def link_key(self) -> bytes:
        """The link key under which the device joins, for the trust centre."""
        return parse(self.code).link_key


def expect(eui64: int, code: InstallCode, name: str, now: float) -> Keep:
    """Return the row that makes a gateway expect the device."""
    wish = Expected(eui64, code.text, name, now)
    return Keep(RECORD, wish.id, wish)


def settled(eui64: int) -> Forget:
    """Return the row that takes the wish, and the secret with it, away."""
    return Forget(RECORD, f"{eui64:016X}")
