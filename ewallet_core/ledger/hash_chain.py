"""The hash chain over the journal: each entry's seal covers the entry's facts and the previous seal.

Only facts that never change are sealed, and no personal data, so erasing a person breaks no seal."""

from __future__ import annotations

import hashlib

from ewallet_core.ledger.journal import Entry

FIRST_SEAL = bytes(32)


def seal(previous: bytes, entry_id: int, entry: Entry) -> bytes:
    """The SHA-256 of the previous seal and of this entry's facts."""
    return hashlib.sha256(previous + facts(entry_id, entry)).digest()


def facts(entry_id: int, entry: Entry) -> bytes:
    """The sealed text, one fact per line: the entry, the entry that it reverses, then its postings in order."""
    lines = ["ewallet seal 1", f"{entry_id} {entry.kind} {entry.at}"]
    lines += [f"reverses {entry.reverses}"] if entry.reverses is not None else []
    lines += [f"{posting.balance} {posting.unit} {posting.amount}" for posting in entry.postings]
    return "\n".join(lines).encode("ascii")
