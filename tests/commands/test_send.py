"""`ewallet send`: instructions as JSON, one or many, and their answers as lines."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from invoked import ADA, Wallet, new_wallet
from serve_process import served

VIEW_ACCOUNT = {"action": "view", "view": "account"}
SUPPLY = {"action": "supply", "supply": "credits", "credits": 10, "currency": "EUR", "cost": "2"}


@pytest.fixture
def wallet(tmp_path: Path) -> Wallet:
    return new_wallet(tmp_path)


def lines(*instructions: object) -> str:
    texts = (each if isinstance(each, str) else json.dumps(each) for each in instructions)
    return "".join(f"{text}\n" for text in texts)


def answers(printed: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in printed.splitlines()]


def test_an_instruction_is_answered_with_one_line(wallet: Wallet) -> None:
    (answer,) = answers(wallet.done("send", json.dumps(VIEW_ACCOUNT)))
    assert answer["account"] == ADA


def test_each_line_of_stdin_gets_its_answer_in_order(wallet: Wallet) -> None:
    result = wallet.run("send", stdin=lines(SUPPLY, "no JSON", "", {"action": "view"}, VIEW_ACCOUNT))
    codes = [answer.get("code") for answer in answers(result.stdout)]
    assert codes == [None, "not_json", "unknown_instruction", None]
    assert result.exit_code == 1


def test_the_same_lines_under_the_same_request_id_are_done_once(wallet: Wallet) -> None:
    for _ in range(2):
        wallet.done("send", "--request-id", "two-supplies", stdin=lines(SUPPLY, SUPPLY))
    (answer,) = answers(wallet.done("send", '{"action": "view", "view": "credit", "credit": "ewallet"}'))
    assert answer["ewallet_data"]["credits"] == 20


def test_at_a_server_a_client_id_in_an_instruction_of_the_system_is_what_it_is_about(tmp_path: Path) -> None:
    with served(tmp_path / "server", "--in-port", 0, "--out-port", 0) as server:
        wallet = new_wallet(tmp_path, f"127.0.0.1:{server.ports[0]}")
        wallet.done("grant", "--data-dir", tmp_path / "server", "operator", ADA)
        cleanup = {"controller": "system", "action": "cleanup", "cleanup": "ctokens", "client_id": "unknown"}
        (sent,) = answers(wallet.run("send", json.dumps(cleanup)).stdout)
        done = wallet.run("do", "system", "action", "cleanup", "ctokens", "--client-id", "unknown", "--json")
        assert (sent["code"], json.loads(done.stdout)["code"]) == ("not_found", "not_found")


def test_names_and_shapes_that_no_instruction_has_are_refused(tmp_path: Path) -> None:
    unknown = [{"self": 1}, {"connection": 1}, {"instruction": 1}]
    malformed: list[object] = [
        {"header": 5, "command_chain": VIEW_ACCOUNT},
        {"header": {}, "command_chain": 5},
    ]
    with served(tmp_path / "server", "--in-port", 0, "--out-port", 0) as server:
        for wallet in (new_wallet(tmp_path), new_wallet(tmp_path, f"127.0.0.1:{server.ports[0]}")):
            result = wallet.run("send", stdin=lines(*unknown, *malformed))
            codes = [answer["code"] for answer in answers(result.stdout)]
            assert codes == ["unknown_instruction"] * 3 + ["malformed"] * 2


def test_an_enveloped_instruction_is_sent_as_it_is(wallet: Wallet) -> None:
    envelope = {"command_chain": {"controller": "client", "ctype": "action", **SUPPLY}}
    for _ in range(2):
        (answer,) = answers(wallet.done("send", json.dumps(envelope), "--request-id", "one-supply"))
        assert answer["ewallet_credits"] == 10


def test_an_instruction_may_have_a_session_of_its_own(wallet: Wallet) -> None:
    (client,) = answers(wallet.done("send", '{"action": "request", "request": "client_id"}'))
    client = {"client_id": client["client_id"]}
    (token,) = answers(
        wallet.done("send", json.dumps({"action": "request", "request": "session_token", **client}))
    )
    own = {**client, "session_token": token["session_token"]}
    result = wallet.run("send", stdin=lines({**VIEW_ACCOUNT, **own}, VIEW_ACCOUNT))
    assert [answer.get("code") for answer in answers(result.stdout)] == ["not_logged_in", None]
    assert result.exit_code == 4


def test_without_a_session_it_exits_with_four(wallet: Wallet) -> None:
    wallet.done("logout")
    result = wallet.run("send", json.dumps(VIEW_ACCOUNT))
    assert (result.exit_code, answers(result.stdout)[0]["failed"]) == (4, True)
