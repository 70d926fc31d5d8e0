"""Somebody who listens to a coordinator and remembers."""

from handover.sep1.aps import ApsFrame


class Listening:
    """Keeps what a coordinator heard; `kept` are the nodes whose keys are to be kept."""

    def __init__(self) -> None:
        self.frames: list[ApsFrame] = []
        self.came: list[tuple[int, int]] = []
        self.went: list[int] = []
        self.kept: set[int] = set()
        self.strangers = 0

    def heard(self, frame: ApsFrame) -> None:
        self.frames.append(frame)

    def unknown(self) -> None:
        self.strangers += 1

    def joined(self, eui64: int, short: int) -> None:
        self.came.append((eui64, short))

    def left(self, eui64: int) -> None:
        self.went.append(eui64)

    def lost(self) -> None:
        raise AssertionError("the stick is there")

    def keeps(self, eui64: int) -> bool:
        return eui64 in self.kept
