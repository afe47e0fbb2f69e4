"""`ewallet grant`: grants roles in the wallet database while a server runs."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import forked_process
import pytest
from click.testing import CliRunner, Result

from ewallet_core import EWalletSessionManager
from ewallet_core.data_folder import database_url
from ewallet_tui.__main__ import main

ADA = "ada@example.org"


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[EWalletSessionManager]:
    """An open engine with an account of Ada."""
    with EWalletSessionManager(database_url(tmp_path)) as engine:
        mine: dict[str, str] = {}
        for credential in ("client_id", "session_token"):
            answer = send(engine, action="request", request=credential, **mine)
            mine[credential] = answer[credential]
        ada = {"user_name": "ada", "user_email": ADA, "user_pass": "four unrelated words here"}
        assert send(engine, action="new", new="account", **ada, **mine)["failed"] is False
        yield engine


def send(engine: EWalletSessionManager, controller: str = "client", **instruction: str) -> dict:
    return engine.session_manager_controller(controller=controller, ctype="action", **instruction)


def role_of_ada(engine: EWalletSessionManager) -> str:
    (ada,) = send(engine, "system", action="view", view="accounts", text="ada")["accounts"]
    return ada["role"]


def grant(folder: Path, *words: str) -> Result:
    return CliRunner().invoke(main, ["--data-dir", str(folder), "grant", *words])


def test_a_role_is_granted_while_another_process_has_the_database_open(tmp_path, engine):
    done = forked_process.run(["grant", "operator", ADA, "--data-dir", tmp_path])
    message = "ada@example.org has the role operator now.\n"
    assert (done.returncode, done.stdout, done.stderr) == (0, message, "")
    assert role_of_ada(engine) == "operator"


def test_the_role_of_the_last_operator_can_be_taken(tmp_path, engine):
    url = database_url(tmp_path)
    assert grant(tmp_path, "operator", ADA, "--database", url).exit_code == 0
    assert grant(tmp_path, "user", ADA).exit_code == 0
    assert role_of_ada(engine) == "user"


@pytest.mark.parametrize(
    ("email", "message"),
    [("bob@example.org", "No account here has that email."), ("bob", "`account` must be an email")],
)
def test_an_unknown_account_is_explained_in_two_sentences(tmp_path, engine, email, message):
    done = grant(tmp_path, "operator", email)
    assert (done.exit_code, done.stdout, done.stderr.count("\n")) == (1, "", 1)
    assert message in done.stderr


def test_an_unknown_role_is_explained_with_the_valid_ones(tmp_path):
    done = grant(tmp_path, "issuer", ADA)
    assert done.exit_code == 2
    assert "'user', 'operator', 'auditor'" in done.stderr


def test_no_database_is_created(tmp_path):
    done = grant(tmp_path / "nowhere", "operator", ADA)
    assert (done.exit_code, done.stderr.count("\n")) == (2, 1)
    assert "there is no file" in done.stderr
    assert list(tmp_path.iterdir()) == []
