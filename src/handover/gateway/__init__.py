"""The application layer gateway (ALG): a SEP 1.x client above, a SEP 2.0 server below (orientation A).

What decides (`alg` and the services beside it) is free of I/O; `service` is the asyncio shell and
`adapters` holds what touches files. Translation itself lives in `handover.mapping`.
"""
