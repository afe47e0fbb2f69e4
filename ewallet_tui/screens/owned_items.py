"""Choosing one of several wallets, clocks, sheets or lists; creating, renaming and removing them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, cast

from textual import on, work

from ewallet_core.instructions import fields
from ewallet_core.presentation.formatting import one_line
from ewallet_tui.actions import SHEETS
from ewallet_tui.screens.modal import ChoiceModal, confirm
from ewallet_tui.screens.moves import prepare_removal
from ewallet_tui.state import OwnedItemKind, OwnedItems, obstacle_to
from ewallet_tui.widgets.footer import ResultLine
from ewallet_tui.widgets.form import Answer, FormSpec
from ewallet_tui.widgets.form_field import Field
from ewallet_tui.widgets.owned_item_line import OwnedItemLine

if TYPE_CHECKING:
    from ewallet_tui.actions import Action, OwnedItemActions
    from ewallet_tui.availability import Possible
    from ewallet_tui.screens.base import BaseScreen

NEW, RENAME, UNLINK = "new", "rename", "unlink"
"""The other lines of the list of all items."""


class OwnedItemPicker(OwnedItemLine):
    """The line that names the chosen item, and the actions on it.

    With `makes_active`, choosing another one makes it the active one. Otherwise that is an action of its
    own, because new records go to the active one.
    """

    def __init__(
        self,
        owner: BaseScreen,
        kind: Callable[[], OwnedItemKind],
        *,
        look: Callable[[], object],
        empty: Callable[[], object],
        makes_active: bool = True,
    ) -> None:
        """`look` shows the chosen item, `empty` clears what is shown of another."""
        super().__init__()
        self._owner = owner
        self._kind = kind
        self._look = look
        self._empty = empty
        self._makes_active = makes_active
        self._chosen: dict[OwnedItemKind, int] = {}
        self._shown: tuple[OwnedItemKind, int] | None = None
        """The one whose name was shown last."""

    @property
    def items(self) -> OwnedItems | None:
        """All items, as far as they are known."""
        state = self._owner.context.state
        return state.owned[self._kind()] if state else None

    @property
    def chosen(self) -> int | None:
        """The id of the chosen item: the active one unless the user chose another."""
        if (items := self.items) is None:
            return None
        chosen = self._chosen.get(self._kind())
        return chosen if chosen in items.names else items.active

    def show_state(self) -> None:
        self.show_line()
        self._look()

    def show_line(self) -> None:
        """Show the chosen item's name, and clear the content of another item."""
        if (items := self.items) is None:
            return
        id = self.chosen or items.active
        self.show(items, id)
        before, self._shown = self._shown, (self._kind(), id)
        if before not in (None, self._shown):
            self._empty()

    def can(self, action: Action, actions: OwnedItemActions) -> Possible:
        items, noun = self.items, self._kind().noun
        if action in (actions.previous, actions.next) and items is not None and len(items.names) < 2:
            return f"This is your only {noun}."
        if action is actions.make_active and items is not None and self.chosen == items.active:
            return f"This {noun} is the active one already."
        return True

    def step(self, steps: int) -> None:
        items, id = self.items, self.chosen
        if items is not None and id is not None:
            self.choose(items.beside(id, steps))

    def choose(self, id: int) -> None:
        self._chosen[self._kind()] = id
        self._owner.query_one(ResultLine).clear()
        self.show_line()
        if self._makes_active:
            self._activate(id)
        else:
            self._owner.refresh_bindings()
            self._look()

    def choose_from_all(self) -> None:
        """Let the user choose from all items, or what to do with the chosen one."""
        if (items := self.items) is None or (id := self.chosen) is None:
            return
        kind, name = self._kind(), items.names[id]
        choices = {str(each): words for each, words in items.names.items()}
        choices |= {NEW: f"New {kind.noun}…", RENAME: f"Rename {name}…", UNLINK: f"Remove {name}…"}
        if self.app.screen is self._owner:
            chooser = ChoiceModal(f"{kind.noun}s".capitalize(), choices, str(items.active), str(id))
            self.app.push_screen(chooser, self._handle_choice)

    def make_active(self) -> None:
        if (id := self.chosen) is not None:
            self._activate(id)

    def new(self) -> None:
        kind, send = self._kind(), self._owner.context.send
        spec = FormSpec(
            f"New {kind.noun}",
            "Create",
            (Field("reference", "Name", fields.Reference, optional=True),),
            note="Leave empty to use a number.",
        )

        async def create(values: dict[str, str]) -> Answer:
            return await send(**kind.instruction("new"), **values)

        self._owner.ask_with(spec, create, self._handle_new)

    def rename(self) -> None:
        items, id = self.items, self.chosen
        if items is not None and id is not None:
            kind = self._kind()
            field = Field("reference", "Name", fields.Reference, initial=items.names[id])
            spec = FormSpec(f"Rename {kind.noun}", "Rename", (field,))
            self._owner.fill_in(spec, lambda _: "Renamed.", **kind.instruction("edit", id))

    @work
    async def unlink(self) -> None:
        """Remove the chosen item after a confirmation; what it holds moves to another first."""
        owner, state = self._owner, self._owner.context.state
        items, id, kind = self.items, self.chosen, self._kind()
        if state is None or items is None or id is None:
            return
        if obstacle := obstacle_to(kind, state):
            owner.context.notify(obstacle.remedy, title=obstacle.reason, severity="error")
            return
        removal = await prepare_removal(owner, kind, id, items.names[id])
        if removal is None or not await confirm(owner, f"Remove {kind.noun}", removal.question, removal.verb):
            return
        beside = removal.into if removal.into in items.names else items.beside(id, 1)
        if await removal.move(owner.context) and await self._unlink(id, cast("int", beside)):
            owner.query_one(ResultLine).say(removal.result or f"{one_line(items.names[id])} is removed.")

    async def _unlink(self, id: int, beside: int) -> bool:
        act, kind = self._owner.context.act, self._kind()
        # The active item can't be removed: make the next one active, and undo that if removing fails.
        makes_way = self._makes_active and beside != id
        if makes_way and (await act(**kind.instruction("switch", beside)))["failed"]:
            return False
        is_unlinked = not (await act(**kind.instruction("unlink", id)))["failed"]
        if makes_way and not is_unlinked:
            await act(**kind.instruction("switch", id))
        return is_unlinked

    @on(OwnedItemLine.Stepped)
    def _handle_step(self, event: OwnedItemLine.Stepped) -> None:
        self.step(event.steps)

    @on(OwnedItemLine.ListRequested)
    def _handle_click(self) -> None:
        self.choose_from_all()

    def _handle_choice(self, choice: str | None) -> None:
        if choice == NEW:
            self.call_later(self.new)
        elif choice == RENAME:
            self.call_later(self.rename)
        elif choice == UNLINK:
            self.call_later(self.unlink)
        elif choice is not None:
            self.choose(int(choice))

    def _handle_new(self, answer: Answer | None) -> None:
        if answer is None or (items := self.items) is None:
            return
        id, noun = answer[self._kind().answer_key], self._kind().noun
        # The item may be created before its name is loaded.
        if id in items.names:
            name = one_line(items.names[id])
            key = SHEETS.make_active.shown_key(self._owner.context.settings.keys)
            rest = (
                f"is now the active {noun}." if self._makes_active else f"is created. {key} makes it active."
            )
            self.choose(id)
            self._owner.query_one(ResultLine).say(f"{name} {rest}")

    @work(group="owned item", exclusive=True)
    async def _activate(self, id: int) -> None:
        kind = self._kind()
        answer = await self._owner.context.act(**kind.instruction("switch", id))
        if self._makes_active:
            # From now on follow the active item, even if another session changes it.
            self._chosen.pop(kind, None)
            self.show_line()
            if answer["failed"]:
                self._look()
        elif not answer["failed"] and (items := self.items) is not None:
            name = one_line(items.names.get(id, ""))
            self._owner.query_one(ResultLine).say(f"New records go to {name}.")


def functions_of(actions: OwnedItemActions) -> Mapping[Action, Callable[[BaseScreen], object]]:
    """Without `make_active`, which is for pickers where choosing does not do that already."""
    return {
        actions.previous: lambda screen: screen.query_one(OwnedItemPicker).step(-1),
        actions.next: lambda screen: screen.query_one(OwnedItemPicker).step(1),
        actions.choose: lambda screen: screen.query_one(OwnedItemPicker).choose_from_all(),
        actions.new: lambda screen: screen.query_one(OwnedItemPicker).new(),
        actions.rename: lambda screen: screen.query_one(OwnedItemPicker).rename(),
        actions.unlink: lambda screen: screen.query_one(OwnedItemPicker).unlink(),
    }
