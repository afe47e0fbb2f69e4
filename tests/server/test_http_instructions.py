"""Instructions over HTTP: one path, answered like the instruction port."""

from __future__ import annotations

import base64

from engine_client import EngineClient
from http_wire import INSTRUCTION_PATH, request_bytes
from instructions import REQUEST_CLIENT_ID, VIEW_WALLET, supply

ASKS_FOR_ID = {"controller": "client", "ctype": "action", **REQUEST_CLIENT_ID}


def test_a_user_can_register_log_in_and_supply_over_http(http_server):
    ada = http_server.http_user("ada")
    ada.request(**supply(30))
    assert ada.credits == 30


def test_a_session_goes_on_over_the_socket_and_over_http(http_server):
    ada = http_server.http_user("ada")
    over_socket = EngineClient(http_server.in_wire(), ada.credentials)
    over_socket.request(**supply(30))
    assert ada.credits == 30


def test_an_enveloped_request_is_answered_with_its_request_id(http_server):
    header = {"request_id": "first-request-of-all"}
    answer = http_server.http_wire().answer({"header": header, "command_chain": ASKS_FOR_ID})
    assert answer["request_id"] == "first-request-of-all"
    assert answer["failed"] is False


def test_an_instruction_that_is_refused_is_answered_with_status_200(http_server):
    response = http_server.http_wire().post({"controller": "client", "ctype": "action", "action": "fly"})
    assert response.status == 200
    assert response.answer["code"] == "unknown_instruction"


def test_a_body_that_is_no_json_object_is_refused_with_status_400(http_server):
    wire = http_server.http_wire()
    bodies = (b"", b"{", b"[]", b'"text"', b"null", b"\xff", b"[" * 10_000, b'{"a": NaN}')
    codes = []
    for body in bodies:
        response = wire.post(body)
        assert response.status == 400, body
        assert response.answer["failed"] is True
        codes.append(response.answer["code"])
    assert codes == [
        "not_json",
        "not_json",
        "malformed",
        "malformed",
        "malformed",
        "not_utf8",
        "too_deep",
        "not_json",
    ]


def test_headers_and_cookies_give_no_authority(http_server):
    ada = http_server.http_user("ada")
    pair = f"{ada.credentials['client_id']}:{ada.credentials['session_token']}"
    headers = {
        "authorization": f"Basic {base64.b64encode(pair.encode()).decode()}",
        "cookie": f"client_id={ada.credentials['client_id']}",
    }
    view = {"controller": "client", "ctype": "action", **VIEW_WALLET}
    wire = http_server.http_wire()
    assert wire.post(view, headers=headers).answer["code"] == "client_unknown"
    assert wire.post({**view, **ada.credentials}, headers=headers).answer["failed"] is False


def test_no_response_sets_a_cookie_or_may_be_kept_by_a_cache(http_server):
    response = http_server.http_wire().post(ASKS_FOR_ID)
    assert "set-cookie" not in response.headers
    assert response.headers["cache-control"] == "no-store"
    assert response.headers["content-type"] == "application/json"


def test_system_instructions_are_for_operators_only_over_http(http_server):
    stop = {"controller": "system", "ctype": "action", "action": "close", "closing": "sockets"}
    assert http_server.http_wire().answer(stop)["code"] == "client_unknown"
    http_server.http_user("ada").expect_error("not_permitted", **stop)
    assert http_server.listener.ports is not None


def test_a_get_describes_every_instruction(http_server):
    described = http_server.http_wire().get(INSTRUCTION_PATH).answer
    paths = {each["path"] for each in described["instructions"]}
    assert "client action request client_id" in paths
    assert {"instructions", "data", "refusals"} == set(described)


def test_unknown_paths_and_methods_are_refused_as_json(http_server):
    wire = http_server.http_wire()
    missing = wire.get("/wallets")
    assert (missing.status, missing.answer["code"]) == (404, "path_unknown")
    wire.send_bytes(request_bytes("DELETE", INSTRUCTION_PATH))
    refused = wire.next_response()
    assert (refused.status, refused.answer["code"]) == (405, "method_not_allowed")
    assert "POST" in refused.headers["allow"]


def test_no_path_redirects_to_a_host_that_the_request_names(http_server):
    response = http_server.http_wire().get("/health/", {"host": "evil.example"})
    assert (response.status, response.answer["code"]) == (404, "path_unknown")


def test_requests_that_arrive_together_are_answered_in_their_order(http_server):
    wire = http_server.http_wire()
    known = [f"request-number-{number:03}" for number in range(50)]
    for request_id in known:
        body = b'{"request_id": "%s"}' % request_id.encode()
        wire.send_bytes(request_bytes("POST", INSTRUCTION_PATH, body))
    assert [wire.next_response().answer["request_id"] for _ in known] == known
