"""The tables. Ids are 64 bits, instants are milliseconds UTC, money is integers or decimal text.

What is active (an account's wallet, a wallet's clock and sheets) is a plain id, not a foreign key: the
foreign keys go from what belongs to what it belongs to, so that no two tables wait for each other."""

from __future__ import annotations

from sqlalchemy import (
    CheckConstraint,
    Column,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    Table,
    Text,
    UniqueConstraint,
    text,
)

from ewallet_core.ledger.journal import EntryKind, Unit
from ewallet_core.ledger.rates import MILLISECONDS_PER_MINUTE, MOST_CREDITS
from ewallet_core.ledger.timer import State
from ewallet_core.storage.columns import (
    ID,
    belongs_to,
    dates,
    new_table,
    number,
    one_of,
    own_id,
    raw_bytes,
    words,
)
from ewallet_core.types import RecordType, Role

MOST_MILLISECONDS = MOST_CREDITS * MILLISECONDS_PER_MINUTE

accounts = new_table(
    "accounts",
    own_id(),
    words("name"),
    Column("name_key", Text, nullable=True, unique=True),
    words("email"),
    Column("email_key", Text, nullable=True, unique=True),
    words("phone"),
    words("alias"),
    words("password_hash", optional=True),
    words("role"),
    words("state"),
    number("ewallet_id", optional=True),
    number("contact_list_id", optional=True),
    number("daily_limit", optional=True),
    number("to_unlink_at", optional=True),
    number("event_sequence", default=0),
    *dates(),
    # Until when the password that an operator has set is good for the one login that replaces it.
    number("one_time_until", optional=True),
    one_of("role", *Role),
    one_of("state", "active", "frozen", "unlink_pending", "erased"),
    Index(None, "to_unlink_at"),
)

balances = new_table(
    "balances",
    own_id(),
    belongs_to("accounts", "account_id"),
    words("unit"),
    Column("issues", Integer, nullable=False, server_default=text("0")),
    number("amount", default=0),
    # When it was last moved, so that no posting is dated before the one before it.
    number("moved_at", default=0),
    CheckConstraint(
        f"unit = '{Unit.CREDIT}' AND amount BETWEEN 0 AND {MOST_CREDITS}"
        f" OR unit = '{Unit.MILLISECOND}' AND amount BETWEEN 0 AND {MOST_MILLISECONDS}",
        name="within_limits",
    ),
    # What the issuer's balance comes to is derived, so that no supply ever waits for another.
    CheckConstraint("issues = 0 OR amount = 0", name="issuer_derived"),
)

ewallets = new_table(
    "ewallets",
    own_id(),
    belongs_to("accounts", "account_id"),
    belongs_to("balances", "balance_id"),
    words("reference"),
    number("clock_id", optional=True),
    number("transfer_sheet_id", optional=True),
    number("invoice_sheet_id", optional=True),
    *dates(),
    number("unlinked_at", optional=True),
    Index(None, "account_id"),
)

clocks = new_table(
    "clocks",
    own_id(),
    belongs_to("accounts", "account_id"),
    belongs_to("ewallets", "ewallet_id"),
    belongs_to("balances", "balance_id"),
    words("reference"),
    number("time_sheet_id", optional=True),
    number("conversion_sheet_id", optional=True),
    words("timer_state"),
    number("timer_started_at", optional=True),
    number("timer_since", optional=True),
    number("timer_spent", default=0),
    number("timer_pending", default=0),
    number("timer_pauses", default=0),
    number("runs_out_at", optional=True),
    *dates(),
    number("unlinked_at", optional=True),
    one_of("timer_state", *State),
    Index(None, "ewallet_id"),
    Index(None, "account_id", "runs_out_at"),
    Index(None, "runs_out_at"),
)

entries = new_table(
    "entries",
    own_id(),
    words("kind"),
    number("at"),
    belongs_to("entries", "reverses_id", optional=True),
    one_of("kind", *EntryKind),
    Index(None, "reverses_id"),
)

postings = new_table(
    "postings",
    own_id(),
    belongs_to("entries", "entry_id"),
    belongs_to("balances", "balance_id"),
    words("unit"),
    number("amount"),
    number("balance_after", optional=True),
    number("at", default=0),
    CheckConstraint("amount <> 0", name="moves"),
    one_of("unit", *Unit),
    Index(None, "entry_id"),
    Index(None, "balance_id", "id"),
    Index(None, "balance_id", "at", "id"),
)

# What was paid for credits: by balance and currency, with the running total, in decimal text.
costs = new_table(
    "costs",
    Column("balance_id", ID, ForeignKey("balances.id"), primary_key=True),
    Column("currency", Text, primary_key=True),
    Column("entry_id", ID, ForeignKey("entries.id"), primary_key=True),
    words("cost"),
    words("total"),
    UniqueConstraint("balance_id", "entry_id"),
)

seals = new_table(
    "seals",
    Column("position", ID, primary_key=True),
    Column("entry_id", ID, ForeignKey("entries.id"), nullable=False, unique=True),
    raw_bytes("hash"),
)

sheets = new_table(
    "sheets",
    own_id(),
    belongs_to("accounts", "account_id"),
    words("kind"),
    # The wallet's, the clock's or the account's id, by kind.
    number("owner_id"),
    words("reference"),
    number("last_position", default=0),
    number("record_count", default=0),
    *dates(),
    number("unlinked_at", optional=True),
    one_of("kind", *RecordType),
    Index(None, "owner_id", "kind"),
)


def _records(kind: str, *parts: Column[object] | CheckConstraint) -> Table:
    return new_table(
        f"{kind}_records",
        own_id(),
        belongs_to("sheets", "sheet_id"),
        number("position"),
        words("reference"),
        *parts,
        *dates(),
        number("unlinked_at", optional=True),
        # The sheet's account and the words to be found by, so that a search asks one table and one index.
        number("account_id", default=0),
        Column("search_key", Text, nullable=False, server_default=text("''")),
        UniqueConstraint("sheet_id", "position"),
        Index(None, "account_id", "created_at", "id"),
        Index(None, "sheet_id", "created_at", "id"),
        *([Index(None, "entry_id")] if kind != "contact" else []),
    )


transfer_records = _records(
    "transfer",
    belongs_to("entries", "entry_id"),
    words("transfer_type"),
    belongs_to("accounts", "from_account_id"),
    belongs_to("accounts", "to_account_id"),
    number("credits"),
    words("notes"),
)

invoice_records = _records(
    "invoice",
    belongs_to("entries", "entry_id"),
    belongs_to("transfer_records", "transfer_record_id"),
    belongs_to("accounts", "seller_account_id"),
    number("credits"),
    words("currency"),
    words("cost"),
    words("notes"),
)

conversion_records = _records(
    "conversion",
    belongs_to("entries", "entry_id"),
    words("conversion_type"),
    number("milliseconds"),
    number("credits"),
    words("notes"),
)

time_records = _records(
    "time",
    belongs_to("entries", "entry_id"),
    number("time_start"),
    number("time_stop"),
    number("time_spent"),
    number("time_pending"),
    number("pending_count"),
)

contact_records = _records("contact", words("name"), words("email"), words("phone"), words("notes"))

workers = new_table("workers", own_id(), number("session_limit"), *dates())

client_ids = new_table(
    "client_ids",
    own_id(),
    Column("hash", LargeBinary, nullable=False, unique=True),
    number("last_used_at"),
    number("expires_at"),
    *dates(),
    Index(None, "expires_at"),
)

sessions = new_table(
    "sessions",
    own_id(),
    Column("client_id", ID, ForeignKey("client_ids.id"), nullable=True, unique=True),
    Column("token_hash", LargeBinary, nullable=True, unique=True),
    belongs_to("workers", "worker_id"),
    belongs_to("accounts", "account_id", optional=True),
    words("address"),
    number("last_used_at"),
    number("expires_at"),
    *dates(),
    Index(None, "worker_id"),
    Index(None, "account_id"),
    Index(None, "expires_at"),
)

session_accounts = new_table(
    "session_accounts",
    Column("session_id", ID, ForeignKey("sessions.id", ondelete="CASCADE"), primary_key=True),
    Column("account_id", ID, ForeignKey("accounts.id"), primary_key=True),
    number("logged_in_at"),
    Index(None, "account_id"),
)

login_records = new_table(
    "login_records",
    own_id(),
    belongs_to("accounts", "account_id", optional=True),
    words("kind"),
    words("outcome"),
    words("address"),
    number("at"),
    number("is_new_address", default=0),
    one_of("kind", "login", "logout"),
    Index(None, "account_id", "kind", "id"),
    Index(None, "account_id", "address"),
)

login_throttles = new_table(
    "login_throttles",
    Column("name_hash", LargeBinary, primary_key=True),
    Column("address", Text, primary_key=True),
    number("failures"),
    number("last_failed_at"),
    Index(None, "last_failed_at"),
)

seen_requests = new_table(
    "seen_requests",
    Column("scope", Text, primary_key=True),
    Column("request_id", Text, primary_key=True),
    raw_bytes("fingerprint"),
    words("answer"),
    number("seen_at"),
    Index(None, "seen_at"),
)

events = new_table(
    "events",
    own_id(),
    belongs_to("accounts", "account_id"),
    number("sequence"),
    words("kind"),
    words("data"),
    number("at"),
    UniqueConstraint("account_id", "sequence"),
    Index(None, "at"),
)

# Where the permission sheet differs from the catalogue's own word on who may ask what.
permissions = new_table(
    "permissions",
    Column("role", Text, primary_key=True),
    Column("instruction", Text, primary_key=True),
    number("allowed"),
    number("written_at"),
)

refused_requests = new_table(
    "refused_requests",
    own_id(),
    belongs_to("accounts", "account_id", optional=True),
    words("role"),
    words("instruction"),
    words("address"),
    number("at"),
    Index(None, "at"),
)

issue_reports = new_table(
    "issue_reports",
    own_id(),
    belongs_to("accounts", "account_id", optional=True),
    words("reference"),
    words("name"),
    words("details"),
    words("log"),
    words("email"),
    words("address"),
    number("at"),
    Index(None, "account_id"),
    Index(None, "address", "at"),
)
