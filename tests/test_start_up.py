"""What the start of the app, the engine and a server loads, each in a fresh process."""

from __future__ import annotations

import subprocess
import sys

SLOW = ("sqlalchemy", "alembic", "argon2", "iso4217", "tomlkit", "zxcvbn")


ENGINE = "from ewallet_core import EWalletSessionManager"
SERVER = "import ewallet_core.commands.serve, ewallet_core.server.server"
PRINT_MODULES = "import sys; print(*sys.modules, *{name.partition('.')[0] for name in sys.modules})"


def modules_after_each(*statements: str) -> list[set[str]]:
    """The modules and top-level packages that a fresh process has loaded after each of the statements."""
    script = "\n".join(f"{statement}\n{PRINT_MODULES}" for statement in statements)
    printed = subprocess.check_output([sys.executable, "-c", script], text=True)
    return [set(line.split()) for line in printed.splitlines()]


# What one process shows is in one test, because a process for each takes longer than all that is asserted.


def test_no_slow_library_is_loaded_for_a_part_of_the_engine() -> None:
    for loaded in modules_after_each(
        "import ewallet_core",
        "from ewallet_core.client import EmbeddedClient; EmbeddedClient.on('sqlite://')",
        "import ewallet_core.instructions.fields",
    ):
        assert loaded.isdisjoint(SLOW)


def test_no_slow_library_service_or_time_zone_is_loaded_before_the_first_paint() -> None:
    (loaded,) = modules_after_each("import ewallet_tui.__main__, ewallet_tui.app")
    assert loaded.isdisjoint(SLOW)
    later = {"services", "store", "lifecycle", "connection", "actions", "widgets.form", "widgets.footer"}
    assert loaded.isdisjoint(f"ewallet_tui.{name}" for name in later)
    assert loaded.isdisjoint({"ewallet_core.client.session", "ewallet_core.client.trust"})
    assert loaded.isdisjoint({"zoneinfo", "tzlocal"})


def test_an_engine_and_a_server_load_only_what_they_need() -> None:
    engine, server = modules_after_each(ENGINE, SERVER)
    # The public name of the engine loads it.
    assert {"sqlalchemy", "ewallet_core.manager"} <= engine
    assert engine.isdisjoint({"textual", "ewallet_tui"})
    assert "sqlalchemy.dialects.postgresql" not in engine
    # The server has no metrics over HTTP.
    assert server.isdisjoint({"prometheus_client", "wsgiref"})
