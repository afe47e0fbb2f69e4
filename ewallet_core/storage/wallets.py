"""The tables of wallets and clocks; the amounts are in their balances."""

from __future__ import annotations

from typing import Any

from sqlalchemy import (
    ColumnElement,
    CompoundSelect,
    Select,
    Table,
    bindparam,
    case,
    select,
    union_all,
)

from ewallet_core.ledger.timer import State, Timer
from ewallet_core.storage import schema
from ewallet_core.storage.accounts import PartyAccount, party_accounts
from ewallet_core.storage.rows import JoinedRows, Row, Rows, constant
from ewallet_core.storage.transaction import Transaction
from ewallet_core.types import RecordType


class PartyWallet(Row, frozen=True):
    """What a movement of credits needs to know of a wallet on one of its sides.

    Its credits are as they were read, and its sheets are the active ones, on which the movement is recorded.
    """

    id: int
    balance_id: int
    transfer_sheet_id: int
    invoice_sheet_id: int
    credits: int


class Wallet(PartyWallet, frozen=True):
    """A credit wallet with its credits as they were read, and the ids of its active clock and sheets.

    Each change of its credits is a change of the wallet too.
    """

    account_id: int
    reference: str
    clock_id: int
    created_at: int
    written_at: int


class Clock(Row, frozen=True):
    """A credit clock with its balance as it was read, its timer, and the ids of its active sheets."""

    id: int
    account_id: int
    ewallet_id: int
    balance_id: int
    reference: str
    time_sheet_id: int
    conversion_sheet_id: int
    timer_state: str
    timer_started_at: int | None
    timer_since: int | None
    timer_spent: int
    timer_pending: int
    timer_pauses: int
    timer_notes: str
    timer_tags: str
    timer_unsegmented: int
    created_at: int
    written_at: int
    balance_ms: int

    @property
    def timer(self) -> Timer:
        return Timer(
            State(self.timer_state),
            started_at=self.timer_started_at,
            since=self.timer_since,
            spent=self.timer_spent,
            pending=self.timer_pending,
            pauses=self.timer_pauses,
        )


class OwnedName(Row, frozen=True):
    """The reference of a wallet, a clock or a sheet; `what` is that word, for a sheet its record type."""

    what: str
    id: int
    reference: str


def _amount_of(holder: Table) -> ColumnElement[int]:
    """The stored amount of a wallet or clock; the issuer's is 0, because it is derived."""
    balance = schema.balances.c
    amount = select(balance.amount).where(balance.id == holder.c.balance_id)
    return amount.correlate(holder).scalar_subquery()


def _date_of_change(wallet: Table) -> ColumnElement[int]:
    """When the wallet or its credits were last changed."""
    balance, written_at = schema.balances.c, wallet.c.written_at
    last = select(case((balance.moved_at > written_at, balance.moved_at), else_=written_at))
    return last.where(balance.id == wallet.c.balance_id).correlate(wallet).scalar_subquery()


wallets = Rows(
    schema.ewallets,
    Wallet,
    credits=_amount_of(schema.ewallets),
    written_at=_date_of_change(schema.ewallets),
)
party_wallets = Rows(schema.ewallets, PartyWallet, credits=_amount_of(schema.ewallets))
clocks = Rows(schema.clocks, Clock, balance_ms=_amount_of(schema.clocks))

PARTY_AND_WALLET = JoinedRows(party_accounts, party_wallets)
_account, _wallet, _clock = schema.accounts.c, schema.ewallets.c, schema.clocks.c
SELECT_PARTY = (
    select(*PARTY_AND_WALLET.columns)
    .select_from(schema.accounts)
    .join(schema.ewallets, (_wallet.id == _account.ewallet_id) & _wallet.unlinked_at.is_(None))
)
"""Accounts with their active wallets, which all have that are not erased."""
_ONE_PARTY = SELECT_PARTY.where(_account.id == bindparam("account_id"))
_ALL_DUE = (
    select(*clocks.columns)
    .where(_clock.runs_out_at <= bindparam("now"))
    .order_by(_clock.runs_out_at, _clock.id)
)
_DUE = _ALL_DUE.where(_clock.account_id == bindparam("account_id"))


def read_party(transaction: Transaction, account_id: int) -> tuple[PartyAccount, PartyWallet]:
    """The account of that id, which is not erased, and its active wallet."""
    row = transaction.run(_ONE_PARTY, account_id=account_id).fetchone()
    account, wallet = PARTY_AND_WALLET.split(row)
    return account, wallet


def _named(what: str, items: Table, owner_column: str, *conditions: ColumnElement[bool]) -> Select[Any]:
    item = items.c
    return select(constant(what).label("what"), item.id, item.reference).where(
        item[owner_column] == bindparam("owner_id"), item.unlinked_at.is_(None), *conditions
    )


def _owned(*items: Select[Any], sheets: tuple[RecordType, ...]) -> CompoundSelect[Any]:
    sheet = schema.sheets
    of_kinds = (_named(kind, sheet, "owner_id", sheet.c.kind == constant(kind)) for kind in sheets)
    return union_all(*items, *of_kinds).order_by("id")


_OWNED_BY_ACCOUNT = _owned(_named("wallet", schema.ewallets, "account_id"), sheets=(RecordType.CONTACT,))
_OWNED_BY_WALLET = _owned(
    _named("clock", schema.clocks, "ewallet_id"), sheets=(RecordType.TRANSFER, RecordType.INVOICE)
)
_OWNED_BY_CLOCK = _owned(sheets=(RecordType.TIME, RecordType.CONVERSION))


def names_owned_by_account(transaction: Transaction, account_id: int) -> list[OwnedName]:
    """The account's wallets and contact lists, by id."""
    return transaction.all(_OWNED_BY_ACCOUNT, OwnedName, owner_id=account_id)


def names_owned_by_wallet(transaction: Transaction, wallet_id: int) -> list[OwnedName]:
    """The wallet's clocks and sheets, by id."""
    return transaction.all(_OWNED_BY_WALLET, OwnedName, owner_id=wallet_id)


def names_owned_by_clock(transaction: Transaction, clock_id: int) -> list[OwnedName]:
    """The clock's sheets, by id."""
    return transaction.all(_OWNED_BY_CLOCK, OwnedName, owner_id=clock_id)


def find_run_out_clocks(transaction: Transaction, account_id: int, now: int) -> list[Clock]:
    """The account's clocks whose timers should have stopped by `now`, the earliest first."""
    return transaction.all(_DUE, Clock, account_id=account_id, now=now)


def find_all_run_out_clocks(transaction: Transaction, now: int) -> list[Clock]:
    """As `find_run_out_clocks`, of all accounts."""
    return transaction.all(_ALL_DUE, Clock, now=now)


def store_timer(transaction: Transaction, clock: Clock, timer: Timer, balance: int, now: int) -> None:
    """Store the clock's timer as it is now; the clock's note and tags stay until the run ends."""
    end = timer.runs_out_at(balance)
    # An empty clock has run out by now, even if the wall clock was set back since the timer started.
    if end is not None and timer.left_at(now, balance) == 0:
        end = min(end, now)
    clocks.change(
        transaction,
        clock.id,
        timer_state=timer.state,
        timer_started_at=timer.started_at,
        timer_since=timer.since,
        timer_spent=timer.spent,
        timer_pending=timer.pending,
        timer_pauses=timer.pauses,
        timer_notes=clock.timer_notes if timer.has_started else "",
        timer_tags=clock.timer_tags if timer.has_started else "",
        timer_unsegmented=clock.timer_unsegmented if timer.has_started else 0,
        runs_out_at=end,
        written_at=now,
    )
