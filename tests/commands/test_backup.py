"""`ewallet backup`: everything in one file, also during writes, and no file unless it was verified."""

from __future__ import annotations

import hashlib
import json
import shutil
import signal
import sqlite3
import stat
import tarfile
import threading
from contextlib import closing
from pathlib import Path

import forked_process
import pytest
from click.testing import CliRunner, Result
from demo_wallet import credits_of, log_in, open_wallet_in, run_demo_in, supply

from ewallet_tui.__main__ import main

RELEASED = Path(__file__).parents[1] / "released_schemas"


def ewallet(*words: object) -> Result:
    return CliRunner().invoke(main, [str(word) for word in words])


def members_of(file: Path) -> dict[str, bytes]:
    with tarfile.open(file) as tar:
        return {member.name: tar.extractfile(member).read() for member in tar}


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


def test_a_backup_has_everything_of_the_wallet(folder, file, tmp_path):
    (folder / "preferences.toml").write_text('theme = "nord"\n')
    (folder / "known_servers").write_text("localhost:1 authority\n")
    (folder / "tls").mkdir()
    (folder / "tls" / "self-signed.pem").write_text("key")
    (folder / "shell_session").write_text("secret")
    (config := tmp_path / "served.toml").write_text("in_port = 1\n")
    done = ewallet("backup", "--data-dir", folder, "--config", config, file)
    assert (done.exit_code, done.stderr) == (0, "")
    assert "preferences.toml, known_servers, server.toml and tls/self-signed.pem" in done.stdout
    found = members_of(file)
    names = {"known_servers", "manifest.json", "preferences.toml", "server.toml", "tls/self-signed.pem"}
    assert set(found) == names | {"wallet.sqlite3"}
    assert found["server.toml"] == b"in_port = 1\n"


def test_a_manifest_has_the_size_and_the_digest_of_each_file(folder, file):
    ewallet("backup", "--data-dir", folder, file)
    found = members_of(file)
    manifest = json.loads(found.pop("manifest.json"))
    described = {each["name"]: (each["size"], each["sha256"]) for each in manifest["members"]}
    assert described == {
        name: (len(content), hashlib.sha256(content).hexdigest()) for name, content in found.items()
    }
    assert (manifest["format"], manifest["schema"]) == (1, max(RELEASED.glob("*.sql")).stem[-4:])


def test_only_its_owner_can_read_a_backup(folder, file):
    ewallet("backup", "--data-dir", folder, file)
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert {file.name for file in file.parent.iterdir()} == {"saved.tar", "wallet"}


def test_the_copy_needs_no_other_file(folder, file, tmp_path):
    with run_engine_that_supplies(folder):
        ewallet("backup", "--data-dir", folder, file)
    (copy := tmp_path / "copy").write_bytes(members_of(file)["wallet.sqlite3"])
    with closing(sqlite3.connect(copy)) as connection:
        assert connection.execute("PRAGMA journal_mode").fetchone() == ("delete",)


def run_engine_that_supplies(folder: Path):
    engine = open_wallet_in(folder)
    supply(engine, log_in(engine))
    return engine


def test_every_change_that_was_answered_before_is_in_a_backup_made_under_load(folder, tmp_path):
    files = [tmp_path / f"{number}.tar" for number in range(3)]
    is_over = threading.Event()
    with open_wallet_in(folder) as engine:
        mine = log_in(engine)
        answered = credits_of(engine, mine)
        least, most = [], []

        def load() -> None:
            nonlocal answered
            while not is_over.is_set():
                assert supply(engine, mine)["failed"] is False
                answered += 1

        loading = threading.Thread(target=load)
        loading.start()
        for file in files:
            least.append(answered)
            assert ewallet("backup", "--data-dir", folder, file).exit_code == 0
            most.append(answered + 1)
        is_over.set()
        loading.join()
    assert most[0] > least[0] + 1
    for file, at_least, at_most in zip(files, least, most, strict=True):
        assert ewallet("verify", file).exit_code == 0
        new = tmp_path / f"restored from {file.stem}"
        assert ewallet("restore", "--data-dir", new, "--yes", file).exit_code == 0
        with open_wallet_in(new) as restored:
            assert at_least <= credits_of(restored, log_in(restored)) <= at_most


def test_an_existing_file_is_replaced_only_if_that_is_said(folder, file):
    file.write_text("precious")
    done = ewallet("backup", "--data-dir", folder, file)
    assert (done.exit_code, file.read_text()) == (1, "precious")
    assert "exists already" in done.stderr
    assert ewallet("backup", "--data-dir", folder, "--force", file).exit_code == 0
    assert ewallet("verify", file).exit_code == 0


def test_a_backup_into_a_folder_gets_a_name(folder, tmp_path):
    (shelf := tmp_path / "shelf").mkdir()
    assert ewallet("backup", "--data-dir", folder, shelf).exit_code == 0
    (made,) = shelf.iterdir()
    assert made.match("ewallet-????????T??????Z.tar")


KILLED = """
import os, sys
from ewallet_core.backup import archive
def die(*_, **__): os.kill(os.getpid(), 9)
setattr(archive, sys.argv[1], die)
from ewallet_tui.__main__ import main
main(["backup", "--data-dir", sys.argv[2], sys.argv[3]])
"""


@pytest.mark.parametrize("step", ["check_copy", "_read_again", "give_name"])
def test_a_killed_backup_leaves_no_file_of_that_name(folder, file, step):
    killed = forked_process.run([step, folder, file], script=KILLED)
    assert killed.returncode == -signal.SIGKILL
    assert not file.exists()
    assert list(file.parent.glob(".ewallet-unfinished-*")) != []
    assert ewallet("backup", "--data-dir", folder, file).exit_code == 0
    assert {left.name for left in file.parent.iterdir()} == {"saved.tar", "wallet"}


def test_a_wallet_with_a_violation_is_not_backed_up(folder, file):
    with closing(sqlite3.connect(folder / "wallet.sqlite3")) as connection, connection:
        connection.execute("UPDATE balances SET amount = amount + 1 WHERE amount = 80")
    done = ewallet("backup", "--data-dir", folder, file)
    assert (done.exit_code, done.stderr.count("\n")) == (1, 1)
    assert "says 81, its postings sum to 80" in done.stderr
    assert not file.exists()


@pytest.mark.parametrize("option", ["--data-dir", "--config"])
def test_a_missing_wallet_or_settings_file_is_explained(tmp_path, file, option):
    done = ewallet("backup", "--data-dir", tmp_path, option, tmp_path / "nowhere", file)
    assert (done.exit_code, done.stderr.count("\n"), file.exists()) == (1, 1, False)


def test_a_wallet_of_an_earlier_release_is_backed_up_as_it_is(tmp_path, file):
    (folder := tmp_path / "old").mkdir()
    with closing(sqlite3.connect(folder / "wallet.sqlite3")) as connection:
        connection.executescript((RELEASED / "schema-0004.sql").read_text())
    assert ewallet("backup", "--data-dir", folder, file).exit_code == 0
    assert json.loads(members_of(file)["manifest.json"])["schema"] == "0004"
    assert ewallet("verify", file).exit_code == 0
    assert ewallet("restore", "--data-dir", tmp_path / "new", "--yes", file).exit_code == 0
    assert ewallet("verify", "--data-dir", tmp_path / "new").exit_code == 0


@pytest.mark.parametrize(("command", "tool"), [("backup", "pg_dump"), ("restore", "pg_restore")])
def test_a_wallet_in_postgresql_is_left_to_its_tools(folder, file, command, tool):
    ewallet("backup", "--data-dir", folder, file)
    words = [command, "--database", "postgresql://localhost/wallets", file]
    done = ewallet(*words, "--force" if command == "backup" else "--yes")
    assert done.exit_code == 1
    assert tool in done.stderr


def test_verify_names_the_backup_and_its_checks(folder, file):
    ewallet("backup", "--data-dir", folder, file)
    before = file.read_bytes()
    lines = ewallet("verify", file).stdout.splitlines()
    assert lines[0].startswith("A backup made ")
    assert "3 entries, each sums to zero per unit" in lines
    assert file.read_bytes() == before
    assert ewallet("verify", folder / "wallet.sqlite3").stdout.splitlines() == lines[1:]
