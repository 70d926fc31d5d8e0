"""The body of a write, checked and made safe, before a hook sees it."""

from typing import Any

from handover.errors import DecodeError
from handover.sep2 import exi, xml
from handover.sep2.resources.entry import Entry
from handover.sep2.store import links_of


def read_body(method: str, entry: Entry, body: bytes, *, is_exi: bool) -> Any:
    """Return the resource in `body`. Raises DecodeError when it is not one that `method` takes at `entry`."""
    if not body:
        raise DecodeError(f"{method} needs a body")
    resource = exi.decode(body) if is_exi else xml.decode(body)
    expected = entry.posts if method == "POST" else (entry.resource,)
    if not isinstance(resource, expected):
        names = " or ".join(cls.__name__ for cls in expected)
        raise DecodeError(f"the body holds a {type(resource).__name__}; {entry.name} takes {names}")
    return resource


def disown_links(resource: Any, current: Any) -> None:
    """Set what belongs to the server in a body: `href` goes, links to lists stay as they are in `current`.

    A client could otherwise have lists made wherever it likes.
    """
    if hasattr(resource, "href"):
        resource.href = None
    for slot in links_of(type(resource)):
        if slot.is_list:
            setattr(resource, slot.name, getattr(current, slot.name, None))


def spoken_namespace(body: bytes) -> str:
    """Return the namespace of a body that was read without error."""
    return xml.NS_2013 if xml.NS_2013.encode() in body[:4096] else xml.NS_2018
