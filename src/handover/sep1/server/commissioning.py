"""`CommissioningServer`: the startup parameters of a node, sets of them kept by number, and the restart.

The restart itself is done by whoever reads `RestartDue`. Commands come under the link key (SE 1.x).
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Final

from handover.sep1.clusters.commissioning import (
    COMMISSIONING,
    ResetOptions,
    ResetStartupParameters,
    ResetStartupParametersResponse,
    RestartDevice,
    RestartDeviceResponse,
    RestartOptions,
    RestoreStartupParameters,
    RestoreStartupParametersResponse,
    SaveStartupParameters,
    SaveStartupParametersResponse,
    StartupMode,
)
from handover.sep1.declaration import Command
from handover.sep1.exchange import Request
from handover.sep1.node import Node, Received
from handover.sep1.server.startup import DEFAULTS, StartupTable, can_start
from handover.sep1.services import Indication, Output, Service
from handover.sep1.types import Status, Value

JITTER: Final = 0.08
"""Seconds that one unit of the jitter stands for."""

CAPACITY: Final = 4
ALL_RESETS = int(ResetOptions.RESET_CURRENT | ResetOptions.RESET_ALL | ResetOptions.ERASE_INDEX)


@dataclass(slots=True)
class RestartDue(Indication):
    """Restart now, with `parameters` by attribute id (keys among them), or (None) as the node is.

    Without `immediate` frames that wait may leave first.
    """

    parameters: Mapping[int, Value] | None = field(repr=False)
    immediate: bool


@dataclass(slots=True)
class _Restart:
    """A restart that was ordered."""

    order: tuple[int, int]
    due: float
    with_parameters: bool
    immediate: bool


class CommissioningServer(Service):
    """The startup parameters of one node.

    `defaults` overrides those of the module by attribute id; `saved` are the sets kept, by number: both hold
    keys, so whoever persists them keeps them secret. `random()` is uniform in [0, 1). `may_form` is True on
    a coordinator.
    """

    cluster_id = COMMISSIONING.id
    client = False

    def __init__(
        self,
        node: Node,
        *,
        random: Callable[[], float],
        defaults: Mapping[int, Value] | None = None,
        saved: Mapping[int, Mapping[int, Value]] | None = None,
        may_form: bool = False,
        capacity: int = CAPACITY,
    ) -> None:
        super().__init__(node)
        self._random = random
        self._defaults = {**DEFAULTS, **(defaults or {})}
        self._may_form = may_form
        self._capacity = capacity
        self._restart: _Restart | None = None
        self.saved: dict[int, dict[int, Value]] = {i: dict(values) for i, values in (saved or {}).items()}
        self._table = StartupTable(self._defaults)
        node.tables[COMMISSIONING.id, False] = self._table

    def command(
        self, received: Received, command: Command, request: Request | None, now: float
    ) -> list[Output]:
        """Take an order; each has its own response."""
        answer: Command
        if isinstance(command, RestartDevice):
            answer = RestartDeviceResponse(self._ordered(received, command, now))
        elif isinstance(command, SaveStartupParameters):
            answer = SaveStartupParametersResponse(self._save(command.index))
        elif isinstance(command, RestoreStartupParameters):
            answer = RestoreStartupParametersResponse(self._restore(command.index))
        elif isinstance(command, ResetStartupParameters):
            answer = ResetStartupParametersResponse(self._reset(command))
        else:
            return self.unsupported(received)
        return [*self.node.answer(received, answer)]

    def tick(self, now: float) -> list[Output]:
        """Hand up the restart once its time has come."""
        restart = self._restart
        if restart is None or restart.due > now:
            return []
        self._restart = None
        return [RestartDue(dict(self._table.values) if restart.with_parameters else None, restart.immediate)]

    def deadline(self) -> float | None:
        """Return when `tick` is next worth calling."""
        return self._restart.due if self._restart is not None else None

    def _ordered(self, received: Received, command: RestartDevice, now: float) -> Status:
        order = (received.frame.source, received.header.sequence)
        if self._restart is not None and self._restart.order == order:
            return Status.SUCCESS  # the response was lost: the restart keeps its time
        mode = command.options & int(RestartOptions.STARTUP_MODE)
        if mode not in (StartupMode.WITH_PARAMETERS, StartupMode.WITHOUT_PARAMETERS):
            return Status.INVALID_FIELD
        with_parameters = mode == StartupMode.WITH_PARAMETERS
        if with_parameters and not can_start(self._table.values, may_form=self._may_form):
            return Status.INCONSISTENT_STARTUP_STATE
        due = now + command.delay + JITTER * command.jitter * self._random()
        immediate = bool(command.options & RestartOptions.IMMEDIATE)
        self._restart = _Restart(order, due, with_parameters, immediate)
        return Status.SUCCESS

    def _save(self, index: int) -> Status:
        if index not in self.saved and len(self.saved) >= self._capacity:
            return Status.INSUFFICIENT_SPACE
        self.saved[index] = dict(self._table.values)
        return Status.SUCCESS

    def _restore(self, index: int) -> Status:
        if index not in self.saved:
            return Status.NOT_FOUND
        self._table.values = dict(self.saved[index])
        return Status.SUCCESS

    def _reset(self, command: ResetStartupParameters) -> Status:
        options = command.options
        if not options & ALL_RESETS:
            return Status.INVALID_FIELD
        everything = bool(options & ResetOptions.RESET_ALL)
        erase = bool(options & ResetOptions.ERASE_INDEX) and not everything
        if erase and command.index not in self.saved:
            return Status.NOT_FOUND
        if everything:
            self.saved.clear()
        if erase:
            del self.saved[command.index]
        if everything or options & ResetOptions.RESET_CURRENT:
            self._table.values = dict(self._defaults)
        return Status.SUCCESS
