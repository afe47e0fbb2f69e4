"""The actions and their keys, a line each, those with keys of the person's own marked."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

from textual.binding import Binding, BindingType
from textual.content import Content
from textual.keys import format_key
from textual.widgets import OptionList
from textual.widgets.option_list import Option

from ewallet_tui.settings.actions import Action
from ewallet_tui.text import one_line

KEYS_WIDTH, NAME_WIDTH = 12, 22
CHANGED = "•"


class KeyList(OptionList):
    """What can be done, by its name in the file."""

    DEFAULT_CSS = """
    KeyList {
        height: 1fr; border: none; padding: 0; background: $background;
        text-wrap: nowrap; text-overflow: ellipsis;
    }
    KeyList:focus { border: none; background-tint: transparent; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("j", "cursor_down", "Next", show=False, id="next"),
        Binding("k", "cursor_up", "Previous", show=False, id="previous"),
    ]

    def __init__(self) -> None:
        super().__init__(markup=False)

    def show(self, actions: Mapping[str, Action], changed: Mapping[str, str], wanted: str = "") -> None:
        """Show these actions, first those with `changed` keys; only those in whose words `wanted` is."""
        highlighted = self.highlighted or 0
        self.clear_options()
        found = [id for id, action in actions.items() if wanted in f"{id} {action.description}".casefold()]
        ids = sorted(found, key=lambda name: (name not in changed, name))
        self.add_options(_option(actions[id], changed.get(id)) for id in ids)
        self.highlighted = min(highlighted, self.option_count - 1) if ids else None

    @property
    def current(self) -> str:
        """The line for the file of the action under the cursor, with the keys that it has."""
        return "" if self.highlighted is None else self.get_option_at_index(self.highlighted).id or ""


def _option(action: Action, changed: str | None) -> Option:
    keys = changed.split(",") if changed else list(dict.fromkeys(action.keys))
    shown = one_line(" ".join(map(format_key, keys)))
    line = Content.assemble(
        f" {CHANGED if changed else ' '} ",
        (f"{shown:<{KEYS_WIDTH}} ", "bold"),
        f"{action.id:<{NAME_WIDTH}} {action.description}",
    )
    return Option(line, id=f'{action.id} = "{",".join(keys)}"')
