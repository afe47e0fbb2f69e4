"""The first release: accounts, wallets and clocks, the journal and its seals, sheets, sessions, events."""

import sqlalchemy as sa
from alembic import op

from ewallet_core.storage.migrations.append_only import make_append_only

revision = "0001"
down_revision = None

_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "accounts",
        sa.Column("id", _ID, nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("name_key", sa.Text(), nullable=True),
        sa.Column("email", sa.Text(), nullable=False),
        sa.Column("email_key", sa.Text(), nullable=True),
        sa.Column("phone", sa.Text(), nullable=False),
        sa.Column("alias", sa.Text(), nullable=False),
        sa.Column("password_hash", sa.Text(), nullable=True),
        sa.Column("role", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("ewallet_id", sa.BigInteger(), nullable=True),
        sa.Column("contact_list_id", sa.BigInteger(), nullable=True),
        sa.Column("daily_limit", sa.BigInteger(), nullable=True),
        sa.Column("to_unlink_at", sa.BigInteger(), nullable=True),
        sa.Column("event_sequence", sa.BigInteger(), server_default=sa.text("0"), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("written_at", sa.BigInteger(), nullable=False),
        sa.CheckConstraint(
            "role IN ('user', 'operator', 'auditor', 'issuer')", name=op.f("ck_accounts_role_known")
        ),
        sa.CheckConstraint(
            "state IN ('active', 'frozen', 'unlink_pending', 'erased')", name=op.f("ck_accounts_state_known")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_accounts")),
        sa.UniqueConstraint("email_key", name=op.f("uq_accounts_email_key")),
        sa.UniqueConstraint("name_key", name=op.f("uq_accounts_name_key")),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "client_ids",
        sa.Column("id", _ID, nullable=False),
        sa.Column("hash", sa.LargeBinary(), nullable=False),
        sa.Column("last_used_at", sa.BigInteger(), nullable=False),
        sa.Column("expires_at", sa.BigInteger(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("written_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_client_ids")),
        sa.UniqueConstraint("hash", name=op.f("uq_client_ids_hash")),
        sqlite_autoincrement=True,
    )
    op.create_index(op.f("ix_client_ids_expires_at"), "client_ids", ["expires_at"], unique=False)
    op.create_table(
        "entries",
        sa.Column("id", _ID, nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("reverses_id", _ID, nullable=True),
        sa.CheckConstraint(
            "kind IN ('supply', 'payment', 'transfer', 'credits2clock', 'clock2credits', 'time_spent', 'refund')",
            name=op.f("ck_entries_kind_known"),
        ),
        sa.ForeignKeyConstraint(["reverses_id"], ["entries.id"], name=op.f("fk_entries_reverses_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_entries")),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "login_throttles",
        sa.Column("name_hash", sa.LargeBinary(), nullable=False),
        sa.Column("address", sa.Text(), nullable=False),
        sa.Column("failures", sa.BigInteger(), nullable=False),
        sa.Column("last_failed_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("name_hash", "address", name=op.f("pk_login_throttles")),
        sqlite_autoincrement=False,
    )
    op.create_table(
        "seen_requests",
        sa.Column("scope", sa.Text(), nullable=False),
        sa.Column("request_id", sa.Text(), nullable=False),
        sa.Column("fingerprint", sa.LargeBinary(), nullable=False),
        sa.Column("answer", sa.Text(), nullable=False),
        sa.Column("seen_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("scope", "request_id", name=op.f("pk_seen_requests")),
        sqlite_autoincrement=False,
    )
    op.create_index(op.f("ix_seen_requests_seen_at"), "seen_requests", ["seen_at"], unique=False)
    op.create_table(
        "workers",
        sa.Column("id", _ID, nullable=False),
        sa.Column("session_limit", sa.BigInteger(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("written_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_workers")),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "balances",
        sa.Column("id", _ID, nullable=False),
        sa.Column("account_id", _ID, nullable=False),
        sa.Column("unit", sa.Text(), nullable=False),
        sa.Column("issues", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("amount", sa.BigInteger(), server_default=sa.text("0"), nullable=False),
        sa.CheckConstraint(
            "unit = 'credit' AND amount BETWEEN 0 AND 1000000000000 OR unit = 'millisecond' AND amount BETWEEN 0 AND 60000000000000000",
            name=op.f("ck_balances_within_limits"),
        ),
        sa.CheckConstraint("issues = 0 OR amount = 0", name=op.f("ck_balances_issuer_derived")),
        sa.ForeignKeyConstraint(["account_id"], ["accounts.id"], name=op.f("fk_balances_account_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_balances")),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "events",
        sa.Column("id", _ID, nullable=False),
        sa.Column("account_id", _ID, nullable=False),
        sa.Column("sequence", sa.BigInteger(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("data", sa.Text(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["account_id"], ["accounts.id"], name=op.f("fk_events_account_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_events")),
        sa.UniqueConstraint("account_id", "sequence", name=op.f("uq_events_account_id_sequence")),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "login_records",
        sa.Column("id", _ID, nullable=False),
        sa.Column("account_id", _ID, nullable=True),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("outcome", sa.Text(), nullable=False),
        sa.Column("address", sa.Text(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("kind IN ('login', 'logout')", name=op.f("ck_login_records_kind_known")),
        sa.ForeignKeyConstraint(["account_id"], ["accounts.id"], name=op.f("fk_login_records_account_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_login_records")),
        sqlite_autoincrement=True,
    )
    op.create_index(
        op.f("ix_login_records_account_id_id"), "login_records", ["account_id", "id"], unique=False
    )
    op.create_table(
        "seals",
        sa.Column("position", _ID, nullable=False, autoincrement=False),
        sa.Column("entry_id", _ID, nullable=False),
        sa.Column("hash", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(["entry_id"], ["entries.id"], name=op.f("fk_seals_entry_id")),
        sa.PrimaryKeyConstraint("position", name=op.f("pk_seals")),
        sa.UniqueConstraint("entry_id", name=op.f("uq_seals_entry_id")),
        sqlite_autoincrement=False,
    )
    op.create_table(
        "sessions",
        sa.Column("id", _ID, nullable=False),
        sa.Column("client_id", _ID, nullable=True),
        sa.Column("token_hash", sa.LargeBinary(), nullable=True),
        sa.Column("worker_id", _ID, nullable=False),
        sa.Column("account_id", _ID, nullable=True),
        sa.Column("address", sa.Text(), nullable=False),
        sa.Column("last_used_at", sa.BigInteger(), nullable=False),
        sa.Column("expires_at", sa.BigInteger(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("written_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["account_id"], ["accounts.id"], name=op.f("fk_sessions_account_id")),
        sa.ForeignKeyConstraint(["client_id"], ["client_ids.id"], name=op.f("fk_sessions_client_id")),
        sa.ForeignKeyConstraint(["worker_id"], ["workers.id"], name=op.f("fk_sessions_worker_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sessions")),
        sa.UniqueConstraint("client_id", name=op.f("uq_sessions_client_id")),
        sa.UniqueConstraint("token_hash", name=op.f("uq_sessions_token_hash")),
        sqlite_autoincrement=True,
    )
    op.create_index(op.f("ix_sessions_account_id"), "sessions", ["account_id"], unique=False)
    op.create_index(op.f("ix_sessions_expires_at"), "sessions", ["expires_at"], unique=False)
    op.create_index(op.f("ix_sessions_worker_id"), "sessions", ["worker_id"], unique=False)
    op.create_table(
        "sheets",
        sa.Column("id", _ID, nullable=False),
        sa.Column("account_id", _ID, nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("owner_id", sa.BigInteger(), nullable=False),
        sa.Column("reference", sa.Text(), nullable=False),
        sa.Column("last_position", sa.BigInteger(), server_default=sa.text("0"), nullable=False),
        sa.Column("record_count", sa.BigInteger(), server_default=sa.text("0"), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("written_at", sa.BigInteger(), nullable=False),
        sa.Column("unlinked_at", sa.BigInteger(), nullable=True),
        sa.CheckConstraint(
            "kind IN ('transfer', 'invoice', 'conversion', 'time', 'contact')",
            name=op.f("ck_sheets_kind_known"),
        ),
        sa.ForeignKeyConstraint(["account_id"], ["accounts.id"], name=op.f("fk_sheets_account_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sheets")),
        sqlite_autoincrement=True,
    )
    op.create_index(op.f("ix_sheets_owner_id_kind"), "sheets", ["owner_id", "kind"], unique=False)
    op.create_table(
        "contact_records",
        sa.Column("id", _ID, nullable=False),
        sa.Column("sheet_id", _ID, nullable=False),
        sa.Column("position", sa.BigInteger(), nullable=False),
        sa.Column("reference", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("email", sa.Text(), nullable=False),
        sa.Column("phone", sa.Text(), nullable=False),
        sa.Column("notes", sa.Text(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("written_at", sa.BigInteger(), nullable=False),
        sa.Column("unlinked_at", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(["sheet_id"], ["sheets.id"], name=op.f("fk_contact_records_sheet_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_contact_records")),
        sa.UniqueConstraint("sheet_id", "position", name=op.f("uq_contact_records_sheet_id_position")),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "conversion_records",
        sa.Column("id", _ID, nullable=False),
        sa.Column("sheet_id", _ID, nullable=False),
        sa.Column("position", sa.BigInteger(), nullable=False),
        sa.Column("reference", sa.Text(), nullable=False),
        sa.Column("entry_id", _ID, nullable=False),
        sa.Column("conversion_type", sa.Text(), nullable=False),
        sa.Column("milliseconds", sa.BigInteger(), nullable=False),
        sa.Column("credits", sa.BigInteger(), nullable=False),
        sa.Column("notes", sa.Text(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("written_at", sa.BigInteger(), nullable=False),
        sa.Column("unlinked_at", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(["entry_id"], ["entries.id"], name=op.f("fk_conversion_records_entry_id")),
        sa.ForeignKeyConstraint(["sheet_id"], ["sheets.id"], name=op.f("fk_conversion_records_sheet_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_conversion_records")),
        sa.UniqueConstraint("sheet_id", "position", name=op.f("uq_conversion_records_sheet_id_position")),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "ewallets",
        sa.Column("id", _ID, nullable=False),
        sa.Column("account_id", _ID, nullable=False),
        sa.Column("balance_id", _ID, nullable=False),
        sa.Column("reference", sa.Text(), nullable=False),
        sa.Column("clock_id", sa.BigInteger(), nullable=True),
        sa.Column("transfer_sheet_id", sa.BigInteger(), nullable=True),
        sa.Column("invoice_sheet_id", sa.BigInteger(), nullable=True),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("written_at", sa.BigInteger(), nullable=False),
        sa.Column("unlinked_at", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(["account_id"], ["accounts.id"], name=op.f("fk_ewallets_account_id")),
        sa.ForeignKeyConstraint(["balance_id"], ["balances.id"], name=op.f("fk_ewallets_balance_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_ewallets")),
        sqlite_autoincrement=True,
    )
    op.create_index(op.f("ix_ewallets_account_id"), "ewallets", ["account_id"], unique=False)
    op.create_table(
        "postings",
        sa.Column("id", _ID, nullable=False),
        sa.Column("entry_id", _ID, nullable=False),
        sa.Column("balance_id", _ID, nullable=False),
        sa.Column("unit", sa.Text(), nullable=False),
        sa.Column("amount", sa.BigInteger(), nullable=False),
        sa.Column("balance_after", sa.BigInteger(), nullable=True),
        sa.CheckConstraint("unit IN ('credit', 'millisecond')", name=op.f("ck_postings_unit_known")),
        sa.CheckConstraint("amount <> 0", name=op.f("ck_postings_moves")),
        sa.ForeignKeyConstraint(["balance_id"], ["balances.id"], name=op.f("fk_postings_balance_id")),
        sa.ForeignKeyConstraint(["entry_id"], ["entries.id"], name=op.f("fk_postings_entry_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_postings")),
        sqlite_autoincrement=True,
    )
    op.create_index(op.f("ix_postings_balance_id_id"), "postings", ["balance_id", "id"], unique=False)
    op.create_index(op.f("ix_postings_entry_id"), "postings", ["entry_id"], unique=False)
    op.create_table(
        "session_accounts",
        sa.Column("session_id", _ID, nullable=False),
        sa.Column("account_id", _ID, nullable=False),
        sa.Column("logged_in_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["account_id"], ["accounts.id"], name=op.f("fk_session_accounts_account_id")),
        sa.ForeignKeyConstraint(
            ["session_id"], ["sessions.id"], name=op.f("fk_session_accounts_session_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("session_id", "account_id", name=op.f("pk_session_accounts")),
        sqlite_autoincrement=False,
    )
    op.create_index(op.f("ix_session_accounts_account_id"), "session_accounts", ["account_id"], unique=False)
    op.create_table(
        "time_records",
        sa.Column("id", _ID, nullable=False),
        sa.Column("sheet_id", _ID, nullable=False),
        sa.Column("position", sa.BigInteger(), nullable=False),
        sa.Column("reference", sa.Text(), nullable=False),
        sa.Column("entry_id", _ID, nullable=False),
        sa.Column("time_start", sa.BigInteger(), nullable=False),
        sa.Column("time_stop", sa.BigInteger(), nullable=False),
        sa.Column("time_spent", sa.BigInteger(), nullable=False),
        sa.Column("time_pending", sa.BigInteger(), nullable=False),
        sa.Column("pending_count", sa.BigInteger(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("written_at", sa.BigInteger(), nullable=False),
        sa.Column("unlinked_at", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(["entry_id"], ["entries.id"], name=op.f("fk_time_records_entry_id")),
        sa.ForeignKeyConstraint(["sheet_id"], ["sheets.id"], name=op.f("fk_time_records_sheet_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_time_records")),
        sa.UniqueConstraint("sheet_id", "position", name=op.f("uq_time_records_sheet_id_position")),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "transfer_records",
        sa.Column("id", _ID, nullable=False),
        sa.Column("sheet_id", _ID, nullable=False),
        sa.Column("position", sa.BigInteger(), nullable=False),
        sa.Column("reference", sa.Text(), nullable=False),
        sa.Column("entry_id", _ID, nullable=False),
        sa.Column("transfer_type", sa.Text(), nullable=False),
        sa.Column("from_account_id", _ID, nullable=False),
        sa.Column("to_account_id", _ID, nullable=False),
        sa.Column("credits", sa.BigInteger(), nullable=False),
        sa.Column("notes", sa.Text(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("written_at", sa.BigInteger(), nullable=False),
        sa.Column("unlinked_at", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(["entry_id"], ["entries.id"], name=op.f("fk_transfer_records_entry_id")),
        sa.ForeignKeyConstraint(
            ["from_account_id"], ["accounts.id"], name=op.f("fk_transfer_records_from_account_id")
        ),
        sa.ForeignKeyConstraint(["sheet_id"], ["sheets.id"], name=op.f("fk_transfer_records_sheet_id")),
        sa.ForeignKeyConstraint(
            ["to_account_id"], ["accounts.id"], name=op.f("fk_transfer_records_to_account_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_transfer_records")),
        sa.UniqueConstraint("sheet_id", "position", name=op.f("uq_transfer_records_sheet_id_position")),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "clocks",
        sa.Column("id", _ID, nullable=False),
        sa.Column("account_id", _ID, nullable=False),
        sa.Column("ewallet_id", _ID, nullable=False),
        sa.Column("balance_id", _ID, nullable=False),
        sa.Column("reference", sa.Text(), nullable=False),
        sa.Column("time_sheet_id", sa.BigInteger(), nullable=True),
        sa.Column("conversion_sheet_id", sa.BigInteger(), nullable=True),
        sa.Column("timer_state", sa.Text(), nullable=False),
        sa.Column("timer_started_at", sa.BigInteger(), nullable=True),
        sa.Column("timer_since", sa.BigInteger(), nullable=True),
        sa.Column("timer_spent", sa.BigInteger(), server_default=sa.text("0"), nullable=False),
        sa.Column("timer_pending", sa.BigInteger(), server_default=sa.text("0"), nullable=False),
        sa.Column("timer_pauses", sa.BigInteger(), server_default=sa.text("0"), nullable=False),
        sa.Column("runs_out_at", sa.BigInteger(), nullable=True),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("written_at", sa.BigInteger(), nullable=False),
        sa.Column("unlinked_at", sa.BigInteger(), nullable=True),
        sa.CheckConstraint(
            "timer_state IN ('inactive', 'active', 'paused')", name=op.f("ck_clocks_timer_state_known")
        ),
        sa.ForeignKeyConstraint(["account_id"], ["accounts.id"], name=op.f("fk_clocks_account_id")),
        sa.ForeignKeyConstraint(["balance_id"], ["balances.id"], name=op.f("fk_clocks_balance_id")),
        sa.ForeignKeyConstraint(["ewallet_id"], ["ewallets.id"], name=op.f("fk_clocks_ewallet_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_clocks")),
        sqlite_autoincrement=True,
    )
    op.create_index(
        op.f("ix_clocks_account_id_runs_out_at"), "clocks", ["account_id", "runs_out_at"], unique=False
    )
    op.create_index(op.f("ix_clocks_ewallet_id"), "clocks", ["ewallet_id"], unique=False)
    op.create_index(op.f("ix_clocks_runs_out_at"), "clocks", ["runs_out_at"], unique=False)
    op.create_table(
        "invoice_records",
        sa.Column("id", _ID, nullable=False),
        sa.Column("sheet_id", _ID, nullable=False),
        sa.Column("position", sa.BigInteger(), nullable=False),
        sa.Column("reference", sa.Text(), nullable=False),
        sa.Column("entry_id", _ID, nullable=False),
        sa.Column("transfer_record_id", _ID, nullable=False),
        sa.Column("seller_account_id", _ID, nullable=False),
        sa.Column("credits", sa.BigInteger(), nullable=False),
        sa.Column("currency", sa.Text(), nullable=False),
        sa.Column("cost", sa.Text(), nullable=False),
        sa.Column("notes", sa.Text(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("written_at", sa.BigInteger(), nullable=False),
        sa.Column("unlinked_at", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(["entry_id"], ["entries.id"], name=op.f("fk_invoice_records_entry_id")),
        sa.ForeignKeyConstraint(
            ["seller_account_id"], ["accounts.id"], name=op.f("fk_invoice_records_seller_account_id")
        ),
        sa.ForeignKeyConstraint(["sheet_id"], ["sheets.id"], name=op.f("fk_invoice_records_sheet_id")),
        sa.ForeignKeyConstraint(
            ["transfer_record_id"],
            ["transfer_records.id"],
            name=op.f("fk_invoice_records_transfer_record_id"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_invoice_records")),
        sa.UniqueConstraint("sheet_id", "position", name=op.f("uq_invoice_records_sheet_id_position")),
        sqlite_autoincrement=True,
    )
    make_append_only("entries", "id")
    make_append_only("postings", "id")
    make_append_only("seals", "position", "entry_id")
    if op.get_bind().dialect.name == "postgresql":
        # The first id is the system core's, which the engine gives itself.
        op.execute("SELECT setval('accounts_id_seq', 1)")
