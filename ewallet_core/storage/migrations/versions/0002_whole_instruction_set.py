"""The whole instruction set: dated postings, costs, searchable records, permissions, refusals, issue reports."""

import unicodedata
from decimal import Decimal

import sqlalchemy as sa
from alembic import op

from ewallet_core.storage.migrations.append_only import drop_append_only, make_append_only

revision = "0002"
down_revision = "0001"

_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
_RECORDS_OF_ENTRIES = ("transfer", "invoice", "conversion", "time")
_SHOWN_IN_SEARCH = {
    "transfer": ("reference", "notes"),
    "invoice": ("reference", "notes", "currency"),
    "conversion": ("reference", "notes"),
    "time": ("reference",),
    "contact": ("reference", "name", "email", "phone", "notes"),
}


def upgrade() -> None:
    _date_balances_and_postings()
    _make_records_searchable()
    op.add_column("accounts", sa.Column("one_time_until", sa.BigInteger(), nullable=True))
    op.create_index(op.f("ix_accounts_to_unlink_at"), "accounts", ["to_unlink_at"])
    op.create_index(op.f("ix_entries_reverses_id"), "entries", ["reverses_id"])
    op.add_column(
        "login_records",
        sa.Column("is_new_address", sa.BigInteger(), server_default=sa.text("0"), nullable=False),
    )
    op.drop_index(op.f("ix_login_records_account_id_id"), "login_records")
    op.create_index(
        op.f("ix_login_records_account_id_kind_id"), "login_records", ["account_id", "kind", "id"]
    )
    op.create_index(op.f("ix_login_records_account_id_address"), "login_records", ["account_id", "address"])
    op.create_index(op.f("ix_events_at"), "events", ["at"])
    op.create_index(op.f("ix_login_throttles_last_failed_at"), "login_throttles", ["last_failed_at"])
    _make_costs()
    _make_permissions()
    _make_refused_requests()
    _make_issue_reports()


def _date_balances_and_postings() -> None:
    for table, column in (("balances", "moved_at"), ("postings", "at")):
        op.add_column(table, sa.Column(column, sa.BigInteger(), server_default=sa.text("0"), nullable=False))
    drop_append_only("postings")
    # A posting takes its entry's instant, or that of an earlier posting of its balance where that is later.
    op.execute(
        "WITH dated AS (SELECT postings.id AS posting_id,"
        " max(entries.at) OVER (PARTITION BY postings.balance_id ORDER BY postings.id) AS at"
        " FROM postings JOIN entries ON entries.id = postings.entry_id"
        " JOIN balances ON balances.id = postings.balance_id WHERE balances.issues = 0)"
        " UPDATE postings SET at = dated.at FROM dated WHERE dated.posting_id = postings.id"
    )
    op.execute(
        "UPDATE postings SET at = (SELECT entries.at FROM entries WHERE entries.id = postings.entry_id)"
        " WHERE balance_id IN (SELECT id FROM balances WHERE issues = 1)"
    )
    make_append_only("postings", "id")
    op.execute(
        "UPDATE balances SET moved_at = coalesce("
        "(SELECT max(postings.at) FROM postings WHERE postings.balance_id = balances.id), 0) WHERE issues = 0"
    )
    op.create_index(op.f("ix_postings_balance_id_at_id"), "postings", ["balance_id", "at", "id"])


def _make_records_searchable() -> None:
    for kind, shown in _SHOWN_IN_SEARCH.items():
        table = f"{kind}_records"
        op.add_column(
            table, sa.Column("account_id", sa.BigInteger(), server_default=sa.text("0"), nullable=False)
        )
        op.add_column(table, sa.Column("search_key", sa.Text(), server_default=sa.text("''"), nullable=False))
        op.execute(
            f"UPDATE {table} SET account_id ="
            f" (SELECT sheets.account_id FROM sheets WHERE sheets.id = {table}.sheet_id)"
        )
        _fold_words(table, shown)
        op.create_index(
            op.f(f"ix_{table}_account_id_created_at_id"), table, ["account_id", "created_at", "id"]
        )
        op.create_index(op.f(f"ix_{table}_sheet_id_created_at_id"), table, ["sheet_id", "created_at", "id"])
    for kind in _RECORDS_OF_ENTRIES:
        op.create_index(op.f(f"ix_{kind}_records_entry_id"), f"{kind}_records", ["entry_id"])


def _fold_words(table: str, shown: tuple[str, ...]) -> None:
    """Fold case as Python does; no database folds every alphabet alike."""
    connection = op.get_bind()
    found = connection.execute(sa.text(f"SELECT id, {', '.join(shown)} FROM {table}")).all()
    folded = [{"row": row[0], "key": _key_of(" ".join(row[1:]))} for row in found]
    if folded:
        connection.execute(sa.text(f"UPDATE {table} SET search_key = :key WHERE id = :row"), folded)


def _key_of(words: str) -> str:
    return unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", words).casefold())


def _make_costs() -> None:
    op.create_table(
        "costs",
        sa.Column("balance_id", _ID, nullable=False),
        sa.Column("currency", sa.Text(), nullable=False),
        sa.Column("entry_id", _ID, nullable=False),
        sa.Column("cost", sa.Text(), nullable=False),
        sa.Column("total", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["balance_id"], ["balances.id"], name=op.f("fk_costs_balance_id")),
        sa.ForeignKeyConstraint(["entry_id"], ["entries.id"], name=op.f("fk_costs_entry_id")),
        sa.PrimaryKeyConstraint("balance_id", "currency", "entry_id", name=op.f("pk_costs")),
        sa.UniqueConstraint("balance_id", "entry_id", name=op.f("uq_costs_balance_id_entry_id")),
    )
    _total_up_earlier_costs()


def _total_up_earlier_costs() -> None:
    connection = op.get_bind()
    supplied = connection.execute(
        sa.text(
            "SELECT ewallets.balance_id, invoice_records.currency, invoice_records.entry_id,"
            " invoice_records.cost FROM invoice_records"
            " JOIN sheets ON sheets.id = invoice_records.sheet_id"
            " JOIN ewallets ON ewallets.id = sheets.owner_id"
            " JOIN balances ON balances.id = ewallets.balance_id"
            " JOIN entries ON entries.id = invoice_records.entry_id"
            " WHERE entries.kind = 'supply' AND balances.issues = 0 ORDER BY invoice_records.entry_id"
        )
    ).all()
    totals: dict[tuple[int, str], Decimal] = {}
    for balance_id, currency, entry_id, cost in supplied:
        total = totals[balance_id, currency] = totals.get((balance_id, currency), Decimal(0)) + Decimal(cost)
        connection.execute(
            sa.text("INSERT INTO costs VALUES (:balance_id, :currency, :entry_id, :cost, :total)"),
            {
                "balance_id": balance_id,
                "currency": currency,
                "entry_id": entry_id,
                "cost": cost,
                "total": f"{total:f}",
            },
        )


def _make_permissions() -> None:
    op.create_table(
        "permissions",
        sa.Column("role", sa.Text(), nullable=False),
        sa.Column("instruction", sa.Text(), nullable=False),
        sa.Column("allowed", sa.BigInteger(), nullable=False),
        sa.Column("written_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("role", "instruction", name=op.f("pk_permissions")),
    )


def _make_refused_requests() -> None:
    op.create_table(
        "refused_requests",
        sa.Column("id", _ID, nullable=False),
        sa.Column("account_id", _ID, nullable=True),
        sa.Column("role", sa.Text(), nullable=False),
        sa.Column("instruction", sa.Text(), nullable=False),
        sa.Column("address", sa.Text(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["account_id"], ["accounts.id"], name=op.f("fk_refused_requests_account_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_refused_requests")),
        sqlite_autoincrement=True,
    )
    op.create_index(op.f("ix_refused_requests_at"), "refused_requests", ["at"])


def _make_issue_reports() -> None:
    op.create_table(
        "issue_reports",
        sa.Column("id", _ID, nullable=False),
        sa.Column("account_id", _ID, nullable=True),
        sa.Column("reference", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("details", sa.Text(), nullable=False),
        sa.Column("log", sa.Text(), nullable=False),
        sa.Column("email", sa.Text(), nullable=False),
        sa.Column("address", sa.Text(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["account_id"], ["accounts.id"], name=op.f("fk_issue_reports_account_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_issue_reports")),
        sqlite_autoincrement=True,
    )
    op.create_index(op.f("ix_issue_reports_account_id"), "issue_reports", ["account_id"])
    op.create_index(op.f("ix_issue_reports_address_at"), "issue_reports", ["address", "at"])
