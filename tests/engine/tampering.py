"""A wallet file in the hands of somebody who can do everything to it."""

from __future__ import annotations

import sqlite3
from pathlib import Path

from kept_rows import faults_in


def tampered(file: Path, *statements: str) -> list[str]:
    """What the check finds after somebody who can do everything has done this."""
    connection = sqlite3.connect(file, isolation_level=None)
    connection.execute("PRAGMA ignore_check_constraints = ON")
    for (trigger,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall():
        connection.execute(f"DROP TRIGGER {trigger}")
    for statement in statements:
        assert connection.execute(statement).rowcount > 0
    connection.close()
    return faults_in(file)
