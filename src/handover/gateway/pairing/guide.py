"""The printed instructions, made of the state tables and their words: text, Markdown, or a page to print."""

from collections.abc import Callable, Mapping
from html import escape
from textwrap import fill
from typing import Final

from handover.gateway.pairing.states import LIMITS, Kind, failures, steps
from handover.gateway.pairing.words import KINDS, WORDS

TITLE: Final = "How to admit the gateway and your devices"
INTRODUCTION: Final = (
    "First the gateway is admitted at your utility's meter or server, then each device at the gateway. "
    "Every step shows on the page of the gateway and in the terminal in the same words."
)
COMMANDS: Final = (
    ("make the gateway's configuration, once", "handover gateway init home"),
    ("start the gateway, and leave it running", "handover gateway run --config home/gateway.toml"),
    (
        "admit a SEP 2.0 device; without --pin it is asked for",
        "handover gateway pair --config home/gateway.toml --sfdi 167-261-211-391 --pin 111115 --name heating",
    ),
    ("see where every admission stands", "handover gateway pair --config home/gateway.toml --list"),
)
"""What to type from the package to the first device."""
CODE_COMMAND: Final = (
    "handover gateway pair --config home/gateway.toml --code 'INSTALL CODE' --eui64 MAC-ADDRESS"
)
BEFORE: Final = "What you need"
WRONG: Final = "When something is wrong"
WIDTH: Final = 96


def _limit(state: object) -> str:
    seconds = {s.name: t for s, t in LIMITS.items() if s is state}
    return "".join(f" There are {int(t)} seconds for this." for t in seconds.values())


def text() -> str:
    """Return the guide for a terminal."""
    lines = [TITLE, "=" * len(TITLE), "", fill(INTRODUCTION, WIDTH), ""]
    for purpose, command in COMMANDS:
        lines += [f"  {purpose}:", f"    {command}"]
    for kind in Kind:
        about = KINDS[kind]
        lines += ["", about.title, "-" * len(about.title), fill(f"{about.sentence} {about.next_step}", WIDTH)]
        for number, state in enumerate(steps(kind), 1):
            words = WORDS[kind][state]
            lines += ["", f"{number:>2}. {words.title} [{state.name}]"]
            lines += [_indented(f"{words.sentence}{_limit(state)}"), _indented(f"> {words.next_step}")]
        lines += ["", f"    {WRONG}"]
        for state in failures(kind):
            words = WORDS[kind][state]
            lines += ["", f"  - {words.title} [{state.name}]", _indented(words.sentence)]
            lines += [_indented(f"> {words.next_step}")]
    return "\n".join(lines) + "\n"


def _indented(sentence: str) -> str:
    return fill(sentence, WIDTH, initial_indent="    ", subsequent_indent="    ")


def markdown() -> str:
    """Return the guide as Markdown: docs/pairing.md."""
    lines = [f"# {TITLE}", "", INTRODUCTION, "", "```console"]
    for purpose, command in COMMANDS:
        lines += [f"# {purpose}", f"$ {command}"]
    lines += ["```", "", f"A SEP 1.x device is admitted with `{CODE_COMMAND}`; a scanned QR code holds both."]
    lines += ["", "This page is what `handover gateway guide --format markdown` prints."]
    for kind in Kind:
        about = KINDS[kind]
        lines += [
            "",
            f"## {about.title} (`{kind.value}`)",
            "",
            about.sentence,
            "",
            f"{BEFORE}: {about.next_step}",
            "",
        ]
        for number, state in enumerate(steps(kind), 1):
            words = WORDS[kind][state]
            lines.append(
                f"{number}. **{words.title}** (`{state.name}`): {words.sentence}{_limit(state)} "
                f"*{words.next_step}*"
            )
        lines += ["", f"### {WRONG}: {about.title}", "", "| what you read | what it means | what to do |"]
        lines.append("|---|---|---|")
        for state in failures(kind):
            words = WORDS[kind][state]
            lines.append(f"| **{words.title}** (`{state.name}`) | {words.sentence} | {words.next_step} |")
    return "\n".join(lines) + "\n"


_STYLE: Final = (
    "body{font:12pt/1.45 system-ui,sans-serif;max-width:46em;margin:2em auto;padding:0 1em;color:#111}"
    "h2{break-before:page}li{margin:.6em 0;break-inside:avoid}.next{font-weight:600}"
    "code{font-size:.85em;color:#444;overflow-wrap:anywhere}table{border-collapse:collapse;width:100%}"
    "th,td{border:1px solid #888;padding:.4em;text-align:left;vertical-align:top}tr{break-inside:avoid}"
    "@media print{body{margin:0;max-width:none}}"
)


def html() -> str:
    """Return the guide as one page without anything outside of it, to be printed or read aloud."""
    parts = [
        '<!DOCTYPE html>\n<html lang="en"><head><meta charset="utf-8">',
        '<meta name="viewport" content="width=device-width, initial-scale=1">',
        f"<title>{escape(TITLE)}</title><style>{_STYLE}</style></head><body><main>",
        f"<h1>{escape(TITLE)}</h1><p>{escape(INTRODUCTION)}</p><ol>",
        *(f"<li>{escape(purpose)}:<br><code>{escape(command)}</code></li>" for purpose, command in COMMANDS),
        "</ol>",
    ]
    for kind in Kind:
        parts += _section(kind)
    return "\n".join([*parts, "</main></body></html>"]) + "\n"


def _section(kind: Kind) -> list[str]:
    about = KINDS[kind]
    parts = [f"<h2>{escape(about.title)}</h2><p>{escape(about.sentence)}</p>"]
    parts.append(f"<p>{BEFORE}: {escape(about.next_step)}</p><ol>")
    for state in steps(kind):
        words = WORDS[kind][state]
        said = escape(words.sentence + _limit(state))
        parts.append(
            f"<li><strong>{escape(words.title)}</strong> <code>{state.name}</code><br>{said}<br>"
            f'<span class="next">{escape(words.next_step)}</span></li>'
        )
    parts.append(f"</ol><h3>{WRONG}</h3><table><thead><tr>")
    parts += [f'<th scope="col">{head}</th>' for head in ("what you read", "what it means", "what to do")]
    parts.append("</tr></thead><tbody>")
    for state in failures(kind):
        words = WORDS[kind][state]
        parts.append(
            f'<tr><th scope="row">{escape(words.title)} <code>{state.name}</code></th>'
            f"<td>{escape(words.sentence)}</td><td>{escape(words.next_step)}</td></tr>"
        )
    return [*parts, "</tbody></table>"]


FORMATS: Final[Mapping[str, Callable[[], str]]] = {"text": text, "markdown": markdown, "html": html}
"""The forms of the guide."""
