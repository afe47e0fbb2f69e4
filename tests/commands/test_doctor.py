"""`ewallet doctor`: what a bug report needs, whatever is broken, and nothing private."""

from __future__ import annotations

import json
import os
import shutil
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import forked_process
import pytest
from click.testing import CliRunner
from demo_wallet import run_demo_in
from serve_process import EWALLET
from test_verify import everything_in, execute_sql

from ewallet_core import EWalletSessionManager
from ewallet_core.commands import diagnostics
from ewallet_core.commands.diagnostics import Target, examine
from ewallet_core.commands.diagnostics.section import private
from ewallet_core.data_folder import database_url
from ewallet_core.storage.database import open_database
from ewallet_tui.__main__ import main

PRIVATE_WORDS = ("ada", "bob", "@", "supplied", "hunter2")


def doctor(*arguments: object, **environment: str) -> subprocess.CompletedProcess[str]:
    return forked_process.run(
        ["doctor", *arguments],
        env={"PATH": os.defpath, "LANG": "C.UTF-8", "TZ": "UTC", **environment},
        timeout=60,
    )


def report(*arguments: object, **environment: str) -> dict[str, Any]:
    """What it finds out in this process, which is faster."""
    done = CliRunner(env=environment).invoke(main, ["doctor", "--json", *map(str, arguments)])
    found: dict[str, Any] = json.loads(done.stdout)
    assert (done.exit_code, done.stderr) == (1 if found["problems"] else 0, "")
    return found


def problems_of(found: dict[str, Any]) -> str:
    for each in found["problems"]:
        assert each["problem"].endswith(".")
        assert each["advice"].endswith(".")
    return "\n".join(f"{each['problem']} {each['advice']}" for each in found["problems"])


@pytest.fixture(scope="module")
def demo_file(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    folder = tmp_path_factory.mktemp("grown")
    run_demo_in(folder).close()
    return (folder / "wallet.sqlite3").read_bytes()


@pytest.fixture
def folder(tmp_path: Path, demo_file: bytes) -> Path:
    """A user's home folder with a wallet in it."""
    wallet = tmp_path / "ada" / "wallet"
    wallet.mkdir(mode=0o700, parents=True)
    (wallet / "wallet.sqlite3").touch(mode=0o600)
    (wallet / "wallet.sqlite3").write_bytes(demo_file)
    return wallet


def test_a_sound_wallet_has_no_problem_and_nothing_is_changed(folder):
    before = everything_in(folder)
    done = doctor("--data-dir", folder, "--full", HOME=str(folder.parent))
    assert (done.returncode, done.stderr) == (0, ""), done.stdout
    assert "Nothing is wrong" in done.stdout
    assert everything_in(folder) == before


def test_it_tells_versions_files_and_the_state_of_the_database(folder):
    found = report("--data-dir", folder, "--full", HOME=str(folder.parent))
    sections = found["sections"]
    assert sections["versions"].keys() >= {"ewallet", "python", "sqlite", "sqlalchemy", "textual", "msgspec"}
    database = sections["files"]["database"]
    assert (database["path"], database["mode"]) == ("~/wallet/wallet.sqlite3", "0600")
    assert sections["integrity"]["quick_check"] == "ok"
    assert sections["integrity"]["ledger"] == "correct"


def test_it_tells_whether_a_program_uses_the_wallet(folder):
    assert report("--data-dir", folder)["sections"]["files"]["in_use"] is False
    with EWalletSessionManager(database_url(folder)):
        assert report("--data-dir", folder)["sections"]["files"]["in_use"] is True
    assert report("--data-dir", folder)["sections"]["files"]["in_use"] is False


def test_a_database_of_another_release_or_program_is_a_problem(folder):
    for change, said in (
        ("UPDATE alembic_version SET version_num = '9999'", "A newer release of ewallet wrote the database."),
        ("DROP TABLE alembic_version", "The database holds no wallets."),
    ):
        execute_sql(folder, change)
        assert said in problems_of(report("--data-dir", folder))


def test_nothing_private_is_printed(folder):
    options = ("--data-dir", folder, "--full", "--database", f"sqlite:///{folder}/wallet.sqlite3")
    for more in ((), ("--json",)):
        done = doctor(*options, *more, HOME=str(folder.parent), EWALLET_TOKEN="hunter2")
        assert [word for word in PRIVATE_WORDS if word in done.stdout] == []


@pytest.mark.parametrize(
    ("url", "problem"),
    [
        ("mysql://ada:hunter2@host/wallet", "not in mysql"),
        ("postgresql://ada:hunter2@127.0.0.1:1/wallet", "Connection refused"),
    ],
)
def test_the_password_in_a_url_is_not_printed(tmp_path, url, problem):
    done = doctor("--database", url, HOME=str(tmp_path))
    assert done.returncode == 1
    assert problem in done.stdout
    assert "hunter2" not in done.stdout + done.stderr


def test_an_incomplete_installation_is_said_in_one_sentence(monkeypatch):
    monkeypatch.setitem(sys.modules, "ewallet_core.commands.doctor", None)
    done = CliRunner().invoke(main, ["doctor"])
    assert (done.exit_code, done.stdout) == (1, "")
    assert done.stderr.startswith("This installation of ewallet is not complete")


def test_only_the_home_folder_itself_is_hidden(monkeypatch, tmp_path):
    monkeypatch.setenv("HOME", str(tmp_path))
    said = f"{tmp_path}/x, {tmp_path}. '{tmp_path}' {tmp_path}b/x \x1b[2J"
    assert private(said) == f"~/x, ~. '~' {tmp_path}b/x �[2J"


def test_a_violated_ledger_is_a_problem_without_amounts(folder):
    execute_sql(folder, "UPDATE balances SET amount = amount + 7654321 WHERE issues = 0")
    done = doctor("--data-dir", folder, "--full")
    assert done.returncode == 1
    assert "`ewallet verify`" in done.stdout
    assert "7654321" not in done.stdout.replace(",", "")


def test_files_that_others_can_read_are_a_problem_with_the_command_that_mends_it(folder):
    database = folder / "wallet.sqlite3"
    database.chmod(0o666)
    folder.chmod(0o777)
    said = problems_of(report("--data-dir", folder))
    assert f"Other users of this machine can write to {database}. Run `chmod 600 {database}`." in said
    assert f"Run `chmod 700 {folder}`." in said


def without_anything(folder: Path) -> None:
    (folder / "wallet.sqlite3").unlink()
    folder.rmdir()


def with_garbage(folder: Path) -> None:
    (folder / "wallet.sqlite3").write_bytes(b"no database" * 1_000)


def cut_short(folder: Path) -> None:
    os.truncate(folder / "wallet.sqlite3", 50_000)


def with_overwritten_pages(folder: Path) -> None:
    with (folder / "wallet.sqlite3").open("r+b") as file:
        file.seek(8_192)
        file.write(b"\xff" * 40_000)


def with_a_folder_as_database(folder: Path) -> None:
    (folder / "wallet.sqlite3").unlink()
    (folder / "wallet.sqlite3").mkdir()


def with_a_file_as_folder(folder: Path) -> None:
    without_anything(folder)
    folder.touch()


def with_damaged_preferences(folder: Path) -> None:
    (folder / "preferences.toml").write_bytes(b"\xff\x00 = [")


@pytest.mark.parametrize(
    "damage",
    [
        with_garbage,
        cut_short,
        with_overwritten_pages,
        with_a_folder_as_database,
        with_a_file_as_folder,
        with_damaged_preferences,
    ],
)
def test_whatever_is_damaged_is_a_problem_with_advice(folder, damage):
    damage(folder)
    found = report("--data-dir", folder, "--full")
    assert problems_of(found)
    assert found["sections"]["versions"]["sqlite"]


def test_a_wallet_that_does_not_exist_yet_is_no_problem(folder):
    without_anything(folder)
    assert report("--data-dir", folder)["sections"]["integrity"] == {"database": "none yet"}
    assert not folder.exists()


def test_a_locale_that_is_not_installed_is_a_problem(folder):
    found = report("--data-dir", folder, LC_ALL="xx_YY.UTF-8")
    assert "The locale that the environment names is not installed." in problems_of(found)


def test_an_output_that_is_not_in_utf_8_is_a_problem(folder):
    # Python reads this when it starts.
    environment = {"PYTHONIOENCODING": "latin-1", "TZ": "UTC"}
    done = subprocess.run(
        [EWALLET, "doctor", "--data-dir", folder],
        check=False,
        capture_output=True,
        text=True,
        env=environment,
    )
    assert (done.returncode, done.stderr) == (1, "")
    assert "encoding is not UTF-8" in done.stdout


def test_an_environment_with_control_characters_can_not_act_on_the_terminal(folder):
    done = doctor("--data-dir", folder, TERM="\x1b]0;title\x07", COLORTERM="\x9b2J")
    assert all(letter.isprintable() or letter == "\n" for letter in done.stdout)


def test_invalid_settings_of_a_server_are_a_problem(folder):
    config = folder / "ewallet.toml"
    for written, said in (
        ("in_port = 'x'", '`in_port` can\'t be "x".'),
        ("tls_cert = 'none.pem'\ntls_key = 'none.pem'", "none.pem"),
        ("in_port = 1", ""),
    ):
        config.write_text(written)
        assert said in problems_of(report("--data-dir", folder, "--config", config))
    assert "can't be read" in problems_of(report("--data-dir", folder, "--config", folder / "missing.toml"))


def test_the_database_of_the_settings_is_examined(folder):
    config = folder / "ewallet.toml"
    config.write_text("database = 'sqlite:///other.sqlite3'")
    found = report("--data-dir", folder, "--config", config, HOME=str(folder))
    assert found["sections"]["files"]["database"] == {"path": "~/other.sqlite3", "exists": False}


def test_the_ports_of_the_settings_are_reported_with_that_of_http(folder):
    config = folder / "ewallet.toml"
    for written, ports in (
        ("", {"instructions": 8080, "events": 8081}),
        ("[http]\nport = 8090", {"http": 8090}),
    ):
        config.write_text(written)
        found = report("--data-dir", folder, "--config", config)["sections"]["settings"]
        assert ports.items() <= found["ports"].items()


def test_a_section_that_fails_leaves_the_others(monkeypatch):
    def fails(section, _):
        section.add("found", "before")
        raise RuntimeError("a fault")

    monkeypatch.setitem(diagnostics.SECTIONS, "clock", fails)
    sections = {section.title: section for section in examine(Target())}
    assert sections["clock"].facts == {"found": "before"}
    assert "a fault" in sections["clock"].problems[0].problem
    assert sections["terminal"].facts


def test_a_clock_that_went_back_is_a_problem_until_it_is_confirmed(folder):
    execute_sql(folder, "UPDATE wall_clock SET latest_at = 4102444800000")
    found = report("--data-dir", folder)
    assert found["sections"]["clock"]["agrees_with_wallet"] is False
    assert "`ewallet doctor --confirm-clock`" in problems_of(found)
    done = doctor("--data-dir", folder, "--confirm-clock")
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith("The clock of this machine is taken as right: it is 2")
    assert report("--data-dir", folder)["sections"]["clock"]["agrees_with_wallet"] is True


def test_the_clock_of_a_wallet_in_a_folder_of_any_name_is_confirmed(folder):
    folder = folder.rename(folder.with_name("50%20 or 60%?"))
    assert doctor("--data-dir", folder, "--confirm-clock").returncode == 0
    assert list(folder.parent.iterdir()) == [folder]


def test_there_must_be_a_wallet_whose_clock_is_confirmed(tmp_path):
    done = doctor("--data-dir", tmp_path, "--confirm-clock")
    assert (done.returncode, done.stdout) == (1, "")
    assert "there is none yet" in done.stderr
    assert list(tmp_path.iterdir()) == []


def test_it_tells_the_sizes_of_what_grows(folder):
    space = report("--data-dir", folder)["sections"]["space"]
    assert space["bytes"]["database"] == (folder / "wallet.sqlite3").stat().st_size
    assert space["rows"].keys() >= {"events", "seen_requests", "login_records", "issue_reports", "sessions"}
    assert space["gives_free_space_back"] is True


def as_an_earlier_release(folder: Path) -> None:
    """Make it a file that does not give free pages back, with some of them."""
    with closing(sqlite3.connect(folder / "wallet.sqlite3")) as connection:
        connection.execute("PRAGMA journal_mode = DELETE")
        connection.execute("PRAGMA auto_vacuum = NONE")
        connection.execute("VACUUM")
        connection.execute("CREATE TABLE filler AS SELECT zeroblob(3000000) AS filler")
        connection.execute("DROP TABLE filler")


def test_an_old_file_is_compacted_and_gives_free_space_back_from_then_on(folder):
    file = folder / "wallet.sqlite3"
    as_an_earlier_release(folder)
    before = file.stat().st_size
    done = doctor("--data-dir", folder, "--compact")
    assert (done.returncode, done.stderr) == (0, "")
    assert file.stat().st_size < before - 2_500_000
    found = report("--data-dir", folder, "--full")["sections"]
    assert (found["space"]["gives_free_space_back"], found["integrity"]["ledger"]) == (True, "correct")


def test_a_wallet_in_use_is_not_compacted(folder):
    as_an_earlier_release(folder)
    database = open_database(f"sqlite:///{folder / 'wallet.sqlite3'}")
    done = doctor("--data-dir", folder, "--compact")
    assert (done.returncode, done.stdout) == (1, "")
    assert "another program uses it" in done.stderr
    database.close()
    assert report("--data-dir", folder)["sections"]["space"]["gives_free_space_back"] is False


def test_a_file_is_not_compacted_with_the_log_of_another_one(folder):
    log = folder / "wallet.sqlite3-wal"
    with closing(EWalletSessionManager(database_url(folder))) as engine:
        engine.answer(
            {"controller": "session_manager", "ctype": "action", "action": "request", "request": "client_id"}
        )
        content = log.read_bytes()
    as_an_earlier_release(folder)
    log.write_bytes(content)
    before = everything_in(folder)
    done = doctor("--data-dir", folder, "--compact")
    assert (done.returncode, done.stdout) == (1, "")
    assert "don't fit" in done.stderr
    assert everything_in(folder).items() >= before.items()


def test_without_room_for_a_copy_nothing_is_compacted(folder, monkeypatch):
    as_an_earlier_release(folder)
    before = everything_in(folder)
    monkeypatch.setattr(shutil, "disk_usage", lambda _: SimpleNamespace(free=1_000_000))
    done = CliRunner().invoke(main, ["doctor", "--data-dir", str(folder), "--compact"])
    assert (done.exit_code, done.stdout) == (1, "")
    assert "MiB of free space, and 0 MiB are free" in done.stderr
    assert {name: content for name, content in everything_in(folder).items() if name in before} == before
