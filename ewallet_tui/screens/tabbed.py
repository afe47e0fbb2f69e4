"""A place in several parts: each a screen of its own, under the same row of lettered tabs."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType

from ewallet_tui.screens.base import BaseScreen
from ewallet_tui.widgets.tabs import Part, PartTabs


def keys_of_parts(parts: Sequence[Part]) -> list[Binding]:
    """The keys that lead to each of them."""
    return [
        Binding(
            part.key, f"part('{part.id}')", part.title, show=False, key_display=part.key, id=f"part_{part.id}"
        )
        for part in parts
    ]


class TabbedScreen(BaseScreen):
    """One part of a place. What is its own: `PART` and `compose_part`; what the parts share: the rest."""

    PARTS: ClassVar[tuple[Part, ...]]
    PART: ClassVar[str]
    """The id of the part that this screen is."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "back", "Back", show=False, id="back_to_first_part"),
    ]

    def compose_content(self) -> ComposeResult:
        """The tabs, and beneath them this part."""
        tabs = PartTabs(self.PARTS)
        tabs.current = self.PART
        yield tabs
        yield from self.compose_part()

    def compose_part(self) -> ComposeResult:
        """What this part alone shows."""
        yield from ()

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """The first part is where one comes in: from there nothing leads back."""
        if action == "back" and self.PARTS[0].id == self.PART:
            return False
        return super().check_action(action, parameters)

    def action_back(self) -> None:
        """Go back to the first part."""
        self.exchange_for(self.PARTS[0].id)

    def action_part(self, part: str) -> None:
        """Go to another part of this place."""
        if part != self.PART:
            self.exchange_for(part)

    def exchange_for(self, part: str) -> None:
        """Show the screen of another part instead; the first part's stays beneath the others."""
        if self.app.screen is not self:
            return
        first = self.PARTS[0].id
        if part == first:
            self.app.pop_screen()
        elif first == self.PART:
            self.app.push_screen(self.context.make_screen(part))
        else:
            self.app.switch_screen(self.context.make_screen(part))

    @on(PartTabs.Chosen)
    def _part_chosen(self, event: PartTabs.Chosen) -> None:
        self.action_part(event.part)
