"""Statements that are compiled once for all engines of a process, because that takes longer than a test."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from sqlalchemy import ClauseElement, Dialect

from ewallet_core.storage.transaction import CompiledStatement, Statements

Find = Callable[[Statements, ClauseElement], CompiledStatement]


class SharedStatements:
    """The statements that were compiled so far, for each dialect."""

    def __init__(self) -> None:
        self._compile: Find = Statements.__missing__
        self._known: dict[tuple[str, str], dict[ClauseElement, CompiledStatement]] = {}

    def of(self, dialect: Dialect) -> dict[ClauseElement, CompiledStatement]:
        return self._known.setdefault((dialect.name, dialect.paramstyle), {})

    def find_or_compile(self, statements: Statements, statement: ClauseElement) -> CompiledStatement:
        """Stands for `Statements.__missing__`."""
        known = self.of(statements._dialect)
        if (compiled := known.get(statement)) is None:
            compiled = known[statement] = self._compile(statements, statement)
        statements[statement] = compiled
        return compiled

    def replace(self, replace: Callable[[Any, str, Any], None]) -> None:
        """Let all engines find them, by that function, which replaces an attribute."""

        def missing(statements: Statements, statement: ClauseElement) -> CompiledStatement:
            return self.find_or_compile(statements, statement)

        replace(Statements, "__missing__", missing)
