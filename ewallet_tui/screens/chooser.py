"""One out of several, chosen from a list that is narrowed by typing."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.widgets import Input, OptionList
from textual.widgets.option_list import Option

from ewallet_tui.screens.sheet_screen import SheetScreen, titled
from ewallet_tui.text import one_line, plain
from ewallet_tui.widgets.plain_input import PlainInput


class Chooser(SheetScreen[str | None]):
    """Its result is the key of what was chosen, or `None` where nothing was."""

    DEFAULT_CSS = """
    Chooser {
        .sheet { max-height: 90%; }
        PlainInput { margin-bottom: 1; }
        OptionList { height: auto; max-height: 16; border: none; padding: 0; background: $background; }
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
        """What is typed, and what it leaves."""
        with Vertical() as sheet:
            titled(sheet, self._title, "enter choose   esc back")
            yield PlainInput(placeholder="type to find")
            listed = OptionList(markup=False)
            listed.can_focus = False
            yield listed

    def on_mount(self) -> None:
        """Begin with all of them."""
        self._list("")

    def action_move(self, steps: int) -> None:
        """Go to the next or the previous one."""
        listed = self.query_one(OptionList)
        (listed.action_cursor_down if steps > 0 else listed.action_cursor_up)()

    @on(Input.Changed)
    def _typed(self, event: Input.Changed) -> None:
        self._list(event.value)

    @on(Input.Submitted)
    def _entered(self) -> None:
        listed = self.query_one(OptionList)
        if listed.highlighted is not None:
            self.dismiss(listed.get_option_at_index(listed.highlighted).id)

    @on(OptionList.OptionSelected)
    def _clicked(self, event: OptionList.OptionSelected) -> None:
        self.dismiss(event.option.id)

    def _list(self, typed: str) -> None:
        listed = self.query_one(OptionList)
        listed.clear_options()
        wanted = typed.casefold().strip()
        found = {key: words for key, words in self._choices.items() if wanted in one_line(words).casefold()}
        listed.add_options(
            Option(Content.assemble("● " if key == self._marked else "  ", plain(words)), id=key)
            for key, words in found.items()
        )
        if found:
            listed.highlighted = list(found).index(self._at) if self._at in found else 0
