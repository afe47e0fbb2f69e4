"""Copying: to the desktop's clipboard by its own program, otherwise to the terminal, and said as it is."""

from __future__ import annotations

import base64
import os
import time
from pathlib import Path

import pytest
from textual.app import App
from textual.drivers.web_driver import WebDriver

from ewallet_tui import terminal
from ewallet_tui.terminal import Clipboard, Copied, lasting

WORKS = '#!/bin/sh\ncat > "$0.got"\necho "$@" > "$0.arguments"\n'
REFUSES = "#!/bin/sh\ncat > /dev/null\nexit 1\n"
HANGS = "#!/bin/sh\nexec sleep 60\n"
# As wl-copy and xclip do, it leaves a process behind that holds on to what it was started with.
STAYS = '#!/bin/sh\ncat > "$0.got"\nsleep 20 &\n'


@pytest.fixture
def programs(tmp_path: Path) -> Path:
    folder = tmp_path / "programs"
    folder.mkdir()
    return folder


def install(folder: Path, name: str, script: str) -> Path:
    file = folder / name
    file.write_text(script)
    file.chmod(0o755)
    return file.with_name(f"{name}.got")


async def copied(folder: Path, platform: str = "linux", **environment: str) -> tuple[Copied, list[str]]:
    sent: list[str] = []
    path = f"{folder}{os.pathsep}/usr/bin{os.pathsep}/bin"
    clipboard = Clipboard({"PATH": path, "TERM": "xterm", **environment}, platform)
    return await clipboard.copy("Grüße\n", sent.append), sent


@pytest.mark.parametrize(
    ("name", "platform", "environment"),
    [
        ("wl-copy", "linux", {"WAYLAND_DISPLAY": "wayland-0", "DISPLAY": ":0"}),
        ("xclip", "linux", {"DISPLAY": ":0"}),
        ("xsel", "linux", {"DISPLAY": "localhost:10.0", "SSH_CONNECTION": "a 1 b 2"}),
        ("pbcopy", "darwin", {}),
        ("clip.exe", "linux", {"WSL_DISTRO_NAME": "Debian"}),
    ],
)
async def test_the_program_of_the_desktop_in_use_copies(
    programs: Path, name: str, platform: str, environment: dict[str, str]
) -> None:
    got = install(programs, name, WORKS)
    assert await copied(programs, platform, **environment) == (Copied.NATIVELY, [])
    assert got.read_bytes().decode("utf-16" if name == "clip.exe" else "utf-8") == "Grüße\n"


@pytest.mark.parametrize(
    ("platform", "environment"),
    [
        ("linux", {}),
        ("linux", {"WAYLAND_DISPLAY": "wayland-0", "SSH_TTY": "/dev/pts/1"}),
        ("darwin", {"SSH_CONNECTION": "a 1 b 2"}),
        ("linux", {"WSL_DISTRO_NAME": "Debian", "SSH_CONNECTION": "a 1 b 2"}),
    ],
)
async def test_without_a_desktop_in_front_of_the_user_the_terminal_gets_it(
    programs: Path, platform: str, environment: dict[str, str]
) -> None:
    for name in ("wl-copy", "xclip", "xsel", "pbcopy", "clip.exe"):
        install(programs, name, WORKS)
    assert await copied(programs, platform, **environment) == (Copied.BY_TERMINAL, ["Grüße\n"])


async def test_a_program_that_refuses_or_hangs_makes_way_for_the_next_and_one_that_stays_does_not_wait(
    programs: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    desktop = {"WAYLAND_DISPLAY": "wayland-0", "DISPLAY": ":0"}
    install(programs, "wl-copy", REFUSES)
    got = install(programs, "xclip", STAYS)
    begun = time.monotonic()
    assert await copied(programs, **desktop) == (Copied.NATIVELY, [])
    assert time.monotonic() - begun < 30
    assert got.read_text(encoding="utf-8") == "Grüße\n"
    monkeypatch.setattr(terminal, "COPY_SECONDS", 0.2)
    install(programs, "xclip", HANGS)
    assert await copied(programs, **desktop) == (Copied.BY_TERMINAL, ["Grüße\n"])
    assert await copied(programs, TERM="linux") == (Copied.NOWHERE, [])


async def test_the_screens_say_where_it_went(opened, programs, monkeypatch) -> None:
    async with opened() as person:
        await person.register()
        written = []
        monkeypatch.setattr(person.app._driver, "write", written.append)
        await person.go_to("settings")
        await person.press("y")
        file = person.app.context.preferences.file
        await person.wait_until(lambda: "Sent to the terminal: /" in person.toasts)
        assert f"\x1b]52;c;{base64.b64encode(str(file).encode()).decode()}\a" in written

        got = install(programs, "xclip", WORKS)
        monkeypatch.setenv("DISPLAY", ":0")
        monkeypatch.setenv("PATH", f"{programs}{os.pathsep}{os.environ['PATH']}")
        await person.press("y")
        await person.wait_until(lambda: f"Copied: {file}" in person.toasts)
        assert got.read_text(encoding="utf-8") == str(file)

        await person.app.context.send(
            action="supply", supply="credits", credits=100, currency="EUR", cost="10"
        )
        await person.go_to("sheets")
        await person.wait_until(lambda: person.sees("supplied"))
        await person.press("y")
        await person.wait_until(lambda: "Copied: the row" in person.toasts)
        assert "supplied" in got.read_text(encoding="utf-8")

        monkeypatch.delenv("DISPLAY")
        monkeypatch.setenv("TERM", "linux")
        await person.go_to("settings")
        await person.press("y")
        await person.wait_until(lambda: "This terminal can't copy" in person.toasts)
        assert list(person.app._notifications)[-1].severity == "warning"
        assert not person.sees("✓")


async def test_the_app_can_be_shown_in_a_browser_which_has_no_terminal(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("textual.drivers.web_driver.InputReader", object)
    assert lasting(WebDriver)(App()).is_web
