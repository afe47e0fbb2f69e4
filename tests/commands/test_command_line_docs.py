"""`docs/command-line.md` names every command, and its first session runs as printed."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import forked_process
from invoked import BOB, new_wallet

from ewallet_core.commands import OTHER_NAMES, SECTIONS

PAGE = Path(__file__).parent.parent.parent / "docs" / "command-line.md"


def first_session() -> list[tuple[str, list[str]]]:
    """The commands of the page's first example, each with the lines that it prints."""
    example = PAGE.read_text().partition("## A first session")[2].partition("\n## ")[0]
    commands: list[tuple[str, list[str]]] = []
    for line in re.findall(r"^    (.*)$", example, re.MULTILINE):
        if line.startswith("$ ewallet "):
            commands.append((line.removeprefix("$ ewallet "), []))
        elif not line.endswith("password:"):
            commands[-1][1].append(line)
    return commands


def test_the_page_names_every_command() -> None:
    page = PAGE.read_text()
    names = [*OTHER_NAMES, *(name for names in SECTIONS.values() for name in names)]
    assert [name for name in names if re.search(rf"`(?:ewallet )?{name}\b", page) is None] == []


def test_the_first_session_runs_as_printed(tmp_path: Path) -> None:
    wallet = new_wallet(tmp_path, email=BOB)
    for command, printed in first_session():
        done = forked_process.run(shlex.split(command), env=wallet.environment)
        # How long the timer runs depends on the machine.
        expected = [re.sub(r"\b(?:30:00|0:00)\b", r"[0-9:]+", re.escape(line)) for line in printed]
        assert re.fullmatch("\n".join(expected) + "\n", done.stdout), (command, done.stdout, done.stderr)
