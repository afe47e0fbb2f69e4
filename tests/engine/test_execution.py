"""An instruction that is refused half-way leaves nothing of what it had begun."""

from __future__ import annotations

import pytest
from database_file import rows
from engine_client import SELECTORS, EngineClient
from instructions import LOGOUT, PASSWORD, supply

from ewallet_core.engine.execution import Execution
from ewallet_core.errors.credits import NotEnoughCreditsError
from ewallet_core.instructions.envelope import Answer
from ewallet_core.instructions.registry import InstructionRegistry, NoArguments, instruction
from ewallet_core.operations.context import AccountContext
from ewallet_core.storage.accounts import accounts

RENAME = {"action": "rename", "rename": "account"}
UNLINK = {"action": "unlink", "unlink": "account", "user_pass": PASSWORD}


@instruction(NoArguments, RENAME, answers={})
def rename_and_think_better_of_it(_asked: NoArguments, context: AccountContext) -> Answer:
    """Change something, and be refused after that."""
    accounts.change(context.transaction, context.account.id, name="countess")
    raise NotEnoughCreditsError(1, 0).with_after_rollback(
        lambda: accounts.change(context.transaction, context.account.id, phone="1")
    )


@pytest.fixture
def half_way(ada: EngineClient) -> Execution:
    """The errand of that instruction, asked by Ada."""
    dispatcher = ada.engine.dispatcher
    known = InstructionRegistry((rename_and_think_better_of_it,))
    request = {**SELECTORS, **RENAME, **ada.credentials, "request_id": "half way 1"}
    return Execution(dispatcher.parse(request, registry=known), dispatcher._context_of)


def test_what_was_begun_is_undone_and_what_the_refusal_notes_stays(ada, half_way, wallet_file):
    answer = ada.engine._database.write(half_way.run)
    assert answer["code"] == "not_enough_credits"
    assert rows(wallet_file, "SELECT name, phone FROM accounts WHERE id = 2") == [
        {"name": "ada", "phone": "1"}
    ]


def test_the_refusal_is_remembered(ada, half_way):
    refused = [ada.engine._database.write(half_way.run) for _ in range(2)]
    assert refused[0] == refused[1]
    ada.is_refused("request_id_reused", **supply(5), request_id="half way 1")


@pytest.mark.parametrize("instruction", [LOGOUT, UNLINK], ids=["logout", "unlink"])
def test_that_nobody_was_logged_in_is_not_remembered(registered, instruction):
    registered.is_refused("not_logged_in", **instruction, request_id="too early 1")
    registered.logs_in().asks_ok(**instruction, request_id="too early 1")
