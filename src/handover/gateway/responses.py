"""What SEP 2.0 devices answer: checked, stored, served to their sender, and handed to the event's service.

A response whose subject is no event of this gateway is refused (400), and so is a status that the subject's
function set does not know. A repeat of the same response gets the Location of the first.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from handover.errors import DecodeError, HandoverError
from handover.gateway import tree
from handover.gateway.book import Held
from handover.gateway.outputs import Forget, Keep
from handover.gateway.step import Step
from handover.mapping import load_answers
from handover.mapping.mrid import MridKind, pad, parse
from handover.mapping.scalars import to_utc
from handover.mapping.status import Service, response_status
from handover.model.participation import Answer as Word
from handover.sep2 import xml
from handover.sep2.resources.response import DrResponse, PriceResponse, Response, TextResponse
from handover.sep2.server.hooks import Created, Existing, Outcome, Write
from handover.sep2.store import Store

RECORD = "response"
MOST = 2000

Taken = Callable[[Step, Held[Any], Word], None]
Find = Callable[[bytes], "Held[Any] | None"]


@dataclass(slots=True)
class Given:
    """A stored response: its XML, and when it came (Unix seconds, upstream clock)."""

    xml: bytes
    at: float


@dataclass(slots=True)
class Subject:
    """A kind of event that can be answered: how to find one, how to read the answer, and who is told."""

    find: Find
    cls: type[Response]
    service: Service
    taken: Taken


class Responses:
    """The response list of the gateway."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._subjects: dict[MridKind, Subject] = {}
        self._paths: dict[tuple[Any, ...], str] = {}
        self.counts: dict[int, int] = {}

    def serve(
        self, load_control: tuple[Find, Taken], price: tuple[Find, Taken], text: tuple[Find, Taken]
    ) -> None:
        """Say which services take which answers."""
        self._subjects = {
            MridKind.END_DEVICE_CONTROL: Subject(
                load_control[0], DrResponse, Service.LOAD_CONTROL, load_control[1]
            ),
            MridKind.TIME_TARIFF_INTERVAL: Subject(price[0], PriceResponse, Service.PRICE, price[1]),
            MridKind.TIME_TARIFF_INTERVAL_RECEIVED: Subject(price[0], PriceResponse, Service.PRICE, price[1]),
            MridKind.TEXT_MESSAGE: Subject(text[0], TextResponse, Service.MESSAGE, text[1]),
        }

    def restore(self, step: Step, records: dict[str, Given]) -> None:
        """Put back what the journal holds."""
        for path, given in records.items():
            try:
                response = xml.decode(given.xml, Response)
            except DecodeError as error:
                step.log("warning", f"a stored response cannot be read any more: {error}", path=path)
                continue
            self._place(path, response)

    def post(self, step: Step, write: Write) -> Outcome:
        """Take a response. Raises DecodeError (400) for an unknown subject or a status without meaning."""
        response: Response = write.resource
        subject, held = self._subject(response)
        known = self._paths.get(_identity(response))
        if known is not None:
            return Existing(known)
        word = _word(response, subject.service, step.now)
        path = self._store.new_path(tree.RESPONSES)
        self._place(path, response)
        step.changes.append(Keep(RECORD, path, Given(xml.encode(self._store.get(path)), step.now)))
        step.audit(
            "response",
            subject=response.subject.hex().upper(),
            device=response.endDeviceLFDI.hex().upper(),
            status=response.status,
        )
        subject.taken(step, held, word)
        self._bound(step)
        return Created(path)

    def prune(self, step: Step) -> None:
        """Drop the responses to events that are forgotten."""
        for path in list(self._paths.values()):
            response = self._store.get(path)
            try:
                self._subject(response)
            except DecodeError:
                self._drop(step, path)

    def _subject(self, response: Response) -> tuple[Subject, Held[Any]]:
        text = response.subject.hex().upper()
        try:
            subject = self._subjects.get(parse(pad(response.subject)).kind)
        except HandoverError as error:
            raise _unknown(text) from error
        held = subject.find(pad(response.subject)) if subject else None
        if subject is None or held is None:
            raise _unknown(text)
        if not isinstance(response, subject.cls) and type(response) is not Response:
            raise DecodeError(
                f"{type(response).__name__} cannot answer {text}: post a {subject.cls.__name__} for it"
            )
        return subject, held

    def _place(self, path: str, response: Response) -> None:
        self._store.put(path, response)
        self._paths[_identity(response)] = path
        status = response.status or 0
        self.counts[status] = self.counts.get(status, 0) + 1

    def _bound(self, step: Step) -> None:
        if len(self._paths) > MOST:
            self._drop(step, next(iter(self._paths.values())))

    def _drop(self, step: Step, path: str) -> None:
        response = self._store.get(path)
        if response is not None:
            self._paths.pop(_identity(response), None)
            self._store.delete(path)
        step.changes.append(Forget(RECORD, path))


def _word(response: Response, service: Service, now: float) -> Word:
    """Return what was answered. Raises Untranslatable (400) when it means nothing, or its time is absurd."""
    if service is Service.LOAD_CONTROL:
        word = load_answers.answer_from_sep2(response, received=now)
    else:
        word = Word(
            device=response.endDeviceLFDI,
            status=response_status(response.status, service),
            at=int(now) if response.createdDateTime is None else response.createdDateTime,
        )
    to_utc(word.at)
    return word


def _identity(response: Response) -> tuple[Any, ...]:
    return (response.endDeviceLFDI, pad(response.subject), response.status, response.createdDateTime)


def _unknown(subject: str) -> DecodeError:
    return DecodeError(f"subject {subject} is no event of this server; answer with the mRID that was served")
