"""The one way in which text that somebody wrote gets onto a screen."""

from __future__ import annotations

import unicodedata

from textual.content import Content

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


def plain(value: object, width: int | None = None, style: str = "") -> Content:
    """`value` as content without any markup in it, cut to `width` cells where it is longer."""
    content = Content.styled(one_line(value), style) if style else Content(one_line(value))
    return content if width is None else content.truncate(max(width, 0), ellipsis=True)
