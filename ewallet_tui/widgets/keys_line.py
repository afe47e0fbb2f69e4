"""The last line of every screen: the few keys that matter most here, the rest being under `?`."""

from __future__ import annotations

from typing import Any

from textual import on
from textual.binding import ActiveBinding
from textual.content import Content
from textual.screen import Screen

from ewallet_tui.widgets.clickable_line import ClickableLine, Words, line_of

MOST_KEYS = 7
LAST = ("app.help", "app.quit")


class KeysLine(ClickableLine):
    """At most seven keys, as far as there is room, the screen's own first; a click does what the key does."""

    DEFAULT_CSS = "KeysLine { dock: bottom; padding: 0 1; color: $text-muted; background: $background; }"

    @property
    def keys(self) -> list[ActiveBinding]:
        """Those that are shown, from the left."""
        shown = [active for active in self.screen.active_bindings.values() if active.binding.show]
        own = [active for active in shown if active.binding.action not in LAST]
        last = [active for active in shown if active.binding.action in LAST]
        keys = own[: MOST_KEYS - len(last)]
        while keys and line_of(map(self._words_of, [*keys, *last])).cell_length > self.content_size.width:
            keys.pop()
        return [*keys, *last]

    def on_mount(self) -> None:
        """Show the keys of each moment."""
        self.screen.bindings_updated_signal.subscribe(self, self._heed_bindings)

    def on_resize(self) -> None:
        """Show what there is room for."""
        self._show()

    @on(ClickableLine.Clicked)
    def _press(self, event: ClickableLine.Clicked) -> None:
        event.stop()
        self.app.simulate_key(event.name)

    def _heed_bindings(self, screen: Screen[Any]) -> None:
        if self.is_attached and screen is self.screen:
            self._show()

    def _show(self) -> None:
        if self.content_size.width:
            self.offer(map(self._words_of, self.keys))

    def _words_of(self, active: ActiveBinding) -> Words:
        binding = active.binding
        key = Content.styled(self.app.get_key_display(binding), "bold $accent")
        words = Content.assemble(key, " ", binding.description)
        return Words(words, binding.key, active.tooltip) if active.enabled else Words(words.stylize("dim"))
