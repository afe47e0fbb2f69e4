"""A screen on one of several wallets, clocks, sheets or lists: looks at them, makes, names, unlinks them."""

from __future__ import annotations

from typing import ClassVar

from textual import on, work
from textual.binding import Binding, BindingType

from ewallet_core.instructions import fields
from ewallet_core.presentation.text import one_line
from ewallet_tui.context import AppContext
from ewallet_tui.screens.base import BaseScreen
from ewallet_tui.screens.modal import ChoiceModal
from ewallet_tui.state import AccountState, OwnedItemKind, OwnedItems, obstacle_to
from ewallet_tui.widgets.form import Answer, FormSpec
from ewallet_tui.widgets.form_field import Field
from ewallet_tui.widgets.owned_item_line import OwnedItemLine
from ewallet_tui.widgets.result_line import ResultLine

NEW, RENAME, UNLINK = "new", "rename", "unlink"
"""What the list of all offers beside them."""


def owned_item_keys(noun: str) -> tuple[BindingType, ...]:
    """The keys that these screens have in common, which each puts after its own; there one is a `noun`."""
    return (
        _key("left_square_bracket", "[", "step(-1)", f"Previous {noun}", "previous_one"),
        _key("right_square_bracket", "]", "step(1)", f"Next {noun}", "next_one"),
        _key("O", "O", "choose_one", f"All {noun}s", "choose_one"),
        _key("A", "A", "make_active", f"Make this {noun} the active one", "make_active"),
        _key("N", "N", "new_one", f"New {noun}", "new_one"),
        _key("R", "R", "rename_one", f"Rename this {noun}", "rename_one"),
        _key("D", "D", "unlink_one", f"Unlink this {noun}", "unlink_one"),
    )


def _key(key: str, shown: str, action: str, words: str, id: str) -> Binding:
    return Binding(key, action, words, show=False, key_display=shown, id=id)


class OwnedItemScreen(BaseScreen):
    """Looks at one of several. What is its own: `kind_of_item`, `SWITCHES`, and `look` at another one."""

    SWITCHES: ClassVar[bool] = True
    """Whether looking at another one makes it the active one: not where new records would then go there."""

    @property
    def kind_of_item(self) -> OwnedItemKind:
        """What there are several of here."""
        raise NotImplementedError

    @property
    def owned(self) -> OwnedItems | None:
        """Those that there are, as far as is known."""
        state = self.context.state
        return state.owned[self.kind_of_item] if state else None

    @property
    def looked_at(self) -> int | None:
        """The number of the one that is looked at, the active one unless another was chosen."""
        owned = self.owned
        if owned is None:
            return None
        chosen = self._chosen.get(self.kind_of_item)
        return chosen if chosen in owned.names else owned.active

    def __init__(self, context: AppContext) -> None:
        super().__init__(context)
        self._chosen: dict[OwnedItemKind, int] = {}
        self._shown: tuple[OwnedItemKind, int] | None = None
        """The one whose name was shown last."""

    def look(self) -> None:
        """Show the one that is looked at now."""

    def empty(self) -> None:
        """Show nothing of the one that was looked at before."""

    def show(self, state: AccountState) -> None:  # noqa: ARG002 - as FramedScreen calls it
        """Show which one is looked at, and what is on it."""
        self.show_line()
        self.look()

    def show_line(self) -> None:
        """Show which one is looked at; nothing of another stands under its name."""
        if (owned := self.owned) is None:
            return
        id = self.looked_at or owned.active
        self.query_one(OwnedItemLine).show(owned, id)
        before, self._shown = self._shown, (self.kind_of_item, id)
        if before not in (None, self._shown):
            self.empty()

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Grey the keys of what can't be done with the one that is looked at."""
        owned = self.owned
        if action == "step" and owned is not None and len(owned.names) < 2:
            return None
        if action == "make_active" and self.SWITCHES:
            return False
        if action == "make_active" and owned is not None and self.looked_at == owned.active:
            return None
        return super().check_action(action, parameters)

    def action_step(self, steps: int) -> None:
        """Look at another one."""
        owned, id = self.owned, self.looked_at
        if owned is not None and id is not None:
            self.look_at(owned.beside(id, steps))

    def look_at(self, id: int) -> None:
        """Look at the one of that number."""
        owned = self.owned
        self._chosen[self.kind_of_item] = id
        self.show_line()
        if self.SWITCHES and owned is not None:
            self._make_active(id)
            return
        self.refresh_bindings()
        self.look()

    def action_choose_one(self) -> None:
        """Choose one from the list of all, or what is to be done with the one that is looked at."""
        if (owned := self.owned) is None or (id := self.looked_at) is None:
            return
        noun, name = self.kind_of_item.noun, owned.names[id]
        choices = {str(each): words for each, words in owned.names.items()}
        choices |= {NEW: f"New {noun}…", RENAME: f"Rename {name}…", UNLINK: f"Unlink {name}…"}
        title = self.kind_of_item.nouns.capitalize()
        if self.app.screen is self:
            chooser = ChoiceModal(title, choices, str(owned.active), str(id))
            self.app.push_screen(chooser, self._look_at_chosen)

    def action_make_active(self) -> None:
        """Let new records go to the one that is looked at."""
        if (id := self.looked_at) is not None:
            self._make_active(id)

    def action_new_one(self) -> None:
        """Ask what a new one is to be called, and look at it."""
        noun = self.kind_of_item.noun
        plan = FormSpec(
            f"New {noun}",
            "Create",
            (Field("reference", "Name", fields.Reference, optional=True),),
            note="Without a name it gets a number.",
        )

        async def send(values: dict[str, str]) -> Answer:
            return await self.context.send(**self.kind_of_item.instruction("new"), **values)

        self.ask_with(plan, send, self._made)

    def action_rename_one(self) -> None:
        """Ask what the one that is looked at is to be called from now on."""
        owned, id = self.owned, self.looked_at
        if owned is None or id is None:
            return
        field = Field("reference", "Name", fields.Reference, initial=owned.names[id])
        plan = FormSpec(f"Rename {self.kind_of_item.noun}", "Rename", (field,))
        self.fill_in(plan, lambda _: "Renamed.", **self.kind_of_item.instruction("edit", id))

    @work
    async def action_unlink_one(self) -> None:
        """Unlink the one that is looked at, after a question, unless something is in the way."""
        owned, id, kind_of_item = self.owned, self.looked_at, self.kind_of_item
        if owned is None or id is None or self._says_what_is_in_the_way(id):
            return
        name = one_line(owned.names[id])
        words = f"{name} is taken away. {kind_of_item.when_unlinked}"
        if not await self.confirm(f"Unlink {kind_of_item.noun}", words, "Unlink it"):
            return
        if await self._unlink(id, owned):
            self.query_one(ResultLine).say(f"{name} is unlinked.")

    def _says_what_is_in_the_way(self, id: int) -> bool:
        state, now = self.context.state, self.context.now()
        obstacle = obstacle_to(self.kind_of_item, id, state, now) if state else None
        if obstacle is not None:
            self.context.notify(obstacle.remedy, title=obstacle.what, severity="error")
        return obstacle is not None

    async def _unlink(self, id: int, owned: OwnedItems) -> bool:
        context, beside = self.context, owned.beside(id, 1)
        # Where only the active one can be looked at, it makes way for the next, and comes back if it stays.
        makes_way = self.SWITCHES and beside != id
        if makes_way and (await context.act(**self.kind_of_item.instruction("switch", beside)))["failed"]:
            return False
        unlinked = not (await context.act(**self.kind_of_item.instruction("unlink", id)))["failed"]
        if makes_way and not unlinked:
            await context.act(**self.kind_of_item.instruction("switch", id))
        return unlinked

    @on(OwnedItemLine.Stepped)
    def _stepped(self, event: OwnedItemLine.Stepped) -> None:
        self.action_step(event.steps)

    @on(OwnedItemLine.Asked)
    def _asked(self) -> None:
        self.action_choose_one()

    def _look_at_chosen(self, chosen: str | None) -> None:
        if chosen is None:
            return
        others = {NEW: self.action_new_one, RENAME: self.action_rename_one, UNLINK: self.action_unlink_one}
        if chosen in others:
            self.call_later(others[chosen])
        else:
            self.look_at(int(chosen))

    def _made(self, answer: Answer | None) -> None:
        if answer is None or (owned := self.owned) is None:
            return
        id = answer[self.kind_of_item.answer_key]
        # It may be there, and its name not known yet.
        if id in owned.names:
            name, noun = one_line(owned.names[id]), self.kind_of_item.noun
            is_there = (
                f"is the active {noun} now." if self.SWITCHES else "is there. A makes it the active one."
            )
            self.query_one(ResultLine).say(f"{name} {is_there}")
            self.look_at(id)

    @work(group="belonging", exclusive=True)
    async def _make_active(self, id: int) -> None:
        kind_of_item = self.kind_of_item
        answer = await self.context.act(**kind_of_item.instruction("switch", id))
        if self.SWITCHES:
            # From now on it is looked at for being the active one, whoever makes another one that.
            self._chosen.pop(kind_of_item, None)
            self.show_line()
            if answer["failed"]:
                self.look()
        owned = self.owned
        if not answer["failed"] and owned is not None and not self.SWITCHES:
            self.query_one(ResultLine).say(f"New records go to {one_line(owned.names.get(id, ''))}.")
