"""Handover: moves home area networks from ZigBee Smart Energy 1.x to IEEE 2030.5 (SEP 2.0).

The layers, from the ground up: `errors`, `clock`, `engine`, `machine`; `model` (what both applications
mean); `sep1` and `sep2` (the two applications, which do not know each other); `mapping` (between them);
`gateway` and `device` (what runs in a home); `sim`, `console`, `cli` (what people use).
"""

__version__ = "0.1.0"
