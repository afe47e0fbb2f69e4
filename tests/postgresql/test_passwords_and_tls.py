"""A server that wants passwords or TLS: where the password is from, and that it is shown nowhere."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from urllib.request import urlopen

import forked_process
import pytest
from certificates import Issued
from new_database import NewDatabase, prepare
from postgresql_server import QUICK, PostgresqlServer, running_postgresql
from serve_process import TIMEOUT_SECONDS, served

from ewallet_core.errors.server import StorageUnavailableError
from ewallet_core.storage.database_url import parse_url
from ewallet_core.storage.postgresql.engine import connect, create_migration_engine, create_pool
from ewallet_core.storage.postgresql.url import read_target

PASSWORD, WRONG = "an-open-secret", "another-open-secret"

# The administrator is the harness; `web` needs a password, and `secure` TLS too.
RULES = """
local   all postgres               trust
host    all postgres  127.0.0.1/32 trust
hostssl all secure    127.0.0.1/32 scram-sha-256
host    all web       127.0.0.1/32 scram-sha-256
"""


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Issued:
    return Issued(tmp_path_factory.mktemp("authority"), "authority")


@pytest.fixture(scope="module")
def guarded(
    postgresql_server: PostgresqlServer, authority: Issued, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[NewDatabase]:
    """A database of a server with a certificate, and the roles `web` and `secure` with a password."""
    certificate = Issued(tmp_path_factory.mktemp("server"), "server", authority).file
    with running_postgresql(QUICK, has_port=True) as server:
        kept = server.data / "server.pem"
        kept.write_bytes(certificate.read_bytes())
        kept.chmod(0o600)
        data = server.data.stat()
        os.chown(kept, data.st_uid, data.st_gid)
        (server.data / "pg_hba.conf").write_text(RULES)
        server.configure(ssl="on", ssl_cert_file=str(kept), ssl_key_file=str(kept))
        server.reload()
        database = NewDatabase(server, server.new_database())
        for role in ("web", "secure"):
            server.execute(f"CREATE ROLE {role} LOGIN PASSWORD '{PASSWORD}'")
            server.execute(f"GRANT CREATE ON DATABASE {database.name} TO {role}")
        yield database


@pytest.fixture(autouse=True)
def no_password(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Only the test gives passwords, and not the home folder of the user that runs it."""
    for name in ("PGPASSWORD", "PGSERVICE", "PGSERVICEFILE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("PGPASSFILE", str(tmp_path / "missing"))
    monkeypatch.setenv("HOME", str(tmp_path))


def url_of_web(guarded: NewDatabase, password: str | None = None, **query: str) -> str:
    url = guarded.url("web", schema="web", **query)
    return url if password is None else url.replace("web@", f"web:{password}@")


def role_at(url: str) -> str:
    with closing(connect(read_target(parse_url(url)))) as connection:
        role: str = connection.execute("SELECT current_user").fetchone()[0]
        return role


# Where the password is from


def test_the_password_is_that_of_the_environment(
    guarded: NewDatabase, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PGPASSWORD", PASSWORD)
    assert role_at(url_of_web(guarded)) == "web"


def test_the_password_is_that_of_the_password_file(
    guarded: NewDatabase, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    file = tmp_path / "pgpass"
    file.write_text(f"127.0.0.1:{guarded.server.port}:*:web:{PASSWORD}\n")
    file.chmod(0o600)
    monkeypatch.setenv("PGPASSFILE", str(file))
    assert role_at(url_of_web(guarded)) == "web"


def test_the_place_and_the_password_are_those_of_a_service(
    guarded: NewDatabase, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    file = tmp_path / "services"
    place = f"host=127.0.0.1\nport={guarded.server.port}\ndbname={guarded.name}\nuser=web\n"
    file.write_text(f"[wallets]\n{place}password={PASSWORD}\n")
    monkeypatch.setenv("PGSERVICEFILE", str(file))
    assert role_at("postgresql+psycopg://?service=wallets") == "web"
    file.write_text(f"[wallets]\n{place}password={WRONG}\n")
    with pytest.raises(
        StorageUnavailableError, match=r"service=wallets can't be used, .* authentication failed"
    ):
        prepare(read_target(parse_url("postgresql+psycopg://?service=wallets")))


@pytest.mark.parametrize("form", ["web:{password}@", "in the query"])
def test_a_password_in_the_url_is_accepted(guarded: NewDatabase, form: str) -> None:
    url = url_of_web(guarded, PASSWORD) if "@" in form else url_of_web(guarded, password=None)
    url = url if "@" in form else f"{url}&password={PASSWORD}"
    target = read_target(parse_url(url))
    assert role_at(url) == "web"
    engine = create_migration_engine(target)
    engine.raw_connection().close()
    assert PASSWORD not in repr(engine)
    pool = create_pool(target, lambda _connection: None, pool_size=1)
    pool.connect().close()
    assert PASSWORD not in repr(pool)
    pool.dispose()


# That it is shown nowhere


@pytest.mark.parametrize(
    "command",
    [
        ["migrate"],
        ["migrate", "--json"],
        ["serve", "--in-port", "0", "--out-port", "0"],
        ["verify"],
        ["doctor"],
        ["doctor", "--json"],
        ["grant", "operator", "ada@example.org"],
        ["backup", "saved.tar"],
    ],
    ids=" ".join,
)
def test_no_command_shows_the_password_that_is_wrong(
    guarded: NewDatabase, tmp_path: Path, command: list[str]
) -> None:
    words = ["--data-dir", tmp_path / "data", *command, "--database", url_of_web(guarded, WRONG)]
    done = forked_process.run(words, cwd=tmp_path, timeout=TIMEOUT_SECONDS)
    assert done.returncode != 0
    said = done.stdout + done.stderr
    assert WRONG not in said
    assert "Traceback" not in said
    # It is visible to others in the list of processes.
    assert done.stderr.count("can be seen by other users of this machine, in `ps`") == 1


def test_a_copy_warns_of_a_password_in_either_url(guarded: NewDatabase, tmp_path: Path) -> None:
    words = ["copy", "--from", url_of_web(guarded, WRONG), "--to", f"sqlite:///{tmp_path}/new.sqlite3"]
    done = forked_process.run(words, timeout=TIMEOUT_SECONDS)
    assert (done.returncode, done.stdout) == (1, "")
    assert WRONG not in done.stderr
    assert done.stderr.count("can be seen by other users of this machine, in `ps`") == 1


def test_a_server_shows_the_password_neither_in_its_log_nor_in_its_metrics(
    guarded: NewDatabase, tmp_path: Path
) -> None:
    settings = tmp_path / "server.toml"
    settings.write_text(f'database = "{url_of_web(guarded, PASSWORD)}"\n[log]\nrequests = true\n')
    options = ("--config", settings, "--in-port", 0, "--out-port", 0, "--http-port", 0)
    with served(tmp_path, *options) as server:
        with urlopen(f"{server.http_url}/metrics") as answer:
            metrics = answer.read().decode()
        with urlopen(f"{server.http_url}/health/ready") as answer:
            health = answer.read().decode()
        guarded.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = 'web'")
        with urlopen(f"{server.http_url}/health/ready") as answer:
            health += answer.read().decode()
        server.process.terminate()
        _, out, log = server.ends()
    assert "ewallet" in metrics
    # The settings are no list of processes, so that there is no warning of that.
    assert "in `ps`" not in log
    assert PASSWORD not in f"{server.line}{out}{log}{metrics}{health}"


# TLS


def test_options_of_tls_are_those_of_the_url(guarded: NewDatabase, authority: Issued) -> None:
    url = guarded.url("secure", sslmode="verify-full", sslrootcert=str(authority.file))
    target = read_target(parse_url(url.replace("secure@", f"secure:{PASSWORD}@")))
    in_use = "SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()"
    with closing(connect(target)) as connection:
        assert connection.execute(in_use).fetchone() == (True,)
    pool = create_pool(target, lambda _connection: None, pool_size=1)
    with closing(pool.connect()) as pooled:
        assert pooled.driver_connection.execute(in_use).fetchone() == (True,)
    pool.dispose()


@pytest.mark.parametrize(
    ("query", "reason"),
    [({"sslmode": "verify-full"}, "SSL error"), ({"sslmode": "disable"}, "no encryption")],
    ids=["another authority", "without TLS"],
)
def test_a_connection_that_is_not_safe_is_refused(
    guarded: NewDatabase, tmp_path: Path, query: dict[str, str], reason: str
) -> None:
    other = Issued(tmp_path, "authority")
    if query["sslmode"] != "disable":
        query = {**query, "sslrootcert": str(other.file)}
    with pytest.raises(StorageUnavailableError) as refusal:
        prepare(guarded.target("secure", **query))
    assert reason in refusal.value.error


def test_a_json_answer_of_a_failed_migration_has_a_code(guarded: NewDatabase) -> None:
    words = ["migrate", "--json", "--database", url_of_web(guarded)]
    done = forked_process.run(words, timeout=TIMEOUT_SECONDS)
    assert json.loads(done.stdout)["code"] == "storage_unavailable"
    assert "no password supplied" in done.stderr
