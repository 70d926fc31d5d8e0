"""What every device engine offers, and what its parts of the client engine are."""

from collections.abc import Sequence
from typing import Any, Protocol

from handover.sep2.client.engine import Client, ClientEngine
from handover.sep2.client.links import EVERYTHING
from handover.sep2.client.outputs import Output, Responded

_BASIC = frozenset({"TimeLink", "EndDeviceListLink", "RegistrationLink", "FunctionSetAssignmentsListLink"})

DISPLAY_FOLLOWS = EVERYTHING - {
    "DemandResponseProgramListLink",
    "EndDeviceControlListLink",
    "ActiveEndDeviceControlListLink",
    "ReadingSetListLink",
}
"""The links that a display follows: for `client.Settings.follow`."""

THERMOSTAT_FOLLOWS = _BASIC | {
    "DemandResponseProgramListLink",
    "EndDeviceControlListLink",
    "ActiveEndDeviceControlListLink",
}
"""The links that a thermostat follows."""

THERMOSTAT_CATEGORY = 1 << 0
"""deviceCategory: programmable communicating thermostat."""


class Device(ClientEngine, Protocol):
    """A device as an engine: requests come out, their outcome goes in."""

    def snapshot(self, now: float) -> dict[str, Any]:
        """Return the device's state as plain values that JSON can carry."""


def common(client: Client, counts: dict[str, int]) -> dict[str, Any]:
    """Return the part of a snapshot that is the same for every device."""
    standing = client.standing
    return {
        "lfdi": client.settings.lfdi.hex().upper(),
        "sfdi": client.settings.sfdi,
        "connected": client.connected,
        "admitted": client.admitted,
        "standing": "not known yet" if standing is None else standing.reason or "admitted",
        "documents": len(client.tree),
        "responses": dict(counts),
    }


def posted(outputs: Sequence[Output], counts: dict[str, int]) -> None:
    """Count the Responses that the server has taken, by status."""
    for output in outputs:
        if isinstance(output, Responded):
            counts[str(output.status)] = counts.get(str(output.status), 0) + 1
