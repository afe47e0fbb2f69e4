"""Lines: plain ones, clickable ones, the result of the last action, and the footer."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import cached_property
from typing import Any, NamedTuple

from textual import events, on
from textual.binding import ActiveBinding, Binding
from textual.content import Content
from textual.keys import key_to_character
from textual.message import Message
from textual.screen import Screen
from textual.style import Style
from textual.widget import Widget
from textual.widgets import Input, Static

from ewallet_tui.actions import SHOW_WHAT_WAS_DONE
from ewallet_tui.sanitize import plain


class SteadyLine(Static):
    """One line of the full width; a new text never changes the layout."""

    DEFAULT_CSS = "SteadyLine { width: 1fr; height: 1; text-wrap: nowrap; text-overflow: ellipsis; }"

    def __init__(self, *, id: str | None = None, classes: str | None = None) -> None:
        super().__init__("", id=id, classes=classes, markup=False)

    def say(self, content: Content) -> None:
        shown = self.content
        if not (isinstance(shown, Content) and content.is_same(shown)):
            self.update(content, layout=False)


BETWEEN = "  "
NAME = "name"
"""The key of the part's name in the style's meta data."""
# Underlined, because themes with the terminal's own colours have no shades.
POINTED_AT = "underline on $panel"


class Words(NamedTuple):
    """A part of a line that may be clickable."""

    content: Content
    name: str = ""
    """The name in `Clicked`; without one they can't be clicked."""
    about: str = ""


def line_of(words: Iterable[Words]) -> Content:
    return Content(BETWEEN).join(each.content for each in words)


class ClickableLine(SteadyLine):
    """A line of parts; posts `Clicked` with the name of the part that was clicked."""

    ALLOW_SELECT = False

    @dataclass
    class Clicked(Message):
        name: str

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._offered: list[Words] = []
        self._pointed_at = ""

    def offer(self, words: Iterable[Words]) -> None:
        self._offered = list(words)
        self.say(Content(BETWEEN).join(map(self._marked, self._offered)))

    def on_mouse_move(self, event: events.MouseMove) -> None:
        self._point_at(event.style.meta.get(NAME, ""))

    def on_leave(self) -> None:
        self._point_at("")

    def on_click(self, event: events.Click) -> None:
        if name := event.style.meta.get(NAME):
            event.stop()
            self.post_message(self.Clicked(name))

    def _point_at(self, name: str) -> None:
        if name != self._pointed_at:
            self._pointed_at = name
            self.styles.pointer = "pointer" if name else "default"
            self.tooltip = next((words.about for words in self._offered if words.name == name), "") or None
            self.offer(self._offered)

    def _marked(self, words: Words) -> Content:
        if not words.name:
            return words.content
        marked = words.content.stylize(Style.from_meta({NAME: words.name}))
        return marked.stylize(POINTED_AT) if words.name == self._pointed_at else marked


MAX_KEYS = 7
LAST = ("app.help", "app.quit")
UNKNOWN_TO_TEXTUAL = {
    "plus": "+",
    "minus": "-",
    "slash": "/",
    "at": "@",
    "backslash": "\\",
    "underscore": "_",
}
"""The characters of the keys for which `key_to_character` finds none."""
KEPT = frozenset({"start", "pause", "resume"})
"""The ids of the timer's actions, whose key is shown even where there is little room."""


def keys_to_leave(screen: Screen[Any]) -> str:
    """The keys that close what is in front, and that quit: `esc closes this, ctrl+q quits the app.`"""
    if screen.is_modal:
        return "esc closes this, ctrl+q quits the app."
    bindings = (each.binding for each in screen.active_bindings.values())
    quits = next((each for each in bindings if each.action == "app.quit"), None)
    # In a field a letter is text.
    if quits is None or isinstance(screen.focused, Input):
        return "ctrl+q quits the app."
    return f"{screen.app.get_key_display(quits)} quits the app."


class Footer(ClickableLine):
    """At most seven keys, as many as fit, the screen's own first; a click presses the key."""

    DEFAULT_CSS = "Footer { dock: bottom; padding: 0 1; color: $text-muted; background: $background; }"

    @property
    def keys(self) -> list[ActiveBinding]:
        bindings = self.screen.active_bindings.values()
        shown = [active for active in bindings if active.binding.show and not self._is_text(active)]
        # Textual moves a key that the user changed behind the others.
        shown.sort(key=self._place_of)
        own = [active for active in shown if active.binding.action not in LAST]
        last = [active for active in shown if active.binding.action in LAST]
        keys = own[: MAX_KEYS - len(last)]
        while line_of(map(self._words_of, [*keys, *last])).cell_length > self.content_size.width:
            spared = next((key for key in reversed(keys) if key.binding.id not in KEPT), None)
            if spared is None:
                break
            keys.remove(spared)
        return [*keys, *last]

    def _is_text(self, active: ActiveBinding) -> bool:
        """Whether the key is text for the input with the focus; Textual leaves out most such keys itself."""
        focused, key = self.screen.focused, active.binding.key
        if focused is None or active.node is focused:
            return False
        return focused.check_consume_key(key, UNKNOWN_TO_TEXTUAL.get(key) or key_to_character(key))

    def _place_of(self, active: ActiveBinding) -> int:
        """The keys of the widget with the focus come first, then the screen's as declared, then the app's."""
        if active.node is not self.screen:
            return len(self._declared) if active.node is self.app else -1
        id = active.binding.id
        return self._declared.index(id) if id in self._declared else -1

    @cached_property
    def _declared(self) -> list[str | None]:
        bindings = (each for kind in type(self.screen).__mro__ for each in vars(kind).get("BINDINGS", ()))
        return [each.id for each in bindings if isinstance(each, Binding)]

    _is_due = False

    def on_mount(self) -> None:
        self.screen.bindings_updated_signal.subscribe(self, self._handle_bindings)

    def on_resize(self) -> None:
        self._show()

    @on(ClickableLine.Clicked)
    def _press(self, event: ClickableLine.Clicked) -> None:
        event.stop()
        self.app.simulate_key(event.name)

    def _handle_bindings(self, screen: Screen[Any]) -> None:
        # Several things that change the bindings at once, such as a screen that opens, are shown once.
        if self.is_attached and screen is self.screen and not self._is_due:
            self._is_due = screen.call_later(self._show)

    def _show(self) -> None:
        self._is_due = False
        if self.is_attached and self.content_size.width:
            self.offer(map(self._words_of, self.keys))

    def _words_of(self, active: ActiveBinding) -> Words:
        binding = active.binding
        key = Content.styled(self.app.get_key_display(binding), "bold $accent")
        words = Content.assemble(key, " ", binding.description)
        return Words(words, binding.key, active.tooltip) if active.enabled else Words(words.stylize("dim"))


@dataclass(frozen=True)
class FollowUp:
    """What the key on the result line does next."""

    words: str
    """Such as `shows it` or `undoes it`."""
    do: Callable[[], object]


DONE = "✓ "


class ResultLine(Widget):
    """Hidden until an action succeeds; then its result, until the next action begins."""

    DEFAULT_CSS = """
    ResultLine { height: 1; dock: bottom; color: $text-success; display: none; text-wrap: nowrap; }
    ResultLine.-there { display: block; }
    ResultLine.-leads { pointer: pointer; }
    """

    class ResultOpened(Message):
        """The user wants to see what was done, or to follow it up."""

    def __init__(self) -> None:
        super().__init__(id="result")
        self.words = ""
        self.follow_up: FollowUp | None = None
        self._within: Callable[[int], str] | None = None

    @property
    def content(self) -> str:
        """The result without the key that follows it up."""
        return f"{DONE}{self.words}"

    def render(self) -> Content:
        # The key stays in view however long the words are.
        after = Content(f"   {self._key} {self.follow_up.words}" if self.follow_up else "")
        room = max(self.content_size.width - after.cell_length, 1)
        shown = plain(self.content)
        if self._within is not None and shown.cell_length > room:
            shown = plain(f"{DONE}{self._within(room - len(DONE))}")
        return shown.truncate(room, ellipsis=True) + after.stylize("$foreground-muted")

    @property
    def _key(self) -> str:
        bindings = (active.binding for active in self.screen.active_bindings.values())
        found = next((binding for binding in bindings if binding.id == SHOW_WHAT_WAS_DONE.id), None)
        return self.app.get_key_display(found) if found else SHOW_WHAT_WAS_DONE.keys

    def say(
        self, words: str, follow_up: FollowUp | None = None, within: Callable[[int], str] | None = None
    ) -> None:
        """Show what was done; `within` returns the words for so many cells if these are too few."""
        self.words, self.follow_up, self._within = words, follow_up, within
        self.set_class(follow_up is not None, "-leads")
        self.add_class("-there")
        self.refresh()
        self.screen.refresh_bindings()

    def clear(self) -> None:
        """Hide the line, because another action begins."""
        self.follow_up = None
        self.remove_class("-there", "-leads")

    def on_click(self) -> None:
        if self.follow_up is not None:
            self.post_message(self.ResultOpened())
