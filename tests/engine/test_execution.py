"""An instruction that fails half-way leaves nothing of what it began, but what a failure must leave stays."""

from __future__ import annotations

import pytest
from commit_groups import note, statements_of, together
from database_file import rows
from engine_client import SELECTORS, EngineClient
from fakes import MINUTE
from instructions import LOGOUT, PASSWORD, START, supply, to_clock

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
    """The execution of that instruction, for Ada."""
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


def test_what_fails_in_a_commit_group_undoes_nothing_of_the_others(ada, half_way, wallet_file):
    before, failed, after = together(ada.engine._database, note("before"), half_way.run, note("after"))
    assert (before.result(), after.result()) == ("before", "after")
    assert failed.result()["code"] == "not_enough_credits"
    kept = rows(wallet_file, "SELECT request_id FROM seen_requests WHERE scope = 'test'")
    assert {row["request_id"] for row in kept} == {"before", "after"}
    assert rows(wallet_file, "SELECT name FROM accounts WHERE id = 2") == [{"name": "ada"}]


def test_a_failed_instruction_is_still_a_use_of_its_session(ada, wallclock, wallet_file):
    def last_use() -> int:
        return rows(wallet_file, "SELECT last_used_at FROM sessions")[0]["last_used_at"]

    wallclock.forward(2 * MINUTE)
    ada.is_refused("not_enough_credits", **to_clock(1))
    assert last_use() == wallclock.now


def test_a_failed_instruction_still_stops_a_timer_that_ran_out(running, wallclock, wallet_file):
    wallclock.forward(21 * MINUTE)
    running.is_refused("not_enough_credits", **to_clock(1_000))
    assert rows(wallet_file, "SELECT time_spent FROM time_records") == [{"time_spent": 20 * MINUTE}]


@pytest.mark.parametrize(
    ("asked", "undone"), [(supply(5), 0), (to_clock(1_000), 1), (START, 1)], ids=["ok", "refused", "no time"]
)
def test_an_instruction_has_one_savepoint(ada, asked, undone):
    with statements_of(ada.engine._database) as heard:
        ada.ask(**asked)
    assert sum(sql.startswith("SAVEPOINT") for sql in heard) == 1
    assert sum(sql.startswith("ROLLBACK TO") for sql in heard) == undone
