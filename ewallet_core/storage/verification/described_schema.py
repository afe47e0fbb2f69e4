"""What the migrations of this release make, described in a file for each kind of database."""

from __future__ import annotations

import json
from pathlib import Path

import msgspec

SQLITE_SCHEMA, POSTGRESQL_SCHEMA = (
    Path(__file__).with_name(f"{kind}_schema.json") for kind in ("sqlite", "postgresql")
)


def read_description(file: Path) -> dict[str, str]:
    """The definition of each object by its name."""
    return msgspec.json.decode(file.read_bytes(), type=dict[str, str])


def describe(objects: dict[str, str]) -> str:
    """The text of the file that describes these objects, one in a line."""
    return json.dumps(objects, indent=0, sort_keys=True) + "\n"
