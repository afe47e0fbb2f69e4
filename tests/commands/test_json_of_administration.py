"""`--json` of the commands that look after a wallet: what they did, or why they did not, for programs."""

from __future__ import annotations

import json
import shutil
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from demo_wallet import run_demo_in
from invoked import ADA

from ewallet_core.commands import _find_command
from ewallet_tui.__main__ import main

WITHOUT_JSON = {"completion", "demo", "help", "serve"}


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("demo")
    run_demo_in(folder).close()
    return folder


@pytest.fixture
def folder(tmp_path: Path, demo: Path) -> Path:
    return Path(shutil.copytree(demo, tmp_path / "wallet"))


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "saved.tar"


def told(folder: Path, *words: object, code: int = 0) -> dict[str, Any]:
    """The JSON of a command that ends with that exit code; a failure is told on stderr too."""
    done = CliRunner().invoke(main, ["--data-dir", str(folder), *map(str, words), "--json"])
    assert done.exit_code == code, done.output
    answer: dict[str, Any] = json.loads(done.stdout)
    assert answer["failed"] is bool(code)
    if code:
        sentences = " ".join(filter(None, (answer["error"], answer["warning"])))
        assert done.stderr == f"{sentences}\n"
        assert answer["code"]
    else:
        assert done.stderr == ""
    return answer


def damage(folder: Path) -> None:
    with closing(sqlite3.connect(folder / "wallet.sqlite3")) as connection, connection:
        connection.execute("UPDATE balances SET amount = amount + 1 WHERE amount = 80")


@pytest.mark.parametrize("name", main.list_commands(main.make_context("ewallet", ["help"])))
def test_every_command_but_a_few_has_json(name: str) -> None:
    command = _find_command(name)
    options = {option for param in command.params for option in param.opts}
    listed = getattr(command, "commands", {}).get("list")
    if listed is not None:
        options |= {option for param in listed.params for option in param.opts}
    assert ("--json" in options) is (name not in {*WITHOUT_JSON, "do"})


def test_a_granted_role_is_the_answer_of_the_engine(folder: Path) -> None:
    answer = told(folder, "grant", "operator", ADA)
    assert (answer["account"], answer["role"]) == (ADA, "operator")


def test_a_refused_grant_has_the_code_of_the_engine(folder: Path, tmp_path: Path) -> None:
    assert told(folder, "grant", "operator", "zoe@example.org", code=1)["code"] == "partner_unknown"
    missing = told(tmp_path / "nowhere", "grant", "operator", "zoe@example.org", code=2)
    assert missing["code"] == "storage_unavailable"


def test_what_was_verified_is_listed(folder: Path, tmp_path: Path) -> None:
    checked = told(folder, "verify")["checked"]
    assert "3 entries, each sums to zero per unit" in checked
    assert told(tmp_path / "nowhere", "verify", code=2)["code"] == "storage_unavailable"


def test_a_violation_is_told_with_what_was_checked_before(folder: Path) -> None:
    checked = told(folder, "verify")["checked"]
    damage(folder)
    answer = told(folder, "verify", code=1)
    assert answer["code"] == "violation"
    assert answer["error"].endswith("says 81, its postings sum to 80.")
    assert answer["checked"] == checked[: len(answer["checked"])] != []


def test_a_backup_is_told_with_its_file_and_size(folder: Path, file: Path) -> None:
    answer = told(folder, "backup", file)
    assert (answer["file"], answer["size"]) == (str(file), file.stat().st_size)
    assert answer["contents"] == ["wallet.sqlite3"]
    verified = told(folder, "verify", file)
    assert (verified["created"], verified["contents"]) == (answer["created"], answer["contents"])
    assert verified["checked"]


def test_a_backup_that_is_not_made_is_told(folder: Path, file: Path) -> None:
    file.write_text("another file")
    assert "exists already" in told(folder, "backup", file, code=1)["error"]
    damage(folder)
    file.unlink()
    assert told(folder, "backup", file, code=1)["code"] == "violation"


def test_a_backup_that_can_not_be_read_is_told(folder: Path, file: Path) -> None:
    told(folder, "backup", file)
    file.write_bytes(file.read_bytes()[:5_000])
    assert told(folder, "verify", file, code=2)["code"] == "not_possible"
    assert told(folder, "restore", file, "--yes", code=1)["code"] == "not_possible"


def test_a_restore_is_told_with_what_is_kept_and_left(folder: Path, file: Path) -> None:
    (folder / "preferences.toml").write_text('theme = "nord"\n')
    (folder / "known_servers").write_text("localhost:1 authority\n")
    saved = told(folder, "backup", file)
    (folder / "preferences.toml").write_text('theme = "gruvbox"\n')
    (folder / "known_servers").unlink()
    answer = told(folder, "restore", file, "--yes")
    assert answer["database"] == str(folder / "wallet.sqlite3")
    assert Path(answer["kept"]).is_file()
    assert answer["restored"] == [str(folder / "known_servers")]
    assert answer["left"] == {"preferences.toml": str(folder / "preferences.toml")}
    assert answer["created"] == saved["created"]


def test_a_restore_that_is_not_confirmed_is_told(folder: Path, file: Path) -> None:
    told(folder, "backup", file)
    assert "Add --yes" in told(folder, "restore", file, code=2)["error"]
