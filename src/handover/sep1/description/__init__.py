"""ZCL frames as plain data that JSON can hold, and back: for people, scripts and logs.

`describe` gives every field raw and, where its meaning is known, in engineering units; `build` takes the raw
fields and gives the same octets. Not here: the codec itself.
"""

from handover.sep1.description.frames import build, describe

__all__ = ["build", "describe"]
