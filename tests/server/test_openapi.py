"""The OpenAPI document is true: schemathesis sends what it allows and what it forbids, to every operation."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from itertools import count
from pathlib import Path
from typing import Any

import pytest
import requests
import schemathesis
from engine_server import EngineServer
from fakes import CHEAP, Wallclock
from hypothesis import HealthCheck, settings
from rest_client import RestClient
from schemathesis import GenerationMode
from schemathesis.config import SchemathesisConfig
from schemathesis.specs.openapi.checks import ignored_auth, positive_data_acceptance
from schemathesis.specs.openapi.definitions import OPENAPI_31_VALIDATOR

from ewallet_core import EWalletSessionManager
from ewallet_core.handlers import REGISTRY
from ewallet_core.instructions.json_schema import argument_schema
from ewallet_core.instructions.paths import routes_of
from ewallet_core.instructions.validation import accepts
from ewallet_core.operations.context import EngineConfig
from ewallet_core.server.http.openapi import document
from ewallet_core.server.http.session_opening import SESSION_PATH
from ewallet_core.server.limits import Limits
from ewallet_core.server.settings import HttpSettings
from ewallet_core.server.socket_listener import SocketListener

DOCUMENT = document()
METHODS = ("get", "put", "post", "delete", "options", "patch", "trace", "query")
CURRENCIES = {"EUR", "AED", "ZWG"}
"""Those that are sent; another test reads all that the document lists."""
api = schemathesis.pytest.from_fixture("operations")


@pytest.fixture(scope="module")
def server(new_wallet_file: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[EngineServer]:
    file = shutil.copy(new_wallet_file, tmp_path_factory.mktemp("openapi"))
    engine = EWalletSessionManager(
        f"sqlite:///{file}", clock=Wallclock(), passwords=CHEAP, config=EngineConfig(self_supply=True)
    )
    limits = Limits(requests_per_second_per_session=100_000, requests_per_second_per_address=100_000)
    listener = SocketListener(engine, limits=limits)
    engine.listen_through(listener)
    served = EngineServer(engine, listener)
    listener.open(0, 0)
    served.http_port = listener.open_http(0, HttpSettings())
    yield served
    served.stop()


@pytest.fixture(scope="module")
def http() -> Iterator[requests.Session]:
    """The connection that all cases share."""
    with requests.Session() as session:
        # It would look for proxies and passwords in the environment before each request.
        session.trust_env = False
        yield session


NUMBERS = count()
TOKEN = [""]
"""The bearer token of the requests."""
OPERATIONS_WITH_TOKEN: set[str] = set()
"""The operations that have refused requests without a token, or with another one."""


@api.auth(refresh_interval=None)
class Bearer:
    """Sends the token of the operator with every request, but those that are to be sent without one."""

    def get(self, _case: Any, _context: Any) -> str:
        return TOKEN[0]

    def set(self, case: Any, token: str, _context: Any) -> None:
        case.headers = {**(case.headers or {}), "Authorization": token}


@pytest.fixture
def operator(server: EngineServer) -> Iterator[RestClient]:
    """A new operator with credits and time."""
    name = f"operator{next(NUMBERS)}"
    with RestClient(server) as client:
        client.register(name)
        client.supply(100)
        client.expect(201, "POST", "/v1/conversions/credits-to-time", json={"credits": 50})
        server.request_system(action="grant", grant="role", account=f"{name}@example.org", role="operator")
        TOKEN[0] = client.headers["authorization"]
        yield client


RULES = {"arguments_clash", "missing_argument", "period_backwards", "too_many_periods", "unknown_instruction"}
"""The codes of rules of several arguments, and of an argument that names an instruction."""
CURSOR = "before"
INSTRUCTIONS = {found.name: found for found in REGISTRY}


def refused_only_by_a_rule(_context: Any, response: Any, case: Any) -> None:
    """What a schema allows is refused by rules only that it can't say: of text, or of several arguments."""
    if response.status_code != 400 or case.meta.generation.mode is not GenerationMode.POSITIVE:
        return
    problem = response.json()
    if problem["code"] not in RULES:
        assert problem["code"] == "bad_value", problem
        assert may_break_a_rule(case.operation.definition.raw, problem["details"]["field"]), problem


def demands_a_token(context: Any, response: Any, case: Any) -> bool | None:
    """As schemathesis checks it, but that repeats only the first request of an operation without a token."""
    context.auth_enforced_operations = OPERATIONS_WITH_TOKEN
    checked: bool | None = ignored_auth(context, response, case)
    return checked


def has_another_currency(case: Any) -> bool:
    """Whether the case is one of nearly two hundred that differ in their currency only."""
    is_allowed = case.meta.generation.mode is GenerationMode.POSITIVE
    return is_allowed and isinstance(case.body, dict) and case.body.get("currency", "EUR") not in CURRENCIES


def may_break_a_rule(operation: dict[str, Any], field: str) -> bool:
    found = INSTRUCTIONS[operation.get("x-instruction", "client action login")]
    name = field.partition(".")[0]
    kinds = argument_schema(found.arguments[name]).get("type", "string")
    return name == CURSOR or kinds == "object" or "string" in kinds


def test_the_document_is_openapi():
    assert [str(error) for error in OPENAPI_31_VALIDATOR.iter_errors(document())] == []


def test_every_instruction_is_an_operation_of_the_document():
    operations = {(method, path) for path, entries in DOCUMENT["paths"].items() for method in entries}
    routes = {(route.method.lower(), route.path) for route in routes_of(REGISTRY)}
    assert operations == {*routes, ("post", SESSION_PATH)}


def test_every_value_that_the_document_lists_is_accepted():
    for found in REGISTRY:
        for name, argument in found.arguments.items():
            for value in argument_schema(argument).get("enum", ()):
                assert accepts(argument.type, value), (found.name, name, value)


def other_methods() -> dict[str, list[str]]:
    """The methods that each path is sent, though it may lack them.

    That is all of them for one path of those with the same methods, and a single one for the others.
    """
    sent: dict[str, list[str]] = {}
    kinds = set()
    for path, entries in DOCUMENT["paths"].items():
        kind = (*sorted(set(METHODS) & entries.keys()), "{" in path)
        lacking = [method for method in METHODS if method not in entries]
        sent[path] = lacking if kind not in kinds else [lacking[len(sent) % len(lacking)]]
        kinds.add(kind)
    return sent


OTHER_METHODS = other_methods()


@pytest.fixture(params=DOCUMENT["paths"])
def operations(request: pytest.FixtureRequest) -> Any:
    """The document with one path, whose cases are made when its test runs, not before all tests."""
    path = request.param
    coverage = {"unexpected-methods": OTHER_METHODS[path]}
    return schemathesis.openapi.from_dict(
        {**DOCUMENT, "paths": {path: DOCUMENT["paths"][path]}},
        config=SchemathesisConfig.from_dict({"phases": {"coverage": coverage}}),
    )


@api.parametrize()
@settings(max_examples=2, derandomize=True, deadline=None, suppress_health_check=list(HealthCheck))
def test_every_operation_does_what_the_document_says(case: Any, operator: RestClient, http: requests.Session):
    if has_another_currency(case):
        return
    case.call_and_validate(
        base_url=str(operator.base_url),
        session=http,
        excluded_checks=[positive_data_acceptance, ignored_auth],
        additional_checks=[refused_only_by_a_rule, demands_a_token],
    )
