"""Resources and answers on the screen: a tree for people, plain values for programs."""

from typing import TYPE_CHECKING

from handover.errors import DecodeError

if TYPE_CHECKING:
    from rich.tree import Tree

    from handover.sep2.server.messages import Response


def show(url: str, answer: "Response") -> None:
    """Print an answer for people: a line about it, then the document as a tree."""
    from rich.console import Console
    from rich.text import Text
    from rich.tree import Tree

    console = Console(highlight=False, soft_wrap=True)
    kind = next((v for k, v in answer.headers.items() if k.lower() == "content-type"), "no body")
    console.print(Text(f"{answer.status}  {url}  ({kind}, {len(answer.body)} octets)", "dim"))
    if not answer.body:
        return
    try:
        name, content = plain(answer)
    except DecodeError as error:
        console.print(Text(visible(answer.body[:2000].decode("utf-8", "replace"))))
        if answer.status == 200:
            raise DecodeError(f"the document cannot be read: {error}; --raw prints it as it came") from error
        return
    tree = Tree(Text(name, "bold"))
    grow(tree, content)
    console.print(tree)


def grow(tree: "Tree", content: dict[str, object]) -> None:
    """Hang plain values into a tree."""
    from rich.text import Text

    for name, value in content.items():
        for one in value if isinstance(value, list) else [value]:
            if isinstance(one, dict):
                grow(tree.add(Text(name, "bold")), one)
            else:
                tree.add(Text.assemble((name, "cyan"), " ", visible(str(one))))


def visible(text: str) -> str:
    """Return text from a server with everything escaped that a terminal might obey."""
    return "".join(c if c.isprintable() or c in "\n\t" else f"\\x{ord(c):02x}" for c in text)


def plain(answer: "Response") -> tuple[str, dict[str, object]]:
    """Return (name, content) of the document, in whatever form it came."""
    from handover.sep2 import exi, xml

    kind = next((v for k, v in answer.headers.items() if k.lower() == "content-type"), "")
    resource = (exi if "sep-exi" in kind else xml).decode(answer.body)
    return type(resource).__name__, values(resource)


def values(resource: object) -> dict[str, object]:
    """Return a resource as plain values, absent fields left out; hexBinary as upper-case digits."""
    from handover.sep2.declaration import fields_of

    found: dict[str, object] = {}
    for line in fields_of(type(resource)):
        value = getattr(resource, line.name)
        if value is not None and value != []:
            found[line.name] = [_value(v) for v in value] if isinstance(value, list) else _value(value)
    return found


def _value(value: object) -> object:
    if isinstance(value, bytes):
        return value.hex().upper()
    return value if isinstance(value, str | int | bool) else values(value)


def document(answer: "Response") -> dict[str, object]:
    """Return an answer as plain values, with its document or what is wrong with that."""
    shown: dict[str, object] = {"status": answer.status, "headers": answer.headers}
    if answer.body:
        try:
            name, content = plain(answer)
            shown["document"] = {name: content}
        except DecodeError as error:
            shown["problem"] = str(error)
    return shown
