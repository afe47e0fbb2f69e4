"""Rules for items of which an owner has several, one of them active: sheets, lists, wallets, clocks."""

from __future__ import annotations

from collections.abc import Callable, Sized
from dataclasses import dataclass
from typing import Any

from ewallet_core.errors.credits import LastOneError, StillActiveError, WrongOwnerError
from ewallet_core.operations.context import AccountContext
from ewallet_core.operations.events import record_event
from ewallet_core.storage.events import EventKind
from ewallet_core.storage.rows import Rows


@dataclass(frozen=True)
class Owner:
    """The owner of items of some kind: its rows, and which of them is the active one."""

    name: str
    rows: Rows[Any]
    active: Callable[[AccountContext], Any]

    @property
    def word(self) -> str:
        return self.name.removeprefix("e")


@dataclass(frozen=True)
class OwnedItem:
    """One of several items of an owner, such as a sheet of a wallet.

    `what` is its name for people, `field` is the argument that named it, and `active_column` is its owner's
    column for the active item.
    """

    what: str
    field: str
    id: int
    owner: Owner
    owner_id: int
    active_column: str

    def make_active(self, context: AccountContext) -> None:
        """Make it the active one; raises `WrongOwnerError` if its owner is not the active one."""
        owning = self.owner.active(context)
        if self.owner_id != owning.id:
            raise WrongOwnerError(self.what, self.owner.word, self.owner_id, self.field)
        if getattr(owning, self.active_column) != self.id:
            self.change_owner(context, **{self.active_column: self.id})
            record_change(context, self.what, self.id, "switched")

    def require_removable(self, context: AccountContext, siblings: Sized) -> None:
        """Raise `LastOneError` or `StillActiveError` unless it may be removed from its `siblings`."""
        if len(siblings) == 1:
            raise LastOneError(self.what, self.field)
        owning = self.owner.rows.require(context.transaction, id=self.owner_id)
        if getattr(owning, self.active_column) == self.id:
            raise StillActiveError(self.what, self.field)

    def change_owner(self, context: AccountContext, **columns: int) -> None:
        self.owner.rows.change(context.transaction, self.owner_id, **columns, written_at=context.now)


def record_change(context: AccountContext, what: str, number: int, change: str) -> None:
    record_event(
        context, context.account.id, EventKind.OWNED_ITEM_CHANGED, what=what, id=number, change=change
    )
