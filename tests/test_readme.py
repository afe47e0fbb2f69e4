"""The README is true: its first steps lead on, its Python code runs, and its pictures exist."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

import forked_process
import pytest
from command_in_shell import command_in_shell
from forked_process import ForkedProcess
from textual.events import Key
from textual.keys import _character_to_key
from textual.pilot import Pilot

from ewallet_tui.app import open_app
from ewallet_tui.export import FOLDER_VARIABLE

README = Path(__file__).parent.parent / "README.md"


def python_with(words: str) -> str:
    """The program of the README that contains these words."""
    programs = re.findall(r"```python\n(.*?)```", README.read_text(), re.DOTALL)
    (program,) = (program for program in programs if words in program)
    return program


def run(program: str, folder: Path) -> str:
    done = forked_process.run([], script=program, cwd=folder)
    assert (done.returncode, done.stderr) == (0, "")
    return done.stdout


@pytest.fixture
def address(tmp_path: Path) -> Iterator[str]:
    """The address of a server started as in the README, except for its folder and ports."""
    assert "\n    ewallet serve\n" in README.read_text()
    words = ["--data-dir", tmp_path, "serve", "--in-port", "0", "--out-port", "0"]
    with ForkedProcess(words, stdout=subprocess.PIPE) as server:
        assert server.stdout is not None
        found = re.search(r"instructions on ([^,]+),", server.stdout.readline())
        assert found is not None
        yield found[1]
        server.terminate()


def test_the_python_code_of_the_readme_runs(tmp_path: Path) -> None:
    assert "'total_credits': 100" in run(python_with("EWalletSessionManager("), tmp_path)


def test_the_program_of_the_readme_works_with_a_server(tmp_path: Path, address: str) -> None:
    printed = run(python_with("EWalletClient(").replace("localhost:8080", address), tmp_path)
    assert printed == "0\n{'event': 'listening', 'sequence': 0}\n"


def test_the_pictures_of_the_readme_exist() -> None:
    pictures = re.findall(r"!\[[^]]*\]\(([^)]+)\)", README.read_text())
    assert pictures
    assert [picture for picture in pictures if not (README.parent / picture).is_file()] == []


def step(number: int) -> str:
    """The text of that step of the first five minutes, as one line."""
    found = re.search(rf"^{number}\. (.*?)(?=^\d+\. |^$)", README.read_text(), re.DOTALL | re.MULTILINE)
    assert found is not None
    return " ".join(found[1].split())


def keys_in(text: str) -> list[str]:
    """The keys that a text names, in order: a key is short, a sentence or a date is not."""
    return [each for each in re.findall(r"`([^`]+)`", text) if each == "space" or len(each) == 1]


PASSWORD = "four unrelated words"
STEPS: dict[int, list[tuple[str, str, str]]] = {
    # A key that the step names, what is typed after it, and what is to be seen then.
    2: [("1", "", "0 credits"), ("u", "100\n12.50\n", "✓ You got 100 credits. New balance: 100.")],
    3: [("c", "20", "20 credits → 20:00. 80 left.")],
    4: [
        ("space", "", "● running"),
        ("x", "", "○ stopped"),
        ("3", "", "Used"),
    ],
    5: [
        ("2", "", "80 credits"),
        ("N", "Holidays\n", "✓ Holidays"),
        ("[", "", "◂ Wallet 1 ▸  ● active   1 of 2"),
        ("v", "10\n", "✓ Moved 10 credits to Holidays. 70 left."),
    ],
    6: [
        ("5", "", "transfer"),
        ("/", "nothing\x1b", "supplied"),
        ("f", "this year\n", "2 transfers found"),
        ("E", "\x1b", "supplied"),
        ("5", "", "transfer"),
        ("I", "", "invoice"),
        ("E", "\n", "✓ Saved"),
    ],
    7: [("q", "", "")],
}


async def see(pilot: Pilot[None], words: str) -> None:
    """Wait until `words` are on the screen."""
    for _ in range(1_000):
        screen = "\n".join(strip.text for strip in pilot.app.screen._compositor.render_strips())
        if words in screen:
            return
        await pilot.pause(0.01)
    raise AssertionError(f"{words} is not to be seen:\n{screen}")


def type_in(pilot: Pilot[None], text: str) -> None:
    """Send all keys at once: the app takes them in order."""
    names = {"\n": "enter", "\x1b": "escape"}
    for letter in text:
        key = names.get(letter) or _character_to_key(letter)
        pilot.app.post_message(Key(key, None if letter == "\x1b" else letter))


async def test_the_first_five_minutes_lead_on_without_anybody_else(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(FOLDER_VARIABLE, str(tmp_path / "saved"))
    app = open_app(tmp_path, None, embedded=True)
    async with app.run_test(size=(100, 30)) as pilot:
        await see(pilot, "New account")
        await pilot.click("#leave")
        await see(pilot, "Repeat password")
        type_in(pilot, f"ada\nada@example.org\n{PASSWORD}\n{PASSWORD}\n")
        await see(pilot, "Three steps to a running clock.")
        for number, pressed in STEPS.items():
            assert keys_in(step(number)) == [key for key, _, _ in pressed], f"step {number}"
            for key, typed, seen in pressed:
                type_in(pilot, key.replace("space", " ") + typed)
                await see(pilot, seen)
            if number == 3:
                assert "`20 credits → 20:00. 80 left.`" in step(number)
                await pilot.press("enter")
                await see(pilot, "✓ 20 credits → 20:00. 80 left.")
        for _ in range(1_000):
            if app.return_code is not None:
                break
            await pilot.pause(0.01)
        assert app.return_code == 0


def test_the_commands_of_the_readme_do_what_they_say(tmp_path: Path) -> None:
    section = README.read_text().split("## From the shell\n")[1].split("\n## ")[0]
    commands = re.findall(r"^    (ewallet .*)$", section, re.MULTILINE)
    assert len(commands) == 8
    password = tmp_path / "password"
    password.write_text("four unrelated words")
    environment = {
        "EWALLET_DATA_DIR": str(tmp_path / "wallet"),
        "EWALLET_PASSWORD_FILE": str(password),
    }
    bob = "ewallet register bob --email bob@example.org"
    script = "\n".join(["set -e", bob, *commands])
    with command_in_shell(tmp_path) as folder:
        environment["PATH"] = f"{folder}:/usr/bin:/bin"
        done = subprocess.run(
            ["bash", "-c", script], check=False, env=environment, capture_output=True, text=True
        )
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines()[-1].startswith("Paid bob 10 credits.")
