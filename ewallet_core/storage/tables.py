"""The tables. Ids are 64 bits, instants are milliseconds UTC, money is integers or decimal text.

What is active (an account's wallet, a wallet's clock and sheets) is a plain id, not a foreign key: the
foreign keys go from what belongs to what it belongs to, so that no two tables wait for each other.
"""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Column,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    Table,
    Text,
    UniqueConstraint,
    text,
)

from ewallet_core.kinds import Kind
from ewallet_core.ledger.journal import EntryKind, Unit
from ewallet_core.ledger.rates import MILLISECONDS_PER_MINUTE, MOST_CREDITS
from ewallet_core.ledger.timer import State
from ewallet_core.roles import Role

MOST_MILLISECONDS = MOST_CREDITS * MILLISECONDS_PER_MINUTE

_ID = BigInteger().with_variant(Integer, "sqlite")

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
    }
)


def _table(name: str, *parts: Column[object] | CheckConstraint | UniqueConstraint | Index) -> Table:
    return Table(name, metadata, *parts, sqlite_autoincrement=name not in _KEYED_OTHERWISE)


_KEYED_OTHERWISE = {"seals", "session_accounts", "login_throttles", "seen_requests", "costs", "permissions"}


def _id() -> Column[object]:
    return Column("id", _ID, primary_key=True)


def _belongs_to(table: str, column: str, *, optional: bool = False) -> Column[object]:
    return Column(column, _ID, ForeignKey(f"{table}.id"), nullable=optional)


def _number(name: str, *, default: int | None = None, optional: bool = False) -> Column[object]:
    server_default = None if default is None else text(str(default))
    return Column(name, BigInteger, nullable=optional, server_default=server_default)


def _words(name: str, *, optional: bool = False) -> Column[object]:
    return Column(name, Text, nullable=optional)


def _bytes(name: str, *, optional: bool = False) -> Column[object]:
    return Column(name, LargeBinary, nullable=optional)


def _dates() -> tuple[Column[object], Column[object]]:
    return _number("created_at"), _number("written_at")


def _one_of(column: str, *values: str) -> CheckConstraint:
    listed = ", ".join(f"'{value}'" for value in values)
    return CheckConstraint(f"{column} IN ({listed})", name=f"{column}_known")


accounts = _table(
    "accounts",
    _id(),
    _words("name"),
    Column("name_key", Text, nullable=True, unique=True),
    _words("email"),
    Column("email_key", Text, nullable=True, unique=True),
    _words("phone"),
    _words("alias"),
    _words("password_hash", optional=True),
    _words("role"),
    _words("state"),
    _number("ewallet_id", optional=True),
    _number("contact_list_id", optional=True),
    _number("daily_limit", optional=True),
    _number("to_unlink_at", optional=True),
    _number("event_sequence", default=0),
    *_dates(),
    # Until when the password that an operator has set is good for the one login that replaces it.
    _number("one_time_until", optional=True),
    _one_of("role", *Role),
    _one_of("state", "active", "frozen", "unlink_pending", "erased"),
    Index(None, "to_unlink_at"),
)

balances = _table(
    "balances",
    _id(),
    _belongs_to("accounts", "account_id"),
    _words("unit"),
    Column("issues", Integer, nullable=False, server_default=text("0")),
    _number("amount", default=0),
    # When it was last moved, so that no posting is dated before the one before it.
    _number("moved_at", default=0),
    CheckConstraint(
        f"unit = '{Unit.CREDIT}' AND amount BETWEEN 0 AND {MOST_CREDITS}"
        f" OR unit = '{Unit.MILLISECOND}' AND amount BETWEEN 0 AND {MOST_MILLISECONDS}",
        name="within_limits",
    ),
    # What the issuer's balance comes to is derived, so that no supply ever waits for another.
    CheckConstraint("issues = 0 OR amount = 0", name="issuer_derived"),
)

ewallets = _table(
    "ewallets",
    _id(),
    _belongs_to("accounts", "account_id"),
    _belongs_to("balances", "balance_id"),
    _words("reference"),
    _number("clock_id", optional=True),
    _number("transfer_sheet_id", optional=True),
    _number("invoice_sheet_id", optional=True),
    *_dates(),
    _number("unlinked_at", optional=True),
    Index(None, "account_id"),
)

clocks = _table(
    "clocks",
    _id(),
    _belongs_to("accounts", "account_id"),
    _belongs_to("ewallets", "ewallet_id"),
    _belongs_to("balances", "balance_id"),
    _words("reference"),
    _number("time_sheet_id", optional=True),
    _number("conversion_sheet_id", optional=True),
    _words("timer_state"),
    _number("timer_started_at", optional=True),
    _number("timer_since", optional=True),
    _number("timer_spent", default=0),
    _number("timer_pending", default=0),
    _number("timer_pauses", default=0),
    _number("runs_out_at", optional=True),
    *_dates(),
    _number("unlinked_at", optional=True),
    _one_of("timer_state", *State),
    Index(None, "ewallet_id"),
    Index(None, "account_id", "runs_out_at"),
    Index(None, "runs_out_at"),
)

entries = _table(
    "entries",
    _id(),
    _words("kind"),
    _number("at"),
    _belongs_to("entries", "reverses_id", optional=True),
    _one_of("kind", *EntryKind),
    Index(None, "reverses_id"),
)

postings = _table(
    "postings",
    _id(),
    _belongs_to("entries", "entry_id"),
    _belongs_to("balances", "balance_id"),
    _words("unit"),
    _number("amount"),
    _number("balance_after", optional=True),
    _number("at", default=0),
    CheckConstraint("amount <> 0", name="moves"),
    _one_of("unit", *Unit),
    Index(None, "entry_id"),
    Index(None, "balance_id", "id"),
    Index(None, "balance_id", "at", "id"),
)

# What was paid for credits: by balance and currency, with the running total, in decimal text.
costs = _table(
    "costs",
    Column("balance_id", _ID, ForeignKey("balances.id"), primary_key=True),
    Column("currency", Text, primary_key=True),
    Column("entry_id", _ID, ForeignKey("entries.id"), primary_key=True),
    _words("cost"),
    _words("total"),
    UniqueConstraint("balance_id", "entry_id"),
)

seals = _table(
    "seals",
    Column("position", _ID, primary_key=True),
    Column("entry_id", _ID, ForeignKey("entries.id"), nullable=False, unique=True),
    _bytes("hash"),
)

sheets = _table(
    "sheets",
    _id(),
    _belongs_to("accounts", "account_id"),
    _words("kind"),
    # The wallet's, the clock's or the account's id, by kind.
    _number("owner_id"),
    _words("reference"),
    _number("last_position", default=0),
    _number("record_count", default=0),
    *_dates(),
    _number("unlinked_at", optional=True),
    _one_of("kind", *Kind),
    Index(None, "owner_id", "kind"),
)


def _records(kind: str, *parts: Column[object] | CheckConstraint) -> Table:
    return _table(
        f"{kind}_records",
        _id(),
        _belongs_to("sheets", "sheet_id"),
        _number("position"),
        _words("reference"),
        *parts,
        *_dates(),
        _number("unlinked_at", optional=True),
        # The sheet's account and the words to be found by, so that a search asks one table and one index.
        _number("account_id", default=0),
        Column("search_key", Text, nullable=False, server_default=text("''")),
        UniqueConstraint("sheet_id", "position"),
        Index(None, "account_id", "created_at", "id"),
        Index(None, "sheet_id", "created_at", "id"),
        *([Index(None, "entry_id")] if kind != "contact" else []),
    )


transfer_records = _records(
    "transfer",
    _belongs_to("entries", "entry_id"),
    _words("transfer_type"),
    _belongs_to("accounts", "from_account_id"),
    _belongs_to("accounts", "to_account_id"),
    _number("credits"),
    _words("notes"),
)

invoice_records = _records(
    "invoice",
    _belongs_to("entries", "entry_id"),
    _belongs_to("transfer_records", "transfer_record_id"),
    _belongs_to("accounts", "seller_account_id"),
    _number("credits"),
    _words("currency"),
    _words("cost"),
    _words("notes"),
)

conversion_records = _records(
    "conversion",
    _belongs_to("entries", "entry_id"),
    _words("conversion_type"),
    _number("milliseconds"),
    _number("credits"),
    _words("notes"),
)

time_records = _records(
    "time",
    _belongs_to("entries", "entry_id"),
    _number("time_start"),
    _number("time_stop"),
    _number("time_spent"),
    _number("time_pending"),
    _number("pending_count"),
)

contact_records = _records("contact", _words("name"), _words("email"), _words("phone"), _words("notes"))

workers = _table("workers", _id(), _number("session_limit"), *_dates())

client_ids = _table(
    "client_ids",
    _id(),
    Column("hash", LargeBinary, nullable=False, unique=True),
    _number("last_used_at"),
    _number("expires_at"),
    *_dates(),
    Index(None, "expires_at"),
)

sessions = _table(
    "sessions",
    _id(),
    Column("client_id", _ID, ForeignKey("client_ids.id"), nullable=True, unique=True),
    Column("token_hash", LargeBinary, nullable=True, unique=True),
    _belongs_to("workers", "worker_id"),
    _belongs_to("accounts", "account_id", optional=True),
    _words("address"),
    _number("last_used_at"),
    _number("expires_at"),
    *_dates(),
    Index(None, "worker_id"),
    Index(None, "account_id"),
    Index(None, "expires_at"),
)

session_accounts = _table(
    "session_accounts",
    Column("session_id", _ID, ForeignKey("sessions.id", ondelete="CASCADE"), primary_key=True),
    Column("account_id", _ID, ForeignKey("accounts.id"), primary_key=True),
    _number("logged_in_at"),
    Index(None, "account_id"),
)

login_records = _table(
    "login_records",
    _id(),
    _belongs_to("accounts", "account_id", optional=True),
    _words("kind"),
    _words("outcome"),
    _words("address"),
    _number("at"),
    _number("is_new_address", default=0),
    _one_of("kind", "login", "logout"),
    Index(None, "account_id", "kind", "id"),
    Index(None, "account_id", "address"),
)

login_throttles = _table(
    "login_throttles",
    Column("name_hash", LargeBinary, primary_key=True),
    Column("address", Text, primary_key=True),
    _number("failures"),
    _number("last_failed_at"),
    Index(None, "last_failed_at"),
)

seen_requests = _table(
    "seen_requests",
    Column("scope", Text, primary_key=True),
    Column("request_id", Text, primary_key=True),
    _bytes("fingerprint"),
    _words("answer"),
    _number("seen_at"),
    Index(None, "seen_at"),
)

events = _table(
    "events",
    _id(),
    _belongs_to("accounts", "account_id"),
    _number("sequence"),
    _words("kind"),
    _words("data"),
    _number("at"),
    UniqueConstraint("account_id", "sequence"),
    Index(None, "at"),
)

# Where the permission sheet differs from the catalogue's own word on who may ask what.
permissions = _table(
    "permissions",
    Column("role", Text, primary_key=True),
    Column("instruction", Text, primary_key=True),
    _number("allowed"),
    _number("written_at"),
)

refused_requests = _table(
    "refused_requests",
    _id(),
    _belongs_to("accounts", "account_id", optional=True),
    _words("role"),
    _words("instruction"),
    _words("address"),
    _number("at"),
    Index(None, "at"),
)

issue_reports = _table(
    "issue_reports",
    _id(),
    _belongs_to("accounts", "account_id", optional=True),
    _words("reference"),
    _words("name"),
    _words("details"),
    _words("log"),
    _words("email"),
    _words("address"),
    _number("at"),
    Index(None, "account_id"),
    Index(None, "address", "at"),
)
