"""The hand-movements of the main job, for an app whose engine is at some place."""

from __future__ import annotations

import re

from terminal import Terminal

PASSWORD = "four unrelated words"
IN_SHORT = "\n  {} credits"
EMBEDDED = "this computer"
LEFT = re.compile(r"(\d+):(\d\d) left")


def make_account(terminal: Terminal, place: str = EMBEDDED) -> None:
    terminal.press("tab", "tab", "tab", "enter")
    terminal.wait_for("Repeat password")
    for value in ("ada", "ada@example.org", PASSWORD, PASSWORD):
        terminal.press(value, "tab")
    terminal.press("enter")
    terminal.wait_for(f"ada ● {place}", IN_SHORT.format(0))


def log_in(terminal: Terminal, place: str = EMBEDDED) -> None:
    # The name is there already: somebody logged in with it before.
    terminal.press(PASSWORD, "enter")
    terminal.wait_for(f"ada ● {place}")


def supply_and_convert(terminal: Terminal) -> None:
    terminal.press("u")
    terminal.wait_for("Supply credits", "Currency")
    terminal.press("100", "tab", "tab", "12.50", "enter")
    terminal.wait_for(IN_SHORT.format(100))
    terminal.press("c")
    terminal.wait_for("Convert credits to time")
    terminal.press("20")
    terminal.wait_for("20 credits → 20:00. 80 left.")
    terminal.press("enter")
    terminal.wait_for(IN_SHORT.format(80), "20:00 left")


def seconds_left(terminal: Terminal) -> int:
    # A screen that is just being painted does not have all its words yet.
    terminal.wait_until(lambda: bool(LEFT.search(terminal.text)), "it does not say how much is left")
    minutes, seconds = LEFT.findall(terminal.text)[0]
    return int(minutes) * 60 + int(seconds)


def start_timer(terminal: Terminal) -> None:
    """Start it, and wait until a second of it is used: who presses a key then has seen it run."""
    terminal.press("space")
    terminal.wait_for("● running")
    left = seconds_left(terminal)
    terminal.wait_until(lambda: seconds_left(terminal) < left, "the seconds don't burn down")
