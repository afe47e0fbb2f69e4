"""`ewallet copy`: copy a whole wallet into another database."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import click

from ewallet_core.commands.backup import TerminalProgress
from ewallet_core.commands.output import print_result, tell_failure
from ewallet_core.commands.problems import OUTCOME_UNKNOWN, VIOLATION, CommandError, ExitCode, failure
from ewallet_core.data_folder import database_url, find_data_folder
from ewallet_core.database_copy.copy import CopyResult, copy_database
from ewallet_core.database_copy.ends import CopyError, CopyUncertainError, CopyViolationError
from ewallet_core.instructions.envelope import Answer
from ewallet_core.storage.database_url import database_file, is_postgresql, parse_url
from ewallet_core.storage.postgresql.url import read_target

LIVE = "What changed after the copy was begun is not in it."


def run(source: str | None, target: str, folder: Path | None, *, live: bool, as_json: bool) -> int:
    progress = TerminalProgress()
    source = source or database_url(find_data_folder(folder))
    try:
        with _ended_like_an_interrupt():
            copied = copy_database(source, target, live=live, progress=progress)
    except CopyError as reason:
        progress.end()
        tell_failure(failure(str(reason), _code_of(reason)), as_json=as_json)
        return ExitCode.UNREACHABLE if isinstance(reason, CopyUncertainError) else ExitCode.REFUSED
    except KeyboardInterrupt:
        progress.end()
        click.echo("Interrupted: nothing was copied.", err=True)
        return ExitCode.INTERRUPTED
    progress.end()
    print_result(
        _as_data(copied, source, target), "\n".join(_lines(copied, target, live=live)), as_json=as_json
    )
    return ExitCode.DONE


@contextmanager
def _ended_like_an_interrupt() -> Iterator[None]:
    """Let SIGTERM end the work as Ctrl-C does, so that what is not finished is removed."""
    before = signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


def _code_of(reason: CopyError) -> str:
    if isinstance(reason, CopyUncertainError):
        return OUTCOME_UNKNOWN
    return VIOLATION if isinstance(reason, CopyViolationError) else CommandError.code


def _as_data(copied: CopyResult, source: str, target: str) -> Answer:
    return {
        "failed": False,
        "from": _shown(source),
        "to": _shown(target),
        "rows": copied.rows,
        "last_entry": copied.last_entry,
        "chain_head": copied.chain_head,
        "sealed": copied.sealed,
        "checked": copied.checked,
    }


def _lines(copied: CopyResult, target: str, *, live: bool) -> Iterator[str]:
    rows, entries = sum(copied.rows.values()), copied.rows["entries"]
    yield f"Copied, compared and verified: {rows:,} rows, with {entries:,} entries, into {_shown(target)}."
    if copied.chain_head is not None:
        yield f"The chain of seals ends at entry {copied.last_entry} with {copied.chain_head}."
    if live:
        yield LIVE
    yield "Use only one of the two from now on: they know nothing of each other."


def _shown(url: str) -> str:
    """The place of a database, without a password."""
    return str(read_target(parse_url(url)) if is_postgresql(url) else database_file(url))
