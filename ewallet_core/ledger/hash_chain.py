"""The hash chain over the journal: each entry's seal covers its money facts and the seal before it.

Only facts that never change are sealed, and nothing personal, so that erasing a person breaks no seal."""

from __future__ import annotations

import hashlib

from ewallet_core.ledger.journal import Entry

FIRST_SEAL = bytes(32)

_VERSION = "ewallet seal 1"


def seal(previous: bytes, entry_id: int, entry: Entry) -> bytes:
    """The 32 bytes that vouch for `entry` and, through `previous`, for every entry before it."""
    return hashlib.sha256(previous + facts(entry_id, entry)).digest()


def facts(entry_id: int, entry: Entry) -> bytes:
    """What is sealed, one fact a line: the entry, what it reverses, then each posting in its order."""
    lines = [_VERSION, f"{entry_id} {entry.kind} {entry.at}"]
    lines += [f"reverses {entry.reverses}"] if entry.reverses is not None else []
    lines += [f"{posting.balance} {posting.unit} {posting.amount}" for posting in entry.postings]
    return "\n".join(lines).encode("ascii")
