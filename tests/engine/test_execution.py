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
from ewallet_core.storage.wallets import wallets

RENAME = {"action": "rename", "rename": "account"}
UNLINK = {"action": "unlink", "unlink": "account", "user_pass": PASSWORD}


@instruction(RENAME, answers={})
def rename_and_fail(_asked: NoArguments, context: AccountContext) -> Answer:
    """Change a row, then raise an error that writes another change after the rollback."""
    accounts.change(context.transaction, context.account.id, name="countess")
    raise NotEnoughCreditsError(1, 0).with_after_rollback(
        lambda: accounts.change(context.transaction, context.account.id, phone="1")
    )


@instruction(RENAME, answers={"before": str, "after": str})
def rename_wallet(_asked: NoArguments, context: AccountContext) -> Answer:
    """Change the wallet that was found with the caller."""
    before = context.wallet
    wallets.change(context.transaction, before.id, reference="Purse")
    return {"before": before.reference, "after": context.wallet.reference}


@pytest.fixture
def failing(ada: EngineClient) -> Execution:
    """The execution of that instruction, for Ada."""
    dispatcher = ada.engine.dispatcher
    known = InstructionRegistry((rename_and_fail,))
    request = {**SELECTORS, **RENAME, **ada.credentials, "request_id": "half way 1"}
    return Execution(dispatcher.parse(request, registry=known), dispatcher.context)


def test_changes_are_rolled_back_and_the_errors_own_write_stays(ada, failing, wallet_url):
    answer = ada.engine._database.write(failing.run)
    assert answer["code"] == "not_enough_credits"
    assert rows(wallet_url, "SELECT name, phone FROM accounts WHERE id = 2") == [
        {"name": "ada", "phone": "1"}
    ]


def test_the_error_is_stored_for_its_request_id(ada, failing):
    refused = [ada.engine._database.write(failing.run) for _ in range(2)]
    assert refused[0] == refused[1]
    ada.expect_error("request_id_reused", **supply(5), request_id="half way 1")


def test_what_was_found_with_the_caller_is_read_again_after_a_change(ada):
    dispatcher = ada.engine.dispatcher
    request = {**SELECTORS, **RENAME, **ada.credentials}
    call = dispatcher.parse(request, registry=InstructionRegistry((rename_wallet,)))
    answer = dispatcher.run(call)
    assert (answer["before"], answer["after"]) == ("Wallet 1", "Purse")


@pytest.mark.parametrize("instruction", [LOGOUT, UNLINK], ids=["logout", "unlink"])
def test_a_missing_login_is_not_stored_for_the_request_id(registered, instruction):
    registered.expect_error("not_logged_in", **instruction, request_id="too early 1")
    registered.log_in().request(**instruction, request_id="too early 1")


@pytest.mark.sqlite_only("each change is a commit of its own at PostgreSQL")
def test_a_failing_instruction_rolls_back_nothing_of_its_commit_group(ada, failing, wallet_url):
    before, failed, after = together(ada.engine._database, note("before"), failing.run, note("after"))
    assert (before.result(), after.result()) == ("before", "after")
    assert failed.result()["code"] == "not_enough_credits"
    kept = rows(wallet_url, "SELECT request_id FROM seen_requests WHERE scope = 'test'")
    assert {row["request_id"] for row in kept} == {"before", "after"}
    assert rows(wallet_url, "SELECT name FROM accounts WHERE id = 2") == [{"name": "ada"}]


def test_a_failed_instruction_extends_its_session(ada, wallclock, wallet_url):
    def last_use() -> int:
        return rows(wallet_url, "SELECT last_used_at FROM sessions")[0]["last_used_at"]

    wallclock.forward(2 * MINUTE)
    ada.expect_error("not_enough_credits", **to_clock(1))
    assert last_use() == wallclock.now


def test_a_failed_instruction_still_stops_a_timer_that_ran_out(running, wallclock, wallet_url):
    wallclock.forward(21 * MINUTE)
    running.expect_error("not_enough_credits", **to_clock(1_000))
    assert rows(wallet_url, "SELECT time_spent FROM time_records") == [{"time_spent": 20 * MINUTE}]


@pytest.mark.sqlite_only("statements as SQLite traces them")
@pytest.mark.parametrize("asked", [supply(5), to_clock(1_000), START], ids=["ok", "refused", "no time"])
def test_an_instruction_that_is_undone_before_it_writes_needs_no_savepoint(ada, asked):
    with statements_of(ada.engine._database) as statements:
        ada.send(**asked)
    assert [sql for sql in statements if "SAVEPOINT" in sql or "ROLLBACK" in sql] == []


@pytest.mark.sqlite_only("statements as SQLite traces them")
def test_an_instruction_that_is_undone_after_it_has_written_runs_again_in_a_savepoint(ada, failing):
    with statements_of(ada.engine._database) as statements:
        ada.engine._database.write(failing.run)
    begun = [sql.partition(" ")[0] for sql in statements if "SAVEPOINT" in sql or "ROLLBACK" in sql]
    assert begun == ["ROLLBACK", "SAVEPOINT", "ROLLBACK"]
    assert statements.count("BEGIN IMMEDIATE") == 2
    assert statements.count("COMMIT") == 1
