"""The command palette: every action, setting, person, wallet and clock, found by the words of its names."""

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
from ewallet_tui.actions import (
    BACK_TO_FIRST_PART,
    CHOOSE_SCREEN,
    DONE_EVERYWHERE,
    EVERYWHERE,
    GO_TO,
    NOT_IN_PALETTE,
    PAY,
    QUIT,
    TIMER,
    TRANSFER,
    WALLETS,
    Action,
    Part,
)
from ewallet_tui.config.settings import CHOSEN, THEMES, Setting
from ewallet_tui.navigation import SETTINGS, destinations_for
from ewallet_tui.screens import credit_actions
from ewallet_tui.screens.base import BaseScreen
from ewallet_tui.state import CLOCK, WALLET, OwnedItemKind
from ewallet_tui.widgets.setting_lists import SettingList
from ewallet_tui.word_search import highlighted, score, words_of

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

    @property
    def phrases(self) -> tuple[str, ...]:
        """The synonyms, and the name without the screen before it."""
        _, _, words = self.name.partition(": ")
        return (*self.synonyms, words) if words else self.synonyms


WHAT_TO_TYPE = "type what you want to do, or whom to pay"
NOT_NOW = "You can't do that now."
LEFT_OUT = ("do('part_", BACK_TO_FIRST_PART.name, "screen.", WALLETS.previous.name, WALLETS.next.name)
"""How the names begin of actions that lead to another tab or item, or that Textual has for every screen."""
MAX_CONTACTS, MAX_PEOPLE = 1_000, 8
"""How many contacts are read at a time, and how many of those found are listed."""
SENDING = {PAY: credit_actions.pay, TRANSFER: credit_actions.transfer}
LIST_THEMES = ("Theme", "Colours", "Appearance")
Contact = Mapping[str, Any]
EVERYWHERE_SYNONYMS = {action.id: action.synonyms for action in EVERYWHERE}


def open_palette(app: App[Any], context: AppContext, screens: Mapping[str, Any]) -> None:
    """Open the palette over the screen in front; `screens` has the class of each mode and tab."""
    if not CommandPalette.is_open(app):
        provider = cast("type[Provider]", partial(Everything, context, screens))
        app.push_screen(CommandPalette([lambda: provider], placeholder=WHAT_TO_TYPE, id="--command-palette"))


class Everything(Provider):
    """The actions of this screen and of the others, their tabs, the settings, people, wallets and clocks."""

    def __init__(
        self,
        context: AppContext,
        screens: Mapping[str, Any],
        screen: Screen[Any],
        match_style: Style | None = None,
    ) -> None:
        super().__init__(screen, match_style)
        self._context = context
        self._screens = screens
        self._contacts: dict[str, list[Contact]] = {}
        """The contacts that were read, by the text that was searched for; all of them under the empty one."""

    async def discover(self) -> Hits:
        for command in self._commands():
            yield DiscoveryHit(_with_key(Content(command.name), command), command.run, command.name)

    async def search(self, query: str) -> Hits:
        for command in (*self._commands(), *await self._people(query)):
            how_well = score(query, command.name, command.phrases)
            if how_well > 0:
                name = highlighted(command.name, query, self.match_style or "bold")
                yield Hit(how_well, _with_key(name, command, query), command.run, command.name)

    def _commands(self) -> Iterator[Command]:
        context, state = self._context, self._context.state
        yield from self._actions_here()
        for destination in destinations_for(state.account.role) if state else ():
            key = f"{self._key_of(CHOOSE_SCREEN.id)} {format_key(destination.letter)}"
            go = partial(self.app.switch_mode, destination.mode)
            synonyms = (destination.title, *GO_TO[destination.mode].synonyms)
            yield Command(f"Go to {destination.title}", key, go, synonyms)
        yield from self._parts()
        yield from self._items()
        for email, name in state.accounts.items() if state else ():
            if state and email != state.account.email:
                switch = partial(context.lifecycle.switch_account, email)
                yield Command(f"Switch to {one_line(name)}", "", switch, ("Switch account", email))
        yield Command("Log out", "", context.lifecycle.log_out, ("Sign out", "Log off"))
        yield from self._actions_elsewhere()
        for theme in THEMES:
            name = "Dark theme" if theme.dark else "Light theme"
            yield Command(name, "", partial(context.settings.choose, theme=theme.name), LIST_THEMES)
        own = partial(context.settings.choose, theme="ansi-dark")
        yield Command("Terminal's own colours", "", own, LIST_THEMES)
        for setting in CHOSEN:
            change = partial(self._open_setting, setting)
            yield Command(f"Settings: {setting.label}", "", change, setting.synonyms)
        yield Command("Quit", self._key_of("quit"), partial(self.app.run_action, "app.quit"), QUIT.synonyms)

    def _key_of(self, id: str) -> str:
        active = self.screen.active_bindings.values()
        return next((self.app.get_key_display(each.binding) for each in active if each.binding.id == id), "")

    def _actions_here(self) -> Iterator[Command]:
        """What the keys of this screen do, also those that are greyed now: they say why."""
        screen, listed = self.screen, set()
        active = screen.active_bindings.values()
        own_first = sorted(active, key=lambda each: each.binding.action in DONE_EVERYWHERE)
        for node, binding, _, _ in own_first:
            is_own = node is screen and binding.action not in NOT_IN_PALETTE
            if is_own and not binding.action.startswith(LEFT_OUT) and binding.description:
                listed.add(binding.id)
                key = self.app.get_key_display(binding)
                words = binding.tooltip or binding.description
                run = partial(self._run, screen, binding.action, words)
                yield Command(words, key, run, _synonyms(screen, binding))
        # The keys of the timer's other states.
        for action in TIMER if isinstance(screen, BaseScreen) else ():
            if action.id not in listed:
                run = partial(self._run, screen, action.name, action.help)
                yield Command(action.help, "", run, action.synonyms)

    def _parts(self) -> Iterator[Command]:
        """The tabs of the screens that have several."""
        for mode, title, part in self._all_parts():
            open_part = partial(self._run_elsewhere, mode, part.action.name, part.title)
            yield Command(f"{title}: {part.title}", "", open_part, part.synonyms)

    def _all_parts(self) -> Iterator[tuple[str, str, Part]]:
        state = self._context.state
        for destination in destinations_for(state.account.role) if state else ():
            for part in getattr(self._screens[destination.mode], "PARTS", ())[1:]:
                yield destination.mode, destination.title, part

    def _actions_elsewhere(self) -> Iterator[Command]:
        """What the keys of the other screens and tabs do, as their classes declare it."""
        state = self._context.state
        places = destinations_for(state.account.role) if state else ()
        # What contacts and sheets have in common is mostly wanted of the sheets.
        for destination in sorted(places, key=lambda place: place.mode == "contacts"):
            if destination.mode != self.app.current_mode:
                yield from self._actions_of(destination.mode, destination.title)
        for mode, title, part in self._all_parts():
            if self._screens[part.id] is not type(self.screen):
                yield from self._actions_of(mode, title, part)

    def _actions_of(self, mode: str, title: str, part: Part | None = None) -> Iterator[Command]:
        screen = self._screens[part.id if part else mode]
        for binding in own_bindings(screen):
            words = f"{title}: {binding.tooltip or binding.description}"
            run = partial(self._run_elsewhere, mode, binding.action, words, part)
            yield Command(words, "", run, _synonyms(screen, binding))

    def _items(self) -> Iterator[Command]:
        """The wallets and clocks that are not active."""
        state = self._context.state
        for kind in (WALLET, CLOCK) if state else ():
            items = state.owned[kind] if state else None
            for id, name in items.names.items() if items else ():
                if items and id != items.active:
                    switch = partial(self._make_active, kind, id, one_line(name))
                    synonyms = (f"{kind.noun} {name}", f"Open {name}", f"Switch {kind.noun}")
                    yield Command(f"Switch to {one_line(name)}", "", switch, synonyms)

    async def _people(self, typed: str) -> list[Command]:
        """What can be done with the contacts whose name or email has a typed word."""
        commands, wanted = [], words_of(typed)
        people = [one for one in await self._read_contacts(wanted) if _is_meant(one, wanted)]
        for contact in people[:MAX_PEOPLE]:
            name, email = one_line(contact["name"]), one_line(contact["email"])
            for words, synonym, run in (
                (f"Pay {name}", f"Send money to {name}", partial(self._send_to, contact, PAY)),
                (f"Transfer to {name}", f"Send to {name}", partial(self._send_to, contact, TRANSFER)),
                (f"View {name}", f"Contact {name}", partial(self._view, contact)),
            ):
                commands.append(Command(words, "", run, (synonym, name, email)))
        return commands

    async def _read_contacts(self, wanted: tuple[str, ...]) -> list[Contact]:
        """All contacts, or if there are too many those that contain one of the words."""
        if (known := self._contacts.get("")) is None:
            known = self._contacts[""] = await self._search_contacts("")
        if len(known) < MAX_CONTACTS:
            return known
        found: dict[int, Contact] = {}
        for word in wanted:
            if word not in self._contacts:
                self._contacts[word] = await self._search_contacts(word)
            found |= {contact["id"]: contact for contact in self._contacts[word]}
        return list(found.values())

    async def _search_contacts(self, text: str) -> list[Contact]:
        search = {"action": "search", "search": "records", "kind": "contact", "limit": MAX_CONTACTS}
        answer = await self._context.send(**search, text=text)
        return [] if answer["failed"] else [row["record_data"] for row in answer["rows"]]

    async def _send_to(self, contact: Contact, action: Action) -> None:
        """Open the form that pays or transfers to a contact, or say why that is not possible."""
        screen = self.app.screen if isinstance(self.app.screen, BaseScreen) else await self._open("contacts")
        state = self._context.state
        possible = state is None or action.enabled(state, self._context.now())
        if possible is True:
            SENDING[action](screen, str(contact["email"]))
        elif isinstance(possible, str):
            self._context.notify(possible, severity="warning")

    async def _view(self, contact: Contact) -> None:
        (await self._open("contacts")).open_record("contact", contact["id"])

    def _make_active(self, kind: OwnedItemKind, id: int, name: str) -> None:
        async def switch() -> None:
            answer = await self._context.act(**kind.instruction("switch", id))
            if not answer["failed"]:
                self._context.notify(f"{name} is now the active {kind.noun}.")

        self._context.workers.run(switch)

    async def _open_setting(self, setting: Setting) -> None:
        screen = await self._open(SETTINGS.mode)
        listed = screen.query_one(SettingList)
        listed.focus()
        listed.highlighted = CHOSEN.index(setting)

    async def _open(self, mode: str) -> BaseScreen:
        """The screen of that mode, with nothing above it."""
        await self.app.switch_mode(mode)
        # Another tab of that screen may be open above it.
        while len(self.app.screen_stack) > 1:
            await self.app.pop_screen()
        return cast("BaseScreen", self.app.screen)

    async def _run_elsewhere(self, mode: str, action: str, words: str, part: Part | None = None) -> None:
        screen: Screen[Any] = await self._open(mode)
        if part is not None:
            await self.app.push_screen(screen := self._context.make_screen(part.id))
        self._context.workers.run(partial(self._run_when_loaded, screen, action, words))

    async def _run_when_loaded(self, screen: Screen[object], action: str, words: str) -> None:
        # An action on a record is possible once the records are loaded.
        for worker in [
            each
            for each in self.app.workers
            if screen in each.node.ancestors_with_self and each.group == "records"
        ]:
            with suppress(WorkerError):
                await worker.wait()
        if self.app.screen is screen:
            await self._run(screen, action, words)

    async def _run(self, screen: Screen[Any], action: str, words: str) -> None:
        """Do it, or say why it is not possible now."""
        namespace, name, parameters = parse(action)
        if namespace or screen.check_action(name, parameters):
            await self.app.run_action(action, screen)
            return
        if isinstance(screen, BaseScreen) and (known := screen.functions.get(str(*parameters))):
            has_reason = screen.say_why_not(known[0])
        else:
            has_reason = False
        if not has_reason:
            self._context.notify(words, title=NOT_NOW, severity="warning")


def own_bindings(screen: object) -> list[Binding]:
    """The bindings of a screen's own actions, each once."""
    bindings = Binding.make_bindings(vars(screen).get("BINDINGS", ()))
    done = {binding.action: binding for binding in bindings if not binding.action.startswith(LEFT_OUT)}
    return list(done.values())


def _is_meant(contact: Contact, wanted: tuple[str, ...]) -> bool:
    words = words_of(f"{contact['name']} {contact['email']}")
    return any(word.startswith(each) for word in words for each in wanted)


def _with_key(name: Content, command: Command, typed: str = "") -> Content:
    """The name with its key, and with the synonym that was typed if the name does not say it."""
    meant = ""
    if typed and not score(typed, command.name):
        meant = max(command.synonyms, key=lambda synonym: score(typed, synonym), default="").lower()
    return Content.assemble(
        name,
        *((f"  {one_line(meant)}", "$foreground-muted") for _ in [0] if meant),
        *((f"  {command.key}", "$foreground-muted") for _ in [0] if command.key),
    )


def _synonyms(screen: object, binding: Binding) -> tuple[str, ...]:
    """The synonyms of the action of `binding` on that screen or screen class."""
    found = getattr(screen, "functions", {}).get(binding.id)
    return found[0].synonyms if found else EVERYWHERE_SYNONYMS.get(binding.id or "", ())
