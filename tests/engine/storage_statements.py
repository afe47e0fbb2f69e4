"""The statements of the storage, and where they are."""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Iterator
from types import ModuleType

from sqlalchemy import Executable
from sqlalchemy.sql.functions import FunctionElement

import ewallet_core.storage
from ewallet_core.storage import record_order, schema
from ewallet_core.storage.rows import Rows


def storage_modules() -> list[ModuleType]:
    found = pkgutil.walk_packages(ewallet_core.storage.__path__, "ewallet_core.storage.")
    names = [module.name for module in found if not module.ispkg and ".migrations." not in module.name]
    return [importlib.import_module(name) for name in names]


def queries_in(value: object) -> Iterator[Executable]:
    """The statements in a module's value, however deep."""
    if isinstance(value, FunctionElement):
        # SQLAlchemy could run it, but here it is a part of a statement.
        return
    if isinstance(value, Executable):
        yield value
    elif isinstance(value, dict):
        yield from queries_in(tuple(value.values()))
    elif isinstance(value, list | tuple):
        for part in value:
            yield from queries_in(part)
    elif not isinstance(value, type) and type(value).__module__.startswith("ewallet_core.storage"):
        yield from queries_in(getattr(value, "__dict__", {}))


def plain_statements_of(kept: Rows) -> Iterator[Executable]:
    """Statements that these rows build from the names of columns, with all of them and with single ones."""
    names = kept.table.c.keys()
    keys = [column.name for column in kept.table.c if column.primary_key or column.foreign_keys]
    yield from (kept._insert(*names), kept._add(*names))
    for chosen in (names, *((key,) for key in keys)):
        yield from (kept._select(*chosen), kept._delete(*chosen), kept._count(*chosen))
    if "id" in kept.table.c:
        yield from (kept._update(*names), kept._latest(*names))


def _in_any_order() -> Iterator[tuple[str, Executable]]:
    for how, all_ordered, found in (
        ("of a sheet", record_order.ON_SHEET, (False,)),
        ("found", record_order.FOUND_IN_ORDER, (True, 0)),
    ):
        for kind, ordered in all_ordered.items():
            for column, by in record_order.SORTS[kind].items():
                name = f"{kind} records {how} by {column}"
                if isinstance(by, record_order.Text):
                    yield name, ordered._texts(by, found)[0]
                    continue
                for descending in (False, True):
                    order = record_order.Order(column, descending)
                    yield f"{name}, {descending}", ordered._page(by, order, False, found)
                    yield f"{name} from a cursor, {descending}", ordered._page(by, order, True, found)


def _read_by_id() -> Iterator[tuple[str, Executable]]:
    for kind, ordered in record_order.ON_SHEET.items():
        yield f"{kind} records by their ids", ordered._by_ids
        for column, by in record_order.SORTS[kind].items():
            if isinstance(by, record_order.Text):
                yield f"the {column} of one of the {kind} records", ordered._texts(by, (False,))[1]


def _added_up() -> Iterator[tuple[str, Executable]]:
    for all_ordered, found in ((record_order.ON_SHEET, (False,)), (record_order.FOUND_IN_ORDER, (False, 0))):
        for kind, ordered in all_ordered.items():
            for number, statement in enumerate(ordered._totals(found)):
                if statement is not None:
                    yield f"{kind} {found} {number}", statement


IN_ANY_ORDER = dict(_in_any_order())
"""The statements that find records for another order than by date, by what they find."""
BY_ID = dict(_read_by_id())
ADDED_UP = dict(_added_up())


def all_statements() -> dict[str, Executable]:
    """Every statement of the storage, by a name that begins with that of its module."""
    found: dict[Executable, str] = {}
    for module in storage_modules():
        if module is schema:
            continue
        short = module.__name__.removeprefix("ewallet_core.storage.")
        for name, value in vars(module).items():
            plain = plain_statements_of(value) if isinstance(value, Rows) else ()
            for number, statement in enumerate((*queries_in(value), *plain)):
                found.setdefault(statement, f"{short}.{name} {number}")
    for name, statement in (IN_ANY_ORDER | BY_ID | ADDED_UP).items():
        found.setdefault(statement, f"record_order: {name}")
    return {name: statement for statement, name in found.items()}
