"""What `ewallet doctor` finds out about the space that a wallet takes."""

from __future__ import annotations

from urllib.parse import quote

from ewallet_core.commands.diagnostics.section import Section, Target
from ewallet_core.commands.diagnostics.wallet import find_database
from ewallet_core.errors.server import StorageUnavailableError
from ewallet_core.storage.compaction import MEBIBYTE, measure
from ewallet_core.storage.read_only import connect_read_only

MUCH_FREE_BYTES = 64 * MEBIBYTE


def examine_space(section: Section, target: Target) -> None:
    """The sizes of the database, and the rows of the tables that grow."""
    try:
        database = find_database(target)
        if database is None or not database.exists():
            section.add("database", "none yet")
            return
        with connect_read_only(f"sqlite:///{quote(str(database))}") as connection:
            sizes = measure(database, connection)
    except StorageUnavailableError as error:
        section.add("database", error.reason)
        return
    section.add("bytes", {"database": sizes.bytes, "free": sizes.free_bytes, "log": sizes.log_bytes})
    section.add("gives_free_space_back", sizes.gives_back)
    section.add("rows", sizes.rows)
    if not sizes.gives_back and sizes.free_bytes >= max(MUCH_FREE_BYTES, sizes.bytes // 4):
        section.warn(
            f"The database has {sizes.free_bytes // MEBIBYTE:,} MiB of free space that it keeps.",
            "Close the app and stop the server that use it, then run `ewallet doctor --compact`.",
        )
