"""The tables. Ids are 64 bits, instants are milliseconds UTC, money is integers or decimal text.

The active item (an account's wallet, a wallet's clock and sheets) is a plain id, not a foreign key: foreign
keys point only from an item to its owner, so no two tables refer to each other."""

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
    bytes_column,
    dates,
    foreign_id,
    new_table,
    number,
    one_of,
    own_id,
    text_column,
)
from ewallet_core.types import RecordType, Role

MOST_MILLISECONDS = MOST_CREDITS * MILLISECONDS_PER_MINUTE

accounts = new_table(
    "accounts",
    own_id(),
    text_column("name"),
    Column("name_key", Text, nullable=True, unique=True),
    text_column("email"),
    Column("email_key", Text, nullable=True, unique=True),
    text_column("phone"),
    text_column("alias"),
    text_column("password_hash", optional=True),
    text_column("role"),
    text_column("state"),
    number("ewallet_id", optional=True),
    number("contact_list_id", optional=True),
    number("daily_limit", optional=True),
    number("to_unlink_at", optional=True),
    number("event_sequence", default=0),
    *dates(),
    # Until when a one-time password, set by an operator, can be used for the login that replaces it.
    number("one_time_until", optional=True),
    one_of("role", *Role),
    one_of("state", "active", "frozen", "unlink_pending", "erased"),
    Index(None, "to_unlink_at"),
)

balances = new_table(
    "balances",
    own_id(),
    foreign_id("accounts", "account_id"),
    text_column("unit"),
    Column("issues", Integer, nullable=False, server_default=text("0")),
    number("amount", default=0),
    # The instant of the last posting, so that no posting is dated before the previous one.
    number("moved_at", default=0),
    CheckConstraint(
        f"unit = '{Unit.CREDIT}' AND amount BETWEEN 0 AND {MOST_CREDITS}"
        f" OR unit = '{Unit.MILLISECOND}' AND amount BETWEEN 0 AND {MOST_MILLISECONDS}",
        name="within_limits",
    ),
    # The issuer's balance is computed, so that no supply waits for another.
    CheckConstraint("issues = 0 OR amount = 0", name="issuer_derived"),
)

ewallets = new_table(
    "ewallets",
    own_id(),
    foreign_id("accounts", "account_id"),
    foreign_id("balances", "balance_id"),
    text_column("reference"),
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
    foreign_id("accounts", "account_id"),
    foreign_id("ewallets", "ewallet_id"),
    foreign_id("balances", "balance_id"),
    text_column("reference"),
    number("time_sheet_id", optional=True),
    number("conversion_sheet_id", optional=True),
    text_column("timer_state"),
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
    text_column("kind"),
    number("at"),
    foreign_id("entries", "reverses_id", optional=True),
    one_of("kind", *EntryKind),
    Index(None, "reverses_id"),
)

postings = new_table(
    "postings",
    own_id(),
    foreign_id("entries", "entry_id"),
    foreign_id("balances", "balance_id"),
    text_column("unit"),
    number("amount"),
    number("balance_after", optional=True),
    number("at", default=0),
    CheckConstraint("amount <> 0", name="moves"),
    one_of("unit", *Unit),
    Index(None, "entry_id"),
    Index(None, "balance_id", "id"),
    Index(None, "balance_id", "at", "id"),
)

# The cost of supplied credits by balance and currency, with the running total, as decimal text.
costs = new_table(
    "costs",
    Column("balance_id", ID, ForeignKey("balances.id"), primary_key=True),
    Column("currency", Text, primary_key=True),
    Column("entry_id", ID, ForeignKey("entries.id"), primary_key=True),
    text_column("cost"),
    text_column("total"),
    UniqueConstraint("balance_id", "entry_id"),
)

seals = new_table(
    "seals",
    Column("position", ID, primary_key=True),
    Column("entry_id", ID, ForeignKey("entries.id"), nullable=False, unique=True),
    bytes_column("hash"),
)

sheets = new_table(
    "sheets",
    own_id(),
    foreign_id("accounts", "account_id"),
    text_column("kind"),
    # The id of a wallet, a clock or an account, depending on the kind.
    number("owner_id"),
    text_column("reference"),
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
        foreign_id("sheets", "sheet_id"),
        number("position"),
        text_column("reference"),
        *parts,
        *dates(),
        number("unlinked_at", optional=True),
        # Copies of the sheet's account and of the searchable text, so that a search needs one table and one index.
        number("account_id", default=0),
        Column("search_key", Text, nullable=False, server_default=text("''")),
        UniqueConstraint("sheet_id", "position"),
        Index(None, "account_id", "created_at", "id"),
        Index(None, "sheet_id", "created_at", "id"),
        *([Index(None, "entry_id")] if kind != "contact" else []),
    )


transfer_records = _records(
    "transfer",
    foreign_id("entries", "entry_id"),
    text_column("transfer_type"),
    foreign_id("accounts", "from_account_id"),
    foreign_id("accounts", "to_account_id"),
    number("credits"),
    text_column("notes"),
)

invoice_records = _records(
    "invoice",
    foreign_id("entries", "entry_id"),
    foreign_id("transfer_records", "transfer_record_id"),
    foreign_id("accounts", "seller_account_id"),
    number("credits"),
    text_column("currency"),
    text_column("cost"),
    text_column("notes"),
)

conversion_records = _records(
    "conversion",
    foreign_id("entries", "entry_id"),
    text_column("conversion_type"),
    number("milliseconds"),
    number("credits"),
    text_column("notes"),
)

time_records = _records(
    "time",
    foreign_id("entries", "entry_id"),
    number("time_start"),
    number("time_stop"),
    number("time_spent"),
    number("time_pending"),
    number("pending_count"),
)

contact_records = _records(
    "contact", text_column("name"), text_column("email"), text_column("phone"), text_column("notes")
)

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
    foreign_id("workers", "worker_id"),
    foreign_id("accounts", "account_id", optional=True),
    text_column("address"),
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
    foreign_id("accounts", "account_id", optional=True),
    text_column("kind"),
    text_column("outcome"),
    text_column("address"),
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
    bytes_column("fingerprint"),
    text_column("answer"),
    number("seen_at"),
    Index(None, "seen_at"),
)

events = new_table(
    "events",
    own_id(),
    foreign_id("accounts", "account_id"),
    number("sequence"),
    text_column("kind"),
    text_column("data"),
    number("at"),
    text_column("request_id", optional=True),
    text_column("movement", optional=True),
    UniqueConstraint("account_id", "sequence"),
    Index(None, "at"),
)

# The entries of the permission sheet that differ from the registry's default.
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
    foreign_id("accounts", "account_id", optional=True),
    text_column("role"),
    text_column("instruction"),
    text_column("address"),
    number("at"),
    Index(None, "at"),
)

issue_reports = new_table(
    "issue_reports",
    own_id(),
    foreign_id("accounts", "account_id", optional=True),
    text_column("reference"),
    text_column("name"),
    text_column("details"),
    text_column("log"),
    text_column("email"),
    text_column("address"),
    number("at"),
    Index(None, "account_id"),
    Index(None, "address", "at"),
)
