"""The one way in which text that a user wrote gets into a widget."""

from __future__ import annotations

from textual.content import Content

from ewallet_core.presentation.text import one_line


def plain(value: object, width: int | None = None, style: str = "") -> Content:
    """`value` as content without any markup in it, cut to `width` cells where it is longer."""
    content = Content.styled(one_line(value), style) if style else Content(one_line(value))
    return content if width is None else content.truncate(max(width, 0), ellipsis=True)
