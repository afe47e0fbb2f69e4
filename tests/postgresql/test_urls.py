"""URLs of databases at PostgreSQL: how they are written, and what is shown of them."""

from __future__ import annotations

import subprocess
import sys

import psycopg
import pytest

from ewallet_core.errors.server import StorageUnavailableError
from ewallet_core.storage.database import open_database
from ewallet_core.storage.database_url import database_file, has_password, is_postgresql, parse_url
from ewallet_core.storage.postgresql.engine import connect_arguments
from ewallet_core.storage.postgresql.url import PostgresqlTarget, read_target

PASSWORD = "an-open-secret"


def target(url: str) -> PostgresqlTarget:
    return read_target(parse_url(url))


@pytest.mark.parametrize("scheme", ["postgresql+psycopg", "postgresql", "postgres"])
def test_the_urls_of_other_programs_mean_the_same(scheme: str) -> None:
    assert target(f"{scheme}://web@db.example.org/wallets?schema=ewallet&sslmode=require") == target(
        "postgresql+psycopg://web@db.example.org/wallets?sslmode=require&schema=ewallet"
    )
    assert is_postgresql(f"{scheme}://web@db.example.org/wallets")


def test_the_schema_is_not_handed_to_libpq() -> None:
    found = target("postgresql://web@host/wallets?schema=mine&application_name=till")
    assert (found.schema, dict(found.url.query)) == ("mine", {"application_name": "till"})
    assert connect_arguments(found)["options"] == '-csearch_path="mine"'


def test_options_of_the_url_stay() -> None:
    found = target("postgresql://host/wallets?options=-cwork_mem%3D1MB&schema=mine")
    assert connect_arguments(found)["options"] == '-cwork_mem=1MB -csearch_path="mine"'
    assert "options" not in connect_arguments(target("postgresql://host/wallets"))


def test_an_argument_of_the_url_wins_over_its_default() -> None:
    assert connect_arguments(target("postgresql://host/wallets"))["connect_timeout"] == 5
    chosen = connect_arguments(target("postgresql://host/wallets?connect_timeout=60&keepalives_idle=1"))
    assert {"connect_timeout", "keepalives_idle"} & set(chosen) == set()
    assert "keepalives_count" in chosen


@pytest.mark.parametrize(
    "url",
    [
        "postgresql://web@one:5432,two:5433/wallets?target_session_attrs=read-write",
        "postgresql+psycopg://web@/wallets?host=one:5432&host=two:5433&target_session_attrs=read-write",
    ],
)
def test_several_hosts_are_written_in_either_way(url: str) -> None:
    found = target(url)
    assert str(found) == "web@one:5432,two:5433/wallets"
    dialect = found.url.get_dialect()(dbapi=psycopg)
    _, arguments = dialect.create_connect_args(found.url)
    assert (arguments["host"], arguments["port"]) == ("one,two", "5432,5433")


@pytest.mark.parametrize(
    ("url", "reason"),
    [
        ("postgresql+psycopg2://host/wallets", "psycopg2, and this release has psycopg"),
        ("postgresql+asyncpg://host/wallets", "Begin the URL with postgresql+psycopg://."),
        ("mysql://host/wallets", "SQLite or PostgreSQL, not in mysql"),
        ("postgresql://host:port/wallets", "its URL can't be read"),
        (f"postgresql://host/wallets?schema={'é' * 32}", "no name that PostgreSQL takes"),
        ("postgresql://host/wallets?schema=pg_catalog", "the schema pg_catalog is PostgreSQL's own"),
        ("postgresql://host/wallets?schema=a&schema=b", "its URL names several schemas"),
    ],
)
def test_an_invalid_url_is_refused_in_words(url: str, reason: str) -> None:
    with pytest.raises(StorageUnavailableError) as refusal:
        open_database(url)
    assert reason in f"{refusal.value.error} {refusal.value.warning}"


def test_what_needs_a_file_says_so() -> None:
    with pytest.raises(StorageUnavailableError, match="it is in PostgreSQL, and this needs a file"):
        database_file("postgresql://host/wallets")


WITH_PASSWORD = [
    f"postgresql+psycopg://web:{PASSWORD}@127.0.0.1:1/wallets",
    f"postgres://web:{PASSWORD}@127.0.0.1:1/wallets?schema=mine",
    f"postgresql://web@127.0.0.1:1/wallets?password={PASSWORD}&sslmode=prefer",
    f"postgresql://web:{PASSWORD}@127.0.0.1:1/wallets?sslmode=nonsense",
    f"postgresql://web:{PASSWORD}@127.0.0.1:1/wallets?nonsense=1",
    f"postgresql://web:{PASSWORD}@127.0.0.1:port/wallets",
    f"postgresql+psycopg2://web:{PASSWORD}@127.0.0.1:1/wallets",
    f"mysql://web:{PASSWORD}@127.0.0.1:1/wallets",
]


@pytest.mark.parametrize("url", WITH_PASSWORD)
def test_no_error_shows_a_password(url: str) -> None:
    with pytest.raises(StorageUnavailableError) as refusal:
        open_database(url)
    assert PASSWORD not in f"{refusal.value.error} {refusal.value.warning} {refusal.value!r}"


@pytest.mark.parametrize("url", WITH_PASSWORD[:3])
def test_what_is_printed_of_a_target_has_no_password(url: str) -> None:
    found = target(url)
    assert PASSWORD not in f"{found} {found!r} {found.url}"
    assert found.url.password == PASSWORD


def test_a_password_in_a_url_is_noticed() -> None:
    assert all(map(has_password, WITH_PASSWORD[:-1]))
    without = [
        "postgresql://web@host/wallets",
        "postgresql://host:5432/wallets?schema=a:b@c",
        "sqlite:///a:b@c",
    ]
    assert not any(map(has_password, without))


WITHOUT_DRIVER = """
import sys
sys.modules["psycopg"] = None
from ewallet_core import EWalletSessionManager
from ewallet_core.errors.server import StorageUnavailableError
try:
    EWalletSessionManager("postgresql+psycopg://127.0.0.1:1/wallets")
except StorageUnavailableError as error:
    print(error.error, error.warning)
"""


def test_without_the_driver_it_says_how_to_install_it() -> None:
    done = subprocess.run(
        [sys.executable, "-c", WITHOUT_DRIVER], capture_output=True, text=True, check=True, timeout=60
    )
    assert "The database can't be opened: the driver of PostgreSQL can't be loaded" in done.stdout
    assert 'Install it with `pip install "ewallet-tui[postgres]"`.' in done.stdout
