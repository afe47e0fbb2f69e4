"""The examples of the docs in other languages, each run against a server."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from pathlib import Path

import pytest
from running_server import RunningServer

PAGE = (Path(__file__).parents[2] / "docs" / "clients.md").read_text()
[CURL] = re.findall(r"```bash\n(.*?)```", PAGE, re.DOTALL)
[JAVASCRIPT] = re.findall(r"```javascript\n(.*?)```", PAGE, re.DOTALL)
OLDEST_NODE = 20


def run(command: list[str], server: RunningServer) -> list[str]:
    """The lines that the program prints."""
    address = f"http://127.0.0.1:{server.http_port}"
    done = subprocess.run([*command, address], capture_output=True, text=True, check=False, timeout=120)
    assert done.stderr == ""
    return done.stdout.splitlines()


def node() -> str:
    """The program of Node.js; skips the test if there is none."""
    found = shutil.which("node")
    if found is None:
        pytest.skip("the JavaScript example was not run: there is no Node.js on this machine")
    version = subprocess.run([found, "--version"], capture_output=True, text=True, check=True).stdout
    if int(version.removeprefix("v").partition(".")[0]) < OLDEST_NODE:
        pytest.skip(f"the JavaScript example was not run: Node.js {version.strip()} is too old")
    return found


@pytest.mark.skipif(
    not (shutil.which("curl") and shutil.which("jq") and shutil.which("bash")),
    reason="the curl example was not run: it needs bash, curl and jq",
)
def test_the_curl_example_runs(server: RunningServer, tmp_path: Path) -> None:
    script = tmp_path / "example.sh"
    script.write_text(CURL)
    printed = run(["bash", str(script)], server)
    assert printed[:3] == ['"ada@example.org"', '"Holidays"', "2"]
    events = [json.loads(line.removeprefix("data:")) for line in printed[3:] if line.startswith("data:")]
    assert [(event["event"], event["sequence"]) for event in events] == [
        ("listening", 0),
        ("belongings_changed", 1),
    ]
    assert events[1]["request_id"] == "holidays-1"


def test_the_javascript_example_runs(server: RunningServer, tmp_path: Path) -> None:
    script = tmp_path / "example.mjs"
    script.write_text(JAVASCRIPT)
    assert run([node(), str(script)], server) == [
        "ada@example.org",
        "listening 0",
        "belongings_changed 1",
    ]
