"""What the migrations of this release make, described in a file for each kind of database.

New files of SQLite are made from their description, and `verify` compares databases with theirs.
"""

from __future__ import annotations

import json
from pathlib import Path

import msgspec

SQLITE_SCHEMA, POSTGRESQL_SCHEMA = (
    Path(__file__).with_name(f"{kind}_schema.json") for kind in ("sqlite", "postgresql")
)


def read_description(file: Path) -> dict[str, str]:
    """The definition of each object by its name, in the order of the file."""
    return msgspec.json.decode(file.read_bytes(), type=dict[str, str])


def describe(objects: dict[str, str]) -> str:
    """The text of the file that describes these objects, one in a line, in their order."""
    return json.dumps(objects, indent=0) + "\n"
