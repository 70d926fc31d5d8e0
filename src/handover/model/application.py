"""Which application a meter or a device speaks, and what follows from that for two of them."""

from enum import StrEnum


class Application(StrEnum):
    """A version of the Smart Energy Profile. 1.0 and 1.1 are one application, 2.0 is another."""

    SEP_1_0 = "1.0"
    SEP_1_1 = "1.1"
    SEP_2_0 = "2.0"

    @property
    def legacy(self) -> bool:
        """Whether this is SEP 1.x."""
        return self is not Application.SEP_2_0

    def understands(self, other: "Application") -> bool:
        """Tell whether the two can speak with each other without a gateway."""
        return self.legacy == other.legacy
