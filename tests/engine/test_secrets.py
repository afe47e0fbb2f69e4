"""Nothing secret is ever told, written to a log or kept readable: passwords, client ids, session tokens."""

from __future__ import annotations

import json
import logging
from typing import Any

import pytest
from database_file import holding
from engine_client import EngineClient
from examples import EXAMPLES
from examples_accounts import UNLINK, recover
from examples_operators import reset_password
from instructions import ANOTHER_PASSWORD, PASSWORD, edit_account, login

# What is asked for a secret, or about one's own, is answered with it.
GIVES_OUT = {"request", "alive", "verify", "reset"}
PASSWORDS = (PASSWORD, ANOTHER_PASSWORD)


class Overheard(EngineClient):
    """A caller whose every answer is written down."""

    def __init__(self, caller: EngineClient) -> None:
        super().__init__(caller.engine, caller.credentials, caller.address)
        self.heard: list[tuple[str, str]] = []

    def ask(self, **instruction: Any) -> dict[str, Any]:
        answer = super().ask(**instruction)
        self.heard.append((str(instruction["action"]), json.dumps(answer)))
        return answer


@pytest.fixture
def listener(nobody, caplog) -> Overheard:
    caplog.set_level(logging.DEBUG)
    return Overheard(nobody)


def kept_beside(wallet_file) -> bytes:
    files = [wallet_file, *wallet_file.parent.glob(f"{wallet_file.name}-*")]
    return b"".join(file.read_bytes() for file in files)


def must_be_secret(listener: Overheard, wallet_file, caplog, *passwords: str) -> None:
    tokens = tuple(listener.credentials.values())
    for action, answer in listener.heard:
        told = [secret for secret in passwords if secret in answer]
        given_out = [token for token in tokens if token in answer and action not in GIVES_OUT]
        assert told + given_out == [], action
    assert [secret for secret in (*passwords, *tokens) if secret in caplog.text] == []
    assert holding(wallet_file, *passwords, *tokens) == []
    kept = kept_beside(wallet_file)
    assert [secret for secret in (*passwords, *tokens) if secret.encode() in kept] == []


@pytest.mark.parametrize("example", EXAMPLES, ids=str)
def test_no_instruction_lets_a_secret_out(listener, wallet_file, wallclock, caplog, example):
    caller = example.arrange(listener, wallclock)
    caller.asks_ok(**example.instruction, request_id="request-0001")
    caller.ask(**example.instruction, request_id="request-0002", colour="red")
    must_be_secret(listener, wallet_file, caplog, *PASSWORDS)


SECRET = "a secret that nobody may hear"
OTHER_SECRET = "another one that nobody may hear"


@pytest.mark.parametrize(
    "refused",
    [
        login(password=SECRET),
        {**login(password=SECRET), "new_pass": SECRET},
        {**login(password=SECRET), "user_pass": {"deep": [SECRET]}},
        {**login(password=SECRET), "user_name": SECRET * 9},
        {**UNLINK, "user_pass": SECRET},
        recover(password=SECRET),
        edit_account(user_pass=OTHER_SECRET, old_pass=SECRET),
        edit_account(user_pass=SECRET),
        {"action": SECRET},
        {"action": "user_pass", "user_pass": SECRET},
        {"action": "edit", "edit": "limit", "no_limit": True, "user_pass": SECRET, "daily_limit": 5},
        {"action": "view", "view": "account", "session_token": SECRET},
        {"action": "view", "view": "account", "client_id": SECRET},
    ],
    ids=lambda refused: " ".join(str(word)[:12] for word in refused.values()),
)
def test_a_refusal_repeats_no_secret(ada, wallet_file, caplog, refused):
    caplog.set_level(logging.DEBUG)
    overheard = Overheard(ada)
    answer = overheard.ask(**refused, request_id="request-0001")
    assert answer["failed"] is True
    if refused["action"] != SECRET:
        assert SECRET not in json.dumps(answer)
    assert SECRET not in caplog.text
    assert holding(wallet_file, SECRET, OTHER_SECRET) == []


def test_a_one_time_password_is_told_once_and_kept_nowhere(ada, wallet_file, caplog):
    caplog.set_level(logging.DEBUG)
    once = ada.asks_ok(**reset_password(), request_id="request-0001")["user_pass"]
    visitor = Overheard(EngineClient(ada.engine).opens_a_session())
    visitor.is_refused("new_password_needed", **login(password=once))
    visitor.asks_ok(**login(password=once), new_pass=ANOTHER_PASSWORD)
    must_be_secret(visitor, wallet_file, caplog, once, *PASSWORDS)


def test_the_file_is_read_whole_where_secrets_are_looked_for(ada, wallet_file):
    assert holding(wallet_file, "ADA@EXAMPLE.ORG")
    assert b"ada@example.org" in kept_beside(wallet_file)
