"""The grammars against what is known of them: codes of the globals, names, numbers of states, one by hand."""

from collections import Counter

import pytest

from handover.sep2.exi.grammar import START, Escape, Grammar, Kind, State, grammar_of, width
from handover.sep2.exi.names import GLOBALS, LOCAL_NAMES, NS, TYPES, URIS
from handover.sep2.resources.der import DERCurve
from handover.sep2.resources.end_device import Registration
from handover.sep2.types import Boolean
from sep2 import schema_tables


def test_the_names_are_those_of_the_schema() -> None:
    root = schema_tables.document().getroot()
    elements = {node.get("name") for node in root.iter(f"{schema_tables.XS}element")}
    complex_types = {node.get("name") for node in root.iterfind(f"{schema_tables.XS}complexType")}
    simple_types = {node.get("name") for node in root.iterfind(f"{schema_tables.XS}simpleType")}
    top = sorted(node.get("name") for node in root.iterfind(f"{schema_tables.XS}element"))
    assert list(GLOBALS) == top
    assert set(TYPES) == complex_types | simple_types
    assert list(LOCAL_NAMES[NS]) == sorted(elements | complex_types | simple_types)
    assert len(LOCAL_NAMES[NS]) == 724
    assert LOCAL_NAMES[""] == (
        "all",
        "href",
        "pollRate",
        "replyTo",
        "responseRequired",
        "results",
        "subscribable",
    )
    assert len(URIS) == 5


@pytest.mark.parametrize(
    ("name", "code"),
    [
        ("AbstractDevice", 0),
        ("DeviceCapability", 100),
        ("EndDeviceList", 115),
        ("MirrorUsagePoint", 182),
        ("TextMessage", 298),
        ("Time", 302),
        ("loWPAN", 322),
        ("mRIDType", 323),
    ],
)
def test_codes_of_documents(name: str, code: int) -> None:
    assert list(GLOBALS)[code] == name


def reachable(grammar: Grammar) -> set[State]:
    """Return every state that the first level leads to."""
    found, waiting = set(), [START]
    while waiting:
        state = waiting.pop()
        if state in found:
            continue
        found.add(state)
        codes = range(min(grammar.offered(state), len(grammar.line) - state.place))
        waiting += [grammar.after(state, code) for code in codes]
    return found


def test_registration_by_hand() -> None:
    grammar = grammar_of(Registration)
    assert [p.name for p in grammar.line] == ["href", "pollRate", "dateTimeRegistered", "pIN"]
    assert (grammar.offered(START), len(grammar.escapes(START))) == (3, 7)
    assert grammar.escapes(START) == list(Escape)
    after_rate = grammar.after(START, 1)
    assert (grammar.offered(after_rate), len(grammar.escapes(after_rate))) == (1, 5)
    after_date = grammar.after(after_rate, 0)
    assert (grammar.offered(after_date), len(grammar.escapes(after_date))) == (1, 3)
    after_pin = grammar.after(after_date, 0)
    assert grammar.offers_end(after_pin)
    assert grammar.escapes(after_pin) == [Escape.ANY_ELEMENT, Escape.TEXT]
    assert grammar.find(START, Kind.ELEMENT, "dateTimeRegistered") == 2
    assert grammar.find(START, Kind.ELEMENT, "pIN") is None


def test_a_plain_value_by_hand() -> None:
    grammar = grammar_of(Boolean())
    assert (grammar.offered(START), len(grammar.escapes(START))) == (1, 7)
    done = grammar.after(START, 0)
    assert grammar.offers_end(done)
    assert len(grammar.escapes(done)) == 2
    without_tag = grammar.after_any(START)
    assert grammar.escapes(without_tag) == [Escape.END, Escape.ANY_ELEMENT, Escape.TEXT]


def test_a_state_after_an_item_is_not_the_state_before_content() -> None:
    grammar = grammar_of(GLOBALS["EndDeviceControlList"])
    before = State(grammar.content)
    after = grammar.after(before, 0)
    assert grammar.offered(before) == grammar.offered(after)
    assert Escape.ANY_ATTRIBUTE in grammar.escapes(before)
    assert Escape.ANY_ATTRIBUTE not in grammar.escapes(after)


def test_the_points_of_a_curve_are_counted() -> None:
    grammar = grammar_of(DERCurve)
    place = next(i for i, p in enumerate(grammar.line) if p.name == "CurveData")
    state, offered = State(place, 0, False), []
    while state.place == place:
        offered.append(grammar.offered(state))
        state = grammar.after(state, 0)
    assert offered == [1] + [2] * 9


def test_widths_of_the_whole_schema() -> None:
    states = [
        (grammar, state) for grammar in map(grammar_of, GLOBALS.values()) for state in reachable(grammar)
    ]
    widths = Counter(width(grammar.offered(state) + 1) for grammar, state in states)
    assert max(grammar.offered(state) for grammar, state in states) == 28
    assert set(widths) == {1, 2, 3, 4, 5}
