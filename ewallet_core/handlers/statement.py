"""A wallet's statement from the journal: its balance before and after a period, and every movement in it."""

from __future__ import annotations

from typing import TypedDict

from ewallet_core.instructions import fields
from ewallet_core.instructions.envelope import timestamp
from ewallet_core.instructions.registry import instruction
from ewallet_core.instructions.timestamps import END_OF_TIME
from ewallet_core.ledger.journal import EntryKind
from ewallet_core.operations.answer_data import Timestamp
from ewallet_core.operations.context import AccountContext
from ewallet_core.operations.holder_kinds import WALLET_HOLDER
from ewallet_core.operations.requests import PeriodRequest
from ewallet_core.operations.sheet_kinds import email_of
from ewallet_core.storage.journal import PostingRow, find_cost, read_costs_up_to
from ewallet_core.storage.statements import StatementRow, find_last_before, read_statement
from ewallet_core.storage.wallets import Wallet

_OWN_CONVERSIONS = (EntryKind.CREDITS_TO_CLOCK, EntryKind.CLOCK_TO_CREDITS)


class ViewStatement(PeriodRequest, frozen=True):
    """The wallet (by default the active one), the period, and the page of rows."""

    ewallet_id: fields.EwalletId | None = None
    limit: fields.PageLength = fields.USUAL_PAGE
    before: fields.Cursor | None = None


class _OwnWallets(TypedDict):
    """Both wallets of an own transfer with their names; of any other movement, None."""

    from_ewallet: int | None
    to_ewallet: int | None
    from_reference: str | None
    to_reference: str | None


class StatementLine(_OwnWallets):
    """Credits that came (above 0) or went, the balance after that, and the cost of the credits so far.

    Between own wallets there is no partner, but both wallets with their names.
    """

    entry: int
    time: Timestamp
    kind: str
    partner: str | None
    credits: int
    balance: int
    currency: str | None
    cost: str | None
    cost_total: str | None
    transfer_record: int | None
    conversion_record: int | None
    notes: str | None


class _ViewStatementAnswer(TypedDict):
    credit_ewallet: int
    since: Timestamp | None
    until: Timestamp | None
    opening: int
    closing: int
    opening_costs: dict[str, str]
    closing_costs: dict[str, str]
    rows: list[StatementLine]
    next: int | None


@instruction({"action": "view", "view": "statement"})
def view_statement(request: ViewStatement, context: AccountContext) -> _ViewStatementAnswer:
    """View a wallet's balance before and after a period, and a page of its movements, newest first."""
    wallet = context.wallet if request.ewallet_id is None else WALLET_HOLDER.named(context, request)
    since = request.starts_at or 0
    until = END_OF_TIME if request.ends_at is None else request.ends_at
    before_it = find_last_before(context.transaction, wallet.balance_id, since)
    last = find_last_before(context.transaction, wallet.balance_id, until)
    page, following = read_statement(context.transaction, wallet, since, until, request.before, request.limit)
    partners = {row.partner_id for row in page if _is_with_partner(row)}
    emails = {partner: email_of(context, partner) for partner in partners}
    return _ViewStatementAnswer(
        credit_ewallet=wallet.id,
        since=timestamp(request.starts_at),
        until=timestamp(request.ends_at),
        opening=_balance_after(before_it),
        closing=_balance_after(last),
        opening_costs=_costs_after(context, wallet, before_it),
        closing_costs=_costs_after(context, wallet, last),
        rows=[_line(context, wallet, row, emails) for row in page],
        next=following,
    )


def _is_with_partner(row: StatementRow) -> bool:
    return row.kind not in _OWN_CONVERSIONS and row.other_ewallet_id is None


def _balance_after(posting: PostingRow | None) -> int:
    return posting.balance_after or 0 if posting else 0


def _costs_after(context: AccountContext, wallet: Wallet, posting: PostingRow | None) -> dict[str, str]:
    if posting is None:
        return {}
    return read_costs_up_to(context.transaction, wallet.balance_id, posting.entry_id)


def _line(
    context: AccountContext, wallet: Wallet, row: StatementRow, emails: dict[int, str]
) -> StatementLine:
    cost_found = find_cost(context.transaction, wallet.balance_id, row.id)
    currency, cost, total = cost_found or (None, None, None)
    return {
        "entry": row.id,
        "time": timestamp(row.at),
        "kind": row.kind,
        "partner": emails[row.partner_id] if _is_with_partner(row) else None,
        **_own_wallets(wallet, row),
        "credits": row.amount,
        "balance": row.balance_after,
        "currency": currency,
        "cost": cost,
        "cost_total": total,
        "transfer_record": row.transfer_record_id,
        "conversion_record": row.conversion_record_id,
        "notes": row.notes,
    }


def _own_wallets(wallet: Wallet, row: StatementRow) -> _OwnWallets:
    is_own = row.other_ewallet_id is not None
    here = (wallet.id, wallet.reference) if is_own else (None, None)
    there = row.other_ewallet_id, row.other_reference
    giving, receiving = (here, there) if row.amount < 0 else (there, here)
    return {
        "from_ewallet": giving[0],
        "to_ewallet": receiving[0],
        "from_reference": giving[1],
        "to_reference": receiving[1],
    }
