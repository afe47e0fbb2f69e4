"""What must not be imported when: start-up is paid for by everybody, and the core knows no screen."""

from __future__ import annotations

import subprocess
import sys

import pytest

SLOW = ("sqlalchemy", "alembic", "argon2", "iso4217", "tomlkit", "zxcvbn")


def modules_after(statement: str) -> set[str]:
    """The top-level modules that a fresh process has loaded after that statement."""
    script = f"{statement}\nimport sys\nprint(*{{name.partition('.')[0] for name in sys.modules}})"
    return set(subprocess.check_output([sys.executable, "-c", script], text=True).split())


@pytest.mark.parametrize(
    "statement",
    [
        "import ewallet_core",
        "from ewallet_core.client import EmbeddedClient; EmbeddedClient.on('sqlite://')",
        "import ewallet_core.instructions.fields",
        "import ewallet_tui.__main__, ewallet_tui.app",
    ],
)
def test_the_first_paint_waits_for_no_slow_library(statement: str) -> None:
    assert modules_after(statement).isdisjoint(SLOW)


def test_the_engine_knows_no_screen() -> None:
    assert modules_after("from ewallet_core import EWalletSessionManager").isdisjoint(
        {"textual", "ewallet_tui"}
    )


def test_the_public_door_is_where_the_readme_says() -> None:
    assert "sqlalchemy" in modules_after("from ewallet_core import EWalletSessionManager")
