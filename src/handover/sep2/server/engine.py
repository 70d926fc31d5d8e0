"""The request engine: decides what answer a request gets. Everything that it needs to know is passed in."""

from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass

from handover.errors import HandoverError, NotNow
from handover.sep2 import routing, xml
from handover.sep2.declaration import Edition
from handover.sep2.media import Negotiated, judge_body, negotiate
from handover.sep2.peer import Peer
from handover.sep2.resources import LATER_CLASSES
from handover.sep2.resources.entry import METHODS, Entry
from handover.sep2.resources.file_download import FileList
from handover.sep2.security.policy import Access, Decision, Scope
from handover.sep2.security.rules import READ, Role
from handover.sep2.server import answers, blobs, file_filter, paging, writing
from handover.sep2.server.answers import Dates
from handover.sep2.server.hooks import Busy, Created, Existing, Hook, Hooks, Unsupported, Write
from handover.sep2.server.messages import Request, Response
from handover.sep2.server.rendering import EXI_FORM, FORM_2023, Form, Renderer
from handover.sep2.server.target import normalise
from handover.sep2.store import Node, Store

_OFFERED = "MO"
_ABSENT = "there is nothing here for this client"
MOST_REMEMBERED = 4096


@dataclass(frozen=True, slots=True)
class Options:
    """Limits: octets of path and query, octets of a body, items of a page; seconds for Retry-After.

    `kept` is how many octets of complete answers are kept while nothing changes. `edition` is that of XML
    answers in the namespace that 2018 and 2023 share.
    """

    longest_target: int = 2048
    largest_body: int = 1024 * 1024
    most_items: int = 255
    retry_after: float = 30.0
    kept: int = 4 * 1024 * 1024
    edition: Edition = Edition.E2018


@dataclass(frozen=True, slots=True)
class Refusal:
    """A request that the access rules refused, for the audit log."""

    peer: Peer | None
    method: str
    path: str
    status: int
    reason: str
    now: float


@dataclass(frozen=True, slots=True)
class Incident:
    """A defect of this program that a request ran into; the client was given `id` only."""

    id: str
    method: str
    path: str
    error: Exception
    now: float


def _ignore(_: object) -> None:
    """The observer of those who do not want to know."""


class Server:
    """Answers requests over a store. `hooks` are the writes that are offered; see `hooks`.

    `content` is what Files of the tree name by their `fileURI`. `admit` may raise NotNow (or `Busy`) to turn
    a request away before anything is done: rate limits go there.
    """

    def __init__(
        self,
        store: Store,
        access: Access,
        hooks: Hooks | None = None,
        *,
        options: Options | None = None,
        content: blobs.Blobs | None = None,
        admit: Callable[[Request, float], None] | None = None,
        refused: Callable[[Refusal], None] = _ignore,
        failed: Callable[[Incident], None] = _ignore,
    ) -> None:
        self._store = store
        self._access = access
        self._hooks: Hooks = {} if hooks is None else hooks
        self._options = options or Options()
        self._content = content
        self._admit = admit
        self._refused = refused
        self._failed = failed
        self.renderer = Renderer(store, lambda path: self._creatable(path) is not None)
        self._dates = Dates()
        self._incidents = 0
        self._spoken: dict[Peer, str] = {}
        self._kept: dict[tuple[object, ...], Response] = {}
        self._kept_octets = 0
        self._kept_version = -1

    def handle(self, request: Request, now: float) -> Response:
        """Return the answer to `request` at time `now` (Unix seconds). Never raises."""
        try:
            response = self._answer(request, now)
        except HandoverError as error:
            response = self._erred(request, error, now)
        except Exception as error:
            response = self._incident(request, error, now)
        headers = response.headers | {"Date": self._dates.at(now)}
        return Response(response.status, headers, b"" if request.method == "HEAD" else response.body)

    # The way of a request

    def _answer(self, request: Request, now: float) -> Response:
        peer, method = request.peer, request.method
        if peer is None:
            return self._refuse(request, self._access.scope(None).decide(method, request.path), now)
        if self._admit is not None:
            self._admit(request, now)
        if method in READ:
            return self._read(request, peer, now)
        if method not in METHODS:
            return answers.plain(501, f"only {', '.join(METHODS)} are known here")
        if len(request.body) > self._options.largest_body:
            text = f"a body may have {self._options.largest_body} octets"
            return answers.refusal(413, text, _acceptable(request))
        return self._change(request, peer, now)

    def _locate(self, request: Request) -> tuple[str, Node | None]:
        """Return the canonical path and what is there. Raises DecodeError for paths of no meaning."""
        node = self._store.find(request.path)
        if node is not None:
            return request.path, node
        path = normalise(request.path)
        return path, self._store.find(path)

    def _too_long(self, request: Request) -> bool:
        return len(request.path) + len(request.query) > self._options.longest_target

    def _read(self, request: Request, peer: Peer, now: float) -> Response:
        accept = _header(request.headers, "Accept")
        namespace = request.namespace or self._spoken.get(peer, xml.NS_2018)
        key = (peer, request.method, request.path, request.query, accept, namespace)
        if self._store.version != self._kept_version:
            self._forget()
        kept = self._kept.get(key)
        if kept is not None:
            return kept
        if self._too_long(request):
            return answers.plain(414, f"path and query may have {self._options.longest_target} characters")
        scope = self._access.scope(peer)
        path, node = self._locate(request)
        decision = scope.decide(request.method, path)
        if not decision.allowed:
            return self._refuse(request, decision, now)
        if node is None:
            return self._blob(request, path)
        media = negotiate(accept)
        if media.content_type is None:
            return answers.plain(406, media.reason)
        if media.is_exi and (namespace == xml.NS_2013 or node.cls.__name__ in LATER_CLASSES):
            return answers.plain(406, "EXI is spoken here by the schema of 2018 only; ask for XML")
        form = EXI_FORM if media.is_exi else self._form(namespace)
        if node.listing is not None:
            page = paging.parse(request.query)
            matches = file_filter.parse(request.query) if node.cls is FileList else None
            document = self.renderer.page(node, page, self._options.most_items, scope, form, matches)
        else:
            document = self.renderer.single(node, scope, form, now)
        headers = {"Content-Type": media.content_type, "Content-Length": str(len(document))}
        response = Response(200, headers, document)
        if node.live is None:
            self._keep(key, response)
        return response

    def _form(self, namespace: str) -> Form:
        later = namespace == xml.NS_2018 and self._options.edition is Edition.E2023
        return FORM_2023 if later else namespace

    def _blob(self, request: Request, path: str) -> Response:
        """Return content of a file at a path where the tree has nothing."""
        blob = None if self._content is None else self._content.find(path)
        if blob is None:
            return answers.plain(404, _ABSENT)
        headers = request.headers
        return blobs.answer(blob, _header(headers, "Range"), _header(headers, "If-Range"))

    def _change(self, request: Request, peer: Peer, now: float) -> Response:
        if self._too_long(request):
            return answers.plain(414, f"path and query may have {self._options.longest_target} characters")
        method, scope = request.method, self._access.scope(peer)
        path, node = self._locate(request)
        entry = node.entry if node is not None else self._creatable(path) if method == "PUT" else None
        hook = self._hook(method, entry)
        decision = scope.decide(method, path)
        if not decision.allowed:
            known = node is not None and scope.role is Role.REGISTERED and scope.sees(path)
            if known and hook is None and decision.told is None:
                return self._not_offered(entry, scope, path)
            return self._refuse(request, decision, now)
        if entry is None:
            return answers.plain(404, _ABSENT)
        if hook is None:
            return self._not_offered(entry, scope, path)
        write = Write(method, path, entry.name, None, peer, now, request.address)
        if method != "DELETE":
            media = judge_body(_header(request.headers, "Content-Type"))
            if media.content_type is None:
                return answers.plain(415, media.reason)
            write.resource = writing.read_body(method, entry, request.body, is_exi=media.is_exi)
            spoken = xml.NS_2018 if media.is_exi else writing.spoken_namespace(request.body)
            self._note_namespace(peer, spoken)
            decision = scope.accepts(write.resource)
            if not decision.allowed:
                return self._refuse(request, decision, now)
            current = node.resource if node is not None and method == "PUT" else None
            writing.disown_links(write.resource, current)
        outcome = hook(write)
        if isinstance(outcome, Created):
            return answers.created(outcome.path)
        return answers.done(outcome.path if isinstance(outcome, Existing) else None)

    # Which methods there are

    def _hook(self, method: str, entry: Entry | None) -> Hook | None:
        """Return what carries out a write, or None where the standard or this server does not offer it."""
        if entry is None or entry.support[METHODS.index(method)] not in _OFFERED:
            return None
        return self._hooks.get((method, entry.name))

    def _creatable(self, path: str) -> Entry | None:
        """Return the row of a resource that a PUT may create at `path`; items get their paths from POST."""
        if routing.list_row(path.rpartition("/")[0]) is not None:
            return None
        return next((row for row in routing.rows(path) if self._hook("PUT", row) is not None), None)

    def _not_offered(self, entry: Entry | None, scope: Scope, path: str) -> Response:
        """Return 405 with the methods that are there for this client."""
        offered = [
            method
            for method in METHODS
            if (method in READ or self._hook(method, entry) is not None)
            and scope.decide(method, path).allowed
        ]
        response = answers.plain(405, f"offered here: {', '.join(offered)}")
        response.headers["Allow"] = ", ".join(offered)
        return response

    # Refusals and failures

    def _refuse(self, request: Request, decision: Decision, now: float) -> Response:
        status = decision.status
        self._refused(Refusal(request.peer, request.method, request.path, status, decision.reason, now))
        if status == 404:
            return answers.plain(404, _ABSENT)
        told = decision.told or "the client may not do this here"
        return answers.refusal(status, told, _acceptable(request))

    def _erred(self, request: Request, error: HandoverError, now: float) -> Response:
        if isinstance(error, NotNow):
            wait = error.retry_after if isinstance(error, Busy) else self._options.retry_after
            return answers.busy(str(error), wait, _acceptable(request))
        if error.http_status >= 500:
            return self._incident(request, error, now)
        code = error.reason_code if isinstance(error, Unsupported) else None
        return answers.refusal(error.http_status, str(error), _acceptable(request), code)

    def _incident(self, request: Request, error: Exception, now: float) -> Response:
        self._incidents += 1
        incident = Incident(f"{int(now):x}-{self._incidents}", request.method, request.path, error, now)
        with suppress(Exception):  # whoever keeps the records must not take the answer away
            self._failed(incident)
        return answers.plain(500, f"this is our mistake, recorded as {incident.id}; try again later")

    # What is remembered

    def _note_namespace(self, peer: Peer, namespace: str) -> None:
        """Remember which edition's namespace a client speaks, so that it gets its answers in it."""
        if namespace == xml.NS_2018:
            self._spoken.pop(peer, None)
            return
        if len(self._spoken) >= MOST_REMEMBERED:
            self._spoken.clear()
        self._spoken[peer] = namespace

    def _keep(self, key: tuple[object, ...], response: Response) -> None:
        self._kept_octets += len(response.body)
        if self._kept_octets > self._options.kept or len(self._kept) >= MOST_REMEMBERED:
            self._forget()
        else:
            self._kept[key] = response

    def _forget(self) -> None:
        self._kept.clear()
        self._kept_octets = 0
        self._kept_version = self._store.version


def _acceptable(request: Request) -> Negotiated:
    return negotiate(_header(request.headers, "Accept"))


def _header(headers: Mapping[str, str], name: str) -> str | None:
    """Return a header's value; mappings that mind the case are searched through."""
    value = headers.get(name)
    if value is not None or not headers:
        return value
    lower = name.lower()
    return next((value for key, value in headers.items() if key.lower() == lower), None)
