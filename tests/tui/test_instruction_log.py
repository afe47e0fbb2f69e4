"""What the app keeps of its talk with the engine: the newest of it, and no secret."""

import asyncio
import json
import sys
from datetime import UTC, datetime

import pytest
from instant import Instant
from person import PASSWORD

from ewallet_core.client import validation
from ewallet_core.instructions.validation import is_secret as is_secret_kind
from ewallet_tui.instruction_log import (
    DOTS,
    MAX_ANSWER,
    MAX_BYTES,
    MAX_EXCHANGES,
    MAX_PARTS,
    MAX_TEXT,
    InstructionLog,
    is_secret,
    masked,
)

VIEW = {"controller": "client", "ctype": "action", "action": "view", "view": "account"}


@pytest.fixture
def log(instant):
    made = InstructionLog(instant)
    made.calendar = lambda: datetime.fromtimestamp(instant.wall() // 1_000, UTC)
    return made


def noted(log, answer=None, **instruction):
    with log.exchange({**VIEW, **instruction}) as note:
        note({"failed": False, **(answer or {})})
    return log.exchanges[-1]


def everything_in(log):
    return "".join(f"{dict(each.instruction)}{each.outcome}" for each in log.exchanges)


def test_an_exchange_is_there_at_once_and_has_its_outcome_later(log, instant):
    outcomes = []
    log.follow(lambda: outcomes.append(log.exchanges[-1].outcome))
    with log.exchange(VIEW) as note:
        instant.pass_by(seconds=0.012)
        note({"failed": True, "error": "Nobody is logged in."})
    assert outcomes[0] is None
    assert (outcomes[1].failed, outcomes[1].error, outcomes[1].took_ms) == (True, "Nobody is logged in.", 12)
    assert outcomes[1].answer == '{"failed": true, "error": "Nobody is logged in."}'


def test_answers_that_come_in_another_order_find_their_own_instruction(log):
    with log.exchange({**VIEW, "number": 1}) as first:
        with log.exchange({**VIEW, "number": 2}) as second:
            second({"failed": False, "is": 2})
        first({"failed": False, "is": 1})
    assert [(each.instruction["number"], each.outcome.answer) for each in log.exchanges] == [
        (1, '{"failed": false, "is": 1}'),
        (2, '{"failed": false, "is": 2}'),
    ]


async def test_what_nobody_waits_for_any_more_has_no_answer(log):
    async def ask():
        with log.exchange(VIEW):
            await asyncio.Event().wait()

    asking = asyncio.create_task(ask())
    await asyncio.sleep(0)
    asking.cancel()
    await asyncio.gather(asking, return_exceptions=True)
    assert log.exchanges[0].outcome.answer == ""


def test_only_the_newest_are_kept_and_much_of_an_answer_is_cut(log):
    for number in range(MAX_EXCHANGES + 5):
        noted(log, number=number)
    assert [each.instruction["number"] for each in log.exchanges] == list(range(5, MAX_EXCHANGES + 5))
    cut = noted(log, {"rows": list(range(MAX_PARTS + 3)), "file": "x" * (MAX_TEXT + 7)})
    assert '"… and 3 more"' in cut.outcome.answer
    assert "… and 7 more characters" in cut.outcome.answer


def test_much_that_is_long_takes_little_memory(log):
    row = {"notes": "€" * MAX_TEXT, "user_pass": "open sesame"}
    long = {"sheet_data": {"rows": [row] * MAX_PARTS}, "last": ["x" * MAX_TEXT] * MAX_PARTS}
    answer = json.loads(noted(log, long).outcome.answer)
    rows = answer["sheet_data"]["rows"]
    assert MAX_ANSWER // MAX_TEXT - 1 <= len(rows) < MAX_ANSWER // MAX_TEXT + 2
    assert rows[0]["user_pass"] == DOTS
    assert rows[-1] == f"… and {MAX_PARTS + 1 - len(rows)} more"
    assert answer["…"] == "and 1 more"
    for _ in range(MAX_BYTES // MAX_ANSWER):
        noted(log, long)
    kept = [sys.getsizeof(each.outcome.answer) for each in log.exchanges]
    assert MAX_BYTES * 3 // 4 < sum(kept) < MAX_BYTES
    log.clear()
    noted(log, number=1)
    assert len(log.exchanges) == 1


def test_a_kept_instruction_can_not_be_changed_afterwards(log):
    asked = {**VIEW, "issue": {"name": "before"}}
    kept = noted(log, **asked)
    asked["issue"]["name"] = "after"
    assert kept.instruction["issue"] == {"name": "before"}
    with pytest.raises(TypeError):
        kept.instruction["action"] = "pay"


def test_what_was_cleared_stays_away_when_its_answer_comes(log):
    with log.exchange(VIEW) as note:
        log.clear()
        noted(log, number=2)
        note({"failed": False, "late": True})
    assert [each.instruction["number"] for each in log.exchanges] == [2]
    assert "late" not in everything_in(log)


def test_who_no_longer_follows_is_not_told(log):
    outcomes = []

    def subscription():
        outcomes.append(1)

    log.follow(subscription)
    noted(log)
    log.unfollow(subscription)
    noted(log)
    assert len(outcomes) == 2


def test_every_secret_that_the_catalogue_knows_is_hidden_by_its_name():
    tokens = {"client_id", "session_token", "ctoken", "stoken", "user_pass"}
    for found in validation.registry():
        for name, argument in found.arguments.items():
            assert is_secret(name) is (is_secret_kind(argument.type) or name in tokens), (found.name, name)
        for name in found.answers:
            # What an answer tells of a token, as `ctoken_data`, is hidden with it.
            assert is_secret(name) is (name.removesuffix("_data") in tokens), (found.name, name)


@pytest.mark.parametrize("name", ["user_pas", "Password", "pwd", "new_password", "sesion_token", "secret"])
def test_a_secret_under_a_mistyped_name_is_hidden_too(name):
    sent = {"header": {name: "open sesame"}, "rows": [{name: {"deep": "open sesame"}}]}
    assert masked(sent) == {"header": {name: DOTS}, "rows": [{name: DOTS}]}


async def test_neither_password_nor_token_of_a_real_talk_is_kept(opened):
    async with opened() as person:
        await person.register()
        ask = person.app.context.send
        await ask(action="edit", edit="account", old_pass=PASSWORD, user_pass="another four words here")
        await ask(action="login", user_name="ada", user_pass="wrong " + PASSWORD)
        await ask(action="request", request="client_id")
        await person.app.context.store.keep_alive()
        kept = everything_in(person.app.context.store.log)
        secrets = [
            PASSWORD,
            "another four words",
            *person.app.context.store.client._credentials.values(),
        ]
        assert "user_pass" in kept
        assert "ctoken" in kept
        assert not [secret for secret in secrets if secret in kept]


async def test_nothing_is_kept_of_who_has_left_or_tried_to_come_in(opened):
    async with opened() as person:
        await person.app.context.send(
            action="login", user_name="a password in the wrong field", user_pass="x"
        )
        await person.register()
        log = person.app.context.store.log
        assert "wrong field" not in everything_in(log)
        assert "user_name" in everything_in(log)
        await person.app.context.send(action="new", new="account", **bob())
        await person.app.context.send(action="login", user_name="bob", user_pass=PASSWORD)
        await person.app.context.send(action="logout")
        assert person.app.context.state.account.name == "ada"
        assert "bob" not in everything_in(log)
        await person.log_out()
        assert "ada" not in everything_in(log)
        answered = [each.outcome for each in log.exchanges if each.outcome and each.outcome.answer]
        assert all(outcome.failed for outcome in answered)


def bob():
    return {"user_name": "bob", "user_email": "bob@example.org", "user_pass": PASSWORD}


async def test_what_is_out_of_reach_is_kept_as_well(opened):
    async with opened() as person:
        await person.register()
        person.app.context.store.backend.give_up("The engine is gone.")
        await person.app.context.send(action="pay", pay="bob@example.org", credits=1)
        outcome = person.app.context.store.log.exchanges[-1].outcome
        assert (outcome.failed, outcome.error) == (True, "The engine is gone.")
        # So that the app can be left.
        person.app.context.store.backend._out_of_reach = None


def test_the_clock_of_a_log_is_the_machines_own_unless_another_is_given():
    with InstructionLog(Instant()).exchange(VIEW):
        pass
    assert abs((InstructionLog.calendar() - datetime.now(UTC)).total_seconds()) < 5
