"""Tables on a real terminal: as wide as it is, with colours unless NO_COLOR is set, and through a pager."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from serve_process import EWALLET
from terminal import Terminal
from used_wallet import HOSTILE, used_wallet

COLUMNS = 80


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    with used_wallet(tmp_path_factory.mktemp("wallet"), "embedded") as wallet:
        wallet.done("pay", "Bob", 5, "--note", f"昼食 {'a long note ' * 8}")
        yield wallet.folder


def run(folder: Path, *words: str, rows: int = 30, **variables: str) -> Terminal:
    terminal = Terminal(["--data-dir", folder, *words], COLUMNS, rows, **variables)
    assert terminal.wait_for_end() == 0
    return terminal


def test_each_record_is_one_line_of_the_terminal_and_what_does_not_fit_is_cut(folder: Path) -> None:
    lines = [line.rstrip() for line in run(folder, "history").text.splitlines() if line.strip()]
    assert len(lines) == 8
    assert lines[1].endswith("…")
    assert lines[0].startswith("When")


def test_colours_are_left_out_if_they_are_not_wanted(folder: Path) -> None:
    for words, colour in ((("history",), "green"), (("instructions",), "cyan")):
        assert colour in run(folder, *words).colours
        assert run(folder, *words, NO_COLOR="1").colours <= {"default"}


def test_a_table_longer_than_the_terminal_goes_through_the_pager(folder: Path) -> None:
    paged = run(folder, "history", rows=6, PAGER="sed -n 's/.*When.*/paged/p'")
    assert paged.text.split() == ["paged"]
    assert "paged" not in run(folder, "history", rows=12, PAGER="sed s/When/paged/").text


def test_a_csv_file_is_exact_in_a_pipe_and_harmless_on_a_terminal(folder: Path) -> None:
    words = [EWALLET, "--data-dir", str(folder), "history", "--kind", "payments", "--format", "csv"]
    piped = subprocess.run(words, capture_output=True, check=True).stdout
    assert HOSTILE.encode() in piped
    assert piped.count(b"\r\n") == 3
    shown = run(folder, "history", "--kind", "payments", "--format", "csv")
    assert '"kind","record"' in shown.text


def test_a_reader_that_has_enough_is_no_failure(folder: Path) -> None:
    words = f"{EWALLET} --data-dir {folder} history --format csv | head -n 1"
    done = subprocess.run(["bash", "-c", f"set -o pipefail; {words}"], capture_output=True, check=False)
    assert done.stderr == b""
