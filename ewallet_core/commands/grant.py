"""`ewallet grant`: give an account a role, without logging in."""

from __future__ import annotations

from pathlib import Path

from ewallet_core.commands.output import print_result, tell_failure
from ewallet_core.data_folder import database_url, find_data_folder
from ewallet_core.errors.server import StorageUnavailableError
from ewallet_core.instructions.envelope import error_answer
from ewallet_core.manager import EWalletSessionManager
from ewallet_core.storage.read_only import open_read_only

EXIT_REFUSED = 1
EXIT_UNREADABLE = 2


def run(database: str | None, folder: Path | None, email: str, role: str, *, as_json: bool) -> int:
    url = database or database_url(find_data_folder(folder))
    try:
        # The account must be in an existing database: none is created.
        with open_read_only(url):
            pass
        with EWalletSessionManager(url) as engine:
            answer = engine.session_manager_controller(
                controller="system", ctype="action", action="grant", grant="role", account=email, role=role
            )
    except StorageUnavailableError as error:
        tell_failure(error_answer(error), as_json=as_json)
        return EXIT_UNREADABLE
    if answer["failed"]:
        tell_failure(answer, as_json=as_json)
        return EXIT_REFUSED
    print_result(answer, f"{answer['account']} has the role {answer['role']} now.", as_json=as_json)
    return 0
