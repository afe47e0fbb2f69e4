"""What `;` opens: a letter on everything on the screen beneath that can be gone to or pressed."""

from __future__ import annotations

from typing import Any, ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.errors import NoWidget
from textual.events import Click, Key
from textual.geometry import NULL_REGION, Offset, Region
from textual.screen import Screen
from textual.widget import Widget
from textual.widgets import Button, Static

from ewallet_tui.screens.sheet_screen import SheetScreen
from ewallet_tui.widgets.part_tabs import PartTab
from ewallet_tui.widgets.tabs_line import PlaceTab

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
    return widget.focusable or isinstance(widget, PlaceTab | PartTab)


class Jump(SheetScreen[None]):
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
    if isinstance(target, PlaceTab | PartTab):
        target.choose()
    else:
        target.focus()
        if isinstance(target, Button):
            target.press()
