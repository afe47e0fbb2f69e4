"""Text by users, made safe for widgets: all of it goes through `plain`."""

from __future__ import annotations

from textual.content import Content

from ewallet_core.presentation.formatting import one_line


def plain(value: object, width: int | None = None, style: str = "") -> Content:
    """`value` as content without markup, cut to `width` cells."""
    content = Content.styled(one_line(value), style) if style else Content(one_line(value))
    return content if width is None else content.truncate(max(width, 0), ellipsis=True)
