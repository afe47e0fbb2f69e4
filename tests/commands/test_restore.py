"""`ewallet restore`: verified first, then all or nothing, and what was there before is kept."""

from __future__ import annotations

import hashlib
import io
import json
import os
import shutil
import signal
import sqlite3
import stat
import tarfile
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import forked_process
import pytest
from demo_wallet import CLIENT, credits_of, log_in, open_wallet_in, run_demo_in, supply
from test_backup import ewallet, members_of

from ewallet_core.backup import restore

DATABASE = "wallet.sqlite3"


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a wallet of 80 credits and its backup; the wallet has had 5 credits more since then."""
    made = tmp_path_factory.mktemp("made")
    (made / "wallet" / "tls").mkdir(parents=True)
    (made / "wallet" / "tls" / "self-signed.pem").write_text("the key")
    (made / "wallet" / "preferences.toml").write_text('theme = "nord"\n')
    (made / "served.toml").write_text("in_port = 1\n")
    with run_demo_in(made / "wallet") as engine:
        words = ("--config", made / "served.toml", made / "saved.tar")
        assert ewallet("backup", "--data-dir", made / "wallet", *words).exit_code == 0
        supply(engine, log_in(engine), 5)
    return made


@pytest.fixture
def folder(tmp_path: Path, made: Path) -> Path:
    return Path(shutil.copytree(made / "wallet", tmp_path / "wallet"))


@pytest.fixture
def file(tmp_path: Path, made: Path) -> Path:
    return Path(shutil.copy(made / "saved.tar", tmp_path / "saved.tar"))


def credits_in(folder: Path) -> int:
    with open_wallet_in(folder) as engine:
        return credits_of(engine, log_in(engine))


def digests(folder: Path) -> dict[str, str]:
    """Each file of the folder, but the lock, which every program makes."""
    return {
        str(file.relative_to(folder)): hashlib.sha256(file.read_bytes()).hexdigest()
        for file in folder.rglob("*")
        if file.is_file() and file.suffix != ".lock"
    }


def kept_in(folder: Path) -> Path:
    (kept,) = folder.glob(f"{DATABASE}.before-restore-*Z")
    return kept


def test_a_restored_wallet_is_as_it_was_and_the_one_before_is_kept(folder, file):
    done = ewallet("restore", "--data-dir", folder, "--yes", file)
    assert (done.exit_code, done.stderr) == (0, "")
    assert str(kept_in(folder)) in done.stdout
    assert credits_in(folder) == 80
    assert ewallet("verify", "--data-dir", folder).exit_code == 0
    (before := folder.parent / "before").mkdir()
    shutil.copy(kept_in(folder), before / DATABASE)
    assert credits_in(before) == 85
    assert stat.S_IMODE((folder / DATABASE).stat().st_mode) == 0o600


def test_a_backup_is_restored_where_there_is_no_wallet_yet(tmp_path, file):
    new = tmp_path / "another machine" / "wallet"
    done = ewallet("restore", "--data-dir", new, "--config", tmp_path / "ewallet.toml", "--yes", file)
    assert done.exit_code == 0
    assert credits_in(new) == 80
    assert (new / "preferences.toml").read_text() == 'theme = "nord"\n'
    assert (new / "tls" / "self-signed.pem").read_text() == "the key"
    assert (tmp_path / "ewallet.toml").read_text() == "in_port = 1\n"
    assert stat.S_IMODE(new.stat().st_mode) == 0o700
    assert stat.S_IMODE((new / "tls" / "self-signed.pem").stat().st_mode) == 0o600


def test_other_settings_and_certificates_stay_unless_they_are_to_be_replaced(folder, file):
    (folder / "preferences.toml").write_text('theme = "gruvbox"\n')
    done = ewallet("restore", "--data-dir", folder, "--yes", file)
    assert f"Left as it is: {folder / 'preferences.toml'}" in done.stdout
    assert "Not restored: server.toml" in done.stdout
    assert "self-signed.pem" not in done.stdout
    assert (folder / "preferences.toml").read_text() == 'theme = "gruvbox"\n'
    done = ewallet("restore", "--data-dir", folder, "--yes", "--replace-files", file)
    assert f"Restored {folder / 'preferences.toml'}" in done.stdout
    assert (folder / "preferences.toml").read_text() == 'theme = "nord"\n'
    (kept,) = folder.glob("preferences.toml.before-restore-*")
    assert kept.read_text() == 'theme = "gruvbox"\n'


def test_root_gives_what_it_restores_to_the_owner_of_the_folder_and_nothing_else(folder, file, monkeypatch):
    shutil.rmtree(folder / "tls")
    (folder / "preferences.toml").unlink()
    given: list[str] = []
    monkeypatch.setattr(restore.os, "geteuid", lambda: 0)
    monkeypatch.setattr(restore.os, "chown", lambda path, *_owner, **_how: given.append(Path(path).name))
    assert ewallet("restore", "--data-dir", folder, "--yes", file).exit_code == 0
    assert given == [".preferences.toml.unfinished", "tls", ".self-signed.pem.unfinished", DATABASE]


def test_a_restore_writes_through_no_link(folder, file, tmp_path):
    """Root may restore in a folder of another user, who must not choose what root overwrites."""
    (folder / "preferences.toml").unlink()
    (other := tmp_path / "other").write_text("of root")
    (folder / ".preferences.toml.unfinished").symlink_to(other)
    assert ewallet("restore", "--data-dir", folder, "--yes", file).exit_code == 0
    assert other.read_text() == "of root"
    assert (folder / "preferences.toml").read_text() == 'theme = "nord"\n'
    assert not (folder / "preferences.toml").is_symlink()


def test_a_restore_is_refused_while_an_engine_uses_the_wallet(folder, file):
    with open_wallet_in(folder) as engine:
        mine = log_in(engine)
        done = ewallet("restore", "--data-dir", folder, "--yes", file)
        assert supply(engine, mine)["failed"] is False
        assert (done.exit_code, done.stderr.count("\n")) == (1, 1)
        assert "another program uses it" in done.stderr
        assert credits_of(engine, mine) == 86


def test_a_restore_without_a_terminal_needs_yes(folder, file):
    before = digests(folder)
    done = ewallet("restore", "--data-dir", folder, file)
    assert (done.exit_code, digests(folder)) == (2, before)
    assert "--yes" in done.stderr


def test_all_are_logged_out_and_no_request_is_remembered_after_a_restore(folder, file):
    with open_wallet_in(folder) as engine:
        mine = log_in(engine)
        supply(engine, {**mine, "request_id": "one"})
    assert ewallet("backup", "--data-dir", folder, "--force", file).exit_code == 0
    assert ewallet("restore", "--data-dir", folder, "--yes", file).exit_code == 0
    with open_wallet_in(folder) as engine:
        view = {**CLIENT, "action": "view", "view": "account"}
        assert engine.answer({**view, **mine})["code"] == "client_unknown"
    with closing(sqlite3.connect(folder / DATABASE)) as connection:
        assert connection.execute("SELECT count(*) FROM seen_requests").fetchone() == (0,)


def test_a_listener_that_knows_later_events_gets_all_that_come_after_a_restore(folder, file):
    with open_wallet_in(folder) as engine:
        mine = log_in(engine)
        known = engine.events(**mine).sequence
    assert ewallet("restore", "--data-dir", folder, "--yes", file).exit_code == 0
    with open_wallet_in(folder) as engine:
        mine = log_in(engine)
        subscription = engine.follow(**mine)
        subscription.begin(known)
        subscription.read_new()
        supply(engine, mine)
        (event,) = subscription.read_new()
    assert known < 1_000_000 < event["sequence"]
    with closing(sqlite3.connect(folder / DATABASE)) as connection:
        assert connection.execute("SELECT min(event_sequence) FROM accounts").fetchone() == (1_000_000,)


# What may be beside the database


def leave_log(folder: Path) -> None:
    """Leave the file and its log as a killed engine does, with 7 credits that are only in the log."""
    copied = folder.parent / "copied"
    with open_wallet_in(folder) as engine:
        mine = log_in(engine)
        supply(engine, mine, 7)
        shutil.copytree(folder, copied)
    shutil.rmtree(folder)
    copied.rename(folder)
    (folder / f"{DATABASE}.lock").unlink()


def test_a_left_over_log_is_not_applied_to_the_restored_wallet(folder, file):
    leave_log(folder)
    assert (folder / f"{DATABASE}-wal").stat().st_size > 0
    assert ewallet("restore", "--data-dir", folder, "--yes", file).exit_code == 0
    assert credits_in(folder) == 80
    assert ewallet("verify", "--data-dir", folder).exit_code == 0
    (before := folder.parent / "before").mkdir()
    for kept in folder.glob(f"{DATABASE}.before-restore-*"):
        shutil.copy(kept, before / f"{DATABASE}{kept.name.partition('Z')[2]}")
    assert credits_in(before) == 92


def test_a_damaged_wallet_is_kept_with_its_log_byte_for_byte(folder, file):
    leave_log(folder)
    # Not even the log has a valid beginning of it.
    (folder / DATABASE).write_bytes(b"damaged by something")
    (folder / f"{DATABASE}-wal").write_bytes(b"also damaged")
    before = digests(folder)
    assert ewallet("restore", "--data-dir", folder, "--yes", file).exit_code == 0
    after = digests(folder)
    kept = kept_in(folder).name
    assert after[kept] == before[DATABASE]
    assert after[f"{kept}-wal"] == before[f"{DATABASE}-wal"]
    assert credits_in(folder) == 80


def test_a_log_without_its_database_is_not_applied_either(folder, file):
    leave_log(folder)
    (folder / DATABASE).unlink()
    assert ewallet("restore", "--data-dir", folder, "--yes", file).exit_code == 0
    assert credits_in(folder) == 80


KILLED = """
import os, sys
from pathlib import Path
from ewallet_core.backup import restore
step, *words = sys.argv[1:]
def die(*_, **__): os.kill(os.getpid(), 9)
class Dying(type(Path())):
    replace = die
    unlink = die
original = restore._replace_database
if step in ("replace", "unlink"):
    restore._replace_database = lambda copy, database, kept: original(
        *((Dying(copy), database) if step == "replace" else (copy, Dying(database))), kept)
else:
    setattr(restore, step, die)
from ewallet_tui.__main__ import main
main(words)
"""


@pytest.mark.parametrize("step", ["check_copy", "unlink", "replace"])
def test_a_killed_restore_leaves_the_wallet_as_it_was(folder, file, step):
    words = ["restore", "--data-dir", str(folder), "--yes", str(file)]
    killed = forked_process.run([step, *words], script=KILLED)
    assert killed.returncode == -signal.SIGKILL
    assert credits_in(folder) == 85
    assert ewallet(*words).exit_code == 0
    assert credits_in(folder) == 80
    assert list(folder.glob(".ewallet-unfinished-*")) == []


# Files that are no backups, or damaged ones

Members = dict[str, bytes]


def describe(members: Members, **changed: Any) -> bytes:
    """A manifest that fits the members."""
    old = json.loads(members["manifest.json"])
    described = [
        {"name": name, "size": len(content), "sha256": hashlib.sha256(content).hexdigest()}
        for name, content in members.items()
        if name != "manifest.json"
    ]
    return json.dumps({**old, "members": described, **changed}).encode()


def pack(file: Path, members: Members, change: Callable[[tarfile.TarInfo], None] = lambda _: None) -> None:
    with tarfile.open(file, "w", format=tarfile.GNU_FORMAT) as tar:
        for name, content in members.items():
            member = tarfile.TarInfo(name)
            member.size = len(content)
            change(member)
            tar.addfile(member, io.BytesIO(content))


def with_balance_of_81(database: bytes, folder: Path) -> bytes:
    (changed := folder / "changed").write_bytes(database)
    with closing(sqlite3.connect(changed)) as connection, connection:
        connection.execute("UPDATE balances SET amount = amount + 1 WHERE amount = 80")
    return changed.read_bytes()


def flip_byte(file: Path) -> None:
    content = bytearray(file.read_bytes())
    content[content.index(b"SQLite format 3") + 200_000] ^= 1
    file.write_bytes(content)


def truncate(file: Path) -> None:
    os.truncate(file, file.stat().st_size // 2)


def change_ledger(file: Path) -> None:
    members = members_of(file)
    members[DATABASE] = with_balance_of_81(members[DATABASE], file.parent)
    members["manifest.json"] = describe(members)
    pack(file, members)


def add_file(name: str) -> Callable[[Path], None]:
    def change(file: Path) -> None:
        members = members_of(file)
        members = {"manifest.json": b"", name: b"added", **members}
        members["manifest.json"] = describe({**members, "manifest.json": members_of(file)["manifest.json"]})
        pack(file, members)

    return change


def add_unknown_to_manifest(file: Path) -> None:
    pack(file, {**members_of(file), "more": b"added"})


def make_link(file: Path) -> None:
    def link(member: tarfile.TarInfo) -> None:
        if member.name == "preferences.toml":
            member.type, member.linkname = tarfile.SYMTYPE, "/etc/passwd"

    pack(file, members_of(file), link)


def claim(**claimed: Any) -> Callable[[Path], None]:
    def change(file: Path) -> None:
        members = members_of(file)
        manifest = json.loads(members["manifest.json"]) | claimed
        pack(file, {**members, "manifest.json": json.dumps(manifest).encode()})

    return change


def claim_size(size: int) -> Callable[[Path], None]:
    return claim(members=[{"name": DATABASE, "size": size, "sha256": "0" * 64}])


def empty_database(file: Path) -> None:
    members = members_of(file) | {DATABASE: b""}
    pack(file, {**members, "manifest.json": describe(members)})


def newer_schema(file: Path) -> None:
    members = members_of(file)
    (changed := file.parent / "changed").write_bytes(members[DATABASE])
    with closing(sqlite3.connect(changed)) as connection, connection:
        connection.execute("UPDATE alembic_version SET version_num = '9999'")
    members[DATABASE] = changed.read_bytes()
    pack(file, {**members, "manifest.json": describe(members, schema="9999")})


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (flip_byte, "is not as it was when the backup was made"),
        (truncate, "no complete tar file"),
        (change_ledger, "says 81, its postings sum to 80"),
        (add_file("../outside"), "other files than a backup has"),
        (add_file("/tmp/outside"), "other files than a backup has"),
        (add_file("tls/../../outside"), "other files than a backup has"),
        (add_file("evil"), "other files than a backup has"),
        (add_unknown_to_manifest, "more files than its manifest says"),
        (make_link, "is not where its manifest says"),
        (claim_size(10**15), "free space"),
        (claim_size(10**6), "is not where its manifest says"),
        (claim_size(-1), "its manifest can't be read"),
        (claim(format=2), "Install that release"),
        (claim(created="yesterday"), "its manifest can't be read"),
        (empty_database, "holds no wallet"),
        (newer_schema, "Install that release"),
        (lambda file: file.write_bytes(b""), "no complete tar file"),
        (lambda file: file.write_bytes(b"manifest.json" * 1_000), "no complete tar file"),
        (Path.unlink, "can't be read: no such file"),
    ],
)
def test_a_damaged_or_forged_backup_is_refused_in_a_line_and_replaces_nothing(folder, file, change, said):
    change(file)
    (folder / "preferences.toml").unlink()
    before = digests(folder)
    done = ewallet("restore", "--data-dir", folder, "--yes", file)
    assert (done.exit_code, done.stdout, done.stderr.count("\n")) == (1, "", 1)
    assert said in done.stderr
    assert digests(folder) == before
    assert not (folder.parent / "outside").exists()
    assert ewallet("verify", file).exit_code in (1, 2)
