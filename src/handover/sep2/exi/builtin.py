"""The grammar of elements that the schema does not know (EXI 1.0, section 8.4.3): it learns as it goes.

There is one for each name in a stream. What came through the second level is offered on the first one from
then on, at its head.
"""

from dataclasses import dataclass, field
from enum import Enum

from handover.sep2.exi.strings import QName


class Kind(Enum):
    """What may stand in such an element."""

    END = "end"
    ATTRIBUTE = "attribute"
    ELEMENT = "element"
    TEXT = "text"


Production = tuple[Kind, QName | None]

END: Production = (Kind.END, None)
TEXT: Production = (Kind.TEXT, None)

IN_TAG = (Kind.END, Kind.ATTRIBUTE, Kind.ELEMENT, Kind.TEXT)
"""The second level inside the start tag, in the order of its codes."""

IN_CONTENT = (Kind.ELEMENT, Kind.TEXT)
"""The second level after the start tag."""


@dataclass(slots=True)
class Builtin:
    """What an element of one name offers on the first level, inside its start tag and after it."""

    start: list[Production] = field(default_factory=list)
    content: list[Production] = field(default_factory=lambda: [END])

    def offered(self, in_tag: bool) -> list[Production]:
        """Return the first level; its order is that of the codes."""
        return self.start if in_tag else self.content

    def learn(self, in_tag: bool, production: Production) -> None:
        """Offer from now on what came through the second level."""
        self.offered(in_tag).insert(0, production)
