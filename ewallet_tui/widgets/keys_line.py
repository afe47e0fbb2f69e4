"""The last line of every screen: the few keys that matter most here, the rest being under `?`."""

from __future__ import annotations

from textual.app import ComposeResult
from textual.widgets import Footer
from textual.widgets._footer import FooterKey

MOST_KEYS = 7
LAST = ("app.help", "app.quit")


class KeysLine(Footer):
    """At most seven keys, the screen's own first; a click does what the key does."""

    def __init__(self) -> None:
        super().__init__(show_command_palette=False, compact=True)

    def compose(self) -> ComposeResult:
        """A key and its word, for each."""
        shown = [active for active in self.screen.active_bindings.values() if active.binding.show]
        own = [active for active in shown if active.binding.action not in LAST]
        last = [active for active in shown if active.binding.action in LAST]
        for _, binding, enabled, tooltip in (*own[: MOST_KEYS - len(last)], *last):
            yield FooterKey(
                binding.key,
                self.app.get_key_display(binding),
                binding.description,
                binding.action,
                disabled=not enabled,
                tooltip=tooltip,
            ).data_bind(compact=Footer.compact)
