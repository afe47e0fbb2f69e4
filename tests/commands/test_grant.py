"""`ewallet grant`: the first operator of a server is made beside it, and nothing else is."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from serve_process import EWALLET

from ewallet_core import EWalletSessionManager
from ewallet_core.data_folder import database_url
from ewallet_tui.__main__ import main

ADA = "ada@example.org"


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[EWalletSessionManager]:
    """An engine that is open, where Ada has an account."""
    with EWalletSessionManager(database_url(tmp_path)) as engine:
        mine: dict[str, str] = {}
        for wanted in ("client_id", "session_token"):
            answer = asked(engine, action="request", request=wanted, **mine)
            mine[wanted] = answer[wanted]
        ada = {"user_name": "ada", "user_email": ADA, "user_pass": "four unrelated words here"}
        assert asked(engine, action="new", new="account", **ada, **mine)["failed"] is False
        yield engine


def asked(engine: EWalletSessionManager, controller: str = "client", **instruction: str) -> dict:
    return engine.session_manager_controller(controller=controller, ctype="action", **instruction)


def role_of_ada(engine: EWalletSessionManager) -> str:
    (ada,) = asked(engine, "system", action="view", view="accounts", text="ada")["accounts"]
    return ada["role"]


def granted(folder: Path, *words: str) -> Result:
    return CliRunner().invoke(main, ["--data-dir", str(folder), "grant", *words])


def test_a_role_is_granted_while_another_process_has_the_wallets_open(tmp_path, engine):
    words = [EWALLET, "grant", "operator", ADA, "--data-dir", str(tmp_path)]
    done = subprocess.run(words, capture_output=True, text=True, check=False)
    said = "ada@example.org has the role operator now.\n"
    assert (done.returncode, done.stdout, done.stderr) == (0, said, "")
    assert role_of_ada(engine) == "operator"


def test_whoever_runs_the_engine_takes_it_from_the_last_operator(tmp_path, engine):
    url = database_url(tmp_path)
    assert granted(tmp_path, "operator", ADA, "--database", url).exit_code == 0
    assert granted(tmp_path, "user", ADA).exit_code == 0
    assert role_of_ada(engine) == "user"


@pytest.mark.parametrize(
    ("email", "said"),
    [("bob@example.org", "No account here has that email."), ("bob", "`account` must be an email")],
)
def test_an_account_that_is_not_there_is_said_in_two_sentences(tmp_path, engine, email, said):
    done = granted(tmp_path, "operator", email)
    assert (done.exit_code, done.stdout, done.stderr.count("\n")) == (1, "", 1)
    assert said in done.stderr


def test_a_role_that_is_nobodys_is_told_with_those_there_are(tmp_path):
    done = granted(tmp_path, "issuer", ADA)
    assert done.exit_code == 2
    assert "'user', 'operator', 'auditor'" in done.stderr


def test_where_no_wallets_are_none_are_made(tmp_path):
    done = granted(tmp_path / "nowhere", "operator", ADA)
    assert (done.exit_code, done.stderr.count("\n")) == (2, 1)
    assert "there is no file" in done.stderr
    assert list(tmp_path.iterdir()) == []
