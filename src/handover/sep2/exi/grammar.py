"""The schema-informed grammars of EXI, non-strict (EXI 1.0, section 8.5.4), out of the declarations.

The grammar of an element is a line of productions: its attributes by name, then its elements (or its one
value), then its end. A state is a place in that line, and what it offers is a stretch that begins there and
goes as far as the first production that may not be left out. A code one above the offered ones escapes to a
second level, on which anything may stand.
"""

from dataclasses import dataclass
from enum import Enum

from handover.sep2.declaration import Field, attributes_of, elements_of
from handover.sep2.exi.names import EDITION, Content


class Kind(Enum):
    """What a production stands for."""

    ATTRIBUTE = "attribute"
    ELEMENT = "element"
    VALUE = "value"


class Escape(Enum):
    """What the second level offers, in the order of the codes."""

    END = "end"
    TYPE = "xsi:type"
    NIL = "xsi:nil"
    ANY_ATTRIBUTE = "any attribute"
    UNTYPED_ATTRIBUTE = "a declared attribute whose value is text"
    ANY_ELEMENT = "any element"
    TEXT = "text"


@dataclass(frozen=True, slots=True)
class Production:
    """One place in the line of a grammar."""

    kind: Kind
    name: str
    content: Content
    least: int
    most: int | None


@dataclass(frozen=True, slots=True)
class State:
    """A place in the line. `count` tells how often the production there was used.

    `in_tag` is true until content was read; `first` until anything was, and as long as xsi:type may come.
    """

    place: int = 0
    count: int = 0
    in_tag: bool = True

    @property
    def first(self) -> bool:
        """Tell whether nothing was read yet."""
        return self.in_tag and not self.place


START = State()


@dataclass(frozen=True, slots=True)
class Grammar:
    """The line of one type. `content` is the place of the first production that is not an attribute."""

    line: tuple[Production, ...]
    content: int

    def offered(self, state: State) -> int:
        """Return how many productions `state` offers; the end of the element counts as one."""
        place, count = state.place, state.count
        while place < len(self.line) and self.line[place].least <= count:
            place, count = place + 1, 0
        return place - state.place + 1

    def offers_end(self, state: State) -> bool:
        """Tell whether the element may end in `state` without an escape."""
        return state.place + self.offered(state) > len(self.line)

    def find(self, state: State, kind: Kind, name: str) -> int | None:
        """Return the code of the production that `state` offers for `name`."""
        line, first = self.line, state.place
        for place in range(first, min(first + self.offered(state), len(line))):
            if line[place].kind is kind and line[place].name == name:
                return place - first
        return None

    def attributes(self, state: State) -> tuple[Production, ...]:
        """Return the attributes that `state` offers."""
        return self.line[state.place : min(self.content, state.place + self.offered(state))]

    def escapes(self, state: State) -> list[Escape]:
        """Return the second level of `state`."""
        found = [] if self.offers_end(state) else [Escape.END]
        if state.first:
            found += [Escape.TYPE, Escape.NIL]
        if state.in_tag:
            found += [Escape.ANY_ATTRIBUTE, Escape.UNTYPED_ATTRIBUTE]
        return [*found, Escape.ANY_ELEMENT, Escape.TEXT]

    def after(self, state: State, code: int) -> State:
        """Return the state after the production with that code."""
        place = state.place + code
        production = self.line[place]
        if production.kind is Kind.ATTRIBUTE:
            return State(place + 1)
        count = (state.count if place == state.place else 0) + 1
        if production.most is not None and count >= production.most:
            return State(place + 1, 0, False)
        return State(place, count if production.most else min(count, production.least or 1), False)

    def after_any(self, state: State) -> State:
        """Return the state after content that the schema does not know."""
        return State(self.content, 0, False) if state.in_tag else state


_made: dict[Content, Grammar] = {}


def grammar_of(content: Content) -> Grammar:
    """Return the grammar of an element that holds `content`."""
    grammar = _made.get(content)
    if grammar is None:
        grammar = _made[content] = _grammar(content)
    return grammar


def _grammar(content: Content) -> Grammar:
    if not isinstance(content, type):
        return Grammar((Production(Kind.VALUE, "", content, 1, 1),), 0)
    attributes = [_production(Kind.ATTRIBUTE, field) for field in attributes_of(content, EDITION)]
    elements = [_production(Kind.ELEMENT, field) for field in elements_of(content, EDITION)]
    return Grammar((*attributes, *elements), len(attributes))


def _production(kind: Kind, field: Field) -> Production:
    return Production(kind, field.name, field.type, field.least, field.most)


def width(choices: int) -> int:
    """Return how many bits a choice among so many takes."""
    return max(choices - 1, 0).bit_length()
