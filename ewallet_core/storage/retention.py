"""How long rows are kept that only tell what happened, and their removal, a slice in each transaction.

Their ids are in the order of time, except where the clock was set back, so none needs an index of dates. In
PostgreSQL a transaction can have an earlier date and a later id than another, by as long as it takes."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any, NamedTuple

import sqlalchemy as sa

from ewallet_core.storage import schema
from ewallet_core.storage.dialects import in_sqlite
from ewallet_core.storage.rows import whole_number
from ewallet_core.storage.transaction import Transaction
from ewallet_core.storage.wall_clock import LEAST_AHEAD_MS

DAY_MS = 24 * 60 * 60_000
ROWS_IN_A_SLICE = 500
"""So few that the writer, which waits meanwhile, is held up for some milliseconds."""
PAGES_IN_A_SLICE = 200
FREE_PAGES_KEPT = 1_000
"""Free pages of the file that are left to be used again."""

_NOW, _AHEAD = whole_number("now"), whole_number("ahead")


@dataclass(frozen=True, slots=True)
class Retention:
    """How long rows are kept, in milliseconds, and how many issue reports at most.

    Events, remembered requests and refused requests may name other accounts, so they must be gone when such
    an account is erased, which is 30 days after its deletion.
    """

    events_ms: int = 30 * DAY_MS
    requests_ms: int = 30 * DAY_MS
    refused_ms: int = 30 * DAY_MS
    logins_ms: int = 365 * DAY_MS
    unknown_logins_ms: int = 30 * DAY_MS
    issues_ms: int = 365 * DAY_MS
    issues: int = 1_000
    """How many reports of accounts, and as many of strangers."""

    def __post_init__(self) -> None:
        if min(asdict(self).values()) < 1:
            raise ValueError("what is kept is kept for at least a millisecond")


class _Kept(NamedTuple):
    """The rows of a table that are kept for as long as that setting says; without `where`, all of them."""

    dates: sa.Column[Any]
    setting: str
    where: sa.ColumnElement[bool] = sa.true()

    @property
    def due(self) -> sa.Select[Any]:
        """When the first row by id is to be removed; 0 if its date is so far ahead that it is wrong."""
        until = self.dates + whole_number(self.setting)
        return (
            sa.select(sa.case((self.dates > _AHEAD, 0), else_=until))
            .where(self.where)
            .order_by(self.dates.table.c.id)
            .limit(1)
        )

    @property
    def correction(self) -> sa.Update:
        """Date what is dated too far ahead now."""
        return (
            sa.update(self.dates.table)
            .where(self._is_among_first, self.dates > _AHEAD)
            .values({self.dates.name: _NOW})
        )

    @property
    def removal(self) -> sa.Delete:
        return sa.delete(self.dates.table).where(
            self._is_among_first, self.dates < _NOW - whole_number(self.setting)
        )

    @property
    def _is_among_first(self) -> sa.ColumnElement[bool]:
        key = self.dates.table.c.id
        first = sa.select(key).where(self.where).order_by(key).limit(sa.bindparam("most"))
        return key.in_(first.correlate(None))


_login, _report = schema.login_records.c, schema.issue_reports.c
_KEPT = (
    _Kept(schema.seen_requests.c.seen_at, "requests_ms"),
    _Kept(schema.refused_requests.c.at, "refused_ms"),
    _Kept(schema.events.c.at, "events_ms"),
    # Of logins with an unknown name.
    _Kept(_login.at, "unknown_logins_ms", _login.account_id.is_(None) & (_login.kind == "login")),
    _Kept(_login.at, "logins_ms"),
    _Kept(_report.at, "issues_ms"),
)
_REMOVALS = tuple((kept.correction, kept.removal) for kept in _KEPT)
_REMOVAL_OF_REQUESTS = _REMOVALS[0][1]

_FREE_PAGES = sa.func.pragma_freelist_count().table_valued("freelist_count").c.freelist_count
_AUTO_VACUUM = sa.func.pragma_auto_vacuum().table_valued("auto_vacuum").c.auto_vacuum
_INCREMENTAL = 2
_CAN_GIVE_BACK = sa.and_(
    sa.select(_FREE_PAGES).scalar_subquery() > FREE_PAGES_KEPT,
    sa.select(_AUTO_VACUUM).scalar_subquery() == _INCREMENTAL,
)
_GIVE_BACK_ONE = sa.text("PRAGMA incremental_vacuum(1)")

# PostgreSQL makes room by itself, with its autovacuum.
_MANY_ARE_FREE = sa.select(sa.literal(0)).where(in_sqlite(_CAN_GIVE_BACK))
HISTORY_IS_DUE = (*(kept.due for kept in _KEPT), _MANY_ARE_FREE)
"""When there is something to remove, or free pages to give back; `find_earliest` runs them."""


def due_parameters(retention: Retention, now: int) -> dict[str, int]:
    """The values that `HISTORY_IS_DUE` needs."""
    return {**asdict(retention), "now": now, "ahead": now + LEAST_AHEAD_MS}


def remove_old_requests(transaction: Transaction, now: int, retention: Retention) -> None:
    """Remove the first slice of the remembered requests that are too old."""
    transaction.run(_REMOVAL_OF_REQUESTS, **due_parameters(retention, now), most=ROWS_IN_A_SLICE)


def remove_old_history(transaction: Transaction, now: int, retention: Retention) -> bool:
    """Remove the first slice of what is too old; returns whether all of it is removed."""
    left, values = ROWS_IN_A_SLICE, due_parameters(retention, now)
    for correction, removal in _REMOVALS:
        for statement in (correction, removal):
            left -= transaction.count_changed(statement, **values, most=left)
        if left <= 0:
            return False
    return True


def give_back_space(transaction: Transaction) -> None:
    """Give some of the file's free pages back to the file system, if there are many and the file can."""
    if transaction.number(_MANY_ARE_FREE) is not None:
        # The driver makes one step of this statement, which gives back one page however many are asked for.
        for _ in range(PAGES_IN_A_SLICE):
            transaction.run(_GIVE_BACK_ONE)


_OLDEST_REPORTS = {
    of_strangers: sa.delete(schema.issue_reports).where(
        _report.id.in_(
            sa.select(_report.id)
            .where(_report.account_id.is_(None) if of_strangers else _report.account_id.is_not(None))
            .order_by(_report.id.desc())
            .limit(sa.bindparam("most"))
            .offset(sa.bindparam("kept"))
            .correlate(None)
        )
    )
    for of_strangers in (True, False)
}


def remove_oldest_reports(transaction: Transaction, retention: Retention, *, of_strangers: bool) -> None:
    """Remove the oldest issue reports, of strangers or of accounts, if there are too many of them."""
    transaction.run(_OLDEST_REPORTS[of_strangers], kept=retention.issues, most=ROWS_IN_A_SLICE)
