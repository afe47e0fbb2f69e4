"""`ewallet verify`: prints its checks, exits with an error at violations, and changes nothing."""

from __future__ import annotations

import hashlib
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from demo_wallet import run_demo_in

from ewallet_tui.__main__ import main


@pytest.fixture(scope="module")
def demo_file(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """A wallet file with the data of the demo."""
    folder = tmp_path_factory.mktemp("grown")
    run_demo_in(folder).close()
    return (folder / "wallet.sqlite3").read_bytes()


@pytest.fixture
def folder(tmp_path: Path, demo_file: bytes) -> Path:
    (tmp_path / "wallet.sqlite3").write_bytes(demo_file)
    return tmp_path


def verify(*arguments: object) -> Result:
    return CliRunner().invoke(main, ["verify", *map(str, arguments)])


def execute_sql(folder: Path, *statements: str) -> None:
    with closing(sqlite3.connect(folder / "wallet.sqlite3")) as connection, connection:
        for statement in statements:
            connection.execute(statement)


def everything_in(folder: Path) -> dict[str, str]:
    return {file.name: hashlib.sha256(file.read_bytes()).hexdigest() for file in folder.iterdir()}


def test_the_checks_of_a_valid_ledger_are_printed(folder):
    done = verify("--data-dir", folder)
    assert (done.exit_code, done.stderr) == (0, "")
    lines = done.stdout.splitlines()
    assert lines[0] == "the file's pages, indexes and foreign keys are as SQLite needs them"
    assert "3 entries, each sums to zero per unit" in lines
    assert "the seals' chain is whole: 3 seals" in lines
    assert "the issuer's balance is minus what circulates: \N{MINUS SIGN}80 credits" in lines
    assert len(lines) == 21


def test_a_violation_is_printed_to_stderr(folder):
    execute_sql(folder, "UPDATE balances SET amount = amount + 1 WHERE amount = 80")
    done = verify("--data-dir", folder)
    assert done.exit_code == 1
    assert done.stderr.endswith("says 81, its postings sum to 80.\n")
    assert done.stderr.count("\n") == 1
    assert "balances" not in done.stdout


def test_it_does_not_change_the_folder(folder):
    before = everything_in(folder)
    assert verify("--data-dir", folder).exit_code == 0
    assert everything_in(folder) == before


def test_it_does_not_change_the_files_of_a_crash(folder, tmp_path_factory):
    crashed = tmp_path_factory.mktemp("crashed")
    with closing(sqlite3.connect(folder / "wallet.sqlite3")) as connection:
        connection.execute("UPDATE accounts SET alias = 'Somebody'")
        connection.commit()
        for name in ("wallet.sqlite3", "wallet.sqlite3-wal"):
            (crashed / name).write_bytes((folder / name).read_bytes())
    before = everything_in(crashed)
    assert verify("--data-dir", crashed).exit_code == 0
    assert before.items() <= everything_in(crashed).items()


def test_it_runs_during_writes(tmp_path):
    with run_demo_in(tmp_path):
        done = verify("--data-dir", tmp_path)
        with closing(sqlite3.connect(tmp_path / "wallet.sqlite3", isolation_level=None)) as writer:
            writer.execute("BEGIN IMMEDIATE")
            while_locked = verify("--data-dir", tmp_path)
    assert (done.exit_code, while_locked.exit_code) == (0, 0)
    assert done.stdout == while_locked.stdout


def test_a_database_can_be_named_by_its_url(folder):
    assert verify("--database", f"sqlite:///{folder / 'wallet.sqlite3'}").exit_code == 0


@pytest.mark.parametrize("option", ["before", "after", "environment"])
def test_the_folder_can_be_named_in_every_way(folder, monkeypatch, option):
    if option == "environment":
        monkeypatch.setenv("EWALLET_DATA_DIR", str(folder))
    named = ["--data-dir", str(folder)]
    words = {"before": [*named, "verify"], "after": ["verify", *named], "environment": ["verify"]}[option]
    done = CliRunner().invoke(main, words)
    assert done.exit_code == 0
    assert "3 entries, each sums to zero per unit" in done.stdout.splitlines()


@pytest.mark.parametrize("option", ["before", "after"])
def test_a_named_folder_overrides_the_environment(folder, monkeypatch, option):
    monkeypatch.setenv("EWALLET_DATA_DIR", "/proc/nowhere")
    named = ["--data-dir", str(folder)]
    words = {"before": [*named, "verify"], "after": ["verify", *named]}[option]
    assert CliRunner().invoke(main, words).exit_code == 0


def is_one_sentence_and_2(done: Result) -> bool:
    return (done.exit_code, done.stdout, done.stderr.count("\n")) == (2, "", 1)


def test_a_missing_folder_is_not_created(tmp_path):
    done = verify("--data-dir", tmp_path / "nowhere")
    assert is_one_sentence_and_2(done)
    assert "there is no file" in done.stderr
    assert list(tmp_path.iterdir()) == []


def test_an_empty_folder_stays_empty(tmp_path):
    assert is_one_sentence_and_2(verify("--data-dir", tmp_path))
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("content", [b"", b"no database" * 1_000], ids=["empty", "text"])
def test_a_file_that_is_no_wallet_is_explained_in_one_sentence(tmp_path, content):
    (tmp_path / "wallet.sqlite3").write_bytes(content)
    before = everything_in(tmp_path)
    assert is_one_sentence_and_2(verify("--data-dir", tmp_path))
    assert everything_in(tmp_path) == before


@pytest.mark.parametrize("version", ["0001", "9999"])
def test_a_database_of_another_release_is_not_migrated(folder, version):
    execute_sql(folder, f"UPDATE alembic_version SET version_num = '{version}'")
    before = everything_in(folder)
    done = verify("--data-dir", folder)
    assert is_one_sentence_and_2(done)
    assert version in done.stderr
    assert everything_in(folder) == before


def test_a_truncated_file_is_explained_in_one_sentence(folder, demo_file):
    (folder / "wallet.sqlite3").write_bytes(demo_file[: len(demo_file) // 2])
    done = verify("--data-dir", folder)
    assert (done.exit_code, done.stderr.count("\n")) == (2, 1)


@pytest.mark.parametrize("url", ["nonsense", "sqlite://", "postgresql://localhost/wallets"])
def test_a_url_without_a_file_is_explained_in_one_sentence(url):
    assert is_one_sentence_and_2(verify("--database", url))


# Damage


def damage_a_page(folder: Path) -> None:
    file = folder / "wallet.sqlite3"
    content = bytearray(file.read_bytes())
    content[0:16] = b"something else!!"
    file.write_bytes(content)
    file.chmod(0o600)


@pytest.mark.parametrize(
    "words",
    [
        ["verify"],
        ["grant", "operator", "ada@example.org"],
        ["serve", "--in-port", "0", "--out-port", "0"],
    ],
    ids=lambda words: words[0],
)
def test_a_damaged_file_is_refused_in_two_sentences_by_every_command(folder, words):
    damage_a_page(folder)
    before = everything_in(folder)["wallet.sqlite3"]
    done = CliRunner().invoke(main, ["--data-dir", str(folder), *words])
    assert done.exit_code in (1, 2)
    assert done.stderr == (
        "The database is damaged: file is not a database. Stop the programs that use it, and restore a"
        " backup; `ewallet verify` says what is wrong.\n"
    )
    assert everything_in(folder)["wallet.sqlite3"] == before


def test_a_value_that_can_not_be_read_is_a_violation(folder):
    execute_sql(folder, "UPDATE accounts SET name = CAST(x'ff41' AS TEXT)")
    done = verify("--data-dir", folder)
    assert done.exit_code == 1
    assert done.stderr.endswith("is not what it must be.\n")
