"""Key Establishment (0x0800): two nodes prove who they are by certificates and agree on a link key (CBKE).

`Initiator` and `Responder` are the two sides as services, `KeyEstablishment` both as an engine of their own.
Not here: the arithmetic (`security`), what the key is used for (`stack`). Source: ZigBee SE, annex C.
"""

from handover.sep1.key_establishment.engine import KeyEstablishment
from handover.sep1.key_establishment.initiator import Initiator
from handover.sep1.key_establishment.outputs import KeyEstablished, KeyEstablishmentFailed
from handover.sep1.key_establishment.responder import Responder

__all__ = ["Initiator", "KeyEstablished", "KeyEstablishment", "KeyEstablishmentFailed", "Responder"]
