"""Creating an account, a wallet, a clock or a sheet with all that belongs to it."""

from __future__ import annotations

from ewallet_core.ledger.journal import Unit
from ewallet_core.ledger.timer import State
from ewallet_core.operations.ownership import Owner
from ewallet_core.operations.sheet_kinds import CLOCK, EWALLET, USER, SheetKind, kinds_of
from ewallet_core.storage.accounts import AccountStatus, accounts
from ewallet_core.storage.journal import open_balance
from ewallet_core.storage.payees import email_columns, name_columns, note_looks, take_email
from ewallet_core.storage.sheets import sheets
from ewallet_core.storage.transaction import Transaction
from ewallet_core.storage.wallets import clocks, wallets
from ewallet_core.types import SYSTEM_CORE_EMAIL, SYSTEM_CORE_ID

SYSTEM_CORE_NAME = "System core"


def create_system_core(transaction: Transaction, now: int) -> None:
    """Create the issuer's account if there is none; without a password, no one can log in to it."""
    if accounts.find(transaction, id=SYSTEM_CORE_ID) is None:
        open_account(
            transaction, now, SYSTEM_CORE_NAME, SYSTEM_CORE_EMAIL, role="issuer", account_id=SYSTEM_CORE_ID
        )


def open_account(  # noqa: PLR0913 - an account has this many parts
    transaction: Transaction,
    now: int,
    name: str,
    email: str,
    *,
    password_hash: str | None = None,
    phone: str = "",
    alias: str = "",
    role: str = "user",
    account_id: int | None = None,
) -> int:
    """Create an account with a wallet, a clock, a sheet of each kind and a contact list; returns its id.

    It gets the next id, unless it is given one.
    """
    chosen = {} if account_id is None else {"id": account_id}
    account_id = accounts.insert(
        transaction,
        **chosen,
        **name_columns(name),
        **email_columns(email),
        phone=phone,
        alias=alias,
        password_hash=password_hash,
        role=role,
        state=AccountStatus.ACTIVE,
        created_at=now,
        written_at=now,
    )
    note_looks(transaction, account_id, name, email)
    take_email(transaction, account_id, email, now)
    accounts.change(
        transaction,
        account_id,
        ewallet_id=open_wallet(transaction, now, account_id, issues=role == "issuer"),
        **_open_sheets(transaction, now, account_id, USER, account_id),
    )
    return account_id


def open_wallet(
    transaction: Transaction, now: int, account_id: int, reference: str | None = None, *, issues: bool = False
) -> int:
    """Create a wallet of 0 credits with a clock and its sheets; returns its id.

    Without a reference it is numbered by how many there ever were, so that no number is used twice.
    """
    wallet_id = wallets.insert(
        transaction,
        account_id=account_id,
        balance_id=open_balance(transaction, account_id, Unit.CREDIT, issues=issues),
        reference=reference or f"Wallet {wallets.count_ever(transaction, account_id=account_id) + 1}",
        created_at=now,
        written_at=now,
    )
    wallets.change(
        transaction,
        wallet_id,
        clock_id=open_clock(transaction, now, account_id, wallet_id, issues=issues),
        **_open_sheets(transaction, now, account_id, EWALLET, wallet_id),
    )
    return wallet_id


def open_clock(
    transaction: Transaction,
    now: int,
    account_id: int,
    wallet_id: int,
    reference: str | None = None,
    *,
    issues: bool = False,
) -> int:
    """Create a clock of 0 minutes with its sheets; returns its id."""
    clock_id = clocks.insert(
        transaction,
        account_id=account_id,
        ewallet_id=wallet_id,
        balance_id=open_balance(transaction, account_id, Unit.MILLISECOND, issues=issues),
        reference=reference or f"Clock {clocks.count_ever(transaction, ewallet_id=wallet_id) + 1}",
        timer_state=State.INACTIVE,
        created_at=now,
        written_at=now,
    )
    clocks.change(transaction, clock_id, **_open_sheets(transaction, now, account_id, CLOCK, clock_id))
    return clock_id


def open_sheet(
    transaction: Transaction,
    now: int,
    account_id: int,
    kind: SheetKind,
    owner_id: int,
    reference: str | None = None,
) -> int:
    before = sheets.count_ever(transaction, owner_id=owner_id, kind=kind.name)
    numbered = f"{kind.title.capitalize()} {before + 1}"
    return sheets.insert(
        transaction,
        account_id=account_id,
        kind=kind.name,
        owner_id=owner_id,
        reference=reference or numbered,
        created_at=now,
        written_at=now,
    )


def _open_sheets(
    transaction: Transaction, now: int, account_id: int, owner: Owner, owner_id: int
) -> dict[str, int]:
    """Create a sheet of each kind for the owner; returns the ids by the owner's columns for active sheets."""
    return {
        kind.active_column: open_sheet(transaction, now, account_id, kind, owner_id)
        for kind in kinds_of(owner)
    }
