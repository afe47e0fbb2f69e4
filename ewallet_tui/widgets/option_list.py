"""Textual's option list with the keys and the look of this app."""

from __future__ import annotations

from collections.abc import Iterable
from typing import ClassVar

from textual.binding import Binding, BindingType
from textual.widgets import OptionList
from textual.widgets.option_list import Option


class PlainOptionList(OptionList):
    """Without a border; user text in it is never markup."""

    DEFAULT_CSS = """
    PlainOptionList { height: auto; border: none; padding: 0; background: $background; }
    PlainOptionList:focus { border: none; background-tint: transparent; }
    PlainOptionList:blur > .option-list--option-highlighted { background: $background; text-style: none; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("j", "cursor_down", "Next", show=False, id="next"),
        Binding("k", "cursor_up", "Previous", show=False, id="previous"),
    ]

    def __init__(self) -> None:
        super().__init__(markup=False)

    def show_options(self, options: Iterable[Option], highlighted: int | None = None) -> None:
        """Replace the options; without `highlighted` the cursor keeps its index, as far as there are options."""
        before = self.highlighted or 0
        self.clear_options()
        self.add_options(options)
        if self.option_count:
            self.highlighted = min(before, self.option_count - 1) if highlighted is None else highlighted
