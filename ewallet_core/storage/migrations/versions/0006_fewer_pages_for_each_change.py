"""Fewer pages to write for each change: tables without a counter of ids, postings and seals by their entries.

And what is known of the machine's wall clock."""

import re

import sqlalchemy as sa
from alembic import op

from ewallet_core.storage.migrations.append_only import make_append_only

revision = "0006"
down_revision = "0005"

_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
# The last row of these is never deleted; ids of remembered requests only put them in order.
_UNCOUNTED = (
    "entries",
    "transfer_records",
    "invoice_records",
    "conversion_records",
    "time_records",
    "seen_requests",
)
_KINDS = ("supply", "payment", "transfer", "credits2clock", "clock2credits", "time_spent", "refund")


# The other indexes of the records of each kind.
_BY_ENTRY: tuple[tuple[str, ...], ...] = (("entry_id",),)
_OTHER_INDEXES = {
    **dict.fromkeys(("transfer", "invoice", "conversion", "time"), _BY_ENTRY),
    "contact": (("payee_account_id",), ("account_id", "payee_account_id"), ("account_id", "email_key")),
}


def upgrade() -> None:
    _search_sheets_by_the_index_of_accounts()
    for table in _UNCOUNTED:
        _drop_counter_of_ids(table)
    _compare_kinds_one_by_one()
    _key_postings_by_entry()
    _key_seals_by_entry()
    _keep_origins_of_logins()
    _keep_renewed_tokens()
    _keep_right_readings_of_the_wall_clock()


def _search_sheets_by_the_index_of_accounts() -> None:
    for kind, others in _OTHER_INDEXES.items():
        table = f"{kind}_records"
        for dropped in (("sheet_id", "created_at", "id"), ("account_id", "created_at", "id"), *others):
            op.drop_index(op.f(f"ix_{table}_{'_'.join(dropped)}"), table)
        # Of two indexes that seem equally good, SQLite takes the one that was created last.
        for columns in (("account_id", "created_at", "id", "sheet_id"), *others):
            op.create_index(op.f(f"ix_{table}_{'_'.join(columns)}"), table, columns)


def _drop_counter_of_ids(table: str) -> None:
    """SQLite counts the ids of a table in another one, so that none is reused even if the last is deleted.

    The table is copied, because ALTER TABLE can't change its key. Foreign keys of other tables keep their
    rows, because they are not enforced during a migration.
    """
    connection = op.get_bind()
    if connection.dialect.name != "sqlite":
        return
    described = "SELECT type, sql FROM sqlite_master WHERE tbl_name = ? AND sql IS NOT NULL ORDER BY type = 'table', rowid"
    *indexes_and_triggers, (_, definition) = connection.exec_driver_sql(described, (table,)).all()
    changed = definition.replace(f"CREATE TABLE {table} ", "CREATE TABLE uncounted ", 1).replace(
        "PRIMARY KEY AUTOINCREMENT", f"CONSTRAINT pk_{table} PRIMARY KEY"
    )
    for statement in (
        re.sub(r"kind IN \((.*?)\)", _compared_one_by_one, changed),
        f"INSERT INTO uncounted SELECT * FROM {table}",
        f"DROP TABLE {table}",
        f"ALTER TABLE uncounted RENAME TO {table}",
        *(sql for _, sql in indexes_and_triggers),
    ):
        connection.exec_driver_sql(statement)


def _compared_one_by_one(kinds: re.Match[str]) -> str:
    """SQLite makes a table of a list of kinds at each insert."""
    return " OR ".join(f"kind = {kind}" for kind in kinds[1].split(", "))


def _compare_kinds_one_by_one() -> None:
    """PostgreSQL takes the condition that SQLite got with its new table."""
    if op.get_bind().dialect.name == "postgresql":
        known = op.f("ck_entries_kind_known")
        op.drop_constraint(known, "entries")
        op.create_check_constraint(known, "entries", " OR ".join(f"kind = '{kind}'" for kind in _KINDS))


def _free_name_of_key(table: str) -> None:
    """Let a new table, which will replace this one, have its key's name: in PostgreSQL there is one of each."""
    if op.get_bind().dialect.name == "postgresql":
        op.execute(f"ALTER TABLE {table} RENAME CONSTRAINT pk_{table} TO pk_{table}_before")


def _key_postings_by_entry() -> None:
    """Those of an entry are beside each other, and need no index to be found."""
    _free_name_of_key("postings")
    op.create_table(
        "ordered",
        sa.Column("entry_id", _ID, nullable=False),
        sa.Column("position", sa.BigInteger(), nullable=False),
        sa.Column("balance_id", _ID, nullable=False),
        sa.Column("unit", sa.Text(), nullable=False),
        sa.Column("amount", sa.BigInteger(), nullable=False),
        sa.Column("balance_after", sa.BigInteger(), nullable=True),
        sa.Column("at", sa.BigInteger(), server_default=sa.text("0"), nullable=False),
        sa.CheckConstraint("unit IN ('credit', 'millisecond')", name=op.f("ck_postings_unit_known")),
        sa.CheckConstraint("amount <> 0", name=op.f("ck_postings_moves")),
        sa.ForeignKeyConstraint(["balance_id"], ["balances.id"], name=op.f("fk_postings_balance_id")),
        sa.ForeignKeyConstraint(["entry_id"], ["entries.id"], name=op.f("fk_postings_entry_id")),
        sa.PrimaryKeyConstraint("entry_id", "position", name=op.f("pk_postings")),
        sqlite_with_rowid=False,
    )
    columns = "balance_id, unit, amount, balance_after, at"
    op.execute(
        f"INSERT INTO ordered (entry_id, position, {columns})"
        f" SELECT entry_id, row_number() OVER (PARTITION BY entry_id ORDER BY id), {columns}"
        " FROM postings ORDER BY entry_id, id"
    )
    op.drop_table("postings")
    op.rename_table("ordered", "postings")
    op.create_index(op.f("ix_postings_balance_id_at_entry_id"), "postings", ["balance_id", "at", "entry_id"])
    make_append_only("postings", "(entry_id, position)")


def _key_seals_by_entry() -> None:
    """The chain is in the order of the entries, so the seals need no positions."""
    _free_name_of_key("seals")
    op.create_table(
        "chain",
        sa.Column("entry_id", _ID, nullable=False, autoincrement=False),
        sa.Column("hash", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(["entry_id"], ["entries.id"], name=op.f("fk_seals_entry_id")),
        sa.PrimaryKeyConstraint("entry_id", name=op.f("pk_seals")),
    )
    op.execute("INSERT INTO chain SELECT entry_id, hash FROM seals ORDER BY entry_id")
    op.drop_table("seals")
    op.rename_table("chain", "seals")
    make_append_only("seals", "entry_id")


def _keep_origins_of_logins() -> None:
    """The networks and clients by which the throttle recognizes an account's owner."""
    op.create_table(
        "login_origins",
        sa.Column("account_id", _ID, nullable=False, autoincrement=False),
        sa.Column("origin", sa.Text(), nullable=False),
        sa.Column("last_login_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["account_id"], ["accounts.id"], name=op.f("fk_login_origins_account_id")),
        sa.PrimaryKeyConstraint("account_id", "origin", name=op.f("pk_login_origins")),
    )


def _keep_renewed_tokens() -> None:
    op.create_table(
        "renewed_tokens",
        sa.Column("session_id", _ID, nullable=False, autoincrement=False),
        sa.Column("token_hash", sa.LargeBinary(), nullable=False),
        sa.Column("request_id", sa.Text(), nullable=False),
        sa.Column("salt", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(
            ["session_id"],
            ["sessions.id"],
            name=op.f("fk_renewed_tokens_session_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("session_id", name=op.f("pk_renewed_tokens")),
        sa.UniqueConstraint("token_hash", name=op.f("uq_renewed_tokens_token_hash")),
    )


def _keep_right_readings_of_the_wall_clock() -> None:
    # The only row has always the same id, which SQLite counts all the same.
    counts = op.get_bind().dialect.name == "sqlite"
    op.create_table(
        "wall_clock",
        sa.Column("id", _ID, nullable=False, autoincrement=counts),
        *(
            sa.Column(name, sa.BigInteger(), nullable=False)
            for name in ("wall_at", "boot_at", "latest_at", "overruled_at")
        ),
        sa.Column("boot_id", sa.Text(), nullable=False),
        sa.Column("confirmed_boot_at", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_wall_clock")),
        sqlite_autoincrement=True,
    )
