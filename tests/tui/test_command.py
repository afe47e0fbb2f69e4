"""The `ewallet` command, where it can't open the app."""

import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner

from ewallet_tui import __main__ as command

EWALLET = Path(sys.executable).with_name("ewallet")


@pytest.fixture
def at_a_terminal(monkeypatch):
    monkeypatch.setattr(command, "_is_at_terminal", lambda: True)


def test_without_a_terminal_it_says_what_to_do_instead(tmp_path):
    done = subprocess.run(
        [EWALLET, "--data-dir", tmp_path / "data"],
        check=False,
        capture_output=True,
        text=True,
        stdin=subprocess.DEVNULL,
    )
    assert done.returncode == 1
    assert done.stderr.count("\n") == 1
    assert "ewallet demo" in done.stderr
    assert not (tmp_path / "data").exists()


def test_it_says_its_version():
    done = CliRunner().invoke(command.main, ["--version"])
    assert done.exit_code == 0
    assert done.output.startswith("ewallet 0.")


def test_its_commands_are_listed_and_found():
    done = CliRunner().invoke(command.main, ["--help"])
    assert "demo" in done.output
    assert CliRunner().invoke(command.main, ["demo", "--help"]).exit_code == 0


def test_a_folder_that_can_not_be_made_is_one_sentence(at_a_terminal, tmp_path):
    (tmp_path / "file").write_text("")
    done = CliRunner().invoke(command.main, ["--data-dir", str(tmp_path / "file" / "data")])
    assert done.exit_code == 1
    assert done.output.count("\n") == 1


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (["--server", "not a place"], "Write it as host:port"),
        (["--server", "wallet.example.org:99999"], "A port is a number"),
        (["--server", "wallet.example.org", "--embedded"], "not both"),
    ],
)
def test_a_place_that_can_not_be_meant_is_one_sentence(at_a_terminal, tmp_path, options, words):
    done = CliRunner().invoke(command.main, ["--data-dir", str(tmp_path / "data"), *options])
    assert done.exit_code == 2
    assert words in done.output
    assert done.output.count("\n") == 1
    assert not (tmp_path / "data").exists()


@pytest.mark.parametrize(
    ("options", "place"),
    [
        ([], "last.example.org:8080"),
        (["--server", "other.example.org"], "other.example.org:8080"),
        (["--embedded"], "embedded"),
    ],
)
def test_the_wallet_is_opened_where_it_was_last_unless_told_otherwise(
    at_a_terminal, monkeypatch, tmp_path, options, place
):
    (tmp_path / "preferences.toml").write_text('server = "last.example.org"')
    opened = []
    monkeypatch.setattr("textual.app.App.run", lambda app: opened.append(app.context.connection.place))
    done = CliRunner().invoke(command.main, ["--data-dir", str(tmp_path), *options])
    assert (done.exit_code, opened) == (0, [place])


def test_a_wallet_that_can_not_be_opened_is_one_sentence(at_a_terminal, monkeypatch, tmp_path):
    (tmp_path / "wallet.sqlite3").write_bytes(b"no database" * 1_000)
    monkeypatch.setattr("textual.app.App.run", _run_without_a_screen)
    done = CliRunner().invoke(command.main, ["--data-dir", str(tmp_path)])
    assert done.exit_code == 1


def _run_without_a_screen(app):
    import asyncio  # noqa: PLC0415

    asyncio.run(app.run_async(headless=True))
