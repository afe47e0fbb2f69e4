"""`ewallet serve --http-port`: the ready line, the log, and the end of a real server process."""

from __future__ import annotations

import json
import signal
import ssl
import subprocess
import sys
import urllib.error
import urllib.request
from typing import Any

import pytest
from serve_process import TIMEOUT_SECONDS, ServeProcess, served

from ewallet_core.server.certificates import self_signed_file

SECRET = "hunter2"
SETTINGS = """
self_supply = true
[log]
requests = true
format = "json"
"""
INSTRUCTIONS = "/ewallet/instruction-set"


def send(url: str, context: ssl.SSLContext | None = None, **instruction: Any) -> dict[str, Any]:
    request = {"controller": "client", "ctype": "action", **instruction}
    answer = read(url, INSTRUCTIONS, context, data=json.dumps(request).encode())
    parsed: dict[str, Any] = json.loads(answer)
    return parsed


def read(url: str, path: str, context: ssl.SSLContext | None = None, **request: Any) -> bytes:
    asked = urllib.request.Request(url + path, **request)
    with urllib.request.urlopen(asked, timeout=TIMEOUT_SECONDS, context=context) as response:
        found: bytes = response.read()
    return found


def log_of(server: ServeProcess) -> list[dict[str, Any]]:
    """The log of the server, which is stopped first."""
    server.is_told(signal.SIGTERM)
    code, _, log = server.ends()
    assert code == 0
    return [json.loads(line) for line in log.splitlines()]


def test_the_ready_line_names_the_address_of_http(tmp_path):
    with served(tmp_path, "--in-port", 0, "--out-port", 0, "--http-port", 0) as server:
        assert server.http_url.startswith("http://127.0.0.1:")
        assert read(server.http_url, "/health") == b'{"status":"ready"}'
        assert server.ports[0] != server.ports[1]


def test_http_has_the_certificate_of_the_sockets(tmp_path):
    options = ("--self-signed", "--in-port", 0, "--out-port", 0, "--http-port", 0)
    with served(tmp_path, *options) as server:
        context = ssl.create_default_context(cafile=self_signed_file(tmp_path))
        assert send(server.http_url, context, action="request", request="client_id")["failed"] is False


def test_a_port_for_http_that_is_in_use_is_explained(tmp_path):
    with served(tmp_path, "--in-port", 0, "--out-port", 0) as first:
        options = ("--in-port", 0, "--out-port", 0, "--http-port", first.ports[0])
        with served(tmp_path / "other", *options) as second:
            code, _, complaint = second.ends()
    assert code == 1
    assert f"can't listen on port {first.ports[0]}" in complaint


def test_the_log_of_requests_over_http_has_addresses_and_no_secrets(tmp_path):
    config = tmp_path / "ewallet.toml"
    config.write_text(SETTINGS)
    with served(tmp_path, "--config", config, "--in-port", 0, "--out-port", 0, "--http-port", 0) as server:
        url = server.http_url
        client_id = send(url, action="request", request="client_id")["client_id"]
        token = send(url, action="request", request="session_token", client_id=client_id)["session_token"]
        send(url, client_id=client_id, session_token=token, action="view", view=SECRET)
        bearer = {"Authorization": f"Bearer {client_id}.{token}", "Cookie": SECRET}
        for path in (f"/{SECRET}", f"/v1/{SECRET}?token={token}", "/v1/events"):
            with pytest.raises(urllib.error.HTTPError) as refused:
                read(url, path, headers=bearer)
            refused.value.close()
        log = log_of(server)
    assert [line["code"] for line in log if line["kind"] == "request"][-6:] == [
        "ok",
        "ok",
        "unknown_instruction",
        "path_unknown",
        "path_unknown",
        "not_logged_in",
    ]
    assert {line["address"] for line in log if line["instruction"].startswith("client")} == {"127.0.0.1"}
    for private in (SECRET, client_id, token):
        assert [line for line in log if private in json.dumps(line)] == []


def test_a_server_without_that_port_loads_no_library_for_http():
    code = (
        "import sys; import ewallet_core.commands.serve, ewallet_core.server.server;"
        "print([name for name in ('uvicorn', 'starlette', 'httptools', 'httpx') if name in sys.modules])"
    )
    printed = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    assert printed == "[]\n"
