"""What Textual does again and again in tests, done once, and what no test looks at, left out."""

from __future__ import annotations

import asyncio
import time
from typing import Any

import pytest
from shared_styles import SharedStyles
from textual import app, constants
from textual._compositor import Compositor
from textual._context import visible_screen_stack
from textual.app import App
from textual.css.model import RuleSet
from textual.pilot import Pilot
from textual.screen import Screen
from textual.widget import Widget

IDLE_SECONDS = 0.005
"""So long a process has done almost nothing when it is idle."""
MOST_CPU_SECONDS = IDLE_SECONDS / 10
LONGEST_SECONDS = 1.0

_render_update = Compositor.render_update


def make_quick(patch: pytest.MonkeyPatch) -> None:
    """See at once that the app is idle, animate nothing, style each node once, and render what is read."""
    patch.setattr(constants, "TEXTUAL_ANIMATIONS", "none")
    patch.setattr(Pilot, "_wait_for_screen", lambda *_, **__: process_messages())
    patch.setattr(Pilot, "pause", _pause)
    patch.setattr(app, "wait_for_idle", lambda *_: process_messages())
    # It returns the same, but in Python, many thousands of times for each screen.
    patch.setattr(RuleSet, "__hash__", object.__hash__)
    SharedStyles().replace(patch.setattr)
    patch.setattr(Compositor, "render_update", _render_later)


async def process_messages() -> bool:
    """Wait until all messages are processed: until nothing but input, timers and threads can go on.

    Textual sends a message to each widget for that, and a key press waits twice for an idle process.
    """
    loop: Any = asyncio.get_running_loop()
    rounds = 0
    # After the first round without work, the second one has looked for input of sockets and threads.
    while rounds < 2:
        await asyncio.sleep(0)
        rounds = 0 if loop._ready else rounds + 1
    return True


async def lay_out(app: App[Any]) -> None:
    """Process all messages, do the layout, and process the messages that come of it."""
    await process_messages()
    app.screen._on_timer_update()
    await process_messages()


async def _pause(pilot: Pilot[Any], delay: float | None = None) -> None:
    """Stands for `Pilot.pause`: wait until the layout is done, and the threads of the process are idle."""
    if delay is not None:
        await asyncio.sleep(delay)
    until = time.monotonic() + LONGEST_SECONDS
    idle = 0
    # Looked at twice, because a busy machine may let the process do nothing for so long.
    while idle < 2:
        await lay_out(pilot.app)
        if delay is not None or time.monotonic() > until:
            break
        before = time.process_time()
        await asyncio.sleep(IDLE_SECONDS)
        idle = idle + 1 if time.process_time() - before < MOST_CPU_SECONDS else 0
    pilot.app.screen._on_timer_update()


def render(app: App[Any]) -> None:
    """Render what changed on the screen since it was rendered."""
    shown = app.screen
    if shown.is_current and shown._compositor._dirty_regions:
        _render_update(shown._compositor, screen_stack=app._background_screens)


def forget_rendered(app: App[Any]) -> None:
    """Let all be rendered anew, so that a picture does not depend on what was rendered before.

    Where a scroll bar appeared, Textual keeps lines that look the same in other segments.
    """
    for widget in app.screen.walk_children(Widget, with_self=True):
        widget._styles_cache.clear()
        widget._set_dirty()


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
