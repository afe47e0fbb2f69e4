"""Text that a user wrote, made safe to show: no character in it acts."""

from __future__ import annotations

import unicodedata

UNSEEN = "\N{REPLACEMENT CHARACTER}"
# A joiner makes one sign of several emoji, and does nothing else that could deceive.
HARMLESS_FORMATS = frozenset("\N{ZERO WIDTH JOINER}\N{VARIATION SELECTOR-16}")


def _shown(character: str) -> str:
    if character in "\n\r\t\v\f\N{LINE SEPARATOR}\N{PARAGRAPH SEPARATOR}":
        return " "
    if character in HARMLESS_FORMATS:
        return character
    # Control, format (which turns text around) and surrogate characters would act instead of being read.
    return UNSEEN if unicodedata.category(character) in {"Cc", "Cf", "Cs"} else character


def one_line(value: object) -> str:
    """`value` as one line of characters that can only be read: none moves the cursor or turns the text."""
    text = str(value)
    return text if text.isascii() and text.isprintable() else "".join(map(_shown, text))


def inert(text: str) -> str:
    """`text` in its lines and columns, without any character that would act where it is pasted."""
    return "".join(character if character in "\n\t" else _shown(character) for character in text)
