"""What `?` opens: every key that works on the screen beneath, read from its own bindings."""

from __future__ import annotations

from typing import Any, ClassVar

from rich.table import Table
from rich.text import Text
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import VerticalScroll
from textual.screen import Screen
from textual.widgets import Static

from ewallet_tui.screens.framed import DONE_EVERYWHERE, name_of
from ewallet_tui.screens.sheet_screen import SheetScreen, titled
from ewallet_tui.widgets.keys_line import LAST

SCROLLING = "scroll"
MOVING, EVERYWHERE, LAST_OF_ALL = 2, 3, 4
KEYS_WIDTH = 18


class HelpScreen(SheetScreen[None]):
    """The keys and what they do."""

    DEFAULT_CSS = """
    HelpScreen {
        .sheet { width: 72; max-height: 90%; }
        Static { height: auto; }
    }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,question_mark,q", "dismiss", "Back"),
        Binding("j", "scroll(1)", "Down", show=False, id="next"),
        Binding("k", "scroll(-1)", "Up", show=False, id="previous"),
    ]

    def __init__(self, beneath: Screen[Any]) -> None:
        super().__init__()
        self._keys = keys_of(beneath)

    def compose(self) -> ComposeResult:
        """One line for each thing that can be done."""
        with VerticalScroll() as sheet:
            titled(sheet, "Keys that work here", "esc back")
            yield Static(self._table())

    def action_scroll(self, direction: int) -> None:
        """Move by a line."""
        self.query_one(VerticalScroll).scroll_relative(y=direction, animate=False)

    def _table(self) -> Table:
        table = Table.grid(padding=(0, 2))
        table.add_column(justify="right", style="bold", width=KEYS_WIDTH)
        table.add_column(no_wrap=True)
        for description, keys in self._keys.items():
            table.add_row(Text(" ".join(keys)), Text(description))
        return table


def keys_of(screen: Screen[Any]) -> dict[str, list[str]]:
    """What can be done on `screen` now, and the keys that do it: first what only this screen does."""
    words: dict[str, str] = {}
    keys: dict[str, list[str]] = {}
    ranks: dict[str, int] = {}
    for node, binding, enabled, _ in screen.active_bindings.values():
        if not enabled or binding.system or not binding.description:
            continue
        action = _plain_action(binding.action)
        rank = _rank(binding, is_own=node is screen, is_everywhere=name_of(binding.action) in DONE_EVERYWHERE)
        if rank < ranks.get(action, LAST_OF_ALL + 1):
            words[action], ranks[action] = binding.tooltip or binding.description, rank
        keys.setdefault(action, []).append(screen.app.get_key_display(binding))
    words[SCROLLING] = "Scroll"
    return {words[action]: keys[action] for action in sorted(keys, key=lambda action: ranks[action])}


def _plain_action(action: str) -> str:
    name = action.rpartition(".")[2] if "(" not in action else action
    return SCROLLING if name.startswith(("scroll_", "page_")) else name


def _rank(binding: Binding, *, is_own: bool, is_everywhere: bool) -> int:
    """First what is this screen's own, then what moves in its lists, then what every screen has."""
    if binding.action in LAST:
        return LAST_OF_ALL
    if binding.action.startswith(("scroll_", "page_", "screen.")):
        return MOVING
    if is_own and not is_everywhere:
        return 0 if binding.show else 1
    return EVERYWHERE if is_everywhere else MOVING
