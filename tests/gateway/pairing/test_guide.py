"""The guide is made of the tables: what it prints, docs/pairing.md, and the state machines agree."""

import re
from pathlib import Path

import pytest
from lxml import html as parser

from handover.gateway.pairing.guide import FORMATS, html, markdown, text
from handover.gateway.pairing.states import Kind, failures, states, steps
from handover.gateway.pairing.words import KINDS, WORDS

pytestmark = [pytest.mark.req("REQ.GW.3"), pytest.mark.req("REQ.GW.6")]

PAGE = (Path(__file__).parents[3] / "docs" / "pairing.md").read_text()


def test_the_page_of_the_documentation_is_what_the_command_prints() -> None:
    assert markdown() == PAGE, "write it anew: handover gateway guide --format markdown -o docs/pairing.md"


@pytest.mark.parametrize("kind", Kind)
def test_the_steps_of_the_page_are_those_of_the_state_machine(kind: Kind) -> None:
    section = PAGE.split(f"(`{kind.value}`)")[1].split("\n## ")[0]
    numbered = re.findall(r"^(\d+)\. \*\*(.+?)\*\* \(`(\w+)`\)", section, re.MULTILINE)
    assert [int(number) for number, _, _ in numbered] == list(range(1, len(steps(kind)) + 1))
    assert [state for _, _, state in numbered] == [state.name for state in steps(kind)]
    rows = re.findall(r"^\| \*\*(.+?)\*\* \(`(\w+)`\) \| (.+) \| (.+) \|$", section, re.MULTILINE)
    assert [row[1] for row in rows] == [state.name for state in failures(kind)]
    for state, row in zip(failures(kind), rows, strict=True):
        words = WORDS[kind][state]
        assert row == (words.title, state.name, words.sentence, words.next_step)


def test_every_form_says_everything() -> None:
    assert set(FORMATS) == {"text", "markdown", "html"}
    for form in (text(), parser.document_fromstring(html()).text_content(), markdown()):
        plain = " ".join(form.split())
        for kind in Kind:
            assert KINDS[kind].title in plain
            for state in states(kind):
                words = WORDS[kind][state]
                for said in (words.title, state.name, words.sentence, words.next_step):
                    assert said in plain


def test_the_page_to_print_stands_alone_and_can_be_read_aloud() -> None:
    page = parser.document_fromstring(html())
    assert page.get("lang") == "en"
    assert page.xpath("//main//h1")
    assert len(page.xpath("//h2")) == len(Kind)
    assert not page.xpath("//*[@src or @href]")
    assert all(head.get("scope") in ("col", "row") for head in page.xpath("//th"))
    assert len(page.xpath("//tbody/tr")) == sum(len(failures(kind)) for kind in Kind)
