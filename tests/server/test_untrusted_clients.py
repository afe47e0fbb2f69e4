"""What somebody can't do over a socket: pass for the program, for another address, or in another's way."""

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
def test_the_systems_own_is_refused_to_users(server, ada, instruction):
    ada.is_refused("not_permitted", **instruction)
    server.caller().is_refused("client_unknown", **instruction)


@pytest.mark.parametrize("address", ["in process", "127.0.0.1"])
def test_nobody_becomes_the_program_by_saying_so(ada, address):
    request = {
        "header": {**ada.credentials, **ELSEWHERE, "src_address": address},
        "command_chain": {**SELECTORS, **NEW_SESSION},
    }
    assert ada.engine.answer(request)["code"] == "not_permitted"


def test_nobody_supplies_themselves_unless_the_server_is_told_so(serve):
    ada = serve(config=EngineConfig()).user()
    ada.is_refused("not_permitted", **supply(1))
    assert ada.credits == 0


def test_the_address_that_is_noted_is_the_real_one(server, ada):
    wire = server.in_wire()
    wire.answer({"header": {**ada.credentials, **ELSEWHERE}, "command_chain": {**SELECTORS, **login()}})
    records = ada.asks_ok(**VIEW_LOGINS)["login_records"]
    assert [record["address"] for record in records] == ["127.0.0.1"] * len(records)
    assert len(records) == 2


def test_a_client_id_alone_does_not_use_up_what_its_session_may_ask(serve):
    server = serve(limits={"requests_per_second_per_session": 20})
    ada = server.user()
    stranger = server.in_wire()
    stolen = {**SELECTORS, "client_id": ada.credentials["client_id"], **VIEW_WALLET}
    enveloped = {"header": {}, "command_chain": stolen}
    stranger.send(*[stolen, enveloped, {**stolen, "session_token": "guessed"}] * 60)
    codes = {stranger.next_line()["code"] for _ in range(180)}
    assert codes == {"session_unknown", "too_many_requests"}
    ada.asks_ok(**VIEW_WALLET)


def test_what_no_session_asks_is_paced_by_connection(serve):
    server = serve(limits={"requests_per_second_per_session": 5})
    hasty, calm = server.in_wire(), server.in_wire()
    hasty.send(*[VIEW_SOCKETS] * 30)
    assert "too_many_requests" in {hasty.next_line().get("code") for _ in range(30)}
    assert calm.answer(VIEW_SOCKETS)["failed"] is False


def test_an_envelope_with_two_client_ids_goes_by_the_one_the_engine_takes(serve):
    """Else one client's instructions could take a thread each, all of them waiting for the first."""
    passwords = BlockedPasswords()
    server = serve(passwords=passwords)
    eve, ada = server.visitor(), server.user()
    with passwords.shut():
        eve.engine.send({**SELECTORS, **eve.credentials, **new_account("eve")})
        passwords.wait_for_somebody()
        for number in range(60):
            chain = {**SELECTORS, **eve.credentials, **supply(1)}
            eve.engine.send({"header": {"client_id": f"another {number}"}, "command_chain": chain})
        # When this is answered all of them are under way.
        assert eve.engine.answer({**VIEW_SOCKETS, "request_id": "afterwards"})["request_id"] == "afterwards"
        ada.asks_ok(**supply(5))
        assert ada.credits == 5
    assert eve.engine.next_line()["account"] == "eve@example.org"


def test_secrets_come_back_in_no_refusal(server, ada):
    token = ada.credentials["session_token"]
    wire = server.in_wire()
    wire.send_bytes(json.dumps({**ada.credentials, "action": "view"}).encode()[:-1] + b"\n")
    assert token not in wire.next_bytes().decode()
    wire.send({**ada.credentials, "action": {"user_pass": "four unrelated words"}, "user_pass": "not told"})
    said = wire.next_bytes().decode()
    assert token not in said
    assert "not told" not in said


def test_a_client_id_alone_takes_nobodys_turn_and_no_thread_for_long(serve):
    passwords = BlockedPasswords()
    server = serve(passwords=passwords)
    eve, stranger = server.visitor(), server.in_wire()
    with passwords.shut():
        eve.engine.send({**SELECTORS, **eve.credentials, **new_account("eve")})
        passwords.wait_for_somebody()
        stolen = {**SELECTORS, "client_id": eve.credentials["client_id"], **supply(1)}
        stranger.send(stolen, *({**stolen, "session_token": f"guess {number}"} for number in range(60)))
        assert {stranger.next_line()["code"] for _ in range(61)} == {"session_unknown"}
    assert eve.engine.next_line()["account"] == "eve@example.org"
