"""An instruction that fails midway is rolled back, except for what its error writes afterwards."""

from __future__ import annotations

import pytest
from database_file import rows
from engine_client import EngineClient
from instructions import LOGOUT, PASSWORD, supply

from ewallet_core.engine.execution import Execution
from ewallet_core.errors.credits import NotEnoughCreditsError
from ewallet_core.instructions.envelope import Answer, Call
from ewallet_core.instructions.registry import NoArguments, instruction
from ewallet_core.operations.context import Context
from ewallet_core.storage.accounts import accounts

UNLINK = {"action": "unlink", "unlink": "account", "user_pass": PASSWORD}


@instruction(NoArguments, {"action": "rename", "rename": "account"}, answers={})
def rename_and_fail(_asked: NoArguments, context: Context) -> Answer:
    """Change a row, then raise an error that writes another change after the rollback."""
    accounts.change(context.transaction, context.account.id, name="countess")
    raise NotEnoughCreditsError(1, 0).with_after_rollback(
        lambda: accounts.change(context.transaction, context.account.id, phone="1")
    )


@pytest.fixture
def failing(ada: EngineClient) -> Execution:
    """An execution of that instruction, requested by Ada."""

    def context_of(transaction, call):
        return ada.engine._dispatcher.context(transaction, call)

    call = Call({}, **ada.credentials, request_id="half way 1")
    return Execution(rename_and_fail, NoArguments(), call, context_of)


def test_changes_are_rolled_back_and_the_errors_own_write_stays(ada, failing, wallet_file):
    answer = ada.engine._database.write(failing.run)
    assert answer["code"] == "not_enough_credits"
    assert rows(wallet_file, "SELECT name, phone FROM accounts WHERE id = 2") == [
        {"name": "ada", "phone": "1"}
    ]


def test_the_error_is_stored_for_its_request_id(ada, failing):
    refused = [ada.engine._database.write(failing.run) for _ in range(2)]
    assert refused[0] == refused[1]
    ada.expect_error("request_id_reused", **supply(5), request_id="half way 1")


@pytest.mark.parametrize("instruction", [LOGOUT, UNLINK], ids=["logout", "unlink"])
def test_a_missing_login_is_not_stored_for_the_request_id(registered, instruction):
    registered.expect_error("not_logged_in", **instruction, request_id="too early 1")
    registered.log_in().request(**instruction, request_id="too early 1")
