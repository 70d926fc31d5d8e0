"""Translations between the neutral model and both standards: pure functions, no state, no I/O.

A service's module has `from_sep1`, `to_sep1`, `from_sep2`, `to_sep2` and `LOSSES`; the two orientations
of the gateway are compositions of those. What a translation must know beside its subject comes in a
`Context`.
"""
