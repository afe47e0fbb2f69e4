"""The paths of the HTTP API: every instruction has one, and they follow one rule."""

import re
from collections import Counter

import pytest
from each import for_each

from ewallet_core.handlers import REGISTRY
from ewallet_core.instructions.paths import EXCEPTIONS, Route, RouteTable, route_of, routes_of
from ewallet_core.instructions.registry import Instruction

ROUTES = routes_of(REGISTRY)
TABLE = RouteTable(ROUTES)
USUAL_METHODS = {"view": "GET", "new": "POST", "edit": "PATCH", "unlink": "DELETE"}

each_route = for_each({route.instruction.name: route for route in ROUTES})


def named(name: str) -> Instruction:
    return next(found for found in REGISTRY if found.name == name)


def shown(name: str) -> str:
    route = route_of(named(name))
    return f"{route.method} {route.path}"


def test_no_two_instructions_have_the_same_method_and_path():
    counts = Counter((route.method, re.sub("{.*}", "{}", route.path)) for route in ROUTES)
    assert [found for found, count in counts.items() if count > 1] == []


def test_no_two_instructions_have_the_same_operation_id():
    assert len({route.operation_id for route in ROUTES}) == len(ROUTES)


@each_route
def test_every_instruction_is_found_by_its_path(route: Route):
    found = TABLE.find(route.path_to("active" if route.id_name == "cleaner" else 12))
    assert found is not None
    assert found.routes[route.method].instruction is route.instruction
    assert (found.item_id is None) == (route.id_name is None)


@each_route
def test_a_path_has_the_version_and_then_lower_case_words_with_hyphens(route: Route):
    assert re.fullmatch(r"/v1(/[a-z]+(-[a-z]+)*|/\{[a-z_]+\})+", route.path)


@each_route
def test_the_method_says_what_the_instruction_does(route: Route):
    form = route.instruction.forms[0]
    assert (route.method == "GET") == (not route.instruction.changes)
    if form["action"] in USUAL_METHODS and route.instruction.name not in EXCEPTIONS:
        assert route.method == USUAL_METHODS[form["action"]]


@each_route
def test_what_only_the_system_may_do_is_under_its_own_path(route: Route):
    is_system = route.instruction.forms[0]["controller"] == "system"
    assert route.path.startswith("/v1/system/") == is_system


@each_route
def test_every_argument_has_one_place(route: Route):
    assert route.id_name not in route.readers
    left_out = set(route.instruction.arguments) - {*route.readers, route.id_name}
    unused = {name for name, reader in route.instruction.readers.items() if reader.is_unused}
    assert not unused & route.readers.keys()
    # Other names of the id in the path.
    assert left_out - unused <= set(route.instruction.request.exactly_one_of)


@each_route
def test_no_secret_is_ever_in_a_url(route: Route):
    secrets = {name for name, reader in route.instruction.readers.items() if reader.is_secret}
    assert route.has_body or not secrets
    assert route.id_name not in secrets


def test_every_exception_is_of_an_instruction_that_there_is():
    assert set(EXCEPTIONS) <= {found.name for found in REGISTRY}


@pytest.mark.parametrize(
    ("name", "path"),
    [
        ("client action view credit ewallets", "GET /v1/wallets"),
        ("client action new credit clock", "POST /v1/clocks"),
        ("client action edit credit ewallet", "PATCH /v1/wallets/{ewallet_id}"),
        ("client action unlink contact record", "DELETE /v1/contacts/{record_id}"),
        ("client action switch time_sheet", "POST /v1/time-sheets/{sheet_id}/activate"),
        ("client action start clock_timer", "POST /v1/clocks/active/start"),
        ("client action view time record", "GET /v1/time-records/{record_id}"),
        ("client action unlink transfer list", "DELETE /v1/transfer-sheets/{sheet_id}"),
        ("client action pay", "POST /v1/payments"),
        ("client action end session", "DELETE /v1/sessions/{session_id}"),
        ("system action start cleaner", "POST /v1/system/cleaners/{cleaner}/start"),
        ("system action cleanup ctokens", "POST /v1/system/client-ids/cleanup"),
    ],
)
def test_paths_are_what_one_would_guess(name: str, path: str):
    assert shown(name) == path


@pytest.mark.parametrize(
    "path",
    [
        "/v1",
        "/v1/",
        "/v1/wallets/",
        "/v1/wallets//activate",
        "/v1/none",
        "/v1/wallets/{ewallet_id}/activate/now",
        "",
        "/v2/wallets",
    ],
)
def test_any_other_path_is_found_nowhere(path: str):
    assert TABLE.find(path) is None


def test_the_word_active_comes_before_an_id():
    active, other = TABLE.find("/v1/wallets/active"), TABLE.find("/v1/wallets/7")
    assert active is not None
    assert set(active.routes) == {"GET"}
    assert other is not None
    assert set(other.routes) == {"PATCH", "DELETE"}
    assert other.item_id == "7"
