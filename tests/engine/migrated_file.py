"""A wallet file whose tables the migrations make, one after the other, as those of old files were made."""

from __future__ import annotations

from pathlib import Path

from sqlalchemy import create_engine

from ewallet_core.storage import migrations
from ewallet_core.storage.schema_version import SCHEMA_VERSION


def run_migrations(file: Path, version: str = SCHEMA_VERSION) -> None:
    """Make the file, or upgrade the tables of one, by the migrations up to that version."""
    engine = create_engine(f"sqlite:///{file}")
    with engine.begin() as connection:
        migrations.upgrade(connection, version)
    engine.dispose()
