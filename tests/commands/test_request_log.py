"""The log of requests and the metrics of a real server, and that nothing private is in either of them."""

from __future__ import annotations

import json
import re
import socket
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from prometheus_client.parser import text_string_to_metric_families
from serve_process import ServeProcess, Wire, served, wire_to

from ewallet_core import EWalletSessionManager
from ewallet_core.data_folder import database_url
from ewallet_core.handlers import SECTIONS
from ewallet_core.instructions.reference import entry_of, everything

SETTINGS = """
self_supply = true
[limits]
requests_per_second_per_session = 100000
[log]
requests = true
format = "{}"
[metrics]
port = 0
"""
SECRET = "hunter2"
PASSWORD = f"{SECRET} unrelated words"
NAME, EMAIL = f"name of {SECRET}", f"mail-{SECRET}@example.org"
SUPPLY = {"action": "supply", "supply": "credits", "credits": 7654321, "currency": "EUR", "cost": "7654321"}

# They would end the test, or the session that it uses.
CLOSING = {"client action logout", "client action unlink account", "client action end session"}
OF_SOCKETS = {"open sockets", "close sockets", "start instruction_listener"}


@contextmanager
def logging_server(folder: Path, log_format: str = "json") -> Iterator[tuple[ServeProcess, str]]:
    """A server, and the address of its metrics."""
    config = folder / "ewallet.toml"
    config.write_text(SETTINGS.format(log_format))
    with served(folder, "--config", config, "--in-port", 0, "--out-port", 0) as server:
        assert server.process.stderr is not None
        found = re.fullmatch(r"Metrics on (http://\S+)\.\n", server.process.stderr.readline())
        assert found is not None
        yield server, found[1]


def lines_of(server: ServeProcess) -> list[str]:
    """The log of a server that is stopped now."""
    server.process.terminate()
    code, _, log = server.ends()
    assert code == 0
    return log.splitlines()


def metrics_at(address: str) -> str:
    with urllib.request.urlopen(address, timeout=10) as answer:
        assert answer.headers["Content-Type"].startswith("text/plain")
        text: str = answer.read().decode()
    return text


def sample(text: str, name: str, **labels: str) -> float | None:
    for family in text_string_to_metric_families(text):
        for each in family.samples:
            if each.name == name and labels.items() <= each.labels.items():
                return each.value
    return None


def open_account(wire: Wire) -> None:
    wire.open_session()
    new = {"action": "new", "new": "account", "user_name": NAME, "user_email": EMAIL, "user_pass": PASSWORD}
    assert wire.request(**new)["failed"] is False
    log_in(wire)


def log_in(wire: Wire) -> None:
    assert wire.request(action="login", user_name=NAME, user_pass=PASSWORD)["failed"] is False


def make_operator(folder: Path) -> None:
    with EWalletSessionManager(database_url(folder)) as engine:
        grant = {"controller": "system", "ctype": "action", "action": "grant", "grant": "role"}
        assert engine.answer({**grant, "account": EMAIL, "role": "operator"})["failed"] is False


def with_secrets(value: Any) -> Any:
    """The value with a secret in each text and each number of it."""
    match value:
        case bool():
            return value
        case str():
            return f"{value} {SECRET}"
        case int():
            return 7654321
        case dict():
            return {name: with_secrets(each) for name, each in value.items()}
        case list():
            return [with_secrets(each) for each in value]
    return value


def examples() -> Iterator[dict[str, Any]]:
    """Every instruction of the registry as its reference shows it, and with secrets in its arguments."""
    documented = [each for each in everything(SECTIONS) if not each.section.is_live]
    documented.sort(key=lambda each: each.found.name in CLOSING)
    for each in documented:
        if not each.found.name.endswith(tuple(OF_SOCKETS)):
            selectors = each.found.forms[0]
            example = {**entry_of(each).example, "client_id": None, "session_token": None}
            sent = {name: value for name, value in example.items() if value is not None}
            yield sent
            yield {name: value if name in selectors else with_secrets(value) for name, value in sent.items()}


def test_no_secret_of_any_instruction_is_in_the_log_or_the_metrics(tmp_path):
    with logging_server(tmp_path) as (server, address):
        with wire_to(server) as wire:
            open_account(wire)
            make_operator(tmp_path)
            assert wire.request(**SUPPLY, notes=f"for {SECRET}")["failed"] is False
            count = 0
            for instruction in examples():
                wire.request(**instruction)
                count += 1
            credentials = list(wire.credentials.values())
        metrics = metrics_at(address)
        log = lines_of(server)
    assert len(log) >= count > 150
    for private in (SECRET, "example.org", "7654321", "ada", *credentials, *passwords_of_the_reference()):
        assert [line for line in log if private in line] == []
        assert private not in metrics


def passwords_of_the_reference() -> set[str]:
    shown = {
        str(value)
        for each in everything(SECTIONS)
        for name, value in entry_of(each).example.items()
        if name in {"user_pass", "old_pass", "new_pass", "notes", "user_email", "user_name"}
    }
    assert len(shown) > 3
    return shown


def test_a_line_of_the_log_tells_what_was_asked_and_how_it_went(tmp_path):
    with logging_server(tmp_path) as (server, _):
        with wire_to(server) as wire, wire_to(server) as other:
            other.open_session()
            open_account(wire)
            wire.request(**SUPPLY, request_id="supply-number-1")
            wire.request(**SUPPLY, request_id="supply-number-1")
            wire.request(action="view", view="overview")
            wire.request(action="nothing", nothing="like this")
            wire._socket.sendall(b"not json\n")
            wire.next_line()
        lines = [json.loads(line) for line in lines_of(server)]
    asked = [(line["instruction"], line["code"]) for line in lines]
    assert asked[4:] == [
        ("client action new account", "ok"),
        ("client action login", "ok"),
        ("client action supply credits", "ok"),
        ("client action supply credits", "ok"),
        ("client action view overview", "ok"),
        ("invalid", "unknown_instruction"),
        ("invalid", "not_json"),
    ]
    supply, view = lines[6], lines[8]
    assert supply["request_id"] == "supply-number-1"
    assert supply["group"] == 1
    assert "group" not in view
    assert 0 <= supply["wait_ms"] <= supply["ms"]
    assert supply["account"] == view["account"]
    assert supply["session"] == view["session"]
    assert [line["connection"] for line in lines] == [2, 2, *[1] * 9]
    assert {line["address"] for line in lines} == {"127.0.0.1"}


def test_the_log_in_text_has_a_line_for_each_request(tmp_path):
    with logging_server(tmp_path, "text") as (server, _):
        with wire_to(server) as wire:
            wire.request(action="request", request="client_id", request_id='"quoted\n id"')
        (line,) = lines_of(server)
    assert re.fullmatch(
        r'\S+Z request instruction="client action request client_id" code="ok" ms=\S+ wait_ms=\S+ group=1'
        r' address="127.0.0.1" connection=1 request_id=".+"',
        line,
    )


def test_prometheus_can_read_the_metrics(tmp_path):
    with logging_server(tmp_path) as (server, address):
        with wire_to(server) as wire, wire_to(server):
            open_account(wire)
            wire.request(**SUPPLY)
            wire.request(**{**SUPPLY, "credits": 0})
            found = metrics_at(address)
            asked = {"instruction": "client action supply credits"}
            assert sample(found, "ewallet_requests_total", **asked, code="ok") == 1
            assert sample(found, "ewallet_requests_total", **asked, code="bad_value") == 1
            assert sample(found, "ewallet_request_seconds_count", **asked) == 2
            assert sample(found, "ewallet_request_seconds_bucket", **asked, le="+Inf") == 2
            assert sample(found, "ewallet_connections", port="instructions") == 2
            assert sample(found, "ewallet_connections", port="events") == 0
            assert sample(found, "ewallet_requests_under_way") == 0
            assert sample(found, "ewallet_requests_waiting", **{"for": "password"}) == 0
            assert sample(found, "ewallet_commit_changes_count") >= 4
            assert sample(found, "ewallet_database_bytes") > 0
            assert sample(found, "ewallet_clock_in_doubt") == 0
        assert lines_of(server)


def test_without_the_setting_there_is_no_log_of_requests_and_no_port(tmp_path):
    with served(tmp_path, "--in-port", 0, "--out-port", 0) as server:
        with wire_to(server) as wire:
            wire.open_session()
        assert lines_of(server) == []


def test_a_port_of_the_metrics_that_is_in_use_is_said_in_one_line(tmp_path):
    with socket.create_server(("127.0.0.1", 0)) as other:
        config = tmp_path / "ewallet.toml"
        config.write_text(f"[metrics]\nport = {other.getsockname()[1]}\n")
        with served(tmp_path, "--config", config, "--in-port", 0, "--out-port", 0) as server:
            code, _, said = server.ends()
    assert code == 1
    assert re.fullmatch(r"[^\n]*in use[^\n]*\n", said)
