"""How log lines of a process look: for people or as JSON, on standard error unless told otherwise."""

import logging
import sys
from typing import Any, TextIO

import structlog


def set_up(level: str, form: str, file: TextIO | None = None) -> None:
    """Send log lines of `level` and above to standard error, or to `file`, as "console" or "json"."""
    file = file or sys.stderr
    processors: list[Any] = [
        structlog.contextvars.merge_contextvars,
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]
    if form == "json":
        processors += [structlog.processors.format_exc_info, structlog.processors.JSONRenderer()]
    else:
        # Plain: the richer kind of traceback shows local variables, among which are PINs and keys.
        plain = structlog.dev.plain_traceback
        processors.append(structlog.dev.ConsoleRenderer(colors=file.isatty(), exception_formatter=plain))
    number = logging.getLevelNamesMapping()[level.upper()]
    structlog.configure(
        processors=processors,
        wrapper_class=structlog.make_filtering_bound_logger(number),
        logger_factory=structlog.PrintLoggerFactory(file),
    )
    logging.basicConfig(level=max(number, logging.WARNING), stream=file, format="%(name)s: %(message)s")
