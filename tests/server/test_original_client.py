"""A day of the original system's client over HTTP, sent as it sends it: flat, with a header of HTTP Basic."""

from __future__ import annotations

import base64
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import pytest
from http_wire import HttpWire
from instructions import PASSWORD
from original_requests import original_requests

BASIC = {"Authorization": f"Basic {base64.b64encode(b'master:key').decode()}"}
NOT_UNDERSTOOD = {"malformed", "unknown_instruction", "unknown_argument", "bad_value", "engine_failed"}


@dataclass
class OriginalClient:
    """Keeps its client id and token, and sends them in the body, beside the instruction."""

    wire: HttpWire
    credentials: dict[str, str] = field(default_factory=dict)

    def send(self, action: str, *selectors: str, **arguments: Any) -> dict[str, Any]:
        """Send the instruction; each selector is the key of the next."""
        picked = dict(zip((action, *selectors), selectors, strict=False))
        instruction = {"controller": "client", "ctype": "action", "action": action, **picked}
        response = self.wire.post({**instruction, **self.credentials, **arguments}, headers=BASIC)
        assert response.status == 200
        return response.answer

    def do(self, action: str, *selectors: str, **arguments: Any) -> dict[str, Any]:
        answer = self.send(action, *selectors, **arguments)
        assert answer["failed"] is False, answer
        return answer

    def open_session(self) -> None:
        ends = str(datetime.now() + timedelta(minutes=30))  # noqa: DTZ005 - as that client does
        self.credentials = {"client_id": self.do("request", "client_id", expires_on=ends)["client_id"]}
        token = self.do("request", "session_token", expires_on=ends, expiration_date=ends)["session_token"]
        self.credentials["session_token"] = token

    def register(self, name: str) -> None:
        account = {"user_email": f"{name}@example.org", "user_pass": PASSWORD}
        more = {"user_phone": "555 0100", "user_alias": name.title()}
        self.do("new", "account", user_name=name, **account, **more)
        self.do("login", **account)


@pytest.fixture
def client(http_server) -> OriginalClient:
    client = OriginalClient(http_server.http_wire())
    client.open_session()
    client.register("ada")
    return client


def test_every_request_is_understood_over_http(http_server):
    client = OriginalClient(http_server.http_wire())
    client.open_session()
    for request in original_requests():
        for instruction in request.instructions():
            sent = {"ctype": "action", **client.credentials, **instruction}
            response = client.wire.post(sent, headers=BASIC)
            assert response.status == 200
            assert response.answer.get("code") not in NOT_UNDERSTOOD, (str(request), response.answer)


def test_credits_are_supplied_converted_spent_and_paid(client, http_server):
    bob = OriginalClient(http_server.http_wire())
    bob.open_session()
    bob.register("bob")
    supplied = client.do("supply", "credits", credits="100", cost=1.5, currency="EUR", notes="first")
    assert (supplied["ewallet_credits"], supplied["supplied_credits"]) == (100, 100)
    converted = client.do("convert", "credits2clock", credits="10", notes="a clock")
    assert (converted["ewallet_credits"], converted["credit_clock"]) == (90, 10.0)
    clock = client.do("start", "clock_timer")["clock"]
    for action in ("pause", "resume", "stop"):
        assert client.do(action, "clock_timer")["clock"] == clock
    assert client.do("convert", "clock2credits", minutes="4")["ewallet_credits"] == 94
    paid = client.do("pay", pay="bob@example.org", credits="5")
    assert (paid["ewallet_credits"], paid["spent_credits"]) == (89, 5)
    sent = client.do("transfer", "credits", transfer_to="bob@example.org", credits=5)
    assert sent["transfered_to"] == "bob@example.org"
    assert bob.do("view", "credit", "ewallet")["ewallet_data"]["credits"] == 10


def test_wallets_clocks_sheets_and_contacts_are_made_switched_and_removed(client):
    for word in ("ewallet", "clock"):
        first = client.do("view", "credit", word)[word]
        other = client.do("new", "credit", word)[word]
        assert client.do("switch", "credit", word, **{f"{word}_id": other})[word] == other
        client.do("switch", "credit", word, **{f"{word}_id": first})
        assert client.do("unlink", "credit", word, **{f"{word}_id": other})[word] == other
    for kind in ("transfer", "invoice", "conversion", "time"):
        first = client.do("view", kind, "list")[f"{kind}_sheet"]
        other = client.do("new", kind, "list")[f"{kind}_sheet"]
        client.do("switch", kind, "list", sheet_id=other)
        client.do("switch", kind, "list", sheet_id=first)
        assert client.do("unlink", kind, "list", list_id=other)[f"{kind}_sheet"] == other
    contacts = client.do("view", "contact", "list")["contact_list"]
    fields = {"user_name": "Bob", "user_email": "bob@example.org", "user_phone": "1", "user_reference": "pal"}
    added = client.do("new", "contact", "record", contact_list=contacts, notes="n", **fields)
    record = added["contact_record"]
    assert client.do("view", "contact", "record", record_id=record)["record_data"]["name"] == "Bob"
    assert client.do("unlink", "contact", "record", record_id=record)["contact_record"] == record


def test_tokens_are_verified_and_kept_alive_and_issues_reported(client):
    client_id, token = client.credentials["client_id"], client.credentials["session_token"]
    assert client.do("alive", "ctoken")["ctoken_data"]["stoken"] == token
    assert client.do("alive", "stoken")["stoken_data"]["ctoken"] == client_id
    for name in ("ctoken", "stoken"):
        status = client.do("verify", name, "status")
        assert status["valid"] is status["linked"] is status[f"{name}_data"]["active"] is True
    issue = {"name": "Report", "log": "bG9n", "email": "ada@example.org", "details": ["anything", {"a": 1}]}
    assert client.do("report", "issue", issue=issue)["contact"] == "ada@example.org"
    assert client.do("logout")["account"] == "ada@example.org"


def test_a_header_of_http_basic_opens_nothing(client):
    client.credentials = {}
    assert client.send("view", "account")["code"] == "client_unknown"
    assert client.send("new", "worker", controller="system")["code"] == "client_unknown"
