"""Notifications of the desktop, asked of the terminal: that is the person's own, also over ssh."""

from __future__ import annotations

from collections.abc import Mapping

from ewallet_tui.text import one_line

ESCAPE, END = "\x1b", "\a"
LONGEST = 200
SPEAKS_777 = ("rxvt", "foot")
"""The terminals, by how their name begins, that know a title and a text apart."""
SPEAKS_NEITHER = ("linux", "dumb")
"""Those that would show what they don't know."""


def notification(title: str, words: str, environment: Mapping[str, str]) -> str:
    """What makes a terminal in that environment show a notification; nothing where it can't.

    The words are somebody's: none of them can end the sequence or begin another.
    """
    terminal = environment.get("TERM", "dumb")
    if terminal.startswith(SPEAKS_NEITHER):
        return ""
    title, words = _harmless(title), _harmless(words)
    if terminal.startswith(SPEAKS_777) or "VTE_VERSION" in environment:
        sequence = f"{ESCAPE}]777;notify;{title};{words}{END}"
    else:
        sequence = f"{ESCAPE}]9;EWallet: {title}. {words}{END}"
    return _through_tmux(sequence) if "TMUX" in environment else sequence


def _harmless(words: str) -> str:
    return one_line(words)[:LONGEST].replace(";", ",").strip(" .")


def _through_tmux(sequence: str) -> str:
    doubled = sequence.replace(ESCAPE, ESCAPE * 2)
    return f"{ESCAPE}Ptmux;{doubled}{ESCAPE}\\"
