"""What the start of the app, the engine and a server loads, each in a fresh process."""

from __future__ import annotations

import subprocess
import sys
from functools import cache

import pytest

SLOW = ("sqlalchemy", "alembic", "argon2", "iso4217", "tomlkit", "zxcvbn")


ENGINE = "from ewallet_core import EWalletSessionManager"
SERVER = "import ewallet_core.commands.serve, ewallet_core.server.server"
PRINT_MODULES = "import sys; print(*sys.modules, *{name.partition('.')[0] for name in sys.modules})"


@cache
def modules_after_each(*statements: str) -> list[set[str]]:
    """The modules and top-level packages that a fresh process has loaded after each of the statements."""
    script = "\n".join(f"{statement}\n{PRINT_MODULES}" for statement in statements)
    printed = subprocess.check_output([sys.executable, "-c", script], text=True)
    return [set(line.split()) for line in printed.splitlines()]


def modules_after(statement: str) -> set[str]:
    (modules,) = modules_after_each(statement)
    return modules


def modules_of_engine_and_server() -> list[set[str]]:
    """What a fresh process has loaded after the engine, and then the server."""
    return modules_after_each(ENGINE, SERVER)


@pytest.mark.parametrize(
    "statement",
    [
        "import ewallet_core",
        "from ewallet_core.client import EmbeddedClient; EmbeddedClient.on('sqlite://')",
        "import ewallet_core.instructions.fields",
        "import ewallet_tui.__main__, ewallet_tui.app",
    ],
)
def test_no_slow_library_is_loaded_before_the_first_paint(statement: str) -> None:
    assert modules_after(statement).isdisjoint(SLOW)


def test_no_service_is_imported_before_the_first_paint() -> None:
    loaded = modules_after("import ewallet_tui.__main__, ewallet_tui.app")
    later = {"services", "store", "lifecycle", "connection", "actions", "widgets.form", "widgets.footer"}
    assert loaded.isdisjoint(f"ewallet_tui.{name}" for name in later)
    assert loaded.isdisjoint({"ewallet_core.client.session", "ewallet_core.client.trust"})


def test_no_time_zone_is_loaded_before_the_first_paint() -> None:
    loaded = modules_after("import ewallet_tui.__main__, ewallet_tui.app")
    assert loaded.isdisjoint({"zoneinfo", "tzlocal"})


def test_a_server_without_metrics_over_http_loads_nothing_for_them() -> None:
    _, loaded = modules_of_engine_and_server()
    assert loaded.isdisjoint({"prometheus_client", "wsgiref"})


def test_the_engine_loads_no_part_of_the_app() -> None:
    loaded, _ = modules_of_engine_and_server()
    assert loaded.isdisjoint({"textual", "ewallet_tui"})


def test_the_public_name_of_the_engine_loads_the_engine() -> None:
    loaded, _ = modules_of_engine_and_server()
    assert "sqlalchemy" in loaded


def test_the_engine_loads_no_dialect_of_another_database() -> None:
    # Its module is that of `EWalletSessionManager`.
    loaded, _ = modules_of_engine_and_server()
    assert "ewallet_core.manager" in loaded
    assert "sqlalchemy.dialects.postgresql" not in loaded
