"""What the user can do, and the keys that do it."""

from __future__ import annotations

from textual.binding import Binding, BindingType

from ewallet_tui.navigation import DESTINATIONS, SETTINGS

EVERYWHERE: tuple[BindingType, ...] = (
    *(
        Binding(str(number), f"go('{place.mode}')", f"Go to {place.title}", show=False, id=place.mode)
        for number, place in enumerate(DESTINATIONS, start=1)
    ),
    Binding("comma", f"go('{SETTINGS.mode}')", "Settings", show=False, key_display=",", id="settings"),
    Binding("g", "go_to", "Go to a screen", show=False, id="go_to"),
    Binding("j,l", "app.focus_next", "Next", show=False, id="next"),
    Binding("k,h", "app.focus_previous", "Previous", show=False, id="previous"),
    Binding("semicolon", "jump", "Jump to what you see", show=False, key_display=";", id="jump"),
    Binding("colon", "app.command_palette", "Everything", show=False, key_display=":", id="palette"),
    Binding(
        "z",
        "show_what_was_done",
        "Show what was done",
        show=False,
        tooltip="Show the record of what was just done",
        id="show_what_was_done",
    ),
    Binding("question_mark", "app.help", "Help", key_display="?", id="help"),
    Binding("q", "app.quit", "Quit", id="quit"),
)
"""The keys of every screen after the login."""


def name_of(action: str) -> str:
    """An action without its parameters."""
    return action.partition("(")[0]


DONE_EVERYWHERE = frozenset(name_of(each.action) for each in Binding.make_bindings(EVERYWHERE))
"""The actions of every screen's keys."""
