"""Wallets and clocks: creating, viewing, switching, renaming and unlinking them, one way for both."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from ewallet_core.actions.belongings.belonging import Belonging, Owner, note
from ewallet_core.actions.belongings.holding_data import clock_data, ewallet_data
from ewallet_core.actions.belongings.opening import open_clock, open_wallet
from ewallet_core.actions.belongings.sheet_kinds import CLOCK, EWALLET, USER, kinds_of
from ewallet_core.actions.belongings.sheets import unlink_sheet
from ewallet_core.actions.context import Context
from ewallet_core.actions.data import Data
from ewallet_core.actions.shapes import ClockData, EwalletData
from ewallet_core.instructions import fields
from ewallet_core.instructions.catalogue import Instruction, NoArguments, Request, instruction, naming
from ewallet_core.instructions.envelope import Answer, ok
from ewallet_core.refusals.belongings import ClockNotEmpty, TimerUnderWay, WalletNotEmpty
from ewallet_core.refusals.holdings import NotFound
from ewallet_core.storage.journal import amount_of
from ewallet_core.storage.wallets import Clock, Wallet, clocks


class NewHolding(Request, frozen=True):
    """What the new one is to be called; absent, it is numbered."""

    reference: fields.Reference | None = None


class RenameHolding(Request, frozen=True):
    """What it is to be called from now on."""

    reference: fields.Reference


@dataclass(frozen=True)
class Holding:
    """What credits or time are held in: a wallet, which belongs to the account, or a clock, to the wallet.

    `words` are those the documents use for it, the first being its own.
    """

    words: tuple[str, ...]
    kept: Owner
    belongs_to: Owner
    owner_column: str
    id_type: Any
    data: Callable[[Context, Any], Data]
    data_type: Any
    open: Callable[[Context, str | None], int]
    unlink: Callable[[Context, Any, str], None]

    @property
    def name(self) -> str:
        """Its own word."""
        return self.words[0]

    @property
    def answer_key(self) -> str:
        """The key under which answers name it."""
        return f"credit_{self.name}"

    @property
    def data_key(self) -> str:
        """The key under which answers hold it."""
        return f"{self.name}_data"

    @property
    def id_name(self) -> str:
        """The argument that names one; its owner's column for the active one is called the same."""
        return f"{self.name}_id"

    @property
    def answers(self) -> dict[str, Any]:
        """The keys of what is answered of one."""
        return {self.answer_key: int, self.data_key: self.data_type}

    def forms(self, verb: str) -> list[dict[str, str]]:
        """The selectors of a verb, in each of its words."""
        return [{"action": verb, verb: "credit", "credit": word} for word in self.words]

    def request(self, request: type[Request] = Request) -> type[Request]:
        """The request, which also names one."""
        return naming(request, self.id_name, self.id_type)

    def all_of(self, context: Context, owner_id: int) -> list[Any]:
        """Those of the owner of that number, oldest first."""
        return self.kept.rows.all(context.transaction, **{self.owner_column: owner_id})

    def named(self, context: Context, asked: Request) -> Any:
        """The one that the request names; raises `NotFound` where it is not the account's own."""
        own = {"id": getattr(asked, self.id_name), "account_id": context.account.id}
        found = self.kept.rows.find(context.transaction, **own)
        if found is None:
            raise NotFound(self.kept.word, self.id_name)
        return found

    def belonging(self, held: Any) -> Belonging:
        """One of them as what its owner has several of."""
        owner_id = getattr(held, self.owner_column)
        return Belonging(self.kept.word, self.id_name, held.id, self.belongs_to, owner_id, self.id_name)

    def answer(self, context: Context, held: Any) -> Answer:
        """What is answered of one, as it is now."""
        now = self.kept.rows.require(context.transaction, id=held.id)
        return ok(**{self.answer_key: held.id, self.data_key: self.data(context, now)})


def _open_wallet(context: Context, reference: str | None) -> int:
    return open_wallet(context.transaction, context.now, context.account.id, reference)


def _open_clock(context: Context, reference: str | None) -> int:
    wallet = context.wallet
    return open_clock(context.transaction, context.now, wallet.account_id, wallet.id, reference)


def _unlink_clock(context: Context, clock: Clock, field: str) -> None:
    if clock.timer.is_under_way:
        raise TimerUnderWay(field, clock.id, clock.timer.state)
    left = amount_of(context.transaction, clock.balance_id)
    if left:
        raise ClockNotEmpty(field, clock.id, left)
    _unlink_with_sheets(context, CLOCK, clock.id)


def _unlink_wallet(context: Context, wallet: Wallet, field: str) -> None:
    credits = amount_of(context.transaction, wallet.balance_id)
    if credits:
        raise WalletNotEmpty(credits)
    for clock in clocks.all(context.transaction, ewallet_id=wallet.id):
        _unlink_clock(context, clock, field)
    _unlink_with_sheets(context, EWALLET, wallet.id)


def _unlink_with_sheets(context: Context, kept: Owner, held_id: int) -> None:
    for kind in kinds_of(kept):
        for sheet in kind.all_of(context, held_id):
            unlink_sheet(context, kind, sheet)
    kept.rows.change(context.transaction, held_id, unlinked_at=context.now, written_at=context.now)


WALLET_HOLDING = Holding(
    ("ewallet", "wallet"),
    kept=EWALLET,
    belongs_to=USER,
    owner_column="account_id",
    id_type=fields.EwalletId,
    data=ewallet_data,
    data_type=EwalletData,
    open=_open_wallet,
    unlink=_unlink_wallet,
)
CLOCK_HOLDING = Holding(
    ("clock",),
    kept=CLOCK,
    belongs_to=EWALLET,
    owner_column="ewallet_id",
    id_type=fields.ClockId,
    data=clock_data,
    data_type=ClockData,
    open=_open_clock,
    unlink=_unlink_clock,
)


def _new(holding: Holding) -> Instruction:
    @instruction(NewHolding, *holding.forms("new"), answers=holding.answers)
    def new_holding(asked: NewHolding, context: Context) -> Answer:
        """Create another wallet or clock, with its sheets; the active one stays active."""
        held_id = holding.open(context, asked.reference)
        held = holding.kept.rows.require(context.transaction, id=held_id)
        holding.belonging(held).change_owner(context)
        note(context, holding.kept.word, held_id, "made")
        return holding.answer(context, held)

    return new_holding


def _view(holding: Holding) -> Instruction:
    @instruction(NoArguments, *holding.forms("view"), changes=False, answers=holding.answers)
    def view_holding(_asked: NoArguments, context: Context) -> Answer:
        """View the active wallet or clock: what it holds now, and what belongs to it."""
        return holding.answer(context, holding.kept.active(context))

    return view_holding


def _list(holding: Holding) -> Instruction:
    plural = f"{holding.name}s"
    data_type: Any = holding.data_type

    @instruction(
        NoArguments,
        {"action": "view", "view": "credit", "credit": plural},
        changes=False,
        answers={plural: list[data_type]},
    )
    def list_holdings(_asked: NoArguments, context: Context) -> Answer:
        """List all of the account's wallets, or all clocks of the active wallet, oldest first."""
        held = holding.all_of(context, holding.belongs_to.active(context).id)
        return ok(**{plural: [holding.data(context, each) for each in held]})

    return list_holdings


def _switch(holding: Holding) -> Instruction:
    @instruction(holding.request(), *holding.forms("switch"), answers=holding.answers)
    def switch_holding(asked: Request, context: Context) -> Answer:
        """Make another wallet or clock the active one; timers go on as they are."""
        chosen = holding.named(context, asked)
        holding.belonging(chosen).make_active(context)
        return holding.answer(context, chosen)

    return switch_holding


def _rename(holding: Holding) -> Instruction:
    @instruction(holding.request(RenameHolding), *holding.forms("edit"), answers=holding.answers)
    def rename_holding(asked: Any, context: Context) -> Answer:
        """Call a wallet or clock something else."""
        held = holding.named(context, asked)
        if asked.reference != held.reference:
            renamed = {"reference": asked.reference, "written_at": context.now}
            holding.kept.rows.change(context.transaction, held.id, **renamed)
            holding.belonging(held).change_owner(context)
            note(context, holding.kept.word, held.id, "renamed")
        return holding.answer(context, held)

    return rename_holding


def _unlink(holding: Holding) -> Instruction:
    @instruction(holding.request(), *holding.forms("unlink"), answers={holding.answer_key: int})
    def unlink_holding(asked: Request, context: Context) -> Answer:
        """Unlink a wallet or clock that is not active and holds nothing, with its sheets."""
        held = holding.named(context, asked)
        belonging = holding.belonging(held)
        belonging.must_be_spare(context, holding.all_of(context, belonging.owner_id))
        holding.unlink(context, held, holding.id_name)
        belonging.change_owner(context)
        note(context, holding.kept.word, held.id, "unlinked")
        return ok(**{holding.answer_key: held.id})

    return unlink_holding


HOLDINGS = tuple(
    verb(holding)
    for holding in (WALLET_HOLDING, CLOCK_HOLDING)
    for verb in (_new, _view, _list, _switch, _rename, _unlink)
)
