"""The machine's clock, for services that run for real."""

import time


class SystemClock:
    """Tells the machine's time."""

    def now(self) -> float:
        """Return Unix seconds."""
        return time.time()
