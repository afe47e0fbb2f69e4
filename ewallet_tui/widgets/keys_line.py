"""The last line of every screen: the few keys that matter most here, the rest being under `?`."""

from __future__ import annotations

from typing import Any

from textual.app import ComposeResult
from textual.binding import ActiveBinding
from textual.screen import Screen
from textual.widgets import Footer
from textual.widgets._footer import FooterKey

MOST_KEYS = 7
LAST = ("app.help", "app.quit")


class KeysLine(Footer):
    """At most seven keys, as far as there is room, the screen's own first; a click does what the key does."""

    DEFAULT_CSS = "KeysLine { padding: 0 1; } KeysLine.-compact FooterKey { margin-right: 2; }"

    def __init__(self) -> None:
        super().__init__(show_command_palette=False, compact=True)
        self._shown: list[tuple[str, str, bool]] = []

    def compose(self) -> ComposeResult:
        """A key and its word, for each."""
        keys = self._keys()
        self._shown = _signs(keys)
        for _, binding, enabled, tooltip in keys:
            yield FooterKey(
                binding.key,
                self.app.get_key_display(binding),
                binding.description,
                binding.action,
                disabled=not enabled,
                tooltip=tooltip,
            ).data_bind(compact=Footer.compact)

    def bindings_changed(self, screen: Screen[Any]) -> None:
        """Show the keys of now; where they are the same, nothing flickers."""
        if self.is_attached and screen is self.screen and _signs(self._keys()) != self._shown:
            super().bindings_changed(screen)

    def on_resize(self) -> None:
        """Show what there is room for."""
        self.bindings_changed(self.screen)

    def _keys(self) -> list[ActiveBinding]:
        shown = [active for active in self.screen.active_bindings.values() if active.binding.show]
        own = [active for active in shown if active.binding.action not in LAST]
        last = [active for active in shown if active.binding.action in LAST]
        keys = own[: MOST_KEYS - len(last)]
        while keys and self._width([*keys, *last]) > self.size.width > 0:
            keys.pop()
        return [*keys, *last]

    def _width(self, keys: list[ActiveBinding]) -> int:
        bindings = [active.binding for active in keys]
        return 1 + sum(len(self.app.get_key_display(key)) + len(key.description) + 3 for key in bindings)


def _signs(keys: list[ActiveBinding]) -> list[tuple[str, str, bool]]:
    return [(binding.key, binding.description, enabled) for _, binding, enabled, _ in keys]
