"""docs/rest.md is true: its curl session and the README's run as printed, and its tables are the server's."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from engine_server import EngineServer

from ewallet_core.handlers import REGISTRY
from ewallet_core.instructions.paths import routes_of
from ewallet_core.server.http.problems import STATUSES, status_of

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "rest.md").read_text()
README = (ROOT / "README.md").read_text()
ADDRESS = "http://localhost:8090"


needs_curl = pytest.mark.skipif(shutil.which("curl") is None, reason="curl is not installed")


def run_first_program(page: str, server: EngineServer) -> Iterator[Any]:
    """What the first shell program of the page prints, each line as JSON."""
    found = re.search(r"```sh\n(.*?)```", page, re.DOTALL)
    assert found is not None
    assert ADDRESS in found[1]
    program = "set -e\n" + found[1].replace(ADDRESS, server.http_url)
    done = subprocess.run(["bash", "-c", program], capture_output=True, text=True, check=True)
    assert done.stderr == ""
    return map(json.loads, filter(None, done.stdout.splitlines()))


@needs_curl
def test_the_curl_session_of_the_readme_runs_as_printed(http_server: EngineServer):
    account, supplied, converted, started, overview = run_first_program(README, http_server)
    assert account["account"] == "eve@example.org"
    assert supplied["total_credits"] == 100
    assert converted["credit_clock"] == 20
    assert started["clock"]
    assert overview["ewallet_data"]["credits"] == 80


@needs_curl
def test_the_curl_session_runs_as_printed(http_server: EngineServer):
    account, first, again, converted, started, stopped, wallet, records = run_first_program(PAGE, http_server)
    assert account["account"] == "ada@example.org"
    assert first["total_credits"] == again["total_credits"] == 100
    assert (converted["ewallet_credits"], converted["credit_clock"]) == (80, 20)
    assert started["tags"] == ["school"]
    assert stopped["time_record"] == records["sheet_data"]["rows"][0]["id"]
    assert wallet["ewallet_data"]["credits"] == 80


def test_the_table_of_paths_is_that_of_the_server():
    listed = re.findall(r"^\| `([A-Z]+ /v1/\S+)` \| \[(.+?)\]", PAGE, re.MULTILINE)
    routes = [(f"{route.method} {route.path}", route.instruction.name) for route in routes_of(REGISTRY)]
    assert listed == routes


def test_the_table_of_categories_is_that_of_the_server():
    listed = re.findall(r"^\| `([a-z_]+)` \| ([0-9]+) \| (.+) \|$", PAGE, re.MULTILINE)
    assert listed == [(str(each), str(status), each.meaning) for each, status in STATUSES.items()]


def test_the_codes_with_a_status_of_their_own_have_it():
    told = re.findall(r"`([a-z_]+)` (4[0-9]{2})\b", PAGE)
    assert {code for code, _ in told} == {
        "method_not_allowed",
        "not_acceptable",
        "request_unfinished",
        "frame_too_long",
        "not_json_type",
        "head_too_long",
    }
    assert [status_of(code) for code, _ in told] == [int(status) for _, status in told]
