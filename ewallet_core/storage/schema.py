"""The tables. Ids are 64 bits, instants are milliseconds UTC, money is integers or decimal text.

The active item (an account's wallet, a wallet's clock and sheets) is a plain id, not a foreign key: foreign
keys point only from an item to its owner, so no two tables refer to each other."""

from __future__ import annotations

from collections.abc import Iterator

import sqlalchemy as sa

from ewallet_core.ledger.journal import EntryKind, Unit
from ewallet_core.ledger.rates import MILLISECONDS_PER_MINUTE, MOST_CREDITS
from ewallet_core.ledger.timer import State
from ewallet_core.types import RecordType, Role

ID = sa.BigInteger().with_variant(sa.Integer, "sqlite")

metadata = sa.MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
    }
)


def new_table(
    name: str, *parts: sa.Column[object] | sa.CheckConstraint | sa.UniqueConstraint | sa.Index
) -> sa.Table:
    """A table of `metadata`; its id is never reused, unless its key consists of other columns."""
    if name in _WITHOUT_OWN_ID:
        return sa.Table(name, metadata, *parts, sqlite_with_rowid=name not in _IN_ORDER_OF_KEY)
    return sa.Table(
        name,
        metadata,
        sa.Column("id", ID, primary_key=True),
        *parts,
        # SQLite counts the ids of such a table, which each insert has to write too.
        sqlite_autoincrement=name not in _UNCOUNTED,
    )


_UNCOUNTED = {
    "entries",
    "transfer_records",
    "invoice_records",
    "conversion_records",
    "time_records",
    "seen_requests",
}
"""Tables whose last row is never deleted, or whose ids only put the rows in order."""
_IN_ORDER_OF_KEY = {"postings"}
"""Tables whose rows SQLite stores in the order of their key, instead of beside an index of it."""
_WITHOUT_OWN_ID = {
    "postings",
    "seals",
    "session_accounts",
    "login_origins",
    "login_throttles",
    "renewed_tokens",
    "costs",
    "permissions",
    "reserved_emails",
}


def foreign_id(table: str, column: str, *, optional: bool = False) -> sa.Column[object]:
    """The id of the row of `table` that the row belongs to."""
    return sa.Column(column, ID, sa.ForeignKey(f"{table}.id"), nullable=optional)


def numbers(*names: str, default: int | None = None, optional: bool = False) -> Iterator[sa.Column[object]]:
    server_default = None if default is None else sa.text(str(default))
    return (
        sa.Column(name, sa.BigInteger, nullable=optional, server_default=server_default) for name in names
    )


def texts(*names: str, default: str | None = None, optional: bool = False) -> Iterator[sa.Column[object]]:
    server_default = None if default is None else sa.text(f"'{default}'")
    return (sa.Column(name, sa.Text, nullable=optional, server_default=server_default) for name in names)


def dates() -> Iterator[sa.Column[object]]:
    """When the row was created and last changed, in milliseconds UTC."""
    return numbers("created_at", "written_at")


def one_of(column: str, *values: str) -> sa.CheckConstraint:
    listed = ", ".join(f"'{value}'" for value in values)
    return sa.CheckConstraint(f"{column} IN ({listed})", name=f"{column}_known")


def index_of_values(column: str) -> sa.Index:
    """An index without the rows that have no value in that column, where few have one."""
    has_value = sa.text(f"{column} IS NOT NULL")
    return sa.Index(None, column, sqlite_where=has_value)


MOST_MILLISECONDS = MOST_CREDITS * MILLISECONDS_PER_MINUTE

accounts = new_table(
    "accounts",
    *texts("name"),
    sa.Column("name_key", sa.Text, nullable=True, unique=True),
    *texts("email"),
    sa.Column("email_key", sa.Text, nullable=True, unique=True),
    *texts("phone", "alias"),
    *texts("password_hash", optional=True),
    *texts("role", "state"),
    *numbers("ewallet_id", "contact_list_id", "daily_limit", "to_unlink_at", optional=True),
    *numbers("event_sequence", default=0),
    *dates(),
    # What is left of name and email by their looks, and of each the last account before that has the same.
    *texts("name_skeleton", "email_skeleton", optional=True),
    *numbers("name_looks_like_id", "email_looks_like_id", optional=True),
    # When the account took its email; 0 if it had it before, or took it before this was kept.
    *numbers("email_since", default=0),
    # Until when a one-time password, set by an operator, can be used for the login that replaces it.
    *numbers("one_time_until", optional=True),
    one_of("role", *Role),
    one_of("state", "active", "frozen", "unlink_pending", "erased"),
    sa.Index(None, "to_unlink_at"),
    sa.Index(None, "name_skeleton"),
    sa.Index(None, "email_skeleton"),
)

balances = new_table(
    "balances",
    foreign_id("accounts", "account_id"),
    *texts("unit"),
    sa.Column("issues", sa.Integer, nullable=False, server_default=sa.text("0")),
    *numbers("amount", default=0),
    # The instant of the last posting, so that no posting is dated before the previous one.
    *numbers("moved_at", default=0),
    sa.CheckConstraint(
        f"unit = '{Unit.CREDIT}' AND amount BETWEEN 0 AND {MOST_CREDITS}"
        f" OR unit = '{Unit.MILLISECOND}' AND amount BETWEEN 0 AND {MOST_MILLISECONDS}",
        name="within_limits",
    ),
    # The issuer's balance is computed, so that no supply waits for another.
    sa.CheckConstraint("issues = 0 OR amount = 0", name="issuer_derived"),
)

ewallets = new_table(
    "ewallets",
    foreign_id("accounts", "account_id"),
    foreign_id("balances", "balance_id"),
    *texts("reference"),
    *numbers("clock_id", "transfer_sheet_id", "invoice_sheet_id", optional=True),
    *dates(),
    *numbers("unlinked_at", optional=True),
    sa.Index(None, "account_id"),
)

clocks = new_table(
    "clocks",
    foreign_id("accounts", "account_id"),
    foreign_id("ewallets", "ewallet_id"),
    foreign_id("balances", "balance_id"),
    *texts("reference"),
    *numbers("time_sheet_id", "conversion_sheet_id", optional=True),
    *texts("timer_state"),
    *numbers("timer_started_at", "timer_since", optional=True),
    *numbers("timer_spent", "timer_pending", "timer_pauses", default=0),
    *numbers("runs_out_at", optional=True),
    *dates(),
    *numbers("unlinked_at", optional=True),
    # What the current run is for; its tags are words, each between two spaces.
    *texts("timer_notes", "timer_tags", default=""),
    *numbers("timer_unsegmented", default=0),
    one_of("timer_state", *State),
    sa.Index(None, "ewallet_id"),
    sa.Index(None, "account_id", "runs_out_at"),
    sa.Index(None, "runs_out_at"),
)

entries = new_table(
    "entries",
    *texts("kind"),
    *numbers("at"),
    foreign_id("entries", "reverses_id", optional=True),
    # One by one, because SQLite would make a table of a list at each insert.
    sa.CheckConstraint(" OR ".join(f"kind = '{kind}'" for kind in EntryKind), name="kind_known"),
    index_of_values("reverses_id"),
)

# The postings of an entry have the positions 1, 2, …; no two of them are of the same balance.
postings = new_table(
    "postings",
    sa.Column("entry_id", ID, sa.ForeignKey("entries.id"), primary_key=True),
    sa.Column("position", sa.BigInteger, primary_key=True),
    foreign_id("balances", "balance_id"),
    *texts("unit"),
    *numbers("amount"),
    *numbers("balance_after", optional=True),
    *numbers("at", default=0),
    sa.CheckConstraint("amount <> 0", name="moves"),
    one_of("unit", *Unit),
    sa.Index(None, "balance_id", "at", "entry_id"),
)

# The cost of supplied credits by balance and currency, with the running total, as decimal text.
costs = new_table(
    "costs",
    sa.Column("balance_id", ID, sa.ForeignKey("balances.id"), primary_key=True),
    sa.Column("currency", sa.Text, primary_key=True),
    sa.Column("entry_id", ID, sa.ForeignKey("entries.id"), primary_key=True),
    *texts("cost", "total"),
    sa.UniqueConstraint("balance_id", "entry_id"),
)

seals = new_table(
    "seals",
    sa.Column("entry_id", ID, sa.ForeignKey("entries.id"), primary_key=True),
    sa.Column("hash", sa.LargeBinary, nullable=False),
)

sheets = new_table(
    "sheets",
    foreign_id("accounts", "account_id"),
    *texts("kind"),
    # The id of a wallet, a clock or an account, depending on the kind.
    *numbers("owner_id"),
    *texts("reference"),
    *numbers("last_position", "record_count", default=0),
    *dates(),
    *numbers("unlinked_at", optional=True),
    one_of("kind", *RecordType),
    sa.Index(None, "owner_id", "kind"),
)


def _records(kind: str, *parts: sa.Column[object] | sa.CheckConstraint | sa.Index) -> sa.Table:
    return new_table(
        f"{kind}_records",
        foreign_id("sheets", "sheet_id"),
        *numbers("position"),
        *texts("reference"),
        *parts,
        *dates(),
        *numbers("unlinked_at", optional=True),
        # Copies of the sheet's account and of the searchable text: a search needs one table and one index.
        *numbers("account_id", default=0),
        *texts("search_key", default=""),
        sa.UniqueConstraint("sheet_id", "position"),
        # With the sheet, so that a search on one sheet looks only at its records.
        sa.Index(None, "account_id", "created_at", "id", "sheet_id"),
        *([sa.Index(None, "entry_id")] if kind != "contact" else []),
    )


transfer_records = _records(
    "transfer",
    foreign_id("entries", "entry_id"),
    *texts("transfer_type"),
    foreign_id("accounts", "from_account_id"),
    foreign_id("accounts", "to_account_id"),
    *numbers("credits"),
    *texts("notes"),
    # What the owner of this side wrote for themselves.
    *texts("private_notes", default=""),
    # Both wallets of a transfer between an account's own wallets.
    *numbers("from_ewallet_id", "to_ewallet_id", optional=True),
)

invoice_records = _records(
    "invoice",
    foreign_id("entries", "entry_id"),
    foreign_id("transfer_records", "transfer_record_id"),
    foreign_id("accounts", "seller_account_id"),
    *numbers("credits"),
    *texts("currency", "cost", "notes"),
    # Both parties as they were named when the invoice was issued; null on invoices from before this was kept.
    *texts("seller_name", "seller_email", "buyer_name", "buyer_email", optional=True),
)

conversion_records = _records(
    "conversion",
    foreign_id("entries", "entry_id"),
    *texts("conversion_type"),
    *numbers("milliseconds", "credits"),
    *texts("notes"),
    # Both clocks of a transfer of time between an account's own clocks.
    *numbers("from_clock_id", "to_clock_id", optional=True),
)

time_records = _records(
    "time",
    foreign_id("entries", "entry_id"),
    *numbers("time_start", "time_stop", "time_spent", "time_pending", "pending_count"),
    # What the run was for; its tags are words, each between two spaces.
    *texts("notes", "tags", default=""),
    # How much of the time spent has no segments, because it was spent before segments were kept.
    *numbers("time_unsegmented", default=0),
)

# The stretches of a run between a start or resume and the next pause or stop; a run that is not finished has
# no record yet. What has no segments was spent before the first of them.
time_segments = new_table(
    "time_segments",
    foreign_id("clocks", "clock_id"),
    foreign_id("time_records", "time_record_id", optional=True),
    *numbers("started_at", "stopped_at"),
    sa.CheckConstraint("stopped_at >= started_at", name="in_order"),
    sa.Index(None, "clock_id", "time_record_id"),
    sa.Index(None, "clock_id", "stopped_at"),
    sa.Index(None, "time_record_id"),
)

contact_records = _records(
    "contact",
    *texts("name", "email", "phone", "notes"),
    # The account that had the address when the contact was saved or first paid; null if there was none, and 0
    # once that account is erased.
    *numbers("payee_account_id", optional=True),
    *texts("email_key", default=""),
    sa.Index(None, "payee_account_id"),
)
sa.Index(None, contact_records.c.account_id, contact_records.c.payee_account_id)
sa.Index(None, contact_records.c.account_id, contact_records.c.email_key)

# Emails that an account gave up: until then only that account may take them again.
reserved_emails = new_table(
    "reserved_emails",
    sa.Column("email_hash", sa.LargeBinary, primary_key=True),
    foreign_id("accounts", "account_id"),
    *numbers("reserved_until"),
    sa.Index(None, "reserved_until"),
)

workers = new_table("workers", *numbers("session_limit"), *dates())

client_ids = new_table(
    "client_ids",
    sa.Column("hash", sa.LargeBinary, nullable=False, unique=True),
    *numbers("last_used_at", "expires_at"),
    *dates(),
    sa.Index(None, "expires_at"),
)

_IS_IDLE_AND_LONG = sa.text("lifetime_ms IS NOT NULL AND account_id IS NULL")
sessions = new_table(
    "sessions",
    sa.Column("client_id", ID, sa.ForeignKey("client_ids.id"), nullable=True, unique=True),
    sa.Column("token_hash", sa.LargeBinary, nullable=True, unique=True),
    foreign_id("workers", "worker_id"),
    foreign_id("accounts", "account_id", optional=True),
    *texts("address"),
    *numbers("last_used_at", "expires_at"),
    *dates(),
    *numbers("lifetime_ms", optional=True),
    *texts("reference", optional=True),
    sa.Index(None, "worker_id"),
    sa.Index(None, "account_id"),
    sa.Index(None, "expires_at"),
    sa.Index(
        None,
        "account_id",
        "last_used_at",
        sqlite_where=_IS_IDLE_AND_LONG,
    ),
)

session_accounts = new_table(
    "session_accounts",
    sa.Column("session_id", ID, sa.ForeignKey("sessions.id", ondelete="CASCADE"), primary_key=True),
    sa.Column("account_id", ID, sa.ForeignKey("accounts.id"), primary_key=True),
    *numbers("logged_in_at"),
    sa.Index(None, "account_id"),
)

# A session's token before the login that renewed it, so that a repetition of that login gets the same answer.
renewed_tokens = new_table(
    "renewed_tokens",
    sa.Column("session_id", ID, sa.ForeignKey("sessions.id", ondelete="CASCADE"), primary_key=True),
    sa.Column("token_hash", sa.LargeBinary, nullable=False, unique=True),
    *texts("request_id"),
    sa.Column("salt", sa.LargeBinary, nullable=False),
)

login_records = new_table(
    "login_records",
    foreign_id("accounts", "account_id", optional=True),
    *texts("kind", "outcome", "address"),
    *numbers("at"),
    *numbers("is_new_address", default=0),
    one_of("kind", "login", "logout"),
    sa.Index(None, "account_id", "kind", "id"),
    sa.Index(None, "account_id", "address"),
)

# The networks and clients from which an account was logged in to.
login_origins = new_table(
    "login_origins",
    sa.Column("account_id", ID, sa.ForeignKey("accounts.id"), primary_key=True),
    sa.Column("origin", sa.Text, primary_key=True),
    *numbers("last_login_at"),
)

login_throttles = new_table(
    "login_throttles",
    sa.Column("name_hash", sa.LargeBinary, primary_key=True),
    sa.Column("address", sa.Text, primary_key=True),
    *numbers("failures", "last_failed_at"),
    sa.Index(None, "last_failed_at"),
)

seen_requests = new_table(
    "seen_requests",
    *texts("scope", "request_id"),
    sa.Column("fingerprint", sa.LargeBinary, nullable=False),
    *texts("answer"),
    *numbers("seen_at"),
    sa.UniqueConstraint("scope", "request_id"),
)

events = new_table(
    "events",
    foreign_id("accounts", "account_id"),
    *numbers("sequence"),
    *texts("kind", "data"),
    *numbers("at"),
    *texts("request_id", "movement", optional=True),
    sa.UniqueConstraint("account_id", "sequence"),
)

# One row: a reading of the machine's wall clock that was right, and of its boot clock at the same moment.
wall_clock = new_table(
    "wall_clock",
    *numbers("wall_at", "boot_at"),
    *texts("boot_id"),
    # The latest instant that was known then. Dates up to `overruled_at` are wrong if they lie after it.
    *numbers("latest_at", "overruled_at"),
    # When an operator confirmed the wall clock, by the boot clock.
    *numbers("confirmed_boot_at", optional=True),
)

# The entries of the permission sheet that differ from the registry's default.
permissions = new_table(
    "permissions",
    sa.Column("role", sa.Text, primary_key=True),
    sa.Column("instruction", sa.Text, primary_key=True),
    *numbers("allowed", "written_at"),
)

refused_requests = new_table(
    "refused_requests",
    foreign_id("accounts", "account_id", optional=True),
    *texts("role", "instruction", "address"),
    *numbers("at"),
    sa.Index(None, "at"),
)

issue_reports = new_table(
    "issue_reports",
    foreign_id("accounts", "account_id", optional=True),
    *texts("reference", "name", "details", "log", "email", "address"),
    *numbers("at"),
    sa.Index(None, "account_id"),
    sa.Index(None, "address", "at"),
)

APPEND_ONLY = frozenset({entries.name, postings.name, seals.name})
"""Tables whose rows are never changed or deleted; triggers refuse that too."""
