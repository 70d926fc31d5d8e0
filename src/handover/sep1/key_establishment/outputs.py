"""What an exchange comes to, for whoever owns the keys."""

from dataclasses import dataclass, field

from handover.sep1.services import Indication


@dataclass(slots=True)
class KeyEstablished(Indication):
    """Both sides have shown that they have the same new link key; use it with `partner` from now on.

    `certificate` is the partner's, by which its signatures can be judged.
    """

    partner: int
    key: bytes = field(repr=False)
    suite: int
    certificate: bytes = field(repr=False)


@dataclass(slots=True)
class KeyEstablishmentFailed(Indication):
    """An exchange made no key. `status` is that of the TerminateKeyEstablishment, None when nobody answered.

    `ours` tells that we ended it. A new attempt makes sense after `wait` seconds.
    """

    partner: int
    status: int | None
    reason: str
    ours: bool
    wait: float
