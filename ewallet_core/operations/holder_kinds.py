"""Wallets and clocks, described once: how each is opened, shown and removed."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from ewallet_core.errors.credits import (
    ClockNotEmptyError,
    NotFoundError,
    TimerUnderWayError,
    WalletNotEmptyError,
)
from ewallet_core.instructions import fields
from ewallet_core.instructions.envelope import Answer
from ewallet_core.instructions.registry import Request, with_argument
from ewallet_core.operations.answer_data import ClockData, EwalletData, clock_data, ewallet_data
from ewallet_core.operations.context import AccountContext, Context
from ewallet_core.operations.ownership import OwnedItem, Owner
from ewallet_core.operations.provisioning import open_clock, open_wallet
from ewallet_core.operations.records import unlink_sheet
from ewallet_core.operations.sheet_kinds import CLOCK, EWALLET, USER, kinds_of
from ewallet_core.storage.wallets import Clock, Wallet, clocks


@dataclass(frozen=True)
class HolderKind:
    """What holds credits or time: a wallet, which an account owns, or a clock, which a wallet owns.

    `words` are its names in selectors; the first one is used in answers, where its id is under two keys: that
    name alone is what older clients read. A `…_key` is a key of answers, and
    `id_name` the argument for its id, as which its owner's column for the active one is named too.
    """

    words: tuple[str, ...]
    as_owner: Owner
    belongs_to: Owner
    owner_column: str
    id_type: Any
    data: Callable[[Context, Any], EwalletData | ClockData]
    data_type: Any
    open: Callable[[AccountContext, str | None], int]
    unlink: Callable[[Context, Any, str], None]

    @cached_property
    def name(self) -> str:
        return self.words[0]

    @cached_property
    def answer_key(self) -> str:
        return f"credit_{self.name}"

    @cached_property
    def data_key(self) -> str:
        return f"{self.name}_data"

    @cached_property
    def id_name(self) -> str:
        return f"{self.name}_id"

    @property
    def answers(self) -> dict[str, Any]:
        return {**self.id_answers, self.data_key: self.data_type}

    @property
    def id_answers(self) -> dict[str, Any]:
        return {self.answer_key: int, self.name: int}

    def forms(self, verb: str) -> list[dict[str, str]]:
        return [{"action": verb, verb: "credit", "credit": word} for word in self.words]

    def request(self, request: type[Request] = Request) -> type[Request]:
        return with_argument(request, self.id_name, self.id_type)

    def all_of(self, context: Context, owner_id: int) -> list[Any]:
        return self.as_owner.rows.all(context.transaction, **{self.owner_column: owner_id})

    def named(self, context: AccountContext, request: Request) -> Any:
        """The one that the request names; raises `NotFoundError` if it is not the account's own."""
        return self.own(context, getattr(request, self.id_name), self.id_name)

    def own(self, context: AccountContext, held_id: int, field: str) -> Any:
        """The account's own one of that id; raises `NotFoundError` about `field`."""
        own = {"id": held_id, "account_id": context.account.id}
        found = self.as_owner.rows.find(context.transaction, **own)
        if found is None:
            raise NotFoundError(self.as_owner.word, field)
        return found

    def owned_item(self, held: Any) -> OwnedItem:
        owner_id = getattr(held, self.owner_column)
        return OwnedItem(self.as_owner.word, self.id_name, held.id, self.belongs_to, owner_id, self.id_name)

    def answer(self, context: Context, held: Any) -> Answer:
        """The answer about it as it was read."""
        return {**self.id_answer(held), self.data_key: self.data(context, held)}

    def id_answer(self, held: Any) -> Answer:
        return {self.answer_key: held.id, self.name: held.id}

    def answer_now(self, context: Context, held: Any) -> Answer:
        """The answer about it as it is after a change."""
        return self.answer(context, self.as_owner.rows.require(context.transaction, id=held.id))


def _open_clock(context: AccountContext, reference: str | None) -> int:
    wallet = context.wallet
    return open_clock(context.transaction, context.now, wallet.account_id, wallet.id, reference)


def _unlink_clock(context: Context, clock: Clock, field: str) -> None:
    if clock.timer.has_started:
        raise TimerUnderWayError(field, clock.id, clock.timer.state)
    if clock.balance_ms:
        raise ClockNotEmptyError(field, clock.id, clock.balance_ms)
    _unlink_with_sheets(context, CLOCK, clock.id)


def _unlink_wallet(context: Context, wallet: Wallet, field: str) -> None:
    if wallet.credits:
        raise WalletNotEmptyError(wallet.credits)
    for clock in clocks.all(context.transaction, ewallet_id=wallet.id):
        _unlink_clock(context, clock, field)
    _unlink_with_sheets(context, EWALLET, wallet.id)


def _unlink_with_sheets(context: Context, owner: Owner, owner_id: int) -> None:
    for kind in kinds_of(owner):
        for sheet in kind.all_of(context, owner_id):
            unlink_sheet(context, kind, sheet)
    owner.rows.change(context.transaction, owner_id, unlinked_at=context.now, written_at=context.now)


WALLET_HOLDER = HolderKind(
    ("ewallet", "wallet"),
    as_owner=EWALLET,
    belongs_to=USER,
    owner_column="account_id",
    id_type=fields.EwalletId,
    data=ewallet_data,
    data_type=EwalletData,
    open=lambda context, reference: open_wallet(
        context.transaction, context.now, context.account.id, reference
    ),
    unlink=_unlink_wallet,
)
CLOCK_HOLDER = HolderKind(
    ("clock",),
    as_owner=CLOCK,
    belongs_to=EWALLET,
    owner_column="ewallet_id",
    id_type=fields.ClockId,
    data=clock_data,
    data_type=ClockData,
    open=_open_clock,
    unlink=_unlink_clock,
)
