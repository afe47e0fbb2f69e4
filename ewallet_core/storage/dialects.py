"""SQL that SQLite and PostgreSQL write differently. All other statements are the same for both."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.functions import GenericFunction


class position_in(GenericFunction[int]):  # noqa: N801 - a function of SQL
    """Where a text first has a part, counted from 1; 0 if it does not have it."""

    type = sa.Integer()
    inherit_cache = True


@compiles(position_in)
def _instr(element: position_in, compiler: SQLCompiler, **options: Any) -> str:
    return f"instr{compiler.process(element.clause_expr, **options)}"


@compiles(position_in, "postgresql")
def _strpos(element: position_in, compiler: SQLCompiler, **options: Any) -> str:
    return f"strpos{compiler.process(element.clause_expr, **options)}"


class in_sqlite(sa.ColumnElement[bool]):  # noqa: N801 - a condition of SQL
    """Whether a condition holds in SQLite, which alone can check it; false in another database."""

    type = sa.Boolean()
    inherit_cache = False

    def __init__(self, condition: sa.ColumnElement[bool]) -> None:
        self.condition = condition


@compiles(in_sqlite)
def _never(_element: in_sqlite, _compiler: SQLCompiler, **_options: Any) -> str:
    return "false"


@compiles(in_sqlite, "sqlite")
def _condition(element: in_sqlite, compiler: SQLCompiler, **options: Any) -> str:
    return compiler.process(element.condition, **options)
