"""The palette: everything that can be done here, found by typing a part of its name."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from typing import TYPE_CHECKING, cast

from textual.command import DiscoveryHit, Hit, Hits, Provider
from textual.content import Content

from ewallet_tui.places import PLACES
from ewallet_tui.themes import THEMES

if TYPE_CHECKING:
    from ewallet_tui.app import EWalletApp

Command = tuple[str, str, Callable[[], object]]


class Everything(Provider):
    """What the keys of this screen do, the places, the looks, the lock and the way out."""

    async def discover(self) -> Hits:
        """Everything, before anything is typed."""
        for name, key, run in self._commands():
            yield DiscoveryHit(_with_key(Content(name), key), run, name)

    async def search(self, query: str) -> Hits:
        """What `query` is a part of."""
        matcher = self.matcher(query)
        for name, key, run in self._commands():
            if (score := matcher.match(name)) > 0:
                yield Hit(score, _with_key(matcher.highlight(name), key), run, name)

    def _commands(self) -> Iterator[Command]:
        app = cast("EWalletApp", self.app)
        yield from self._keys_here()
        for place in PLACES:
            yield f"Go to {place.title}", f"g {place.letter}", partial(app.switch_mode, place.mode)
        for theme in THEMES:
            name = "Dark look" if theme.dark else "Light look"
            yield name, "", partial(app.choose_theme, theme.name)
        yield "Terminal's own colours", "", partial(app.choose_theme, "ansi-dark")
        yield "Lock the screen", "", app.action_lock
        yield "Quit", "q", partial(app.run_action, "app.quit")

    def _keys_here(self) -> Iterator[Command]:
        for node, binding, enabled, _ in self.screen.active_bindings.values():
            shown = enabled and binding.show and node is self.screen and binding.action != "app.quit"
            if shown:
                key = self.app.get_key_display(binding)
                yield binding.description, key, partial(self.app.run_action, binding.action, node)


def _with_key(name: Content, key: str) -> Content:
    return Content.assemble(name, "  ", (key, "$foreground-muted")) if key else name
