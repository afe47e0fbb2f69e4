"""Patterns for finding a text anywhere in a column."""

from __future__ import annotations

ESCAPE = "!"
"""What stands in a pattern before a character that is to mean no more than itself."""


def containing(text: str) -> str:
    """The pattern of what holds `text`, in which nothing but that means more than itself."""
    for special in (ESCAPE, "%", "_"):
        text = text.replace(special, ESCAPE + special)
    return f"%{text}%"
