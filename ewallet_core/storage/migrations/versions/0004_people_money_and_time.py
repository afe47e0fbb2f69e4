"""Own transfers, segments, notes and tags of runs, parties of invoices, payees of contacts,
given-up emails, and emails in one spelling."""

from typing import Any

import sqlalchemy as sa
from alembic import op

from ewallet_core.lookalikes import skeleton
from ewallet_core.spelling import email_key
from ewallet_core.types import user_key

revision = "0004"
down_revision = "0003"

_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
_TEXTS = {
    "clocks": ("timer_notes", "timer_tags"),
    "time_records": ("notes", "tags"),
    "transfer_records": ("private_notes",),
}
_OPTIONAL_TEXTS = {"invoice_records": ("seller_name", "seller_email", "buyer_name", "buyer_email")}
_OPTIONAL_IDS = {
    "transfer_records": ("from_ewallet_id", "to_ewallet_id"),
    "conversion_records": ("from_clock_id", "to_clock_id"),
    "contact_records": ("payee_account_id",),
}


def upgrade() -> None:
    for table, names in _TEXTS.items():
        for name in names:
            op.add_column(table, sa.Column(name, sa.Text(), server_default=sa.text("''"), nullable=False))
    for table, names in _OPTIONAL_TEXTS.items():
        for name in names:
            op.add_column(table, sa.Column(name, sa.Text(), nullable=True))
    for table, names in _OPTIONAL_IDS.items():
        for name in names:
            op.add_column(table, sa.Column(name, sa.BigInteger(), nullable=True))
    op.add_column(
        "accounts", sa.Column("email_since", sa.BigInteger(), server_default=sa.text("0"), nullable=False)
    )
    _make_time_segments()
    _make_reserved_emails()
    _add_names_by_their_looks()
    exact_owners = _owners_by_email()
    _compare_emails_in_one_spelling()
    _keep_payees_of_contacts(exact_owners)


def _make_time_segments() -> None:
    op.create_table(
        "time_segments",
        sa.Column("id", _ID, nullable=False),
        sa.Column("clock_id", _ID, nullable=False),
        sa.Column("time_record_id", _ID, nullable=True),
        sa.Column("started_at", sa.BigInteger(), nullable=False),
        sa.Column("stopped_at", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("stopped_at >= started_at", name=op.f("ck_time_segments_in_order")),
        sa.ForeignKeyConstraint(["clock_id"], ["clocks.id"], name=op.f("fk_time_segments_clock_id")),
        sa.ForeignKeyConstraint(
            ["time_record_id"], ["time_records.id"], name=op.f("fk_time_segments_time_record_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_time_segments")),
        sqlite_autoincrement=True,
    )
    op.create_index(
        op.f("ix_time_segments_clock_id_time_record_id"), "time_segments", ["clock_id", "time_record_id"]
    )
    op.create_index(op.f("ix_time_segments_clock_id_stopped_at"), "time_segments", ["clock_id", "stopped_at"])
    op.create_index(op.f("ix_time_segments_time_record_id"), "time_segments", ["time_record_id"])
    _count_time_without_segments()


def _count_time_without_segments() -> None:
    for table, column in (("clocks", "timer_unsegmented"), ("time_records", "time_unsegmented")):
        op.add_column(table, sa.Column(column, sa.BigInteger(), server_default=sa.text("0"), nullable=False))
    op.execute("UPDATE time_records SET time_unsegmented = time_spent")
    op.execute("UPDATE clocks SET timer_unsegmented = timer_spent")
    # An empty segment keeps when the pause began: the time of this run was spent before that.
    op.execute(
        "INSERT INTO time_segments (clock_id, started_at, stopped_at)"
        " SELECT id, timer_since, timer_since FROM clocks WHERE timer_state = 'paused' AND timer_spent > 0"
    )


def _make_reserved_emails() -> None:
    op.create_table(
        "reserved_emails",
        sa.Column("email_hash", sa.LargeBinary(), nullable=False),
        sa.Column("account_id", _ID, nullable=False),
        sa.Column("reserved_until", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["account_id"], ["accounts.id"], name=op.f("fk_reserved_emails_account_id")),
        sa.PrimaryKeyConstraint("email_hash", name=op.f("pk_reserved_emails")),
    )
    op.create_index(op.f("ix_reserved_emails_reserved_until"), "reserved_emails", ["reserved_until"])


def _add_names_by_their_looks() -> None:
    """Keep the skeletons of names and emails, and the account before with the same one of each."""
    for of in ("name", "email"):
        op.add_column("accounts", sa.Column(f"{of}_skeleton", sa.Text(), nullable=True))
        op.add_column("accounts", sa.Column(f"{of}_looks_like_id", sa.BigInteger(), nullable=True))
        op.create_index(op.f(f"ix_accounts_{of}_skeleton"), "accounts", [f"{of}_skeleton"])
        last: dict[str, int] = {}
        changes = []
        for account in _accounts():
            look = skeleton(account[of])
            changes.append({"row": account["id"], "look": look, "other": last.get(look)})
            last[look] = account["id"]
        _change(
            f"UPDATE accounts SET {of}_skeleton = :look, {of}_looks_like_id = :other WHERE id = :row", changes
        )


def _compare_emails_in_one_spelling() -> None:
    """Where two accounts turn out to have one email, the older keeps it and the newer has no key."""
    owners: dict[str, int] = {}
    changes = []
    for account in _accounts():
        key = email_key(account["email"])
        own = key if owners.setdefault(key, account["id"]) == account["id"] else None
        if own != account["email_key"]:
            changes.append({"row": account["id"], "key": own})
    # First all without, because a key may be another account's until now.
    _change("UPDATE accounts SET email_key = NULL WHERE id = :row", changes)
    _change("UPDATE accounts SET email_key = :key WHERE id = :row", changes)


def _keep_payees_of_contacts(exact_owners: dict[str, int]) -> None:
    """From now on a contact is of the account that has its email; first of all in the same spelling."""
    op.add_column(
        "contact_records", sa.Column("email_key", sa.Text(), server_default=sa.text("''"), nullable=False)
    )
    for others in (["payee_account_id"], ["account_id", "payee_account_id"], ["account_id", "email_key"]):
        op.create_index(op.f(f"ix_contact_records_{'_'.join(others)}"), "contact_records", others)
    owners = _owners_by_email()
    contacts = op.get_bind().execute(sa.text("SELECT id, email FROM contact_records")).all()
    changes = []
    for id, email in contacts:
        key = email_key(email)
        payee = exact_owners.get(user_key(email), owners.get(key))
        changes.append({"row": id, "key": key, "payee": payee})
    _change("UPDATE contact_records SET email_key = :key, payee_account_id = :payee WHERE id = :row", changes)


def _owners_by_email() -> dict[str, int]:
    """The accounts that can be paid, by the keys of their emails."""
    return {account["email_key"]: account["id"] for account in _accounts() if account["role"] != "issuer"}


def _accounts() -> list[dict[str, Any]]:
    """The accounts that are not erased, the oldest first."""
    query = "SELECT id, name, email, email_key, role FROM accounts WHERE state <> 'erased' ORDER BY id"
    return [dict(row) for row in op.get_bind().execute(sa.text(query)).mappings()]


def _change(statement: str, changes: list[dict[str, Any]]) -> None:
    if changes:
        op.get_bind().execute(sa.text(statement), changes)
