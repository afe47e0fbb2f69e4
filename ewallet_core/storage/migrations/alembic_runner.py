"""Runs the migrations with alembic."""

from __future__ import annotations

from threading import Lock

from alembic import command
from alembic.config import Config
from sqlalchemy import Connection

_RUNNING = Lock()
"""Alembic keeps what it works on in variables of the whole process."""


def upgrade(connection: Connection, version: str) -> None:
    """Run the migrations up to that version in the transaction of the connection."""
    config = Config()
    config.set_main_option("script_location", "ewallet_core.storage:migrations")
    config.set_main_option("path_separator", "os")
    config.attributes["connection"] = connection
    with _RUNNING:
        command.upgrade(config, version)
