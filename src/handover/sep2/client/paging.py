"""A list that arrives in pages, put together again. Which list, and when, is decided by the caller."""

from typing import Any

from handover.errors import DecodeError

MOST_ITEMS = 2000


class Pages:
    """Collects the pages of one list resource.

    Servers may give fewer items than asked for, and lists change between two pages: items are told apart
    by href (by mRID where a server leaves hrefs out), and a page without items ends the list.
    """

    def __init__(self, size: int) -> None:
        self._size = size
        self._items: dict[Any, Any] = {}
        self._start = 0

    @property
    def query(self) -> str:
        """The query of the next page."""
        return f"s={self._start}&l={self._size}"

    @property
    def items(self) -> list[Any]:
        """The items so far, in the server's order."""
        return list(self._items.values())

    def add(self, page: Any) -> bool:
        """Take in one page and return whether the list is complete.

        Raises DecodeError when the list is longer than a device can use.
        """
        found = items_of(page)
        for number, item in enumerate(found, self._start):
            self._items[getattr(item, "href", None) or getattr(item, "mRID", None) or number] = item
        self._start += len(found)
        if len(self._items) > MOST_ITEMS:
            raise DecodeError(f"the list has more than {MOST_ITEMS} items")
        return not found or self._start >= page.all

    def whole(self, last: Any) -> Any:
        """Return the complete list, in the shape of its `last` page."""
        items = self.items
        setattr(last, item_name(last), items)
        last.all = last.results = len(items)
        return last


def item_name(resource: Any) -> str:
    """Return the name of a list's items: "EndDevice" for an EndDeviceList."""
    return type(resource).__name__.removesuffix("List")


def items_of(resource: Any) -> list[Any]:
    """Return the items of a list resource."""
    items: list[Any] = getattr(resource, item_name(resource))
    return items


def is_list(kind: type[Any]) -> bool:
    """Tell whether `kind` is a list resource."""
    return kind.__name__.endswith("List")
