"""`ewallet migrate`: create or upgrade the tables of a database, and let a role use them."""

from __future__ import annotations

from pathlib import Path

from ewallet_core.commands.output import print_result, tell_failure
from ewallet_core.data_folder import data_folder, database_url
from ewallet_core.errors.base import WalletError
from ewallet_core.errors.server import StorageUnavailableError
from ewallet_core.instructions.envelope import error_answer
from ewallet_core.storage.database import MigrationResult, migrate_database

EXIT_FAILED = 1


def run(database: str | None, folder: Path | None, role: str | None, *, as_json: bool) -> int:
    try:
        url = database or database_url(data_folder(folder))
        result = migrate_database(url, grant_to=role)
    except OSError as reason:
        tell_failure(error_answer(StorageUnavailableError(str(reason.strerror).lower())), as_json=as_json)
        return EXIT_FAILED
    except WalletError as error:
        tell_failure(error_answer(error), as_json=as_json)
        return EXIT_FAILED
    answer = {
        "failed": False,
        "before": result.before,
        "version": result.version,
        "granted_to": list(result.granted_to),
    }
    print_result(answer, describe(result), as_json=as_json)
    return 0


def describe(result: MigrationResult) -> str:
    if result.before is None:
        done = f"Created the tables of schema {result.version}."
    elif result.before == result.version:
        done = f"The tables are those of schema {result.version} already."
    else:
        done = f"Upgraded the tables from schema {result.before} to {result.version}."
    if not result.granted_to:
        return done
    roles = ", ".join(result.granted_to)
    return f"{done}\nThe role{'s' if len(result.granted_to) > 1 else ''} {roles} may serve with them."
