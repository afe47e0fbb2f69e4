"""Secrets (passwords, client ids, session tokens) are never answered, logged or stored readable."""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from arranged import Arranged, in_each
from database_file import cells, cells_containing, file_of, is_on_postgresql
from engine_client import EngineClient
from examples import EXAMPLES
from examples_accounts import UNLINK, recover
from examples_operators import reset_password
from instructions import ANOTHER_PASSWORD, PASSWORD, edit_account, login

# Instructions whose answers contain the client's own secrets.
ANSWERS_SECRETS = {"request", "alive", "verify", "reset"}
PASSWORDS = (PASSWORD, ANOTHER_PASSWORD)


class RecordingClient(EngineClient):
    """A client that records every answer."""

    def __init__(self, caller: EngineClient) -> None:
        super().__init__(caller.engine, caller.credentials, caller.address)
        self.answers: list[tuple[str, str]] = []

    def send(self, **instruction: Any) -> dict[str, Any]:
        answer = super().send(**instruction)
        self.answers.append((str(instruction["action"]), json.dumps(answer)))
        return answer


def stored_bytes(wallet_url: str) -> bytes:
    """The content of the wallet's files, or of its rows if they are at PostgreSQL."""
    if is_on_postgresql(wallet_url):
        return "\n".join(cells(wallet_url)).encode()
    file = file_of(wallet_url)
    return b"".join(each.read_bytes() for each in [file, *file.parent.glob(f"{file.name}-*")])


def assert_no_secret_leaks(recorder: RecordingClient, wallet_url, caplog, *passwords: str) -> None:
    tokens = tuple(recorder.credentials.values())
    for action, answer in recorder.answers:
        leaked = [secret for secret in passwords if secret in answer]
        given_out = [token for token in tokens if token in answer and action not in ANSWERS_SECRETS]
        assert leaked + given_out == [], action
    assert [secret for secret in (*passwords, *tokens) if secret in caplog.text] == []
    assert cells_containing(wallet_url, *passwords, *tokens) == []
    kept = stored_bytes(wallet_url)
    assert [secret for secret in (*passwords, *tokens) if secret.encode() in kept] == []


@dataclass(frozen=True)
class Logged(Arranged):
    caplog: pytest.LogCaptureFixture


@pytest.fixture
def arranged(request, arrange, wallet_checker, caplog) -> Iterator[Logged]:
    """The example of the parameter, with what the engine logs."""
    caplog.set_level(logging.DEBUG)
    with arrange(request.param) as found:
        yield Logged(found.example, found.caller, found.wallclock, found.url, caplog)
        assert wallet_checker.violations(found.url) == []


@in_each(EXAMPLES, changes_alone=True)
def test_no_instruction_leaks_a_secret(arranged):
    instruction, caplog = arranged.example.instruction, arranged.caplog
    caplog.clear()
    recorder = RecordingClient(arranged.caller)
    recorder.request(**instruction, request_id="request-0001")
    recorder.send(**instruction, request_id="request-0002", colour="red")
    assert_no_secret_leaks(recorder, arranged.url, caplog, *PASSWORDS)


SECRET = "a secret that must not leak"
OTHER_SECRET = "another one that must not leak"


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
def test_an_error_repeats_no_secret(ada, wallet_url, caplog, refused):
    caplog.set_level(logging.DEBUG)
    recorder = RecordingClient(ada)
    answer = recorder.send(**refused, request_id="request-0001")
    assert answer["failed"] is True
    if refused["action"] != SECRET:
        assert SECRET not in json.dumps(answer)
    assert SECRET not in caplog.text
    assert cells_containing(wallet_url, SECRET, OTHER_SECRET) == []


def test_a_one_time_password_is_answered_once_and_not_stored(ada, wallet_url, caplog):
    caplog.set_level(logging.DEBUG)
    once = ada.request(**reset_password(), request_id="request-0001")["user_pass"]
    visitor = RecordingClient(EngineClient(ada.engine).open_session())
    visitor.expect_error("new_password_needed", **login(password=once))
    visitor.request(**login(password=once), new_pass=ANOTHER_PASSWORD)
    assert_no_secret_leaks(visitor, wallet_url, caplog, once, *PASSWORDS)


def test_the_search_for_secrets_reads_the_whole_file(ada, wallet_url):
    assert cells_containing(wallet_url, "ADA@EXAMPLE.ORG")
    assert b"ada@example.org" in stored_bytes(wallet_url)
