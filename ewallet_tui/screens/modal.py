"""Modal screens: confirmation, choice from a list, and facts to read."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

from textual import on
from textual.app import ComposeResult
from textual.await_complete import AwaitComplete
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical, VerticalScroll
from textual.content import Content
from textual.events import Key, Resize
from textual.screen import ModalScreen, Screen, ScreenResultType
from textual.widget import Widget
from textual.widgets import Button, Input, Label, OptionList, Static
from textual.widgets.option_list import Option

from ewallet_core.presentation.formatting import one_line
from ewallet_tui.keyboard import Typing
from ewallet_tui.sanitize import plain
from ewallet_tui.widgets.cursor_list import PlainOptionList
from ewallet_tui.widgets.inputs import PlainInput

SCROLL_KEYS = (
    Binding("j", "scroll(1)", "Down", show=False, id="next"),
    Binding("k", "scroll(-1)", "Up", show=False, id="previous"),
)


class Modal(ModalScreen[ScreenResultType]):
    """A modal screen. If it is dismissed behind another screen, it closes once it is in front again.

    Textual always pops the foremost screen, once for every call.
    """

    DEFAULT_CSS = """
    Modal {
        align: center middle;
        .sheet {
            width: 58; max-width: 100%; height: auto; max-height: 100%; padding: 1 2; background: $background;
            border: round $accent; border-title-color: $accent; border-title-style: bold;
            border-subtitle-color: $text-muted;
        }
    }
    """

    # The app's own bindings don't reach a modal screen.
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("ctrl+c", "app.help_quit", "Copy", show=False, system=True)
    ]
    _result: tuple[ScreenResultType | None] | None = None
    """The result, in a tuple because it may be `None`."""
    _is_gone = False

    def dismiss(self, result: ScreenResultType | None = None) -> AwaitComplete:
        """Close with that result; later results are ignored."""
        if self._result is None:
            self._result = (result,)
        return self._go()

    def action_scroll(self, lines: int) -> None:
        self.query_one(VerticalScroll).scroll_relative(y=lines, animate=False)

    def on_screen_resume(self) -> None:
        if self._result is not None:
            self._go()

    def _go(self) -> AwaitComplete:
        if self._result is None or self._is_gone or self.app.screen is not self:
            return AwaitComplete()
        self._is_gone = True
        return super().dismiss(self._result[0])


def titled(sheet: Widget, title: object, subtitle: str = "") -> None:
    """Put a title on the upper edge and the keys on the lower edge."""
    sheet.add_class("sheet")
    sheet.border_title = plain(title)
    sheet.border_subtitle = subtitle


@dataclass(frozen=True)
class Choice:
    """One answer: the result, its key, and its label, which begins with a verb.

    A choice with a control key is taken only by that key or the mouse, never by ordinary typing.
    """

    id: str
    key: str
    words: str

    @property
    def is_deliberate(self) -> bool:
        """Whether it can't be taken by ordinary typing."""
        return self.key.startswith("ctrl+")

    @property
    def label(self) -> str:
        return f"{self.key.replace('ctrl+', '^')} {self.words}"


AROUND_WORDS = 6
"""The lines of a confirmation besides its words: edges, padding, and the answers."""


class ConfirmModal(Modal[str | None]):
    """Its result is the id of the chosen answer, or `None`."""

    DEFAULT_CSS = """
    ConfirmModal {
        Horizontal { height: 1; margin-top: 1; align-horizontal: right; }
        VerticalScroll { height: auto; }
        Label { width: 1fr; }
        Button { margin-left: 2; }
        Button:first-child { margin-left: 0; }
    }
    """
    AUTO_FOCUS = "#stay"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "dismiss", "Stay"),
        Binding("left", "app.focus_previous", "Previous", show=False),
        Binding("right", "app.focus_next", "Next", show=False),
        Binding("down", "scroll(1)", "Down", show=False),
        Binding("up", "scroll(-1)", "Up", show=False),
    ]

    def __init__(self, title: str, words: str, choices: Sequence[Choice], stay: str = "Stay") -> None:
        super().__init__()
        self._title = title
        self._words = words
        self._choices = choices
        self._stay = stay

        self._shown_at = math.inf

    def typing_at(self, moment: float) -> Typing:
        """What was typed before the question was there is no answer to it."""
        return Typing.TAKEN if moment >= self._shown_at else Typing.DROPPED

    def on_mount(self) -> None:
        self._shown_at = time.monotonic()

    def compose(self) -> ComposeResult:
        with Vertical() as sheet:
            titled(sheet, self._title)
            with VerticalScroll(can_focus=False):
                yield Label(self._words, markup=False)
            with Horizontal(classes="many" if len(self._choices) > 1 else ""):
                for choice in self._choices:
                    button = Button(choice.label, id=choice.id)
                    button.can_focus = not choice.is_deliberate
                    yield button
                yield Button(f"esc {self._stay}", id="stay", variant="primary")

    def on_resize(self, event: Resize) -> None:
        # The answers stay in view however long the words are.
        self.query_one(VerticalScroll).styles.max_height = max(event.size.height - AROUND_WORDS, 1)

    def on_key(self, event: Key) -> None:
        for choice in self._choices:
            if choice.key in (event.key, event.character):
                event.stop()
                self.dismiss(choice.id)

    def on_button_pressed(self, event: Button.Pressed) -> None:
        self.dismiss(None if event.button.id == "stay" else event.button.id)


DO, DO_KEY = "do", "y"


async def confirm(screen: Screen[Any], title: str, words: str, verb: str) -> bool:
    """Ask above `screen`, unless it is no longer in front; call it in a worker."""
    confirmation = ConfirmModal(title, words, [Choice(DO, DO_KEY, verb)])
    return screen.app.screen is screen and await screen.app.push_screen_wait(confirmation) == DO


NOTHING_FOUND = "Nothing found. Delete what you typed to see all."


class ChoiceModal(Modal[str | None]):
    """Its result is the key of the chosen line, or `None`."""

    DEFAULT_CSS = """
    ChoiceModal {
        .sheet { max-height: 90%; }
        PlainInput { margin-bottom: 1; }
        OptionList { max-height: 16; }
        PlainOptionList:blur > .option-list--option-highlighted {
            background: $block-cursor-blurred-background; text-style: bold;
        }
    }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "dismiss", "Back"),
        Binding("down", "move(1)", "Next", show=False),
        Binding("up", "move(-1)", "Previous", show=False),
    ]

    def __init__(self, title: str, choices: Mapping[str, str], marked: str = "", at: str = "") -> None:
        """The words of each choice by its key; `marked` is the one that holds now, and it begins `at` one."""
        super().__init__()
        self._title = title
        self._choices = choices
        self._marked = marked
        self._at = at or marked

    def compose(self) -> ComposeResult:
        with Vertical() as sheet:
            titled(sheet, self._title, "enter choose   esc back")
            yield PlainInput(placeholder="type to find")
            listed = PlainOptionList()
            listed.can_focus = False
            yield listed

    def on_mount(self) -> None:
        self._list("")

    def action_move(self, steps: int) -> None:
        listed = self.query_one(PlainOptionList)
        (listed.action_cursor_down if steps > 0 else listed.action_cursor_up)()

    @on(Input.Changed)
    def _typed(self, event: Input.Changed) -> None:
        self._list(event.value)

    @on(Input.Submitted)
    def _entered(self) -> None:
        option = self.query_one(PlainOptionList).highlighted_option
        if option is not None and option.id is not None:
            self.dismiss(option.id)

    @on(OptionList.OptionSelected)
    def _clicked(self, event: OptionList.OptionSelected) -> None:
        self.dismiss(event.option.id)

    def _list(self, typed: str) -> None:
        wanted = typed.casefold().strip()
        found = {key: words for key, words in self._choices.items() if wanted in one_line(words).casefold()}
        listed = self.query_one(PlainOptionList)
        listed.show_options(
            (
                Option(Content.assemble("● " if key == self._marked else "  ", plain(words)), id=key)
                for key, words in found.items()
            ),
            highlighted=list(found).index(self._at) if self._at in found else 0,
        )
        if not found:
            listed.add_option(Option(NOTHING_FOUND, disabled=True))


class KeyModal(Modal[str | None]):
    """Its result is the pressed key, or `None`."""

    DEFAULT_CSS = """
    KeyModal {
        Label { width: 1fr; }
        #problem { color: $text-error; margin-top: 1; min-height: 1; }
    }
    """

    def __init__(self, title: str, words: str, problem_with: Callable[[str], str]) -> None:
        """`problem_with` says why a key can't be taken; empty if it can."""
        super().__init__()
        self._title = title
        self._words = words
        self._problem_with = problem_with

    def compose(self) -> ComposeResult:
        with Vertical() as sheet:
            titled(sheet, self._title, "esc back")
            yield Label(self._words, markup=False)
            yield Label("", id="problem", markup=False)

    def on_key(self, event: Key) -> None:
        event.stop()
        if event.key == "escape":
            self.dismiss(None)
        elif problem := self._problem_with(event.key):
            self.query_one("#problem", Label).update(plain(problem))
        else:
            self.dismiss(event.key)


Pairs = Sequence[tuple[str, str]]


class FactsModal(Modal[str | None]):
    """Facts and texts to read."""

    DEFAULT_CSS = """
    FactsModal {
        .sheet { width: 72; max-height: 90%; }
        Static { height: auto; }
        .passage { margin-top: 1; color: $text-muted; }
    }
    """
    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape,q", "dismiss", "Back"), *SCROLL_KEYS]

    def __init__(self, title: str, facts: Pairs, passages: Pairs = (), choice: Choice | None = None) -> None:
        """The result is the id of `choice`, if the user takes it by its key."""
        super().__init__()
        self._choice = choice
        self._title = title
        self._facts = facts
        self._passages = passages

    def compose(self) -> ComposeResult:
        hint = f"{self._choice.key} {self._choice.words}   " if self._choice else ""
        with VerticalScroll() as sheet:
            titled(sheet, self._title, f"{hint}esc back")
            yield Static(_facts(self._facts))
            for heading, text in self._passages:
                yield Label(heading, classes="passage", markup=False)
                yield Static(_passage(text))

    def on_key(self, event: Key) -> None:
        if self._choice is not None and event.key == self._choice.key:
            event.stop()
            self.dismiss(self._choice.id)


def _facts(pairs: Pairs) -> Content:
    width = max(len(label) for label, _ in pairs) + 2
    return Content("\n").join(
        Content.assemble((f"{label:<{width}}", "$foreground-muted"), plain(value) if value else "—")
        for label, value in pairs
    )


def _passage(text: str) -> Content:
    return Content("\n").join(plain(line) for line in text.splitlines())
