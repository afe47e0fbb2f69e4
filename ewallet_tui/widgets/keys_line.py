"""The last line of every screen: the few keys that matter most here, the rest being under `?`."""

from __future__ import annotations

from typing import Any

from textual import events
from textual.binding import ActiveBinding
from textual.content import Content
from textual.screen import Screen
from textual.style import Style

from ewallet_tui.widgets.steady_line import SteadyLine

MOST_KEYS = 7
LAST = ("app.help", "app.quit")
BETWEEN = "  "
KEY = "key"
"""Under what name a click finds the key that its place stands for."""


class KeysLine(SteadyLine):
    """At most seven keys, as far as there is room, the screen's own first; a click does what the key does."""

    ALLOW_SELECT = False
    DEFAULT_CSS = "KeysLine { dock: bottom; padding: 0 1; color: $text-muted; background: $background; }"

    def __init__(self) -> None:
        super().__init__()
        self._pointed_at = ""
        """The key that the mouse is on."""

    @property
    def keys(self) -> list[ActiveBinding]:
        """Those that are shown, from the left."""
        shown = [active for active in self.screen.active_bindings.values() if active.binding.show]
        own = [active for active in shown if active.binding.action not in LAST]
        last = [active for active in shown if active.binding.action in LAST]
        keys = own[: MOST_KEYS - len(last)]
        while keys and self._line([*keys, *last]).cell_length > self.content_size.width:
            keys.pop()
        return [*keys, *last]

    def on_mount(self) -> None:
        """Show the keys of each moment."""
        self.screen.bindings_updated_signal.subscribe(self, self._heed_bindings)

    def on_resize(self) -> None:
        """Show what there is room for."""
        self._show()

    def on_mouse_move(self, event: events.MouseMove) -> None:
        """Show what a click would do."""
        self._point_at(event.style.meta.get(KEY, ""))

    def on_leave(self) -> None:
        """A click elsewhere does none of it."""
        self._point_at("")

    def on_click(self, event: events.Click) -> None:
        """Do what the key does."""
        event.stop()
        pressed = event.style.meta.get(KEY, "")
        if any(active.binding.key == pressed and active.enabled for active in self.keys):
            self.app.simulate_key(pressed)

    def _heed_bindings(self, screen: Screen[Any]) -> None:
        if screen is self.screen:
            self._show()

    def _point_at(self, key: str) -> None:
        if key != self._pointed_at:
            self._pointed_at = key
            self.styles.pointer = "pointer" if key else "default"
            self._show()

    def _show(self) -> None:
        if self.content_size.width:
            self.say(self._line(self.keys))

    def _line(self, keys: list[ActiveBinding]) -> Content:
        return Content(BETWEEN).join(self._words_of(active) for active in keys)

    def _words_of(self, active: ActiveBinding) -> Content:
        binding = active.binding
        key = Content.styled(self.app.get_key_display(binding), "bold $accent")
        words = Content.assemble(key, " ", binding.description).stylize(Style.from_meta({KEY: binding.key}))
        if not active.enabled:
            return words.stylize("dim")
        return words.stylize("on $panel") if binding.key == self._pointed_at else words
