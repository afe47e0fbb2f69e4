"""What `;` and `?` open: a letter on everything that can be pressed, and the keys."""

from __future__ import annotations

from typing import Any, ClassVar

from rich.table import Table
from rich.text import Text
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import VerticalScroll
from textual.errors import NoWidget
from textual.events import Click, Key
from textual.geometry import NULL_REGION, Offset, Region
from textual.screen import Screen
from textual.widget import Widget
from textual.widgets import Button, Static

from ewallet_tui.actions import DONE_EVERYWHERE
from ewallet_tui.screens.modal import Modal, titled
from ewallet_tui.widgets.footer import LAST
from ewallet_tui.widgets.tabs import PartTab, ScreenTab

LETTERS = "asdfghjklqwertyuiopzxcvbnm1234567890"


def targets_on(screen: Screen[Any]) -> list[tuple[Offset, Widget]]:
    """What can be gone to or pressed there, and where it is, from the top left to the bottom right."""
    regions = [(_region(screen, widget), widget) for widget in screen.query("*") if _is_target(widget)]
    found = [(region.offset, widget) for region, widget in regions if region]
    return sorted(found, key=lambda each: (each[0].y, each[0].x))


def _region(screen: Screen[Any], widget: Widget) -> Region:
    try:
        return screen.find_widget(widget).visible_region
    except NoWidget:
        return NULL_REGION


def _is_target(widget: Widget) -> bool:
    if not widget.display or widget.disabled:
        return False
    return widget.focusable or isinstance(widget, ScreenTab | PartTab)


class Jump(Modal[None]):
    """Letters over the screen; the key of one goes there, or presses what is there."""

    DEFAULT_CSS = """
    Jump {
        background: transparent;
        Static {
            position: absolute; width: 1; height: 1;
            background: $warning; color: $background; text-style: bold;
        }
    }
    """
    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape", "dismiss", "Back")]

    def __init__(self, beneath: Screen[Any]) -> None:
        super().__init__()
        self._targets = dict(zip(LETTERS, targets_on(beneath), strict=False))

    def compose(self) -> ComposeResult:
        """A letter on each."""
        for letter, (place, _) in self._targets.items():
            label = Static(letter, markup=False)
            label.styles.offset = place
            yield label

    def on_key(self, event: Key) -> None:
        """Go to what has that letter; any other key gives it up."""
        event.stop()
        self.dismiss()
        if (target := self._targets.get(event.character or "")) is not None:
            self.call_later(_take, target[1])

    def on_click(self, event: Click) -> None:
        """A click gives it up."""
        event.stop()
        self.dismiss()


def _take(target: Widget) -> None:
    if isinstance(target, ScreenTab | PartTab):
        target.choose()
    else:
        target.focus()
        if isinstance(target, Button):
            target.press()


SCROLLING = "scroll"
MOVING, EVERYWHERE, LAST_OF_ALL = 2, 3, 4
KEYS_WIDTH = 18


class HelpScreen(Modal[None]):
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
        rank = _rank(binding, is_own=node is screen, is_everywhere=binding.action in DONE_EVERYWHERE)
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
