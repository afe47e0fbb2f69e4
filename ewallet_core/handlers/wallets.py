"""Creating, viewing, switching, renaming and removing wallets and clocks."""

from __future__ import annotations

from typing import Any

from ewallet_core.instructions import fields
from ewallet_core.instructions.envelope import Answer
from ewallet_core.instructions.registry import Instruction, NoArguments, Request, instruction
from ewallet_core.operations.answer_data import ClockData, EwalletData
from ewallet_core.operations.context import AccountContext
from ewallet_core.operations.holder_kinds import CLOCK_HOLDER, WALLET_HOLDER, HolderKind
from ewallet_core.operations.ownership import record_change
from ewallet_core.operations.requests import NewItem, RenameItem


def _new(holder_kind: HolderKind) -> Instruction:
    @instruction(*holder_kind.forms("new"), answers=holder_kind.answers)
    def new_holder(request: NewItem, context: AccountContext) -> Answer:
        """Create another wallet or clock, with its sheets; the active one stays active."""
        held_id = holder_kind.open(context, request.reference)
        held = holder_kind.as_owner.rows.require(context.transaction, id=held_id)
        holder_kind.owned_item(held).change_owner(context)
        record_change(context, holder_kind.as_owner.word, held_id, "made")
        return holder_kind.answer_now(context, held)

    return new_holder


def _view(holder_kind: HolderKind) -> Instruction:
    @instruction(*holder_kind.forms("view"), answers=holder_kind.answers)
    def view_holder(_request: NoArguments, context: AccountContext) -> Answer:
        """View the active wallet or clock: its balance and what belongs to it."""
        return holder_kind.answer(context, holder_kind.as_owner.active(context))

    return view_holder


@instruction(
    {"action": "view", "view": "credit", "credit": "ewallets"}, answers={"ewallets": list[EwalletData]}
)
def list_wallets(_request: NoArguments, context: AccountContext) -> Answer:
    """List all of the account's wallets, oldest first."""
    held = WALLET_HOLDER.all_of(context, context.account.id)
    return {"ewallets": [WALLET_HOLDER.data(context, wallet) for wallet in held]}


class ListClocks(Request, frozen=True):
    """The wallet whose clocks to list, by default the active one."""

    ewallet_id: fields.EwalletId | None = None


@instruction({"action": "view", "view": "credit", "credit": "clocks"}, answers={"clocks": list[ClockData]})
def list_clocks(request: ListClocks, context: AccountContext) -> Answer:
    """List all clocks of a wallet, oldest first."""
    wallet = context.wallet
    if request.ewallet_id is not None:
        wallet = WALLET_HOLDER.own(context, request.ewallet_id, "ewallet_id")
    return {
        "clocks": [CLOCK_HOLDER.data(context, clock) for clock in CLOCK_HOLDER.all_of(context, wallet.id)]
    }


def _switch(holder_kind: HolderKind) -> Instruction:
    @instruction(*holder_kind.forms("switch"), request=holder_kind.request(), answers=holder_kind.answers)
    def switch_holder(request: Request, context: AccountContext) -> Answer:
        """Make another wallet or clock the active one; timers go on unchanged."""
        chosen = holder_kind.named(context, request)
        holder_kind.owned_item(chosen).make_active(context)
        return holder_kind.answer_now(context, chosen)

    return switch_holder


def _rename(holder_kind: HolderKind) -> Instruction:
    @instruction(
        *holder_kind.forms("edit"), request=holder_kind.request(RenameItem), answers=holder_kind.answers
    )
    def rename_holder(request: Any, context: AccountContext) -> Answer:
        """Rename a wallet or clock."""
        held = holder_kind.named(context, request)
        if request.reference != held.reference:
            renamed = {"reference": request.reference, "written_at": context.now}
            holder_kind.as_owner.rows.change(context.transaction, held.id, **renamed)
            holder_kind.owned_item(held).change_owner(context)
            record_change(context, holder_kind.as_owner.word, held.id, "renamed")
        return holder_kind.answer_now(context, held)

    return rename_holder


def _unlink(holder_kind: HolderKind) -> Instruction:
    @instruction(*holder_kind.forms("unlink"), request=holder_kind.request(), answers=holder_kind.id_answers)
    def unlink_holder(request: Request, context: AccountContext) -> Answer:
        """Remove a wallet or clock that is not active and is empty, with its sheets."""
        held = holder_kind.named(context, request)
        owned_item = holder_kind.owned_item(held)
        owned_item.require_removable(context, holder_kind.all_of(context, owned_item.owner_id))
        holder_kind.unlink(context, held, holder_kind.id_name)
        owned_item.change_owner(context)
        record_change(context, holder_kind.as_owner.word, held.id, "unlinked")
        return holder_kind.id_answer(held)

    return unlink_holder


HOLDERS = tuple(
    verb(holder_kind)
    for holder_kind in (WALLET_HOLDER, CLOCK_HOLDER)
    for verb in (_new, _view, _switch, _rename, _unlink)
)
