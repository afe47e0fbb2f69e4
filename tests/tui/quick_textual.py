"""What Textual does again and again in tests, done once, and what no test looks at, left out."""

from __future__ import annotations

from typing import Any

import pytest
from shared_styles import SharedStyles
from textual import _wait, constants
from textual._compositor import Compositor
from textual._context import visible_screen_stack
from textual.app import App
from textual.css.model import RuleSet
from textual.screen import Screen

_render_update = Compositor.render_update


def make_quick(patch: pytest.MonkeyPatch) -> None:
    """See idleness within 5 ms, animate nothing, style each node once, and render what is read."""
    patch.setattr(constants, "TEXTUAL_ANIMATIONS", "none")
    patch.setattr(_wait, "SLEEP_GRANULARITY", 0.005)
    patch.setattr(_wait, "SLEEP_IDLE", 0.000_5)
    # It returns the same, but in Python, many thousands of times for each screen.
    patch.setattr(RuleSet, "__hash__", object.__hash__)
    SharedStyles().replace(patch.setattr)
    patch.setattr(Compositor, "render_update", _render_later)


def render(app: App[Any]) -> None:
    """Render what changed on the screen since it was rendered."""
    screen = app.screen
    if screen.is_current and screen._compositor._dirty_regions:
        _render_update(screen._compositor, screen_stack=app._background_screens)


def _render_later(
    compositor: Compositor,
    full: bool = False,
    screen_stack: list[Screen[Any]] | None = None,
    **options: Any,
) -> Any:
    """Leave what changed to `render`: there is no terminal, so each frame would be thrown away."""
    if full:
        return _render_update(compositor, full, screen_stack, **options)
    visible_screen_stack.set([] if screen_stack is None else screen_stack)
    return None
