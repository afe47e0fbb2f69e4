"""The typed API: paths, bearer tokens, status codes, problems, pages and entity tags."""

from __future__ import annotations

import json
from collections.abc import Iterator
from html.parser import HTMLParser

import httpx
import pytest
from engine_server import EngineServer
from instructions import PASSWORD
from rest_client import PROBLEM, RestClient

from ewallet_core.protocol.frames import LARGEST_FRAME
from ewallet_core.server.settings import HttpSettings

KEY = "the-first-supply"


@pytest.fixture
def visitor(http_server: EngineServer) -> Iterator[RestClient]:
    with RestClient(http_server) as client:
        yield client


@pytest.fixture
def ada(visitor: RestClient) -> RestClient:
    return visitor.register("ada")


@pytest.fixture
def bob(http_server: EngineServer) -> Iterator[RestClient]:
    with RestClient(http_server) as client:
        yield client.register("bob")


def credits_of(client: RestClient) -> int:
    credits: int = client.expect(200, "GET", "/v1/wallets/active")["ewallet_data"]["credits"]
    return credits


# The main job


def test_the_main_job_can_be_done_over_rest(ada: RestClient, bob: RestClient):
    ada.supply(100)
    ada.expect(201, "POST", "/v1/payments", json={"pay": "bob@example.org", "credits": 30})
    ada.expect(201, "POST", "/v1/conversions/credits-to-time", json={"credits": 20})
    for action in ("start", "pause", "resume", "stop"):
        ada.expect(200, "POST", f"/v1/clocks/active/{action}")
    assert (credits_of(ada), credits_of(bob)) == (50, 30)
    (wallet,) = ada.expect(200, "GET", "/v1/wallets")["ewallets"]
    assert wallet["credits"] == 50


def test_a_response_is_the_answer_without_failed(ada: RestClient):
    answer = ada.expect(200, "GET", "/v1/account")
    assert "failed" not in answer
    assert answer["account"] == "ada@example.org"
    assert answer["event_sequence"] == 0


def test_arguments_are_in_the_path_the_query_or_the_body(ada: RestClient):
    contact = {"user_name": "Grace", "user_email": "grace@example.org"}
    number = ada.expect(201, "POST", "/v1/contacts", json=contact)["contact_record"]
    ada.expect(200, "PATCH", f"/v1/contacts/{number}", json={"notes": "sailor"})
    ada.expect(200, "DELETE", f"/v1/contacts/{number}")
    ada.expect_problem(404, "not_found", "GET", f"/v1/contacts/{number}")
    removed = ada.expect(200, "GET", f"/v1/contacts/{number}?removed=true")
    assert removed["record_data"]["notes"] == "sailor"
    ada.expect(200, "POST", f"/v1/contacts/{number}/recover")
    assert list(ada.expect(200, "GET", "/v1/contacts?limit=1")["contact_records"].values()) == ["Grace"]


def test_what_was_created_has_a_location(ada: RestClient):
    bought = {"credits": 5, "currency": "EUR", "cost": "1"}
    response = ada.post("/v1/supplies", json=bought)
    assert response.headers["location"] == f"/v1/transfers/{response.json()['transfer_record']}"
    assert ada.expect(200, "GET", response.headers["location"])["record_data"]["credits"] == 5


def test_a_whole_number_may_be_written_with_a_point_as_json_allows(ada: RestClient):
    bought = b'{"credits": 20.0, "currency": "EUR", "cost": 12.5}'
    ada.expect(201, "POST", "/v1/supplies", content=bought, headers={"content-type": "application/json"})
    assert credits_of(ada) == 20


def test_a_query_is_utf_8(ada: RestClient):
    contact = {"user_name": "Grace", "user_email": "grace@example.org", "notes": "café & bar"}
    ada.expect(201, "POST", "/v1/contacts", json=contact)
    found = ada.expect(200, "GET", "/v1/records?text=caf%C3%A9+%26+bar")
    assert [row["kind"] for row in found["rows"]] == ["contact"]


def test_several_tags_are_repeated_in_a_query(ada: RestClient):
    ada.supply(10)
    ada.expect(201, "POST", "/v1/conversions/credits-to-time", json={"credits": 10})
    ada.expect(200, "POST", "/v1/clocks/active/start", json={"tags": ["acme", "urgent"]})
    ada.expect(200, "POST", "/v1/clocks/active/stop")
    found = ada.expect(200, "GET", "/v1/records?kind=time&tag=acme&tag=urgent")
    assert len(found["rows"]) == 1
    assert ada.expect(200, "GET", "/v1/records?kind=time&tag=acme&tag=calm")["rows"] == []


# Sessions and tokens


def test_a_session_is_opened_and_logged_in_with_one_request(ada: RestClient):
    opened = ada.expect(201, "POST", "/v1/session", json={"user_name": "ada", "user_pass": PASSWORD})
    assert opened["token"] == f"{opened['client_id']}.{opened['session_token']}"
    assert opened["account"] == "ada@example.org"


def test_a_session_token_that_the_login_renews_is_in_the_bearer_token(ada: RestClient):
    ada.open_session(user_name="ada", user_pass=PASSWORD, renew_token=True)
    assert ada.expect(200, "GET", "/v1/account")["account"] == "ada@example.org"


def test_a_login_with_wrong_arguments_opens_no_session(visitor: RestClient, http_server: EngineServer):
    visitor.expect_problem(400, "missing_argument", "POST", "/v1/session", json={"user_name": "ada"})
    workers = http_server.request_system(action="interogate", interogate="workers")["workers"]
    assert sum(worker["session_count"] for worker in workers.values()) == 0


def test_a_refused_login_says_so(visitor: RestClient):
    wrong = {"user_name": "ada", "user_pass": "not the password"}
    visitor.expect_problem(401, "login_refused", "POST", "/v1/session", json=wrong)


def test_a_client_id_and_a_session_token_can_be_requested_step_by_step(visitor: RestClient):
    client_id = visitor.expect(201, "POST", "/v1/client-id")["client_id"]
    visitor.headers["authorization"] = f"Bearer {client_id}"
    token = visitor.expect(201, "POST", "/v1/session-token")["session_token"]
    visitor.headers["authorization"] = f"bearer {client_id}.{token}"
    assert visitor.expect(200, "GET", "/v1/session-token/status")["valid"] is True


@pytest.mark.parametrize(
    ("authorization", "code"),
    [
        ("", "token_missing"),
        ("Bearer", "token_missing"),
        ("Bearer .", "token_missing"),
        ("Basic YWRhOmFkYQ==", "token_missing"),
        ("Bearer a.b", "client_unknown"),
    ],
)
def test_without_a_valid_token_a_request_is_unauthenticated(
    visitor: RestClient, authorization: str, code: str
):
    headers = {"authorization": authorization} if authorization else {}
    response = visitor.get("/v1/account", headers=headers)
    assert (response.status_code, response.json()["code"]) == (401, code)
    assert response.headers["www-authenticate"] == "Bearer"


def test_the_token_is_accepted_in_the_header_only(ada: RestClient):
    client_id, _, token = ada.headers["authorization"].removeprefix("Bearer ").partition(".")
    credentials = {"client_id": client_id, "session_token": token}
    ada.expect_problem(400, "unknown_argument", "GET", "/v1/account", params=credentials)
    ada.expect_problem(400, "unknown_argument", "PATCH", "/v1/account", json=credentials)
    del ada.headers["authorization"]
    ada.expect_problem(401, "token_missing", "GET", "/v1/account", params=credentials)
    ada.expect_problem(401, "token_missing", "PATCH", "/v1/account", json=credentials)


@pytest.mark.parametrize("path", ["/v1/account", "/v1/events"])
def test_no_token_of_two_is_picked(ada: RestClient, path: str):
    token = ada.headers["authorization"]
    for both in ([token, "Bearer a.b"], ["Bearer a.b", token]):
        headers = [("authorization", each) for each in both]
        assert httpx.get(f"{ada.base_url}{path}", headers=headers).status_code == 401


def test_a_body_can_pick_no_other_instruction(ada: RestClient):
    other = {"action": "view", "view": "account"}
    ada.expect_problem(400, "unknown_argument", "POST", "/v1/wallets", json=other)


def test_only_operators_may_use_what_is_the_systems(ada: RestClient, http_server: EngineServer):
    ada.expect_problem(403, "not_permitted", "GET", "/v1/system/accounts")
    http_server.request_system(action="grant", grant="role", account="ada@example.org", role="operator")
    assert len(ada.expect(200, "GET", "/v1/system/accounts")["accounts"]) == 1


def test_http_goes_on_while_the_sockets_are_closed(ada: RestClient, http_server: EngineServer):
    http_server.request_system(action="grant", grant="role", account="ada@example.org", role="operator")
    assert ada.expect(200, "POST", "/v1/system/sockets/close")["closed"] is True
    assert ada.expect(200, "GET", "/v1/sockets") == {"in_port": None, "out_port": None}
    opened = ada.expect(200, "POST", "/v1/system/sockets/open", json={"in_port": 0, "out_port": 0})
    assert ada.expect(200, "GET", "/v1/sockets")["in_port"] == opened["in_port"]


# Idempotency


def test_a_change_with_the_same_key_is_done_once(ada: RestClient):
    first = ada.supply(100, **{"idempotency-key": KEY})
    assert ada.supply(100, **{"idempotency-key": KEY}) == first
    assert first["request_id"] == KEY
    assert credits_of(ada) == 100


def test_another_change_with_the_same_key_is_a_conflict(ada: RestClient):
    ada.supply(100, **{"idempotency-key": KEY})
    problem = ada.expect_problem(
        409, "request_id_reused", "POST", "/v1/wallets", headers={"idempotency-key": KEY}
    )
    assert problem["request_id"] == KEY


def test_a_key_that_http_can_change_on_its_way_is_refused(ada: RestClient):
    key = "clé-de-trente-caractères".encode()
    ada.expect_problem(400, "bad_value", "POST", "/v1/wallets", headers={b"idempotency-key": key})


def test_an_empty_key_is_refused(ada: RestClient):
    ada.expect_problem(400, "bad_value", "POST", "/v1/wallets", headers={"idempotency-key": ""})


def test_no_key_of_two_is_picked(ada: RestClient):
    keys = [("idempotency-key", KEY), ("idempotency-key", f"not-{KEY}")]
    ada.expect_problem(400, "bad_value", "POST", "/v1/wallets", headers=keys)


# Problems


def test_a_problem_has_the_code_the_category_and_two_sentences(ada: RestClient):
    much = {"pay": "bob@example.org", "credits": 30}
    ada.post(
        "/v1/accounts", json={"user_name": "bob", "user_email": "bob@example.org", "user_pass": PASSWORD}
    )
    problem = ada.expect_problem(422, "not_enough_credits", "POST", "/v1/payments", json=much)
    assert problem == {
        "type": "/v1/docs#not_enough_credits",
        "title": "Not enough credits: 30 needed, balance 0.",
        "detail": "Choose a smaller amount, or supply credits first.",
        "status": 422,
        "code": "not_enough_credits",
        "category": "refused",
        "details": {"needed": 30, "there": 0, "field": "credits"},
    }


@pytest.mark.parametrize(
    ("status", "code", "method", "path", "body"),
    [
        (400, "missing_argument", "POST", "/v1/payments", b"{}"),
        (400, "bad_value", "POST", "/v1/payments", b'{"pay": "bob@example.org", "credits": "30"}'),
        (400, "bad_value", "POST", "/v1/payments", b'{"pay": "bob@example.org", "credits": 1.5}'),
        (400, "bad_value", "GET", "/v1/contacts/none", b""),
        (400, "bad_value", "GET", "/v1/contacts?limit=1&limit=2", b""),
        (400, "unknown_argument", "GET", "/v1/wallets?limit=1", b""),
        (400, "not_json", "POST", "/v1/wallets", b"{"),
        (400, "not_utf8", "POST", "/v1/wallets", b"\xff"),
        (400, "malformed", "POST", "/v1/wallets", b"[]"),
        (404, "not_found", "GET", "/v1/contacts/99", b""),
        (404, "path_unknown", "GET", "/v1", b""),
        (404, "path_unknown", "GET", "/v1/purses", b""),
        (404, "path_unknown", "GET", "/v1/wallets/", b""),
        (409, "timer_state", "POST", "/v1/clocks/active/pause", b""),
        (422, "partner_unknown", "GET", "/v1/payee?user_email=none@example.org", b""),
    ],
)
def test_every_error_has_the_status_of_its_category(
    ada: RestClient, status: int, code: str, method: str, path: str, body: bytes
):
    ada.expect_problem(status, code, method, path, content=body, headers={"content-type": "application/json"})


def test_a_method_that_a_path_does_not_take_is_refused_with_those_that_it_takes(ada: RestClient):
    response = ada.put("/v1/wallets")
    assert (response.status_code, response.headers["content-type"]) == (405, PROBLEM)
    assert response.headers["allow"] == "GET, POST, HEAD, OPTIONS"
    assert ada.get("/v1/session").headers["allow"] == "POST, OPTIONS"
    for path in ("/v1/docs", "/v1/openapi.json", "/v1/events"):
        ada.expect_problem(405, "method_not_allowed", "POST", path)


def test_a_client_that_accepts_no_json_gets_none(ada: RestClient):
    ada.expect_problem(406, "not_acceptable", "GET", "/v1/account", headers={"accept": "text/html"})
    for accepted in ("application/json", "*/*", "application/*;q=0.5", "text/html, application/json"):
        ada.expect(200, "GET", "/v1/account", headers={"accept": accepted})


def test_a_body_must_be_said_to_be_json(ada: RestClient):
    ada.expect_problem(415, "not_json_type", "POST", "/v1/wallets", data={"reference": "Savings"})
    headers = {"content-type": "application/json; charset=utf-8"}
    ada.expect(201, "POST", "/v1/wallets", content=b'{"reference": "Savings"}', headers=headers)


def test_a_body_that_is_too_long_is_refused(ada: RestClient):
    content = json.dumps({"reference": "S" * LARGEST_FRAME})
    ada.expect_problem(413, "frame_too_long", "POST", "/v1/wallets", content=content)


def test_a_client_that_asks_too_often_is_told_when_to_ask_again(serve):
    server = serve(http=HttpSettings(), limits={"requests_per_second_per_session": 5})
    with RestClient(server) as ada:
        ada.register("ada")
        responses = [ada.get("/v1/account") for _ in range(50)]
    refused = [response for response in responses if response.status_code != 200]
    assert {response.status_code for response in refused} == {429}
    assert {response.json()["code"] for response in refused} == {"too_many_requests"}
    assert {response.headers["retry-after"] for response in refused} == {"1"}


# Methods


def test_head_answers_the_headers_of_get(ada: RestClient):
    answered, head = ada.get("/v1/wallets/active"), ada.head("/v1/wallets/active")
    assert (head.status_code, head.content) == (200, b"")
    assert head.headers["etag"] == answered.headers["etag"]


def test_options_answers_the_methods_of_a_path(visitor: RestClient):
    response = visitor.options("/v1/contacts/7")
    assert (response.status_code, response.content) == (204, b"")
    assert response.headers["allow"] == "GET, DELETE, PATCH, HEAD, OPTIONS"


# Pages


def test_each_page_links_to_the_next(ada: RestClient):
    numbers = [ada.supply(credits)["transfer_record"] for credits in (1, 2, 3, 4, 5)]
    page, read = ada.get("/v1/transfers?limit=2"), []
    while True:
        read += [row["id"] for row in page.json()["sheet_data"]["rows"]]
        if "next" not in page.links:
            break
        page = ada.get(page.links["next"]["url"])
    assert read == numbers[::-1]


def test_the_link_to_the_next_page_has_all_other_arguments(ada: RestClient):
    for credits in (1, 2, 3, 4):
        ada.supply(credits)
    page = ada.get("/v1/transfers?skip=1&limit=2&totals=true")
    following = ada.get(page.links["next"]["url"]).json()["sheet_data"]
    assert following["totals"]["count"] == 4
    assert [row["credits"] for row in following["rows"]] == [1]


def test_the_rows_of_a_search_are_paged_too(ada: RestClient):
    for credits in (1, 2, 3):
        ada.supply(credits)
    page = ada.get("/v1/records?kind=invoice&limit=2")
    assert len(ada.get(page.links["next"]["url"]).json()["rows"]) == 1


# Entity tags


def test_a_view_that_has_not_changed_is_not_sent_again(ada: RestClient):
    ada.supply(10)
    tag = ada.get("/v1/transfers").headers["etag"]
    again = ada.get("/v1/transfers", headers={"if-none-match": tag})
    assert (again.status_code, again.content, again.headers["etag"]) == (304, b"", tag)


def test_a_change_elsewhere_makes_no_difference_to_a_tag_and_a_change_of_the_view_does(ada: RestClient):
    ada.supply(10)
    tag = ada.get("/v1/transfers").headers["etag"]
    ada.expect(201, "POST", "/v1/contact-lists")
    assert ada.get("/v1/transfers", headers={"if-none-match": f'"other", {tag}'}).status_code == 304
    ada.supply(10)
    assert ada.get("/v1/transfers", headers={"if-none-match": tag}).status_code == 200


def test_a_change_is_made_whatever_the_client_has_read_before(ada: RestClient):
    ada.supply(10)
    sent = {"to_ewallet": ada.expect(201, "POST", "/v1/wallets")["credit_ewallet"], "credits": 1}
    for _ in range(2):
        response = ada.post("/v1/transfers", json=sent, headers={"if-none-match": "*"})
        assert response.status_code == 201
        assert "etag" not in response.headers


def test_a_view_that_moves_with_the_clock_has_no_tag(ada: RestClient):
    for path in ("/v1/clocks", "/v1/clocks/active", "/v1/overview", "/v1/summary", "/v1/sessions"):
        response = ada.get(path)
        assert response.status_code == 200
        assert "etag" not in response.headers
        assert response.headers["cache-control"] == "no-store"


# The document and its page


def test_the_document_and_the_page_are_for_everyone(visitor: RestClient):
    document = visitor.expect(200, "GET", "/v1/openapi.json")
    assert document["openapi"] == "3.1.0"
    assert visitor.get("/v1/docs").headers["content-type"].startswith("text/html")


def test_the_page_fetches_nothing_and_runs_nothing(visitor: RestClient):
    response = visitor.get("/v1/docs")
    assert response.headers["content-security-policy"].startswith("default-src 'none'; style-src 'sha256-")
    for word in ("<script", "src=", "@import", "url(", "http://", "https://"):
        assert word not in response.text, word


class PageParser(HTMLParser):
    """Reads the ids and the links within the page, and checks that each element ends."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.ids: list[str] = []
        self.links: set[str] = set()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        found = dict(attrs)
        if tag != "meta":
            self.open.append(tag)
        if (identifier := found.get("id")) is not None:
            self.ids.append(identifier)
        if (link := found.get("href") or "").startswith("#"):
            self.links.add(link[1:])

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


def test_the_page_is_well_formed_and_its_links_lead_somewhere(visitor: RestClient):
    page = PageParser()
    page.feed(visitor.get("/v1/docs").text)
    assert page.open == []
    assert len(set(page.ids)) == len(page.ids)
    assert {"pay", "view_credit_ewallets", "open_session"} <= page.links <= set(page.ids)


def test_a_problems_type_is_explained_on_the_page(ada: RestClient):
    page, _, anchor = ada.expect_problem(404, "not_found", "GET", "/v1/contacts/99")["type"].partition("#")
    assert f"id='{anchor}'" in ada.get(page).text


def test_another_site_is_not_allowed_to_read_answers(ada: RestClient):
    response = ada.get("/v1/account", headers={"origin": "https://other.example"})
    assert "access-control-allow-origin" not in response.headers
