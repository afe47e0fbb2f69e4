"""`ewallet verify`: check the whole ledger without changing a byte of it."""

from __future__ import annotations

from pathlib import Path

import click

from ewallet_core.backup.archive import is_backup
from ewallet_core.backup.copies import BackupError, BrokenWalletError
from ewallet_core.backup.restore import verify_backup
from ewallet_core.commands.backup import TerminalProgress, describe, facts_of, failure_of
from ewallet_core.commands.output import print_json, print_result, tell_failure
from ewallet_core.commands.problems import VIOLATION, failure
from ewallet_core.data_folder import database_url, find_data_folder, url_of
from ewallet_core.errors.server import StorageUnavailableError
from ewallet_core.instructions.envelope import error_answer
from ewallet_core.storage.read_only import open_read_only
from ewallet_core.storage.verification import Violation, run_checks

EXIT_VIOLATION = 1
EXIT_UNREADABLE = 2


def run(database: str | None, folder: Path | None, file: Path | None, *, as_json: bool) -> int:
    if file is not None:
        if is_backup(file):
            return _verify_backup(file, as_json=as_json)
        database = url_of(file)
    checked: list[str] = []
    try:
        with open_read_only(database or database_url(find_data_folder(folder))) as transaction:
            for finding in run_checks(transaction):
                if isinstance(finding, Violation):
                    violation = failure(finding.sentence, VIOLATION)
                    tell_failure({**violation, "checked": checked}, as_json=as_json)
                    return EXIT_VIOLATION
                checked.append(finding.line)
                if not as_json:
                    click.echo(finding.line)
    except StorageUnavailableError as error:
        tell_failure(error_answer(error), as_json=as_json)
        return EXIT_UNREADABLE
    if as_json:
        print_json({"failed": False, "checked": checked}, on_one_line=False)
    return 0


def _verify_backup(file: Path, *, as_json: bool) -> int:
    progress = TerminalProgress()
    try:
        manifest, lines = verify_backup(file, progress)
    except BackupError as error:
        progress.end()
        tell_failure(failure_of(error), as_json=as_json)
        return EXIT_VIOLATION if isinstance(error, BrokenWalletError) else EXIT_UNREADABLE
    progress.end()
    answer = {"failed": False, **facts_of(manifest), "checked": lines}
    print_result(answer, "\n".join([describe(manifest), *lines]), as_json=as_json)
    return 0
