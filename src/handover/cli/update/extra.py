"""The optional extra `update`, without which no repository can be read or made."""

from typing import Any

from handover.errors import ConfigError


def source() -> Any:
    """Return the class TufSource. Raises ConfigError when the extra is missing."""
    try:
        from handover.gateway.selfupdate.adapters.tuf_source import TufSource
    except ImportError as error:
        raise _missing(error) from error
    return TufSource


def repository() -> Any:
    """Return the class TufRepository. Raises ConfigError when the extra is missing."""
    try:
        from handover.gateway.selfupdate.adapters.tuf_repository import TufRepository
    except ImportError as error:
        raise _missing(error) from error
    return TufRepository


def _missing(error: ImportError) -> ConfigError:
    return ConfigError(
        f"updates need the extra 'update' ({error}); install it with: pip install 'sep-handover[update]'"
    )
