"""The command palette: every action, found by typing a part of its name."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from functools import partial
from typing import TYPE_CHECKING, Any, NamedTuple, cast

from textual.actions import parse
from textual.binding import Binding
from textual.command import CommandPalette, DiscoveryHit, Hit, Hits, Provider
from textual.content import Content
from textual.keys import format_key
from textual.worker import WorkerError

from ewallet_core.presentation.formatting import one_line
from ewallet_tui.actions import BACK_TO_FIRST_PART, CHOOSE_SCREEN, DONE_EVERYWHERE, GO_TO, WALLETS
from ewallet_tui.config.settings import THEMES
from ewallet_tui.navigation import destinations_for

if TYPE_CHECKING:
    from textual.app import App
    from textual.screen import Screen
    from textual.style import Style

    from ewallet_tui.context import AppContext


class Command(NamedTuple):
    name: str
    key: str
    run: Callable[[], object]
    synonyms: tuple[str, ...] = ()


WHAT_TO_TYPE = "type what you want to do"
NOT_NOW = "You can't do that there now."
LEFT_OUT = ("do('part_", BACK_TO_FIRST_PART.name, "screen.", WALLETS.previous.name, WALLETS.next.name)
"""How the names begin of actions that lead to another tab or item, or that Textual has for every screen."""


def open_palette(app: App[Any], context: AppContext, screens: Mapping[str, object]) -> None:
    """Open the palette over the screen in front; `screens` has the class of each mode."""
    if not CommandPalette.is_open(app):
        provider = cast("type[Provider]", partial(Everything, context, screens))
        app.push_screen(CommandPalette([lambda: provider], placeholder=WHAT_TO_TYPE, id="--command-palette"))


class Everything(Provider):
    """The actions of this screen and of the others, the themes, the lock and quitting."""

    def __init__(
        self,
        context: AppContext,
        screens: Mapping[str, object],
        screen: Screen[Any],
        match_style: Style | None = None,
    ) -> None:
        super().__init__(screen, match_style)
        self._context = context
        self._screens = screens

    async def discover(self) -> Hits:
        for command in self._commands():
            yield DiscoveryHit(_with_key(Content(command.name), command.key), command.run, command.name)

    async def search(self, query: str) -> Hits:
        matcher = self.matcher(query)
        for command in self._commands():
            score = max(map(matcher.match, (command.name, *command.synonyms)))
            if score > 0:
                shown = _with_key(matcher.highlight(command.name), command.key)
                yield Hit(score, shown, command.run, command.name)

    def _commands(self) -> Iterator[Command]:
        context, state = self._context, self._context.state
        yield from self._actions_here()
        for destination in destinations_for(state.account.role) if state else ():
            key = f"{self._key_of(CHOOSE_SCREEN.id)} {format_key(destination.letter)}"
            go = partial(self.app.switch_mode, destination.mode)
            yield Command(f"Go to {destination.title}", key, go, GO_TO[destination.mode].synonyms)
        for email, name in state.accounts.items() if state else ():
            if state and email != state.account.email:
                switch = partial(context.lifecycle.switch_account, email)
                yield Command(f"Switch to {one_line(name)}", "", switch)
        yield Command("Log out", "", context.lifecycle.log_out)
        yield from self._actions_elsewhere()
        for theme in THEMES:
            name = "Dark theme" if theme.dark else "Light theme"
            yield Command(name, "", partial(context.settings.choose, theme=theme.name))
        yield Command("Terminal's own colours", "", partial(context.settings.choose, theme="ansi-dark"))
        yield Command("Lock the screen", "", partial(self.app.run_action, "app.lock"))
        yield Command("Quit", self._key_of("quit"), partial(self.app.run_action, "app.quit"))

    def _key_of(self, id: str) -> str:
        active = self.screen.active_bindings.values()
        return next((self.app.get_key_display(each.binding) for each in active if each.binding.id == id), "")

    def _actions_elsewhere(self) -> Iterator[Command]:
        """What the keys of the other screens do, as their classes declare it."""
        state = self._context.state
        for destination in destinations_for(state.account.role) if state else ():
            if destination.mode == self.app.current_mode:
                continue
            for binding in own_bindings(self._screens[destination.mode]):
                words = f"{destination.title}: {binding.tooltip or binding.description}"
                run = partial(self._run_elsewhere, destination.mode, binding.action, words)
                yield Command(words, "", run, _synonyms(self._screens[destination.mode], binding))

    def _actions_here(self) -> Iterator[Command]:
        for node, binding, enabled, _ in self.screen.active_bindings.values():
            is_own = node is self.screen and binding.action not in DONE_EVERYWHERE
            if is_own and enabled and not binding.action.startswith(LEFT_OUT):
                key = self.app.get_key_display(binding)
                words = binding.tooltip or binding.description
                run = partial(self.app.run_action, binding.action, node)
                yield Command(words, key, run, _synonyms(node, binding))

    async def _run_elsewhere(self, mode: str, action: str, words: str) -> None:
        await self.app.switch_mode(mode)
        # Another tab of that screen may be open above the one with the action.
        while len(self.app.screen_stack) > 1:
            await self.app.pop_screen()
        self.app.run_worker(self._run_when_loaded(self.app.screen, action, words))

    async def _run_when_loaded(self, screen: Screen[object], action: str, words: str) -> None:
        # An action on a record is possible once the records are loaded.
        for worker in [
            each
            for each in self.app.workers
            if screen in each.node.ancestors_with_self and each.group == "records"
        ]:
            with suppress(WorkerError):
                await worker.wait()
        _, name, parameters = parse(action)
        if self.app.screen is not screen:
            return
        if screen.check_action(name, parameters):
            await self.app.run_action(action, screen)
        else:
            self._context.notify(words, title=NOT_NOW, severity="warning")


def own_bindings(screen: object) -> list[Binding]:
    """The bindings of a screen's own actions, each once."""
    bindings = Binding.make_bindings(vars(screen).get("BINDINGS", ()))
    done = {binding.action: binding for binding in bindings if not binding.action.startswith(LEFT_OUT)}
    return list(done.values())


def _with_key(name: Content, key: str) -> Content:
    return Content.assemble(name, "  ", (key, "$foreground-muted")) if key else name


def _synonyms(screen: object, binding: Binding) -> tuple[str, ...]:
    """The synonyms of the action of `binding` on that screen or screen class."""
    found = getattr(screen, "functions", {}).get(binding.id)
    return found[0].synonyms if found else ()
