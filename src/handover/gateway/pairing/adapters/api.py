"""The admissions in the local API: where they stand, and what a person does about them, as JSON.

`GET /api/pairing` lists them; `POST /api/pairing` begins one, `/api/pairing/again` and `/api/pairing/end`
take its key. Secrets come in bodies only, and go nowhere but into the journal.
"""

from collections.abc import Mapping
from dataclasses import asdict
from typing import Annotated, Any, TypeVar

import msgspec

from handover.clock import Clock
from handover.errors import ConfigError
from handover.gateway.adapters.local_api import Action, Document, Page
from handover.gateway.pairing.adapters.desk import Desk
from handover.gateway.pairing.pairing import Told
from handover.gateway.pairing.states import Kind

ROOT = "/api/pairing"

Typed = Annotated[str, msgspec.Meta(max_length=512)]


class Begin(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    """What was typed for a new admission; which of it is needed follows from its kind."""

    kind: Kind
    code: Typed = ""
    eui64: Typed = ""
    sfdi: Typed = ""
    lfdi: Typed = ""
    pin: Typed = ""
    name: Annotated[str, msgspec.Meta(max_length=64)] = ""


class Which(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    """The admission that something is done to."""

    key: Typed


T = TypeVar("T", Begin, Which)


class PairingApi:
    """Reads bodies, asks the desk, returns what JSON can carry."""

    def __init__(self, desk: Desk, clock: Clock) -> None:
        self._desk = desk
        self._clock = clock
        self.pages: Mapping[str, Page] = {ROOT: self._all}
        self.actions: Mapping[str, Action] = {
            ROOT: self._begin,
            f"{ROOT}/again": self._again,
            f"{ROOT}/end": self._end,
        }

    async def _all(self, query: Mapping[str, str]) -> Document:
        told = [asdict(told) for told in self._desk.all(self._clock.now())]
        return Document("application/json", msgspec.json.encode(told))

    def _begin(self, body: bytes) -> dict[str, Any]:
        typed, now = _decoded(body, Begin), self._clock.now()
        told: Told
        match typed.kind:
            case Kind.DOWN_SEP1:
                told = self._desk.sep1_device(code=typed.code, eui64=typed.eui64, name=typed.name, now=now)
            case Kind.DOWN_SEP2:
                told = self._desk.sep2_device(
                    sfdi=typed.sfdi, pin=typed.pin, lfdi=typed.lfdi, name=typed.name, now=now
                )
            case Kind.UP_SEP1:
                told = self._desk.gateway_sep1(code=typed.code, now=now)
            case Kind.UP_SEP2:
                told = self._desk.gateway_sep2(sfdi=typed.sfdi, pin=typed.pin, now=now)
        return asdict(told)

    def _again(self, body: bytes) -> dict[str, Any]:
        return asdict(self._desk.again(_decoded(body, Which).key, self._clock.now()))

    def _end(self, body: bytes) -> dict[str, Any]:
        key = _decoded(body, Which).key
        self._desk.end(key, self._clock.now())
        return {"key": key}


def _decoded(body: bytes, cls: type[T]) -> T:
    """Read a body. The reason of an error names the field and never repeats what was in it."""
    try:
        return msgspec.json.decode(body, type=cls)
    except msgspec.ValidationError as error:
        where = str(error).rpartition(" - at ")[2] if " - at " in str(error) else "its fields"
        raise ConfigError(f"the request cannot be used: see {where}") from None
    except msgspec.DecodeError:
        raise ConfigError("the request cannot be used: its body is not JSON") from None
