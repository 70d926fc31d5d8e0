"""Sources of power: the enumeration of Basic's PowerSource, and that of SEP 2.0."""

from handover.model.device import PowerSource

_P = PowerSource
BACKUP = 0x80
"""Bit of PowerSource that says that there is a battery beside."""

_OF_SEP1 = {0: _P.UNKNOWN, 1: _P.MAINS, 2: _P.MAINS, 3: _P.BATTERY, 4: _P.UNKNOWN, 5: _P.EMERGENCY}
_OF_SEP1 |= {6: _P.EMERGENCY}
_TO_SEP1 = {_P.MAINS: 1, _P.BATTERY: 3, _P.EMERGENCY: 5}
_SEP2 = (_P.NONE, _P.MAINS, _P.BATTERY, _P.GENERATION, _P.EMERGENCY, _P.UNKNOWN)


def sources_of(raw: int | None) -> tuple[PowerSource, PowerSource]:
    """Return the primary and the secondary source that a PowerSource attribute names."""
    if raw is None or raw == 0xFF:
        return _P.UNKNOWN, _P.NONE
    return _OF_SEP1.get(raw & ~BACKUP, _P.UNKNOWN), _P.BATTERY if raw & BACKUP else _P.NONE


def raw_of(primary: PowerSource, secondary: PowerSource) -> int:
    """Return the PowerSource attribute of two sources; what has no number there is unknown (0)."""
    return _TO_SEP1.get(primary, 0) | (BACKUP if secondary is _P.BATTERY else 0)


def source_of_code(code: int) -> PowerSource:
    """Return the source that a SEP 2.0 number stands for."""
    return _SEP2[code] if 0 <= code < len(_SEP2) else _P.UNKNOWN


def code_of(source: PowerSource) -> int:
    """Return the SEP 2.0 number of a source."""
    return _SEP2.index(source)
