"""The page on which the gateway and devices are admitted: a form for the label, and a card an admission.

Made for the keyboard and for screen readers: every control has a name, the focus goes where something new is,
and changes are said in one live region (the countdown is not: it would never be silent).
"""

from typing import Final

from nicegui import ui

from handover.console.counter import Counter, Told
from handover.gateway.pairing.states import Kind, steps
from handover.gateway.pairing.words import KINDS, WORDS

STYLE: Final = """
body { background: #f4f6f3; color: #16302b; }
.nicegui-content { padding: 0; }
.card { background: white; border-radius: 14px; border: 1px solid #dfe5e0; padding: 20px 24px; }
.card.failed { border: 3px solid #a3310b; }
.countdown { font-size: clamp(4rem, 14vw, 8rem); font-weight: 700; line-height: 1; }
.countdown { font-variant-numeric: tabular-nums; }
.title { font-size: 1.5rem; font-weight: 650; }
.next { font-size: 1.15rem; font-weight: 650; }
.failed .title { color: #a3310b; }
.quiet { color: #43554f; }
.spoken { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); }
:focus-visible { outline: 3px solid #0b5fd6; outline-offset: 2px; }
"""

SAVED: Final = "name"
FIELDS: Final = {
    "code": (
        "Install code, or the text of the QR code",
        "For example 83FE D340 7A93 9723 A5C6 39B2 6916 D505 C3B5",
    ),
    "eui64": ("MAC address (EUI-64)", "Sixteen digits and letters A to F; not needed with a QR code"),
    "sfdi": ("SFDI", "Twelve digits, for example 167-261-211-391"),
    "pin": ("PIN", "Six digits"),
    "name": ("What you call the device", "For example thermostat"),
}
"""Label and hint of each input."""
NEEDED: Final = {
    Kind.DOWN_SEP2: ("sfdi", "pin", "name"),
    Kind.DOWN_SEP1: ("code", "eui64", "name"),
    Kind.UP_SEP1: ("code",),
    Kind.UP_SEP2: ("sfdi", "pin"),
}
"""What is typed for each kind, in the order in which the page offers them."""


def heading(text: str, level: int, classes: str = "title") -> ui.label:
    """Draw a heading that the focus can be sent to."""
    return ui.label(text).classes(classes).props(f"role=heading aria-level={level} tabindex=-1")


def focus(element: ui.element) -> None:
    """Send the focus to an element."""
    ui.run_javascript(f"getHtmlElement({element.id})?.focus()")


def spoken(told: Told) -> str:
    """Return what a screen reader says of a change."""
    who = told["name"] or KINDS[Kind(told["kind"])].title
    return " ".join(
        filter(None, (f"{who}: {told['title']}.", told["message"], told["detail"], told["next_step"]))
    )


def step_marks(told: Told) -> list[tuple[str, bool]]:
    """Return the titles of the steps, marked as done or not, and which one is the present."""
    kind = Kind(told["kind"])
    marks = []
    for number, state in enumerate(steps(kind), 1):
        here = number == told["step"]
        mark = "✓" if number < told["step"] or (here and told["done"]) else "▶" if here else "○"
        marks.append((f"{mark} {WORDS[kind][state].title}", here))
    return marks


class Card:
    """One admission: title, countdown, what is the case, what to do next, and its buttons."""

    def __init__(self, told: Told, page: "PairingPage") -> None:
        self._page = page
        self._state = ""
        self.told = told
        with ui.element("article").classes("card w-full") as self.card:
            self.heading = heading("", 3)
            self._who = ui.label("").classes("quiet")
            self._countdown = ui.label("").classes("countdown").props("role=timer aria-live=off")
            self._message = ui.label("")
            self._detail = ui.label("").classes("quiet")
            self._next = ui.label("").classes("next")
            with ui.row().classes("gap-3 py-2"):
                self._again = ui.button("Try again", on_click=self._try_again)
                self._end = ui.button("End", on_click=self._give_up).props("outline")
            self._steps = ui.element("ol").classes("list-none p-0 quiet")
        self.show(told)

    def show(self, told: Told) -> bool:
        """Show the newest; tell whether the state is another one than before."""
        self.told = told
        changed = told["state"] != self._state or told["message"] != self._message.text
        left = told["countdown"]
        self._countdown.set_text("" if left is None else f"{left // 60}:{left % 60:02}")
        self._countdown.set_visibility(left is not None)
        self._detail.set_text(f"Reason: {told['detail']}" if told["detail"] else "")
        self._detail.set_visibility(bool(told["detail"]))
        if not changed:
            return False
        self._state = told["state"]
        failed = told["failed"]
        self.card.classes(add="failed" if failed else "", remove="" if failed else "failed")
        self.heading.set_text(told["title"])
        where = "something is wrong" if failed else f"step {told['step']} of {told['steps']}"
        who = told["name"] or KINDS[Kind(told["kind"])].title
        self._who.set_text(f"{who} ({told['key']}): {where}")
        self._message.set_text(told["message"])
        self._next.set_text(f"Next: {told['next_step']}")
        self._again.set_visibility(failed and not told["state"].startswith("BAD_"))
        for button, action in ((self._again, "Try again"), (self._end, "End")):
            button.props(f'aria-label="{action}: {told["key"]}"')
        self._steps.clear()
        with self._steps:
            for text, here in step_marks(told):
                with ui.element("li") as item:
                    ui.label(text)
                if here:
                    item.props("aria-current=step")
        return True

    async def _try_again(self) -> None:
        await self._page.did(await self._page.counter.again(self.told["key"]))

    async def _give_up(self) -> None:
        await self._page.did(await self._page.counter.end(self.told["key"]))
        focus(self._page.title)


class PairingPage:
    """One open page. `refresh` copies the newest admissions into the cards."""

    def __init__(self, counter: Counter) -> None:
        self.counter = counter
        self._cards: dict[str, Card] = {}
        ui.add_css(STYLE)
        ui.colors(primary="#0b6b51")
        with ui.header().classes("items-center justify-between px-6 py-3").style("background: #16302b"):
            self.title = heading("Admit the gateway and devices", 1, "text-xl font-bold")
            with ui.element("nav").props('aria-label="Pages"'):
                ui.link("Readings and prices", "/").classes("text-white underline")
        with ui.element("div").classes("w-full max-w-4xl mx-auto flex flex-col gap-4 p-4 md:p-6"):
            self._said = ui.label("").classes("spoken").props("role=status aria-live=polite")
            self._problem = ui.label("").classes("card w-full failed").props("role=alert")
            self._form()
            heading("Admissions", 2)
            self._none = ui.label("Nothing is admitted yet.").classes("quiet")
            self._list = ui.element("div").classes("w-full flex flex-col gap-4")
        self.refresh()

    def _form(self) -> None:
        with ui.element("section").classes("card w-full flex flex-col gap-3"):
            heading("What is on the label?", 2)
            self._kind = ui.radio(
                {kind.value: KINDS[kind].title for kind in NEEDED},
                value=Kind.DOWN_SEP2.value,
                on_change=lambda: self._choose(),
            ).props('aria-label="Who is admitted"')
            self._about = ui.label("").classes("quiet")
            self._inputs = {
                name: ui.input(label)
                .props(f'outlined autocomplete=off spellcheck=false hint="{hint}"')
                .classes("w-full")
                .on("keydown.enter", self._submit)
                for name, (label, hint) in FIELDS.items()
            }
            with ui.element("div").classes("w-full") as self._wrong:
                self._wrong.props("role=alert")
                self._wrong_title = ui.label("").classes("title")
                self._wrong_text = ui.label("")
                self._wrong_next = ui.label("").classes("next")
            self._wrong.classes("failed")
            ui.button("Go on", on_click=self._submit)
        self._choose()

    def _choose(self) -> None:
        kind = Kind(self._kind.value)
        self._about.set_text(f"{KINDS[kind].sentence} {KINDS[kind].next_step}")
        for name, field in self._inputs.items():
            field.set_visibility(name in NEEDED[kind])
        self._complain("", "", "")

    def _complain(self, title: str, text: str, next_step: str) -> None:
        for label, said in (
            (self._wrong_title, title),
            (self._wrong_text, text),
            (self._wrong_next, f"Next: {next_step}" if next_step else ""),
        ):
            label.set_text(said)
        self._wrong.set_visibility(bool(title))

    async def _submit(self) -> None:
        kind = Kind(self._kind.value)
        typed = {name: str(self._inputs[name].value or "") for name in NEEDED[kind]}
        told, problem = await self.counter.begin(kind.value, typed)
        if told is None:
            self._complain("That was not possible", problem or "", "Look whether the gateway runs.")
            return
        if told["failed"] and not told["key"]:
            self._complain(told["title"], told["detail"] or told["message"], told["next_step"])
            wrong = {"BAD_PIN": "pin", "BAD_SFDI": "sfdi"}.get(told["state"], NEEDED[kind][0])
            focus(self._inputs[wrong])
            return
        self._complain("", "", "")
        for name in typed:
            self._inputs[name].set_value("")
        self.refresh()
        card = self._cards.get(told["key"])
        if card is not None:
            focus(card.heading)

    async def did(self, problem: str | None) -> None:
        """Show what an action came to."""
        self.refresh()
        if problem:
            self._problem.set_text(problem)
            self._problem.set_visibility(True)

    def refresh(self) -> None:
        """Show the newest admissions."""
        problem = self.counter.problem
        self._problem.set_text(problem or "")
        self._problem.set_visibility(problem is not None)
        now = {told["key"]: told for told in self.counter.admissions}
        for key in [key for key in self._cards if key not in now]:
            self._cards.pop(key).card.delete()
        for key, told in now.items():
            card = self._cards.get(key)
            if card is None:
                with self._list:
                    card = self._cards[key] = Card(told, self)
                card.card.move(target_index=0)
            elif card.show(told):
                self._said.set_text(spoken(told))
        self._none.set_visibility(not now)
