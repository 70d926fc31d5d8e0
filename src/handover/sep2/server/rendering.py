"""Resources of the tree as the documents that one client gets.

Links that lead to what the client may not see are left out, and every ListLink says how many items that
client will find. Encodings are kept with the resource until it changes; of lists, those of their items in
XML: in EXI nothing is the same in another place.
"""

import copy
from collections.abc import Callable
from typing import Any

from handover.sep2 import exi, xml
from handover.sep2.declaration import Edition
from handover.sep2.listing import Listing, Row
from handover.sep2.resources.common import Link, ListLink
from handover.sep2.security.policy import Scope
from handover.sep2.server.paging import Page
from handover.sep2.store import LinkSlot, Node, Store

Form = str
"""How a document is written: the namespace of its XML, FORM_2023 for the later edition in it, or EXI_FORM."""

EXI_FORM: Form = "exi"
FORM_2023: Form = "2023"

MOST_RENDERINGS = 16
"""Encodings kept for one resource: one for each combination of what clients may see of its links."""

_HIDDEN = -1
LinkState = tuple[int, ...]
"""For each link of a resource: what ListLink.all becomes, 0 for other links, _HIDDEN for links left out."""


class Renderer:
    """Makes documents. `may_be_put` tells whether a path where nothing is yet may be created by PUT."""

    def __init__(self, store: Store, may_be_put: Callable[[str], bool]) -> None:
        self._store = store
        self._may_be_put = may_be_put

    def single(self, node: Node, scope: Scope, form: Form, now: float) -> bytes:
        """Return the document of a resource that is not a list."""
        resource = node.live(now) if node.live is not None else node.resource
        state = self._state(node, resource, scope)
        if node.live is not None:
            return _encode(_seen(resource, node.links, state), form)
        key = (form, state)
        document: bytes | None = node.rendered.get(key)
        if document is None:
            document = _encode(_seen(resource, node.links, state), form)
            _keep(node, key, document)
        return document

    def page(
        self,
        node: Node,
        page: Page,
        most: int,
        scope: Scope,
        form: Form,
        matches: Callable[[Any], bool] | None = None,
    ) -> bytes:
        """Return the document of a list: at most `most` items of what `page` asks for.

        With `matches`, the list has only those items for which it is true.
        """
        listing = node.listing
        assert listing is not None
        rows = self._visible(listing, scope)
        if matches is not None:
            rows = [row for row in rows if matches(self._store.get(row[1]))]
        total = len(rows)
        if page.after is not None:
            rows = listing.later(rows, page.after)
        rows = rows[page.start : page.start + min(page.limit, most)]
        if form == EXI_FORM:
            return exi.encode(_list_of(listing, total, [self._whole(path, scope) for _, path in rows]))
        items = [self._item(path, listing, scope, form) for _, path in rows]
        return _list_document(listing, total, items, form)

    def notified(self, node: Node, limit: int, scope: Scope) -> Any:
        """Return what a notification shows: of a list at most `limit` items, of others nothing for 0."""
        if node.listing is None:
            return self._whole(node.path, scope) if limit else None
        rows = self._visible(node.listing, scope)
        return _list_of(node.listing, len(rows), [self._whole(path, scope) for _, path in rows[:limit]])

    def _visible(self, listing: Listing, scope: Scope) -> list[Row]:
        part = scope.part(listing)
        return listing.rows() if part is None else listing.part(part)

    def _whole(self, path: str, scope: Scope) -> Any:
        """Return an item as the client is to see it."""
        node = self._store.find(path)
        assert node is not None
        return _seen(node.resource, node.links, self._state(node, node.resource, scope))

    def _item(self, path: str, listing: Listing, scope: Scope, form: Form) -> bytes:
        """Return an item as an element of its list's document."""
        node = self._store.find(path)
        assert node is not None
        declared = listing.entry.item
        assert declared is not None
        state = self._state(node, node.resource, scope)
        key = (form, state, declared)
        fragment: bytes | None = node.rendered.get(key)
        if fragment is None:
            fragment = _element(listing, _seen(node.resource, node.links, state), form)
            _keep(node, key, fragment)
        return fragment

    def _state(self, node: Node, resource: Any, scope: Scope) -> LinkState:
        """Return what becomes of the links of `resource` for this client."""
        if not node.links:
            return ()
        return tuple([self._link(slot, getattr(resource, slot.name), scope) for slot in node.links])

    def _link(self, slot: LinkSlot, link: Link | None, scope: Scope) -> int:
        if link is None or not link.href.startswith("/"):
            return 0  # absent, or on another server
        target = self._store.find(link.href)
        if slot.is_list:
            if target is None or target.listing is None:
                return 0 if slot.required else _HIDDEN
            part = scope.part(target.listing)
            if part is None:
                return len(target.listing)
            if scope.sees(link.href):
                return len(target.listing.part(part))
            return 0 if slot.required else _HIDDEN
        if slot.required or ((target is not None or self._may_be_put(link.href)) and scope.sees(link.href)):
            return 0
        return _HIDDEN


def _keep(node: Node, key: Any, encoded: bytes) -> None:
    if len(node.rendered) >= MOST_RENDERINGS:
        node.rendered.clear()
    node.rendered[key] = encoded


def _seen(resource: Any, slots: tuple[LinkSlot, ...], state: LinkState) -> Any:
    """Return `resource` with its links as one client is to see them."""
    if not state:
        return resource
    seen = copy.copy(resource)
    for slot, number in zip(slots, state, strict=True):
        link = getattr(resource, slot.name)
        if link is None:
            continue
        if number == _HIDDEN:
            setattr(seen, slot.name, None)
        elif slot.is_list and link.href.startswith("/"):
            setattr(seen, slot.name, ListLink(href=link.href, all=number))
    return seen


def _element(listing: Listing, item: Any, form: Form) -> bytes:
    """Return `item` as it stands in a list: what is between the tags of a list of it alone."""
    cls, declared = listing.entry.resource, listing.entry.item
    assert declared is not None
    document = _encode(cls(all=1, results=1, **{declared.__name__: [item]}), form)
    return document[document.index(b">") + 1 : document.rindex(b"</")]


def _list_document(listing: Listing, total: int, items: list[bytes], form: Form) -> bytes:
    """Put the list's element round its items."""
    head = _list_of(listing, total, [])
    head.results = len(items)
    empty = _encode(head, form)
    if not items:
        return empty
    return b"".join((empty.removesuffix(b"/>"), b">", *items, b"</", type(head).__name__.encode(), b">"))


def _list_of(listing: Listing, total: int, items: list[Any]) -> Any:
    """Return the list with these items."""
    declared = listing.entry.item
    assert declared is not None
    page = listing.entry.resource(
        href=listing.path, all=total, results=len(items), **{declared.__name__: items}
    )
    if listing.poll_rate is not None and hasattr(page, "pollRate"):
        page.pollRate = listing.poll_rate
    if listing.subscribable is not None and hasattr(page, "subscribable"):
        page.subscribable = listing.subscribable
    return page


def _encode(resource: Any, form: Form) -> bytes:
    if form == EXI_FORM:
        return exi.encode(resource)
    if form == FORM_2023:
        return xml.encode(resource, xml.NS_2018, Edition.E2023)
    return xml.encode(resource, form)
