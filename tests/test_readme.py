"""The README is true: its Python code runs, and its pictures exist."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

README = Path(__file__).parent.parent / "README.md"
EWALLET = Path(sys.executable).with_name("ewallet")


def python_with(words: str) -> str:
    """The program of the README that contains these words."""
    programs = re.findall(r"```python\n(.*?)```", README.read_text(), re.DOTALL)
    (program,) = (program for program in programs if words in program)
    return program


def run(program: str, folder: Path) -> str:
    command = [sys.executable, "-c", program]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, check=True).stdout


@pytest.fixture
def address(tmp_path: Path) -> Iterator[str]:
    """The address of a server started as in the README, except for its folder and ports."""
    assert "\n    ewallet serve\n" in README.read_text()
    command = [EWALLET, "--data-dir", tmp_path, "serve", "--in-port", "0", "--out-port", "0"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as server:
        assert server.stdout is not None
        found = re.search(r"instructions on ([^,]+),", server.stdout.readline())
        assert found is not None
        yield found[1]
        server.terminate()


def test_the_python_code_of_the_readme_runs(tmp_path: Path) -> None:
    assert "'total_credits': 100" in run(python_with("EWalletSessionManager("), tmp_path)


def test_the_program_of_the_readme_works_with_a_server(tmp_path: Path, address: str) -> None:
    printed = run(python_with("EWalletClient(").replace("localhost:8080", address), tmp_path)
    assert printed == "0\n{'event': 'listening', 'sequence': 0}\n"


def test_the_pictures_of_the_readme_exist() -> None:
    pictures = re.findall(r"!\[[^]]*\]\(([^)]+)\)", README.read_text())
    assert pictures
    assert [picture for picture in pictures if not (README.parent / picture).is_file()] == []
