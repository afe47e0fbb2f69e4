"""Text by users, made safe to show."""

from __future__ import annotations

import unicodedata

UNSEEN = "\N{REPLACEMENT CHARACTER}"
# They combine emoji, and can do nothing deceptive.
HARMLESS_FORMATS = frozenset("\N{ZERO WIDTH JOINER}\N{VARIATION SELECTOR-16}")


def _shown(character: str) -> str:
    if character in "\n\r\t\v\f\N{LINE SEPARATOR}\N{PARAGRAPH SEPARATOR}":
        return " "
    if character in HARMLESS_FORMATS:
        return character
    # Control, format (such as bidirectional overrides) and surrogate characters.
    return UNSEEN if unicodedata.category(character) in {"Cc", "Cf", "Cs"} else character


def one_line(value: object) -> str:
    """`value` on one line, without characters that move the cursor or change the text's direction."""
    text = str(value)
    return text if text.isascii() and text.isprintable() else "".join(map(_shown, text))


def inert(text: str) -> str:
    """`text` with its lines and tabs, without control characters, safe to paste."""
    return "".join(character if character in "\n\t" else _shown(character) for character in text)
