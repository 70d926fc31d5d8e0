"""A state machine written as a table, and the one function that steps it.

A pair (state, event) that the table does not hold is refused. `problems` finds states that cannot be
reached or cannot be left, so that a test can hold every table of the project to the same standard.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum
from typing import Generic, TypeVar

from handover.errors import NotNow

S = TypeVar("S", bound=Enum)
E = TypeVar("E", bound=Enum)


@dataclass(frozen=True)
class Machine(Generic[S, E]):
    """A transition table with its initial and final states."""

    name: str
    initial: S
    final: frozenset[S]
    table: Mapping[tuple[S, E], S]

    def step(self, state: S, event: E) -> S:
        """Return the state after `event`. Raises NotNow when the table has no such pair."""
        try:
            return self.table[state, event]
        except KeyError:
            raise NotNow(
                f"{self.name}: {event.name} is not possible in state {state.name}; "
                f"possible: {', '.join(e.name for e in self.events(state)) or 'nothing, it is final'}"
            ) from None

    def allows(self, state: S, event: E) -> bool:
        """Tell whether `event` is possible in `state`."""
        return (state, event) in self.table

    def events(self, state: S) -> list[E]:
        """Return the events that `state` accepts, in table order."""
        return [event for source, event in self.table if source is state]

    def problems(self) -> list[str]:
        """Return what is wrong with the table: unreachable states, dead ends, exits of final states."""
        reached, frontier = {self.initial}, [self.initial]
        while frontier:
            state = frontier.pop()
            for event in self.events(state):
                target = self.table[state, event]
                if target not in reached:
                    reached.add(target)
                    frontier.append(target)
        found = []
        for state in type(self.initial):
            exits = self.events(state)
            if state not in reached:
                found.append(f"{state.name} cannot be reached")
            if state in self.final and exits:
                found.append(f"{state.name} is final but accepts {exits[0].name}")
            if state not in self.final and not exits:
                found.append(f"{state.name} cannot be left")
        return found

    def mermaid(self) -> str:
        """Return the table as a Mermaid state diagram, for the documentation."""
        lines = ["stateDiagram-v2", f"    [*] --> {self.initial.name}"]
        lines += [f"    {s.name} --> {t.name}: {e.name.lower()}" for (s, e), t in self.table.items()]
        lines += [f"    {state.name} --> [*]" for state in type(self.initial) if state in self.final]
        return "\n".join(lines) + "\n"
