"""A person at the app: presses keys, types into fields, waits for what must come, and reads what is there."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable
from typing import Any

from quick_textual import lay_out, render
from textual.events import Key, Paste
from textual.keys import _character_to_key
from textual.pilot import Pilot
from textual.screen import Screen
from textual.widgets import Input, Label

from ewallet_tui.app import EWalletApp
from ewallet_tui.status import shown_place
from ewallet_tui.widgets.form import Form

PASSWORD = "four unrelated words here"
PATIENCE = 6_000


class Person:
    def __init__(self, app: EWalletApp, pilot: Pilot[Any]) -> None:
        self.app = app
        self.pilot = pilot
        self._rendered: Screen[Any] | None = None

    async def press(self, *keys: str) -> None:
        """Press the keys in turn, each when what the one before did is done; letters are typed at once."""
        for key in keys[:-1]:
            await self.app._press_keys((key,))
            if not isinstance(self.app.focused, Input):
                await self.pilot.pause()
        await self.app._press_keys(keys[-1:])
        await self.pilot.pause()
        if self.app.screen is not self._rendered:
            # Each screen that a test comes to is rendered, also if the test reads nothing of it.
            self._rendered = self.app.screen
            render(self.app)

    async def burst(self, typed: str) -> None:
        """Send all keys at once, as a terminal does with what was typed ahead; a line end is Enter."""
        for letter in typed:
            names = {"\n": "enter", "\t": "tab", "\x1b": "escape"}
            key = names.get(letter) or (letter if letter.isalnum() else _character_to_key(letter))
            self.app.post_message(Key(key, letter if key != "escape" else None))
        await self.pilot.pause()
        await self.wait_until(lambda: self.app._keyboard.is_idle)

    async def paste(self, text: str) -> None:
        """Paste in a terminal that tells the app so."""
        self.app.post_message(Paste(text))
        await self.pilot.pause()
        await self.wait_until(lambda: self.app._keyboard.is_idle)

    async def click(self, selector: str) -> None:
        await self.pilot.click(selector)
        await self.pilot.pause()

    async def wait_until(self, holds: Callable[[], object]) -> None:
        """Let the app go on until `holds`; the test fails where it never does."""
        for _ in range(PATIENCE):
            await lay_out(self.app)
            if holds():
                await self.pilot.pause()
                return
            await asyncio.sleep(0.01)
        raise AssertionError("It never came to that:\n" + self.screen_text)

    async def fill(self, **values: str) -> None:
        """Type into fields, leaving each for the next."""
        rows = {row.field.name: row for row in self.form.rows}
        for name, value in values.items():
            rows[name].input.focus()
            await self.pilot.pause()
            rows[name].input.value = value
            await self.pilot.pause()

    async def do_form(self, **values: str) -> None:
        """Fill the form, and press Enter."""
        await self.fill(**values)
        await self.press("enter")

    async def make_account(self, name: str, email: str = "") -> None:
        account = {"user_name": name, "user_email": email or f"{name}@example.org", "user_pass": PASSWORD}
        await self.app.context.send(action="new", new="account", **account)

    async def register(self, name: str = "ada", email: str = "") -> None:
        """Make an account, and be at its wallet without a form."""
        await self.make_account(name, email)
        await self.app.context.send(action="login", user_name=name, user_pass=PASSWORD)
        await self.app.context.lifecycle.enter()
        await self.wait_until(lambda: self.app.current_mode == "home" and self.app.screen.query("#content"))

    async def log_in(self, name: str = "ada") -> None:
        """Type a name and the password into the login's fields, and press Enter."""
        await self.wait_until(lambda: self.app.screen.query("#login"))
        await self.do_form(user_name=name, user_pass=PASSWORD)
        await self.wait_until(lambda: self.app.current_mode == "home" and self.app.screen.query("#content"))

    async def log_out(self) -> None:
        self.app.context.lifecycle.log_out()
        await self.wait_until(lambda: self.app.screen.query("#login"))

    async def have_time(self, minutes: int = 20) -> None:
        """Have 100 credits, and convert as many to time as give so many minutes."""
        await self.app.context.send(action="supply", supply="credits", credits=100, currency="EUR", cost="10")
        await self.app.context.send(action="convert", convert="credits2clock", credits=minutes)

    async def have_running_timer(self, minutes: int = 20) -> None:
        await self.have_time(minutes)
        await self.app.context.send(action="start", start="clock_timer")
        await self.pilot.pause()

    async def resize(self, width: int, height: int) -> None:
        """Give the terminal another size."""
        await self.pilot.resize_terminal(width, height)
        await self.pilot.pause()

    async def go_to(self, mode: str) -> None:
        await self.app.switch_mode(mode)
        await self.pilot.pause()

    def count_instructions(self) -> Counter[str]:
        """Counts what is asked from now on, by its action."""
        counted: Counter[str] = Counter()
        send = self.app.context.store.client.send

        async def counting(**instruction: Any) -> dict[str, Any]:
            counted[instruction["action"]] += 1
            return await send(**instruction)

        self.app.context.store.client.send = counting  # type: ignore[method-assign]
        return counted

    @property
    def form(self) -> Form:
        return self.app.screen.query_one(Form)

    def problem_of(self, name: str) -> str:
        return str(self.form.query_one(f"#field-{name} .problem", Label).content)

    @property
    def is_told_no(self) -> bool:
        """Whether the form has said what came of it, and can be done again or makes wait."""
        told = self.form.has_class("-refused") or any(
            self.problem_of(row.field.name) for row in self.form.rows
        )
        return told and (not self.form.busy or self.sees("Try again in"))

    @property
    def toasts(self) -> str:
        return "\n".join(f"{toast.title} {toast.message}" for toast in self.app._notifications)

    @property
    def screen_text(self) -> str:
        update = self.app.screen._compositor.render_strips()
        return "\n".join(strip.text for strip in update)

    def shows_account(self, name: str) -> bool:
        """Whether the account of that name is the active one, and its engine within reach."""
        return self.sees(f"{name} ● {shown_place(self.app.context.connection.place)}")

    def sees(self, words: str) -> bool:
        """Whether `words` are on the screen in one line."""
        return words in self.screen_text
