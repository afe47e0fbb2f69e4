"""Cleanup: when the next item expires, and the erasure of an account.

Erasing an account removes all personal data; the journal, balances and costs stay."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

import msgspec
import sqlalchemy as sa

from ewallet_core.storage import schema
from ewallet_core.storage.accounts import Account, AccountStatus, accounts
from ewallet_core.storage.dialects import position_in
from ewallet_core.storage.payees import ERASED_PAYEE, give_free_emails, leave_looks, reserve_email
from ewallet_core.storage.rows import RowId
from ewallet_core.storage.sessions import seen_requests
from ewallet_core.storage.sheets import PARTY_END
from ewallet_core.storage.transaction import Transaction

_session, _worker = schema.sessions.c, schema.workers.c


def _earliest(column: sa.ColumnElement[int], *conditions: sa.ColumnElement[bool]) -> sa.Select[Any]:
    """When the next item expires; it is read from the end of an index."""
    return sa.select(sa.func.min(column)).where(*conditions)


SESSION_ENDS = _earliest(_session.expires_at)
SESSION_TOKEN_ENDS = _earliest(_session.expires_at, _session.token_hash.is_not(None))
CLIENT_ID_ENDS = _earliest(schema.client_ids.c.expires_at)
ACCOUNT_IS_ERASED = _earliest(schema.accounts.c.to_unlink_at)
EMAIL_IS_FREE = _earliest(schema.reserved_emails.c.reserved_until)
TIMER_RUNS_OUT = _earliest(schema.clocks.c.runs_out_at)
VACANT_WORKER_SINCE = _earliest(_worker.created_at, ~sa.exists().where(_session.worker_id == _worker.id))


def find_earliest(
    transaction: Transaction, statements: Iterable[sa.Select[Any]], **values: int
) -> int | None:
    """The earliest instant that these statements find, in milliseconds UTC."""
    found = [transaction.number(statement, **values) for statement in statements]
    # SQLite keeps a text in a column of numbers, if something else has written it.
    return min((msgspec.convert(at, int) for at in found if at is not None), default=None)


# These rows hold only what the account did, and from which address.
_DELETED = tuple(
    table.delete().where(table.c.account_id == sa.bindparam("account_id"))
    for table in (
        schema.contact_records,
        schema.session_accounts,
        schema.login_records,
        schema.login_origins,
        schema.events,
        schema.refused_requests,
    )
)
_WORDS = ("reference", "notes", "private_notes", "tags", "search_key")
_RECORDS = (schema.transfer_records, schema.invoice_records, schema.conversion_records, schema.time_records)
_LOGGED_OUT = (
    schema.sessions.update()
    .where(schema.sessions.c.account_id == sa.bindparam("account_id"))
    .values(account_id=sa.null())
)
_SHEET_OWNERS = sa.union_all(
    *(
        sa.select(owner.c.id).where(owner.c.account_id == sa.bindparam("account_id"))
        for owner in (schema.ewallets, schema.clocks)
    ),
    sa.select(schema.accounts.c.id).where(schema.accounts.c.id == sa.bindparam("account_id")),
)


def _of_account(table: sa.Table) -> sa.ColumnElement[bool]:
    is_own: sa.ColumnElement[bool] = table.c.account_id == sa.bindparam("account_id")
    # Sheets have an index on the owner, not on the account.
    return is_own & table.c.owner_id.in_(_SHEET_OWNERS) if table is schema.sheets else is_own


def _blank(table: sa.Table, *columns: str) -> sa.Update:
    return (
        table.update()
        .where(_of_account(table))
        .values(dict.fromkeys(columns, "") | {"written_at": sa.bindparam("now")})
    )


def _unlink(table: sa.Table) -> sa.Update:
    return _blank(table, "reference").values(
        unlinked_at=sa.func.coalesce(table.c.unlinked_at, sa.bindparam("now"))
    )


def _blanked_records() -> Iterator[sa.Update]:
    """Empty the account's records, and the notes in the issuer's copies of them."""
    for table in _RECORDS:
        yield _blank(table, *(name for name in _WORDS if name in table.c))
        if "notes" in table.c:
            own = table.alias("own")
            own_entries = sa.select(own.c.entry_id).where(own.c.account_id == sa.bindparam("account_id"))
            yield (
                table.update()
                .where(table.c.entry_id.in_(own_entries), table.c.account_id == sa.bindparam("issuer_id"))
                .values(notes="", search_key="", written_at=sa.bindparam("now"))
            )


_FORGOTTEN_PAYEE = (
    schema.contact_records.update()
    .where(schema.contact_records.c.payee_account_id == sa.bindparam("account_id"))
    .values(payee_account_id=ERASED_PAYEE, written_at=sa.bindparam("now"))
)


def _nameless_invoices() -> Iterator[sa.Update]:
    """Remove the party's name and email from both sides' invoices, and from the other side's search text."""
    invoice = schema.invoice_records
    own = invoice.alias("own")
    own_entries = sa.select(own.c.entry_id).where(own.c.account_id == sa.bindparam("account_id"))
    is_seller = invoice.c.seller_account_id == sa.bindparam("account_id")
    keeps_names = invoice.c.entry_id.in_(own_entries) & invoice.c.seller_name.is_not(None)
    after_party = position_in(invoice.c.search_key, PARTY_END) + 1
    without_party = sa.case(
        (invoice.c.account_id == sa.bindparam("account_id"), invoice.c.search_key),
        else_=sa.func.substr(invoice.c.search_key, after_party),
    )
    for party, condition in (("seller", is_seller), ("buyer", ~is_seller)):
        yield (
            invoice.update()
            .where(keeps_names, condition)
            .values(
                {
                    f"{party}_name": "",
                    f"{party}_email": "",
                    "search_key": without_party,
                    "written_at": sa.bindparam("now"),
                }
            )
        )


_NO_CONTACTS = (
    schema.sheets.update()
    .where(_of_account(schema.sheets), schema.sheets.c.kind == "contact")
    .values(record_count=0)
)
_ANONYMOUS_REPORTS = (
    schema.issue_reports.update()
    .where(schema.issue_reports.c.account_id == sa.bindparam("account_id"))
    .values(account_id=sa.null(), name="", details="", log="", email="", address="")
)
ERASING = (
    *_DELETED,
    _LOGGED_OUT,
    _ANONYMOUS_REPORTS,
    _FORGOTTEN_PAYEE,
    *_nameless_invoices(),
    *_blanked_records(),
    _NO_CONTACTS,
    _unlink(schema.sheets),
    _unlink(schema.clocks),
    _unlink(schema.ewallets),
)
"""What is done to rows other than the account's own, in this order."""

_account = schema.accounts.c
_DUE = (
    sa.select(_account.id)
    .where(_account.to_unlink_at <= sa.bindparam("now"))
    .order_by(_account.to_unlink_at, _account.id)
)


def find_accounts_to_erase(transaction: Transaction, now: int) -> list[int]:
    return [due.id for due in transaction.all(_DUE, RowId, now=now)]


def erase_personal_data(transaction: Transaction, account: Account, issuer_id: int, now: int) -> None:
    """Remove everything that identifies the account's owner; only the id is left."""
    reserve_email(transaction, account, now)
    leave_looks(transaction, account)
    for statement in ERASING:
        transaction.run(statement, account_id=account.id, issuer_id=issuer_id, now=now)
    seen_requests.delete(transaction, scope=f"account {account.id}")
    accounts.change(
        transaction,
        account.id,
        **dict.fromkeys(("name", "email", "phone", "alias"), ""),
        **dict.fromkeys(("name_key", "email_key", "password_hash", "one_time_until"), None),
        **dict.fromkeys(("name_skeleton", "email_skeleton"), None),
        **dict.fromkeys(("name_looks_like_id", "email_looks_like_id"), None),
        **dict.fromkeys(("daily_limit", "to_unlink_at"), None),
        state=AccountStatus.ERASED,
        written_at=now,
    )
    give_free_emails(transaction, now)
