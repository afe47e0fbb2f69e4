"""The palette: everything that can be done here, found by typing a part of its name."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import suppress
from functools import partial
from typing import TYPE_CHECKING, Any, cast

from textual.actions import parse
from textual.binding import Binding
from textual.command import CommandPalette, DiscoveryHit, Hit, Hits, Provider
from textual.content import Content
from textual.keys import format_key
from textual.worker import WorkerError

from ewallet_core.presentation.formatting import one_line
from ewallet_tui.navigation import destinations_for, screen_class_of
from ewallet_tui.themes import THEMES

if TYPE_CHECKING:
    from textual.app import App
    from textual.screen import Screen

    from ewallet_tui.app import EWalletApp

Command = tuple[str, str, Callable[[], object]]

WHAT_TO_TYPE = "everything you can do: type a part of it"
NOT_NOW = "That can't be done there now."
LEFT_OUT = ("go(", "part(", "step(", "screen.")
"""How the actions begin that only lead somewhere, and those that are every screen's own."""


def open_palette(app: App[Any]) -> None:
    """Show it over whatever is in front."""
    if not CommandPalette.is_open(app):
        app.push_screen(CommandPalette(placeholder=WHAT_TO_TYPE, id="--command-palette"))


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
        for place in destinations_for(app.state.account.role) if app.state else ():
            key = f"{self._key_of('go_to')} {format_key(place.letter)}"
            yield f"Go to {place.title}", key, partial(app.switch_mode, place.mode)
        yield from self._things_of_the_account(app)
        yield from self._things_done_elsewhere(app)
        for theme in THEMES:
            name = "Dark look" if theme.dark else "Light look"
            yield name, "", partial(app.choose, theme=theme.name)
        yield "Terminal's own colours", "", partial(app.choose, theme="ansi-dark")
        yield "Lock the screen", "", app.action_lock
        yield "Quit", self._key_of("app.quit"), partial(app.run_action, "app.quit")

    def _key_of(self, action: str) -> str:
        """The key that does it here, as people know it."""
        active = self.screen.active_bindings.values()
        return next(
            (self.app.get_key_display(each.binding) for each in active if each.binding.action == action), ""
        )

    def _things_of_the_account(self, app: EWalletApp) -> Iterator[Command]:
        if app.state is not None:
            for email, name in app.state.accounts.items():
                if email != app.state.account.email:
                    yield f"Switch to {one_line(name)}", "", partial(app.switch_account, email)
        yield "Log out", "", app.log_out

    def _things_done_elsewhere(self, app: EWalletApp) -> Iterator[Command]:
        """What the other places' own keys do; known here by their screens' classes alone."""
        for place in destinations_for(app.state.account.role) if app.state else ():
            if place.mode == app.current_mode:
                continue
            for binding in own_bindings(place.mode):
                words = f"{place.title}: {binding.tooltip or binding.description}"
                yield words, "", partial(_do_there, app, place.mode, binding.action, words)

    def _keys_here(self) -> Iterator[Command]:
        from ewallet_tui.screens.base import DONE_EVERYWHERE, name_of  # noqa: PLC0415 - after the first paint

        for node, binding, enabled, _ in self.screen.active_bindings.values():
            is_own = node is self.screen and name_of(binding.action) not in DONE_EVERYWHERE
            if is_own and enabled and not binding.action.startswith(LEFT_OUT):
                key = self.app.get_key_display(binding)
                words = binding.tooltip or binding.description
                yield words, key, partial(self.app.run_action, binding.action, node)


def own_bindings(mode: str) -> list[Binding]:
    """What a place's own keys do, each once."""
    bindings = Binding.make_bindings(vars(screen_class_of(mode)).get("BINDINGS", ()))
    done = {binding.action: binding for binding in bindings if not binding.action.startswith(LEFT_OUT)}
    return list(done.values())


async def _do_there(app: EWalletApp, mode: str, action: str, words: str) -> None:
    await app.switch_mode(mode)
    # A place may show another of its parts just now, above the one that does it.
    while len(app.screen_stack) > 1:
        await app.pop_screen()
    app.run_worker(_do_when_shown(app, app.screen, action, words))


async def _do_when_shown(app: EWalletApp, there: Screen[object], action: str, words: str) -> None:
    # What is done with a record can only be done once the records are there.
    for worker in [each for each in app.workers if each.node is there and each.group == "records"]:
        with suppress(WorkerError):
            await worker.wait()
    _, name, parameters = parse(action)
    if app.screen is not there:
        return
    if there.check_action(name, parameters):
        await app.run_action(action, there)
    else:
        app.say(words, title=NOT_NOW, severity="warning")


def _with_key(name: Content, key: str) -> Content:
    return Content.assemble(name, "  ", (key, "$foreground-muted")) if key else name
