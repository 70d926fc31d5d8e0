"""Which generation of an upstream number an event is, so that its mRID never means two things.

SEP 1.x numbers are unique per issuer only while the event lives. The mRID is computed from the number and a
generation; the generation, and the frozen start of the event it stands for, are remembered here.
"""

from dataclasses import dataclass, field

from handover.gateway.outputs import Forget, Keep
from handover.gateway.step import Step

RECORD = "identity"
REMEMBERED = 400 * 86400.0
"""More than a year: longer than anybody who knew the mRID will ask for it."""


@dataclass(slots=True)
class Use:
    """One thing that a number has meant: `content` is a digest of what it said, times are Unix seconds."""

    provider: int
    content: str
    start: int
    duration: int


@dataclass(slots=True)
class Number:
    """Everything that one upstream number has meant; the position in `uses` is the generation."""

    uses: list[Use] = field(default_factory=list)


class Identities:
    """The numbers of every kind, by (kind, issuer, endpoint, id)."""

    def __init__(self) -> None:
        self._numbers: dict[str, Number] = {}

    def restore(self, numbers: dict[str, Number]) -> None:
        """Take over what the journal holds."""
        self._numbers = dict(numbers)

    def latest(
        self, kind: str, issuer: int, endpoint: int, provider: int, id_: int
    ) -> tuple[int, Use] | None:
        """Return generation and use of the newest thing that `provider` named so, or None."""
        number = self._numbers.get(_key(kind, issuer, endpoint, id_))
        for generation in range(len(number.uses) - 1, -1, -1) if number else ():
            if number and number.uses[generation].provider == provider:
                return generation, number.uses[generation]
        return None

    def next_generation(self, kind: str, issuer: int, endpoint: int, id_: int) -> int:
        """Return the generation (0..255) of the next thing named so; it wraps after 256 reuses."""
        number = self._numbers.get(_key(kind, issuer, endpoint, id_))
        return len(number.uses) % 256 if number else 0

    def remember(self, step: Step, kind: str, issuer: int, endpoint: int, id_: int, use: Use) -> None:
        """Record that the number means `use` from now on."""
        key = _key(kind, issuer, endpoint, id_)
        number = self._numbers.setdefault(key, Number())
        number.uses.append(use)
        step.changes.append(Keep(RECORD, key, number))

    def prune(self, step: Step) -> None:
        """Forget numbers whose every meaning began more than `REMEMBERED` seconds ago."""
        for key, number in list(self._numbers.items()):
            if all(use.start < step.now - REMEMBERED for use in number.uses):
                del self._numbers[key]
                step.changes.append(Forget(RECORD, key))


def _key(kind: str, issuer: int, endpoint: int, id_: int) -> str:
    return f"{kind}/{issuer:016X}/{endpoint}/{id_:08X}"
