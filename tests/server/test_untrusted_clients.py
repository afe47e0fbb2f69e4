"""Untrusted clients can't pose as the host program or another address, or delay others."""

from __future__ import annotations

import json

import pytest
from blocked_passwords import BlockedPasswords
from engine_client import SELECTORS
from engine_server import VIEW_SOCKETS
from examples_accounts import VIEW_LOGINS
from examples_operators import grant
from examples_system import cleanup, start_cleaner
from instructions import NEW_SESSION, VIEW_WALLET, login, new_account, supply

from ewallet_core.operations.context import EngineConfig

ELSEWHERE = {"src_address": "192.0.2.1", "src_port": 80, "loggin_user": 1, "session_id": 1}


@pytest.mark.parametrize(
    "instruction",
    [NEW_SESSION, cleanup("sessions"), start_cleaner(), grant("operator")],
    ids=["new session", "cleanup", "cleaner", "grant"],
)
def test_system_instructions_are_refused_to_users(server, ada, instruction):
    ada.expect_error("not_permitted", **instruction)
    server.caller().expect_error("client_unknown", **instruction)


@pytest.mark.parametrize("address", ["in process", "127.0.0.1"])
def test_a_claimed_source_address_gives_no_permissions(ada, address):
    request = {
        "header": {**ada.credentials, **ELSEWHERE, "src_address": address},
        "command_chain": {**SELECTORS, **NEW_SESSION},
    }
    assert ada.engine.answer(request)["code"] == "not_permitted"


def test_self_supply_is_off_by_default(serve):
    ada = serve(config=EngineConfig()).user()
    ada.expect_error("not_permitted", **supply(1))
    assert ada.credits == 0


def test_the_recorded_address_is_that_of_the_connection(server, ada):
    wire = server.in_wire()
    wire.answer({"header": {**ada.credentials, **ELSEWHERE}, "command_chain": {**SELECTORS, **login()}})
    records = ada.request(**VIEW_LOGINS)["login_records"]
    assert [record["address"] for record in records] == ["127.0.0.1"] * len(records)
    assert len(records) == 2


def test_a_client_id_alone_does_not_use_up_the_rate_of_its_session(serve):
    server = serve(limits={"requests_per_second_per_session": 20})
    ada = server.user()
    stranger = server.in_wire()
    stolen = {**SELECTORS, "client_id": ada.credentials["client_id"], **VIEW_WALLET}
    enveloped = {"header": {}, "command_chain": stolen}
    stranger.send(*[stolen, enveloped, {**stolen, "session_token": "guessed"}] * 60)
    codes = {stranger.next_line()["code"] for _ in range(180)}
    assert codes == {"session_unknown", "too_many_requests"}
    ada.request(**VIEW_WALLET)


def test_requests_without_a_session_are_limited_per_connection(serve):
    server = serve(limits={"requests_per_second_per_session": 5})
    fast, other = server.in_wire(), server.in_wire()
    fast.send(*[VIEW_SOCKETS] * 30)
    assert "too_many_requests" in {fast.next_line().get("code") for _ in range(30)}
    assert other.answer(VIEW_SOCKETS)["failed"] is False


def test_an_envelope_with_two_client_ids_is_refused_at_once(serve):
    """Otherwise each instruction of one client could occupy a thread, waiting for the first one."""
    passwords = BlockedPasswords()
    server = serve(passwords=passwords)
    eve, ada = server.visitor(), server.user()
    with passwords.blocked():
        eve.engine.send({**SELECTORS, **eve.credentials, **new_account("eve")})
        passwords.wait_for_hash()
        for number in range(60):
            chain = {**SELECTORS, **eve.credentials, **supply(1)}
            eve.engine.send({"header": {"client_id": f"another {number}"}, "command_chain": chain})
        assert {eve.engine.next_line()["code"] for _ in range(60)} == {"arguments_clash"}
        ada.request(**supply(5))
        assert ada.credits == 5
    assert eve.engine.next_line()["account"] == "eve@example.org"


def test_errors_contain_no_secret(server, ada):
    token = ada.credentials["session_token"]
    wire = server.in_wire()
    wire.send_bytes(json.dumps({**ada.credentials, "action": "view"}).encode()[:-1] + b"\n")
    assert token not in wire.next_bytes().decode()
    wire.send({**ada.credentials, "action": {"user_pass": "four unrelated words"}, "user_pass": "not told"})
    answer = wire.next_bytes().decode()
    assert token not in answer
    assert "not told" not in answer


def test_a_client_id_alone_does_not_delay_its_session_or_block_a_thread(serve):
    passwords = BlockedPasswords()
    server = serve(passwords=passwords)
    eve, stranger = server.visitor(), server.in_wire()
    with passwords.blocked():
        eve.engine.send({**SELECTORS, **eve.credentials, **new_account("eve")})
        passwords.wait_for_hash()
        stolen = {**SELECTORS, "client_id": eve.credentials["client_id"], **supply(1)}
        stranger.send(stolen, *({**stolen, "session_token": f"guess {number}"} for number in range(60)))
        assert {stranger.next_line()["code"] for _ in range(61)} == {"session_unknown"}
    assert eve.engine.next_line()["account"] == "eve@example.org"
