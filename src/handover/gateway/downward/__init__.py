"""The gateway, orientation B: a client of SEP 2.0 servers above, a SEP 1.x ESI and trust centre below.

Engines without I/O: documents of the server, frames of the HAN and the time go in; journal rows, requests and
frames come out. `service` runs them.
"""
