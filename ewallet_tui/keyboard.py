"""Typed keys and pasted text, handed on one at a time: each is handled before the next one is."""

from __future__ import annotations

import re
import time
from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from enum import Enum, auto
from typing import Any, Protocol, runtime_checkable

from textual.app import App, ScreenStackError
from textual.dom import DOMNode
from textual.events import Key, Paste
from textual.keys import format_key
from textual.screen import Screen
from textual.widgets import Input

MAX_WAIT_SECONDS = 1.0
"""How long the next key waits for a handler that does not return."""
MAX_HELD_SECONDS = 5.0
LOOK_AGAIN_SECONDS = 0.03
OPENING = "opening"
"""The group of workers that read something and then open a form: keys wait for it."""
ROUNDS = 2
"""A key's handler may post a message, whose handler opens a screen or moves the focus."""
SENT_AS_ENTER = frozenset({"ctrl+j", "ctrl+m"})


def shown_key(key: str) -> str:
    """A key as it is shown; Enter is a word, because not every font has Textual's sign for it."""
    return key if key == "enter" else format_key(key)


class Typing(Enum):
    """What becomes of keys and pasted text now."""

    TAKEN = auto()
    HELD = auto()
    """Kept for the form or screen that is about to open."""
    DROPPED = auto()
    """Not seen by the user where it would land: a form waits for its answer."""


@runtime_checkable
class TypedAt(Protocol):
    """A screen that can't always be typed at."""

    def typing_at(self, moment: float) -> Typing:
        """What becomes of a key that was typed at that moment of the monotonic clock."""


@runtime_checkable
class TakesLines(Protocol):
    """An input that makes something of several pasted lines; other inputs get them joined by spaces."""

    def paste(self, lines: Sequence[str]) -> None:
        """Insert the lines that were pasted."""


def lines_of(pasted: str) -> list[str]:
    """The lines of a pasted text, without empty ones before and after."""
    lines = re.split(r"\r\n|\r|\n", pasted)
    while lines and not lines[0].strip():
        del lines[0]
    while lines and not lines[-1].strip():
        del lines[-1]
    return lines


class Keyboard:
    """Hands keys and pasted text to the app in order.

    Textual forwards a key to the widget that has the focus when the key arrives. Of keys that arrive
    together (typed ahead, or over a slow line), the later ones would get to the same widget as the first,
    although that one moves the focus or opens a form.
    """

    def __init__(
        self,
        app: App[Any],
        hand_on: Callable[[Key | Paste], Awaitable[None]],
        is_opening: Callable[[], bool],
    ) -> None:
        self._app = app
        self._hand_on = hand_on
        self._is_opening = is_opening
        self._waiting: deque[Key | Paste] = deque()
        self._turn = 0
        """Counts what was handed on, so that a handler that returns too late is ignored."""
        self._is_busy = False
        self._is_watched = False
        self._held_since: float | None = None

    async def take(self, event: Key | Paste) -> None:
        self._waiting.append(event)
        self._drop()
        if self._is_busy:
            self._watch()
        else:
            await self._go_on()

    async def _go_on(self) -> None:
        """Hand on the next key, if it is not held."""
        self._is_busy = False
        self._drop()
        if not self._waiting:
            return
        screen = self._screen
        is_held = self._typing(self._waiting[0]) is Typing.HELD
        if (is_held and not self._was_held_too_long()) or screen is None:
            self._is_busy = True
            self._app.set_timer(LOOK_AGAIN_SECONDS, self._go_on)
            return
        self._held_since = None
        event = self._waiting.popleft()
        while self._waiting and isinstance(screen.focused, Input) and _are_letters(event, self._waiting[0]):
            # Letters move no focus: the next one need not wait.
            await self._hand_on(event)
            event = self._waiting.popleft()
        await self._hand_on_one(event, screen)

    async def _hand_on_one(self, event: Key | Paste, screen: Screen[Any]) -> None:
        self._turn += 1
        self._is_busy = True
        focused = screen.focused
        if self._waiting:
            self._watch()
        if isinstance(event, Key):
            await self._hand_on(event)
        elif lines := lines_of(event.text):
            if isinstance(focused, TakesLines):
                focused.paste(lines)
            else:
                if isinstance(focused, Input):
                    event.text = " ".join(line.strip() for line in lines if line.strip())
                await self._hand_on(event)
        # What has arrived by now was typed before the user could see what the key did.
        self._drop()
        nodes = (focused or screen).ancestors_with_self
        self._follow(self._turn, deque(nodes * ROUNDS), screen)

    def _follow(self, turn: int, nodes: deque[DOMNode], screen: Screen[Any]) -> None:
        """Go on once each of `nodes`, and a screen that opened meanwhile, has handled its messages."""
        if turn != self._turn:
            return
        while nodes:
            # Messages are handled in order, so this comes after the key. A removed widget handles none.
            if nodes.popleft().call_later(self._follow, turn, nodes, screen):
                return
        in_front = self._screen
        if in_front is not None and in_front is not screen:
            self._follow(turn, deque([in_front, self._app]), in_front)
        else:
            self._app.call_later(self._go_on_after, turn)

    async def _go_on_after(self, turn: int) -> None:
        if turn == self._turn:
            await self._go_on()

    def _watch(self) -> None:
        """Hand on the next key even if the handler of the one before does not return."""
        if not self._is_watched:
            self._is_watched = True
            self._app.set_timer(MAX_WAIT_SECONDS, lambda turn=self._turn: self._look_after(turn))

    async def _look_after(self, turn: int) -> None:
        self._is_watched = False
        if self._waiting and self._held_since is None:
            if turn == self._turn:
                self._turn += 1
                await self._go_on()
            elif self._is_busy:
                self._watch()

    @property
    def is_idle(self) -> bool:
        """Whether everything that arrived has been handled."""
        return not (self._is_busy or self._waiting)

    @property
    def _screen(self) -> Screen[Any] | None:
        try:
            return self._app.screen
        except ScreenStackError:
            return None

    def _typing(self, event: Key | Paste) -> Typing:
        screen = self._screen
        if screen is None or self._is_opening():
            return Typing.HELD
        return screen.typing_at(event.time) if isinstance(screen, TypedAt) else Typing.TAKEN

    def _drop(self) -> None:
        self._waiting = deque(
            event
            for event in self._waiting
            if self._typing(event) is not Typing.DROPPED or not _enters_or_submits(event)
        )

    def _was_held_too_long(self) -> bool:
        now = time.monotonic()
        if self._held_since is None:
            self._held_since = now
        return now - self._held_since > MAX_HELD_SECONDS


def _enters_or_submits(event: Key | Paste) -> bool:
    """Whether it enters or submits something; Escape and control keys do not."""
    if isinstance(event, Paste) or event.key in SENT_AS_ENTER:
        return True
    return event.key != "escape" and not event.key.startswith("ctrl+")


def _are_letters(*events: Key | Paste) -> bool:
    return all(isinstance(event, Key) and event.is_printable for event in events)
